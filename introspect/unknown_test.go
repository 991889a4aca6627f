package introspect_test

import (
	"crypto"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
)

// failing answers with this status and this body.
func failing(code int, body string) reply { return coded(code, body) }

// Some issuers say by a status that they do not know a token.
func TestUnknownStatus(t *testing.T) {
	const refusedUs = "503-U issuer_refused_us"
	all := func(c *introspect.Config) { c.UnknownStatus = []int{400, 401, 403, 404} }
	for name, row := range map[string]struct {
		reply
		change func(*introspect.Config)
		want   string
	}{
		"400":                            {failing(400, `{"error":"invalid_request"}`), all, notActive},
		"400, with a page":               {failing(400, `<html>`), all, notActive},
		"401":                            {failing(401, `{"error":"invalid_token"}`), all, notActive},
		"401, with nothing":              {status(401), all, notActive},
		"403":                            {status(403), all, notActive},
		"404":                            {status(404), all, notActive},
		"404, where only 401 means that": {status(404), func(c *introspect.Config) { c.UnknownStatus = []int{401} }, unavailable},
		"404, by default":                {status(404), nil, unavailable},
		"400, by default":                {status(400), nil, unavailable},
		"401, by default":                {status(401), nil, refusedUs},
		"500 never":                      {status(500), all, unavailable},

		// Whatever is listed, what is said of our own credentials is about them.
		"400 invalid_client":             {failing(400, `{"error":"invalid_client"}`), all, refusedUs},
		"401 invalid_client":             {failing(401, `{"error":"invalid_client","error_description":"x"}`), all, refusedUs},
		"403 invalid_client":             {failing(403, `{"error":"invalid_client"}`), all, refusedUs},
		"400 invalid_client, by default": {failing(400, `{"error":"invalid_client"}`), nil, refusedUs},
		"404 invalid_client":             {failing(404, `{"error":"invalid_client"}`), all, notActive},
		"an active token beside 404":     {failing(404, active(nil)), all, notActive},
	} {
		t.Run(name, func(t *testing.T) {
			a := guarding(t, newServer(row.reply), row.change)
			a.get("x").is(t, row.want)
			a.get("x").is(t, row.want)
		})
	}
}

// A token that is not known is remembered as an inactive one, and no reason to spare
// the issuer: however many strangers make up, a good token is asked about.
func TestUnknownTokensAreNoOutage(t *testing.T) {
	for _, code := range []int{400, 401, 403, 404} {
		synctest.Test(t, func(t *testing.T) {
			good := says(active(nil))
			s := newServer(func(r *http.Request) (*http.Response, error) {
				if strings.HasPrefix(r.PostFormValue("token"), "good") {
					return good(r)
				}
				return status(code)(r)
			})
			a := guarding(t, s, func(c *introspect.Config) { c.UnknownStatus = []int{code} })
			for _, got := range a.ask(50) {
				got.is(t, notActive)
			}
			synctest.Wait()
			a.get("good").is(t, ok)
			before := s.count()
			a.get("good").is(t, ok)
			a.get("bad").is(t, notActive)
			a.get("bad").is(t, notActive)
			if n := s.count() - before; n != 1 {
				t.Errorf("status %d: %d calls", code, n)
			}
		})
	}
}

// With a client assertion, an issuer's 401 to a token that it does not know does not
// look like one to an assertion that it has seen before.
func TestUnknownStatusSpendsNoAssertion(t *testing.T) {
	k := newKey("k1", "ES256")
	s := newServer(knowing("token", status(401), says(active(nil))))
	a := guarding(t, s, func(c *introspect.Config) {
		c.UnknownStatus = []int{401}
		c.Authenticate = introspect.PrivateKeyJWT("notes-api", k.signer, "ES256", "k1")
	})
	a.get("good-1").is(t, ok)
	a.get("good-2").is(t, ok) // with the same assertion, which the issuer takes
	for _, got := range a.ask(5) {
		got.is(t, notActive)
	}
	assertions := map[string]bool{}
	for _, c := range s.seen(endpoint) {
		assertions[c.form.Get("client_assertion")] = true
	}
	if n := s.count(); n != 7 || len(assertions) != 1 {
		t.Errorf("%d calls with %d assertions", n, len(assertions))
	}
}

// An issuer that takes each assertion once, and says so by a status that it also has
// for tokens that it does not know, costs no good token its place.
func TestAssertionsThatAreTakenOnceBesideUnknownStatus(t *testing.T) {
	for name, answer := range map[string]reply{
		"401 with nothing":   status(401),
		"401 invalid_client": failing(401, `{"error":"invalid_client"}`),
		"400 invalid_client": failing(400, `{"error":"invalid_client"}`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				used := map[string]bool{}
				s := newServer(func(r *http.Request) (*http.Response, error) {
					assertion := r.PostFormValue("client_assertion")
					if used[assertion] {
						return answer(r)
					}
					used[assertion] = true
					return says(active(nil))(r)
				})
				a := guarding(t, s, func(c *introspect.Config) {
					c.UnknownStatus = []int{401}
					c.Authenticate = introspect.PrivateKeyJWT("notes-api", edKey(), "EdDSA", "")
				})
				for hour := range 3 {
					for n := range 20 {
						a.get(fmt.Sprint("good-", hour, "-", n)).is(t, ok)
					}
					time.Sleep(time.Hour) // it is tried again whether one may be used twice
				}
			})
		})
	}
}

