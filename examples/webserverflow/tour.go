package main

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/warder-go/warder/examples/issuer/browser"
)

// tour is alice at her browser. It prints what she sees.
type tour struct {
	ctx         context.Context
	out         io.Writer
	application string // its URL
	person      *browser.Browser
	page        *browser.Page
	strange     int // what was not as expected
}

func (t *tour) show() (err error) {
	t.person = browser.New(nil)
	fmt.Fprintf(t.out, "%-36s %-14s %s\n", "", "by signature", "by introspection")
	if t.page, err = t.person.Open(t.ctx, t.application); err != nil {
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
	if t.strange > 0 {
		return fmt.Errorf("%d answers were not as expected", t.strange)
	}
	return nil
}

// chapter presses a button and expects to come to a page.
func (t *tour) chapter(what, button, title string, fields url.Values) (err error) {
	if t.page, err = t.person.Press(t.ctx, t.page, button, fields); err != nil {
		return err
	}
	mark := ""
	got, problem := t.page.Title(), t.page.Text("problem")
	if got != title || t.page.Status != 200 || (problem != "") != (button == "deny") {
		t.strange++
		mark = fmt.Sprintf("   <- expected the page %q, is %q (%d) %s", title, got, t.page.Status, problem)
	}
	fmt.Fprintf(t.out, "%s%s\n", what, mark)
	return nil
}

// call has the application ask the APIs, and prints a row.
func (t *tour) call(button string, bySignature, byIntrospection int) (err error) {
	if t.page, err = t.person.Press(t.ctx, t.page, button, nil); err != nil {
		return err
	}
	signature, introspection := t.page.Text("status-0"), t.page.Text("status-1")
	mark := ""
	if signature != fmt.Sprint(bySignature) || introspection != fmt.Sprint(byIntrospection) {
		t.strange++
		mark = fmt.Sprintf("   <- expected %d and %d", bySignature, byIntrospection)
	}
	fmt.Fprintf(t.out, "    %-32s %-14s %s%s\n", t.page.Text("asked"), signature, introspection, mark)
	for _, id := range []string{"challenge-0", "challenge-1"} {
		if c := t.page.Text(id); c != "" && (id == "challenge-1" || c != t.page.Text("challenge-1")) {
			fmt.Fprintf(t.out, "        %s\n", c)
		}
	}
	return nil
}
