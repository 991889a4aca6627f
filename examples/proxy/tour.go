package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

// tour sends requests to the proxy and prints what arrives behind it.
type tour struct{ *show.Run }

func (t *tour) show(issuer *issuertest.Issuer) {
	user := issuer.Token(map[string]any{"sub": "ada"})
	client := issuer.Token(map[string]any{"sub": issuertest.ClientID})
	bearer := show.Bearer(user)

	t.send("no token", "/notes/", 401, "")
	t.send("no token, public", "/prices", 200, "GET /prices\n")
	t.send("a token", "/notes/", 200, "X-User: ada\n", bearer)
	t.send("a token in a cookie", "/notes/", 200, "X-User: ada\n", "Cookie: token="+user)
	t.send("one more in the query", "/notes/?page=2&access_token="+user, 200, "GET /notes/?page=2\n", bearer)
	t.send("a client that acts for itself", "/notes/", 200, "X-Client: client\n", show.Bearer(client))
	t.send("a forged user", "/notes/", 200, "X-User: ada\n", bearer, "X-User: root")
	t.send("a forged user, public", "/prices", 200, "GET /prices\n", "X-User: root")
	t.send("another method in a field", "/notes/", 200, "GET /notes/\n", bearer, "X-HTTP-Method-Override: root")
	t.send("a user to be dropped", "/notes/", 200, "X-User: ada\n", bearer, "Connection: X-User")

	t.Try("curl -i %s/notes/", t.URL)
	t.Try("curl -i -H '%s' %s/notes/", bearer, t.URL)
}

// send makes one request and prints one row, and what arrived at the upstream.
// The answer has to hold want, and neither a token nor the user root.
func (t *tour) send(what, target string, status int, want string, fields ...string) {
	answer := t.Ask("GET "+target, show.Header(fields...))
	t.Row(fmt.Sprintf("%-30s ", what), answer, status)
	arrived := answer.Body
	if answer.Status == http.StatusOK {
		t.Printf("    %s\n", strings.ReplaceAll(strings.TrimSpace(arrived), "\n", "\n    "))
	}
	if !strings.Contains(arrived, want) || strings.Contains(arrived, "eyJ") || strings.Contains(arrived, "root") {
		t.Wrong("expected %s, no token and no root", strings.TrimSpace(want))
	}
}