// One refusal of a used assertion, for whatever reason, is not for good.
func TestAStrayRefusalIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := &signer{key: edKey()}
		stray := false
		s := newServer(func(r *http.Request) (*http.Response, error) {
			if stray {
				stray = false
				return failing(401, `{"error":"invalid_client"}`)(r)
			}
			return says(active(nil))(r)
		})
		a := guarding(t, s, func(c *introspect.Config) {
			c.Authenticate = introspect.PrivateKeyJWT("notes-api", key, "EdDSA", "")
		})
		for _, got := range a.ask(3) {
			got.is(t, ok)
		}
		stray = true
		time.Sleep(time.Second) // the next are other tokens
		for _, got := range a.ask(3) {
			got.is(t, ok)
		}
		time.Sleep(11 * time.Minute)
		before := key.signed.Load()
		for _, got := range a.ask(20) {
			got.is(t, ok)
		}
		if n := key.signed.Load() - before; n != 1 {
			t.Errorf("signed %d times for 20 calls", n)
		}
	})
}

// A key that takes long keeps its own call waiting, and no other that has an assertion.
func TestASlowKeyHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := &slowKey{Signer: edKey()}
		s := newServer(says(active(nil)))
		a := guarding(t, s, func(c *introspect.Config) {
			c.Authenticate = introspect.PrivateKeyJWT("notes-api", key, "EdDSA", "")
		})
		a.get("first").is(t, ok)
		key.takes.Store(int64(time.Minute))
		began := time.Now()
		for _, got := range a.ask(20) {
			got.is(t, ok)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("waited %v", took)
		}
		time.Sleep(2 * time.Minute)
		began = time.Now()
		a.get("late").is(t, unavailable) // within Timeout
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("waited %v", took)
		}
		key.takes.Store(0)
		time.Sleep(2 * time.Minute)
		a.get("after").is(t, ok)
	})
}

// slowKey signs after a while.
type slowKey struct {
	crypto.Signer
	takes atomic.Int64
}

func (k *slowKey) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	time.Sleep(time.Duration(k.takes.Load()))
	return k.Signer.Sign(random, digest, opts)
}

// Some issuers call refresh tokens active, and tell them by the lack of a token_type.
func TestRequireTokenType(t *testing.T) {
	strict := func(c *introspect.Config) { c.RequireTokenType = true }
	for name, row := range map[string]struct {
		changes object
		change  func(*introspect.Config)
		want    string
	}{
		"token_type Bearer":                   {object{"token_type": "Bearer"}, strict, ok},
		"token_type bearer":                   {object{"token_type": "bearer"}, strict, ok},
		"no token_type":                       {nil, strict, "401-T wrong_type"},
		"no token_type, by default":           {nil, nil, ok},
		"token_type is null":                  {object{"token_type": rawNull}, strict, "401-T wrong_type"},
		"token_type refresh_token":            {object{"token_type": "refresh_token"}, strict, "401-T wrong_type"},
		"no token_type, whatever typ says":    {object{"typ": "Bearer"}, strict, "401-T wrong_type"},
		"no token_type, whatever use it says": {object{"token_use": "access_token"}, strict, "401-T wrong_type"},
	} {
		t.Run(name, func(t *testing.T) {
			a := guarding(t, newServer(says(active(row.changes))), row.change)
			a.get("x").is(t, row.want)
			a.get("x").is(t, row.want)
		})
	}
}

func TestScopeClaims(t *testing.T) {
	of := func(names ...string) func(*introspect.Config) {
		return func(c *introspect.Config) { c.ScopeClaims = names }
	}
	for name, row := range map[string]struct {
		changes object
		change  func(*introspect.Config)
		want    string
	}{
		"scope is a list, and named":      {object{"scope": []string{"write", "read"}}, of("scope"), ok},
		"scope is a list, by default":     {object{"scope": []string{"read"}}, nil, unavailable},
		"scope is a string, and named":    {nil, of("scope"), ok},
		"scopes in another member":        {object{"scope": nil, "scopes": []string{"read"}}, of("scopes"), ok},
		"two members are united":          {object{"scope": "write", "permissions": []string{"read"}}, of("scope", "permissions"), ok},
		"scope is there, and not named":   {nil, of("scopes"), "403-S insufficient_scope"},
		"one named has another type":      {object{"scopes": 1}, of("scopes"), unavailable},
		"one named is null":               {object{"scopes": rawNull}, of("scopes"), "403-S insufficient_scope"},
		"scope has another type, unnamed": {object{"scope": 1, "scopes": "read"}, of("scopes"), ok},
	} {
		t.Run(name, func(t *testing.T) {
			guarding(t, newServer(says(active(row.changes))), row.change).get("x").is(t, row.want)
		})
	}
}

