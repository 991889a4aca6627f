package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/warder-go/warder/issuertest"
)

// tour sends requests to the API and prints what it answers.
type tour struct {
	ctx          context.Context
	out          io.Writer
	api          string // its URL
	acme, globex *issuertest.Issuer
	wrong        int // answers that were not as expected
}

func (t *tour) show() error {
	ofAcme := object{"aud": "https://api.example/tenants/acme"}
	ofGlobex := object{"aud": "https://api.example/tenants/globex"}
	a, g := t.acme.Token(ofAcme), t.globex.Token(ofGlobex)

	// What the other tenant's issuer can make up: it signs with its own key.
	saysAcme := t.globex.Sign(object{"kid": t.acme.KeyID("RS256")}, object{"aud": ofAcme["aud"], "iss": t.acme.URL})

	fmt.Fprintf(t.out, "acme's issuer   %s\nglobex's issuer %s\nAPI             %s\n\n", t.acme.URL, t.globex.URL, t.api)
	t.send("acme's token", "/tenants/acme/notes", a, 200)
	t.send("globex's token", "/tenants/globex/notes", g, 200)
	t.send("acme's token", "/tenants/globex/notes", a, 401)
	t.send("globex's token", "/tenants/acme/notes", g, 401)
	t.send("acme's, for globex", "/tenants/globex/notes", t.acme.Token(ofGlobex), 401)
	t.send("globex's, says acme", "/tenants/acme/notes", saysAcme, 401)
	t.send("nobody's issuer", "/tenants/acme/notes", t.acme.Token(object{"iss": "https://other.example"}), 401)
	t.send("no such tenant", "/tenants/initech/notes", a, 401)
	t.send("no token", "/tenants/acme/notes", "", 401)

	// One tenant's issuer fails: nobody else notices.
	t.acme.Rotate()
	restore := t.acme.Fail("", issuertest.Outage)
	t.send("acme down, new key", "/tenants/acme/notes", t.acme.Token(ofAcme), 503)
	t.send("acme down, globex's", "/tenants/globex/notes", g, 200)
	restore()

	fmt.Fprintf(t.out, "\nTry it:\n  curl -i -H 'Authorization: Bearer %s' %s/tenants/acme/notes\n", a, t.api)
	if t.wrong > 0 {
		return fmt.Errorf("%d answers were not as expected", t.wrong)
	}
	return nil
}

// object is JSON: changes to the header or the claims of a token.
type object = map[string]any

// send makes one request and prints one row.
func (t *tour) send(what, path, token string, want int) {
	req, err := http.NewRequestWithContext(t.ctx, http.MethodGet, t.api+path, nil)
	if err != nil {
		t.fail(what, path, err)
		return
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.fail(what, path, err)
		return
	}
	defer resp.Body.Close()
	mark := ""
	if resp.StatusCode != want {
		t.wrong++
		mark = fmt.Sprintf("   <- expected %d", want)
	}
	fmt.Fprintf(t.out, "%-20s %-23s %d%s\n", what, path, resp.StatusCode, mark)
	for _, challenge := range resp.Header.Values("WWW-Authenticate") {
		fmt.Fprintf(t.out, "    %s\n", challenge)
	}
}

func (t *tour) fail(what, path string, err error) {
	t.wrong++
	fmt.Fprintf(t.out, "%-20s %-23s failed: %v\n", what, path, err)
}
