package main

import (
	"fmt"
	"net/url"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/examples/issuer/browser"
)

// tour is alice at her browser. It prints what she sees.
type tour struct {
	*show.Run
	person *browser.Browser
	page   *browser.Page
}

func newTour(r *show.Run) *tour { return &tour{Run: r, person: browser.New(nil)} }

func (t *tour) show() (err error) {
	t.Printf("%-36s %-14s %s\n", "", "by signature", "by introspection")
	if t.page, err = t.person.Open(t.Context, t.URL); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return t.call("read", 401, 401) },

		func() error { return t.chapter("alice wants to sign in", "sign-in", "Sign in", nil) },
		func() error {
			return t.chapter("the issuer knows her password", "sign-in", "Allow access?", url.Values{"username": {alice.Name}, "password": {alice.Password}})
		},
		func() error {
			return t.chapter("she allows reading, not writing", "allow", "Notebook", url.Values{"scope": {"notes:read"}})
		},
		func() error { return t.call("read", 200, 200) },
		func() error { return t.call("write", 403, 403) },

		func() error { return t.chapter("the application refreshes its token", "refresh", "Notebook", nil) },
		func() error { return t.call("read", 200, 200) },

		// A JWT says itself how long it is good. Short lives are what limits that.
		func() error { return t.chapter("the grant is revoked", "revoke", "Notebook", nil) },
		func() error { return t.call("read", 200, 401) },

		func() error { return t.chapter("she signs in: the issuer knows her", "sign-in", "Allow access?", nil) },
		func() error { return t.chapter("and denies", "deny", "Notebook", nil) },
		func() error { return t.call("read", 401, 401) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// chapter presses a button and expects to come to a page.
func (t *tour) chapter(what, button, title string, fields url.Values) (err error) {
	if t.page, err = t.person.Press(t.Context, t.page, button, fields); err != nil {
		return err
	}
	t.Printf("%s", what)
	got, problem := t.page.Title(), t.page.Text("problem")
	if got != title || t.page.Status != 200 || (problem != "") != (button == "deny") {
		t.Wrong("expected the page %q, is %q (%d) %s", title, got, t.page.Status, problem)
		return nil
	}
	t.Printf("\n")
	return nil
}

// call has the application ask the APIs, and prints a row.
func (t *tour) call(button string, bySignature, byIntrospection int) (err error) {
	if t.page, err = t.person.Press(t.Context, t.page, button, nil); err != nil {
		return err
	}
	signature, introspection := t.page.Text("status-0"), t.page.Text("status-1")
	t.Row(fmt.Sprintf("    %-32s ", t.page.Text("asked")),
		fmt.Sprintf("%-14s %s", signature, introspection), fmt.Sprintf("%-14d %d", bySignature, byIntrospection))
	for _, id := range []string{"challenge-0", "challenge-1"} {
		if c := t.page.Text(id); c != "" && (id == "challenge-1" || c != t.page.Text("challenge-1")) {
			t.Printf("        %s\n", c)
		}
	}
	return nil
}