// A signed answer may hold as much as a plain one.
func TestLongSignedAnswers(t *testing.T) {
	k := newKey("k1", "RS256")
	for name, row := range map[string]struct {
		long int
		want string
	}{
		"14 KB":             {14_000, ok},
		"nearly 64 KiB":     {64<<10 - 300, ok},
		"more than 64 KiB":  {64 << 10, unavailable},
		"more than 128 KiB": {128 << 10, unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			answer := object{"active": true, "aud": resource, "scope": "read", "sub": "alice", "groups": strings.Repeat("x", row.long)}
			s := newServer(typed(signedType, k.jws(k.header(nil), payload(object{"token_introspection": answer}))))
			signing(t, s, nil, k).get("x").is(t, row.want)
		})
	}
}

// Inside a cluster, metadata and endpoint may be http, where that is said.
func TestInsecureAllowHTTP(t *testing.T) {
	const inside = "http://keycloak:8080/realms/notes"
	s := newServer(nil)
	s.serve("http://keycloak:8080/.well-known/oauth-authorization-server/realms/notes",
		says(encode(object{"issuer": inside, "introspection_endpoint": inside + "/introspect"})))
	s.serve(inside+"/introspect", says(active(object{"iss": inside})))
	v, err := introspect.NewVerifier(introspect.Config{
		Issuer: inside, Audience: []string{resource}, Authenticate: introspect.Basic("a", "b"),
		InsecureAllowHTTP: true, HTTPClient: s.client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	newAPI(v).get("x").is(t, ok)

	// An https issuer may not lead there by itself.
	s.serve(metadataURL, says(encode(object{"issuer": issuer, "introspection_endpoint": inside + "/introspect"})))
	w := &witness{}
	discovered, err := introspect.NewVerifier(introspect.Config{
		Issuer: issuer, Audience: []string{resource}, Authenticate: introspect.Basic("a", "b"), HTTPClient: s.client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	newAPI(discovered, w.options()).get("x").is(t, unavailable)
	if !w.heard("introspection_endpoint is not an https URL; InsecureAllowHTTP is for http inside a cluster") {
		t.Error(w.String())
	}
}

// An issuer that is never asked may have any name.
func TestNamesOfIssuers(t *testing.T) {
	for _, name := range []string{"acme.com", "stytch.com/project-live-1", "http://keycloak:8080/realms/notes"} {
		s := newServer(says(active(object{"iss": name})))
		a := guarding(t, s, func(c *introspect.Config) { c.Issuer = name })
		a.get("x").is(t, ok)
		s.serve(endpoint, says(active(object{"iss": name + "/"})))
		a.get("y").is(t, "401-T unknown_issuer")
	}
}

// What an issuer answers wrongly is told by the name of the option that it is about.
func TestFaultsNameTheOption(t *testing.T) {
	k := newKey("k1", "ES256")
	signed := func(changes object) reply { return typed(signedType, k.jws(k.header(nil), payload(changes))) }
	for name, row := range map[string]struct {
		reply
		signed bool
		want   string
	}{
		"another audience of a signed answer": {signed(object{"aud": "notes-api"}), true, "ResponseAudience"},
		"another issuer of a signed answer":   {signed(object{"iss": "x"}), true, "iss of the signed answer is not Issuer"},
		"a signed answer of yesterday":        {signed(object{"iat": 1}), true, "iat of the signed answer"},
		"a plain answer where a signed one":   {says(active(nil)), true, "SignedBy wants"},
		"a signed answer where a plain one":   {signed(nil), false, "SignedBy verifies such answers"},
		"a status about tokens":               {status(404), false, "UnknownStatus"},
		"our credentials":                     {status(401), false, "Authenticate"},
		"our credentials, as RFC 6749 has it": {failing(400, `{"error":"invalid_client"}`), false, "Authenticate"},
		"scopes in a list":                    {says(active(object{"scope": []string{"read"}})), false, "scope is not a string; ScopeClaims"},
		"a claim of another type":             {says(active(object{"client_id": 1})), false, "client_id is not a string"},
		"an answer that is nested too deeply": {says(strings.Replace(active(nil), "{", `{"x":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+",", 1)), false, "nested more than 16 deep"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &witness{}
			s := newServer(row.reply)
			change := func(c *introspect.Config) {}
			var a api
			if row.signed {
				a = signing(t, s, change, k)
			} else {
				a = guarding(t, s, change)
			}
			got := a.get("x")
			for _, e := range got.told.all {
				w.tell(e.Err)
			}
			if got.StatusCode != 503 || !w.heard(row.want) {
				t.Errorf("%s lacks %q", w, row.want)
			}
		})
	}
}
