package main

import (
	"time"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

// claims are those of a token, beside what every token of the issuer says.
type claims = map[string]any

// of45Euros is the body of a payment.
const of45Euros = `{"currency":"EUR","cents":4500}`

// tour sends requests to the API and prints what it answers.
func tour(r *show.Run, issuer *issuertest.Issuer) {
	now := time.Now().Unix()
	scope := func(s string) claims { return claims{"scope": s} }
	signedIn := func(s, acr string, ago int64) claims {
		return claims{"scope": s, "acr": acr, "auth_time": now - ago}
	}
	token := func(c claims) string { return show.Bearer(issuer.Token(c)) }

	t := r.Table(24, 41)
	t.Send("no token, public", "GET /healthz", 200)
	t.Send("no token, the metadata", "GET /.well-known/oauth-protected-resource", 200)
	t.Send("no token", "GET /accounts", 401)
	t.Send("the scope", "GET /accounts", 200, token(scope("accounts:read")))
	t.Send("a scope that includes it", "GET /accounts", 200, token(scope("accounts:admin")))
	t.Send("a scope beside it", "GET /accounts", 403, token(scope("accounts:write")))
	t.Send("one scope of two", "GET /rates", 200, token(scope("accounts:read")))
	t.Send("neither of two", "GET /rates", 403, token(scope("audit:read")))
	t.Send("a user", "GET /me", 200, token(claims{}))
	t.Send("a client itself", "GET /me", 403, token(itself("read")))
	t.Send("signed in just now", "DELETE /accounts/1", 200, token(signedIn("accounts:write", "phr", 10)))
	t.Send("signed in an hour ago", "DELETE /accounts/1", 401, token(signedIn("accounts:write", "phr", 3600)))
	t.Send("signed in by password", "DELETE /accounts/1", 401, token(signedIn("accounts:write", "pwd", 10)))
	t.Send("and the scope missing", "DELETE /accounts/1", 401, token(signedIn("accounts:read", "pwd", 10)))
	t.Send("a client cannot sign in", "DELETE /accounts/1", 403, token(itself("accounts:write")))
	t.Send("a client by night", "POST /nightly", 200, token(itself("accounts:write")))
	t.Send("an auditor", "GET /audit", 200, token(claims{"scope": "audit:read", "roles": []string{"auditor"}}))
	t.Send("not an auditor", "GET /audit", 403, token(claims{"scope": "audit:read", "roles": []string{"clerk"}}))
	t.Send("a payment within", "POST /payments "+of45Euros, 201, token(upTo(4500)))
	t.Send("a payment beyond", "POST /payments "+of45Euros, 403, token(upTo(4499)))
	t.Send("no payments granted", "POST /payments "+of45Euros, 403, token(scope("payments:write")))
	t.Send("a route without a row", "GET /forgotten", 403, token(scope("accounts:admin")))

	r.Try("curl -i %s/accounts", r.URL)
	r.Try("curl -i -H '%s' %s/accounts", token(scope("accounts:admin")), r.URL)
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
