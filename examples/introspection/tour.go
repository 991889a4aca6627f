package main

import (
	"fmt"
	"net/http"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

// tour sends requests to the API and prints what it answers, and how many times
// that made it ask the issuer about a token.
type tour struct {
	*show.Run
	issuer *issuertest.Issuer
}

// object is JSON: changes to the claims of a token.
type object = map[string]any

func (t *tour) show(forget func(token string)) {
	jwt, opaque, second := t.issuer.Token(nil), t.issuer.Opaque(nil), t.issuer.Opaque(nil)

	t.Printf("issuer %s\nAPI    %s\n\n", t.issuer.URL, t.URL)
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

	t.Printf("\nThe first opaque token is revoked:\n")
	t.issuer.Revoke(opaque)
	t.send("within CacheTTL", opaque, 200, 0)
	forget(opaque)
	t.send("after Forget", opaque, 401, 1)

	t.Printf("\nThe issuer is down:\n")
	restore := t.issuer.Fail("", issuertest.Outage)
	t.send("a JWT, key known", jwt, 200, 0)
	t.send("a remembered token", second, 200, 0)
	unseen := t.issuer.Opaque(nil)
	t.send("a token never seen", unseen, 503, 2) // asked once more on a new connection; perhaps it is good: not 401
	restore()

	t.Printf("\nIt is back:\n")
	t.send("the same", unseen, 200, 1)

	t.Try("curl -i -H '%s' %s/notes", show.Bearer(second), t.URL)
}

// send makes one request and prints one row.
func (t *tour) send(what, token string, status, calls int) {
	header := http.Header{}
	if token != "" {
		header = show.Header(show.Bearer(token))
	}
	before := t.issuer.Requests(issuertest.EndpointIntrospection)
	answer := t.Ask("GET /notes", header)
	asked := t.issuer.Requests(issuertest.EndpointIntrospection) - before
	const columns = "%v   introspections: %d"
	t.Row(fmt.Sprintf("%-22s ", what), fmt.Sprintf(columns, answer, asked), fmt.Sprintf(columns, status, calls))
	t.Refusal(answer)
}
