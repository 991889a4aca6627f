package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/warder-go/warder/issuertest"
)

// tour sends requests to the proxy and prints what arrives behind it.
type tour struct {
	ctx    context.Context
	out    io.Writer
	api    string // URL of the proxy
	issuer *issuertest.Issuer
	wrong  int // answers that were not as expected
}

func (t *tour) show() error {
	user := t.issuer.Token(map[string]any{"sub": "ada"})
	client := t.issuer.Token(map[string]any{"sub": issuertest.ClientID})
	bearer := "Authorization: Bearer " + user

	t.send("no token", "/notes/", 401, "")
	t.send("no token, public", "/prices", 200, "GET /prices\n")
	t.send("a token", "/notes/", 200, "X-User: ada\n", bearer)
	t.send("a token in a cookie", "/notes/", 200, "X-User: ada\n", "Cookie: token="+user)
	t.send("one more in the query", "/notes/?page=2&access_token="+user, 200, "GET /notes/?page=2\n", bearer)
	t.send("a client that acts for itself", "/notes/", 200, "X-Client: client\n", "Authorization: Bearer "+client)
	t.send("a forged user", "/notes/", 200, "X-User: ada\n", bearer, "X-User: root")
	t.send("a forged user, public", "/prices", 200, "GET /prices\n", "X-User: root")
	t.send("another method in a field", "/notes/", 200, "GET /notes/\n", bearer, "X-HTTP-Method-Override: root")
	t.send("a user to be dropped", "/notes/", 200, "X-User: ada\n", bearer, "Connection: X-User")

	fmt.Fprintf(t.out, "\nTry it:\n  curl -i %[1]s/notes/\n  curl -i -H 'Authorization: Bearer %[2]s' %[1]s/notes/\n", t.api, user)
	if t.wrong > 0 {
		return fmt.Errorf("%d answers were not as expected", t.wrong)
	}
	return nil
}

// send makes one request and prints one row, and what arrived at the upstream.
// The answer has to hold want.
func (t *tour) send(what, target string, status int, want string, fields ...string) {
	req, err := http.NewRequestWithContext(t.ctx, http.MethodGet, t.api+target, nil)
	if err != nil {
		t.fail(what, err)
		return
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		req.Header.Add(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.fail(what, err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.fail(what, err)
		return
	}
	arrived, mark := string(body), ""
	if resp.StatusCode != status || !strings.Contains(arrived, want) || strings.Contains(arrived, "eyJ") || strings.Contains(arrived, "root") {
		t.wrong++
		mark = fmt.Sprintf("   <- expected %d %s", status, strings.TrimSpace(want))
	}
	fmt.Fprintf(t.out, "%-30s %d%s\n", what, resp.StatusCode, mark)
	if resp.StatusCode == http.StatusOK {
		fmt.Fprintln(t.out, "    "+strings.ReplaceAll(strings.TrimSpace(arrived), "\n", "\n    "))
	}
}

func (t *tour) fail(what string, err error) {
	t.wrong++
	fmt.Fprintf(t.out, "%-30s failed: %v\n", what, err)
}
