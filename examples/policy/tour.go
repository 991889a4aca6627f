package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/warder-go/warder/issuertest"
)

// tour sends requests to the API and prints what it answers.
type tour struct {
	ctx    context.Context
	out    io.Writer
	api    string // its URL
	issuer *issuertest.Issuer
	wrong  int // answers that were not as expected
}

// claims are those of a token, beside what every token of the issuer says.
type claims = map[string]any

func (t *tour) show() error {
	now := time.Now().Unix()
	scope := func(s string) claims { return claims{"scope": s} }
	signedIn := func(s, acr string, ago int64) claims {
		return claims{"scope": s, "acr": acr, "auth_time": now - ago}
	}

	fmt.Fprintln(t.out)
	t.send("no token, public", "GET /healthz", nil, 200)
	t.send("no token, the metadata", "GET /.well-known/oauth-protected-resource", nil, 200)
	t.send("no token", "GET /accounts", nil, 401)
	t.send("the scope", "GET /accounts", scope("accounts:read"), 200)
	t.send("a scope that includes it", "GET /accounts", scope("accounts:admin"), 200)
	t.send("a scope beside it", "GET /accounts", scope("accounts:write"), 403)
	t.send("one scope of two", "GET /rates", scope("accounts:read"), 200)
	t.send("neither of two", "GET /rates", scope("audit:read"), 403)
	t.send("a user", "GET /me", claims{}, 200)
	t.send("a client itself", "GET /me", itself("read"), 403)
	t.send("signed in just now", "DELETE /accounts/1", signedIn("accounts:write", "phr", 10), 200)
	t.send("signed in an hour ago", "DELETE /accounts/1", signedIn("accounts:write", "phr", 3600), 401)
	t.send("signed in by password", "DELETE /accounts/1", signedIn("accounts:write", "pwd", 10), 401)
	t.send("and the scope missing", "DELETE /accounts/1", signedIn("accounts:read", "pwd", 10), 401)
	t.send("a client cannot sign in", "DELETE /accounts/1", itself("accounts:write"), 403)
	t.send("a client by night", "POST /nightly", itself("accounts:write"), 200)
	t.send("an auditor", "GET /audit", claims{"scope": "audit:read", "roles": []string{"auditor"}}, 200)
	t.send("not an auditor", "GET /audit", claims{"scope": "audit:read", "roles": []string{"clerk"}}, 403)
	t.send("a payment within", "POST /payments", upTo(4500), 201)
	t.send("a payment beyond", "POST /payments", upTo(4499), 403)
	t.send("no payments granted", "POST /payments", scope("payments:write"), 403)
	t.send("a route without a row", "GET /forgotten", scope("accounts:admin"), 403)

	fmt.Fprintf(t.out, "\nTry it:\n  curl -i %[1]s/accounts\n  curl -i -H 'Authorization: Bearer %[2]s' %[1]s/accounts\n",
		t.api, t.issuer.Token(scope("accounts:admin")))
	if t.wrong > 0 {
		return fmt.Errorf("%d answers were not as expected", t.wrong)
	}
	return nil
}

// itself is a client that acts for itself (RFC 9068 §2.2).
func itself(scope string) claims { return claims{"scope": scope, "sub": issuertest.ClientID} }

// upTo grants one kind of payment, up to an amount (RFC 9396 §2).
func upTo(cents int) claims {
	return claims{"scope": "payments:write", "authorization_details": []claims{{
		"type": "payment", "actions": []string{"initiate"}, "locations": []string{issuertest.Audience},
		"currency": "EUR", "max_cents": cents,
	}}}
}

// send makes one request and prints one row. Nil claims: without a token.
func (t *tour) send(what, route string, c claims, want int) {
	method, path, _ := strings.Cut(route, " ")
	body := ""
	if path == "/payments" {
		body = `{"currency":"EUR","cents":4500}`
	}
	req, err := http.NewRequestWithContext(t.ctx, method, t.api+path, strings.NewReader(body))
	if err != nil {
		t.fail(what, route, err)
		return
	}
	if c != nil {
		req.Header.Set("Authorization", "Bearer "+t.issuer.Token(c))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.fail(what, route, err)
		return
	}
	defer resp.Body.Close()
	mark := ""
	if resp.StatusCode != want {
		t.wrong++
		mark = fmt.Sprintf("   <- expected %d", want)
	}
	fmt.Fprintf(t.out, "%-24s %-41s %d%s\n", what, route, resp.StatusCode, mark)
	for _, challenge := range resp.Header.Values("WWW-Authenticate") {
		fmt.Fprintf(t.out, "    %s\n", challenge)
	}
}

func (t *tour) fail(what, route string, err error) {
	t.wrong++
	fmt.Fprintf(t.out, "%-24s %-41s failed: %v\n", what, route, err)
}
