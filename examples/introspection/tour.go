package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/warder-go/warder/issuertest"
)

// tour sends requests to the API and prints what it answers, and how many times
// that made it ask the issuer about a token.
type tour struct {
	ctx    context.Context
	out    io.Writer
	api    string // its URL
	issuer *issuertest.Issuer
	forget func(token string)
	wrong  int // answers that were not as expected
}

func (t *tour) show() error {
	jwt, opaque, second := t.issuer.Token(nil), t.issuer.Opaque(nil), t.issuer.Opaque(nil)

	fmt.Fprintf(t.out, "issuer %s\nAPI    %s\n\n", t.issuer.URL, t.api)
	t.send("a JWT", jwt, 200, 0)
	t.send("an expired JWT", t.issuer.Token(object{"exp": 1}), 401, 0) // refused here: nobody is asked
	t.send("an opaque token", opaque, 200, 1)
	t.send("the same again", opaque, 200, 0)
	t.send("another one", second, 200, 1)
	t.send("one without the scope", t.issuer.Opaque(object{"scope": "write"}), 403, 1)
	t.send("one for another API", t.issuer.Opaque(object{"aud": "https://other.example"}), 401, 1)
	t.send("a made-up one", "made-up", 401, 1)
	t.send("the same again", "made-up", 401, 0) // that it is not active is remembered too
	t.send("no token", "", 401, 0)

	fmt.Fprintln(t.out, "\nThe first opaque token is revoked:")
	t.issuer.Revoke(opaque)
	t.send("within CacheTTL", opaque, 200, 0)
	t.forget(opaque)
	t.send("after Forget", opaque, 401, 1)

	fmt.Fprintln(t.out, "\nThe issuer is down:")
	restore := t.issuer.Fail("", issuertest.Outage)
	t.send("a JWT, key known", jwt, 200, 0)
	t.send("a remembered token", second, 200, 0)
	unseen := t.issuer.Opaque(nil)
	t.send("a token never seen", unseen, 503, 1) // perhaps it is good: not 401
	restore()

	fmt.Fprintln(t.out, "\nIt is back:")
	t.send("the same", unseen, 200, 1)

	fmt.Fprintf(t.out, "\nTry it:\n  curl -i -H 'Authorization: Bearer %s' %s/notes\n", second, t.api)
	if t.wrong > 0 {
		return fmt.Errorf("%d answers were not as expected", t.wrong)
	}
	return nil
}

// object is JSON: changes to the claims of a token.
type object = map[string]any

// send makes one request and prints one row.
func (t *tour) send(what, token string, status, calls int) {
	before := t.issuer.Requests(issuertest.EndpointIntrospection)
	req, err := http.NewRequestWithContext(t.ctx, http.MethodGet, t.api+"/notes", nil)
	if err != nil {
		t.fail(what, err)
		return
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.fail(what, err)
		return
	}
	defer resp.Body.Close()
	asked, mark := t.issuer.Requests(issuertest.EndpointIntrospection)-before, ""
	if resp.StatusCode != status || asked != calls {
		t.wrong++
		mark = fmt.Sprintf("   <- expected %d and %d", status, calls)
	}
	fmt.Fprintf(t.out, "%-22s %d   introspections: %d%s\n", what, resp.StatusCode, asked, mark)
	for _, field := range []string{"WWW-Authenticate", "Retry-After"} {
		for _, value := range resp.Header.Values(field) {
			fmt.Fprintf(t.out, "    %s: %s\n", field, value)
		}
	}
}

func (t *tour) fail(what string, err error) {
	t.wrong++
	fmt.Fprintf(t.out, "%-22s failed: %v\n", what, err)
}
