package main

import (
	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

// object is JSON: changes to the header or the claims of a token.
type object = map[string]any

// tour sends requests to the API and prints what it answers.
func tour(r *show.Run, acme, globex *issuertest.Issuer) {
	ofAcme := object{"aud": "https://api.example/tenants/acme"}
	ofGlobex := object{"aud": "https://api.example/tenants/globex"}
	a, g := show.Bearer(acme.Token(ofAcme)), show.Bearer(globex.Token(ofGlobex))
	forGlobex := show.Bearer(acme.Token(ofGlobex))
	ofNobody := show.Bearer(acme.Token(object{"iss": "https://other.example"}))

	// What the other tenant's issuer can make up: it signs with its own key.
	saysAcme := show.Bearer(globex.Sign(object{"kid": acme.KeyID("RS256")}, object{"aud": ofAcme["aud"], "iss": acme.URL}))

	r.Printf("acme's issuer   %s\nglobex's issuer %s\nAPI             %s\n\n", acme.URL, globex.URL, r.URL)
	t := r.Table(20, 27)
	t.Send("acme's token", "GET /tenants/acme/notes", 200, a)
	t.Send("globex's token", "GET /tenants/globex/notes", 200, g)
	t.Send("acme's token", "GET /tenants/globex/notes", 401, a)
	t.Send("globex's token", "GET /tenants/acme/notes", 401, g)
	t.Send("acme's, for globex", "GET /tenants/globex/notes", 401, forGlobex)
	t.Send("globex's, says acme", "GET /tenants/acme/notes", 401, saysAcme)
	t.Send("nobody's issuer", "GET /tenants/acme/notes", 401, ofNobody)
	t.Send("no such tenant", "GET /tenants/initech/notes", 401, a)
	t.Send("no token", "GET /tenants/acme/notes", 401)

	// One tenant's issuer fails: nobody else notices.
	acme.Rotate()
	restore := acme.Fail("", issuertest.Outage)
	t.Send("acme down, new key", "GET /tenants/acme/notes", 503, show.Bearer(acme.Token(ofAcme)))
	t.Send("acme down, globex's", "GET /tenants/globex/notes", 200, g)
	restore()

	r.Try("curl -i -H '%s' %s/tenants/acme/notes", a, r.URL)
}
