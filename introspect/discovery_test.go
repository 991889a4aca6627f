package introspect_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
)

// metadata is what the issuer says of itself, changed.
func metadata(changes object) string {
	doc := object{"issuer": issuer, "introspection_endpoint": endpoint}
	for name, value := range changes {
		if doc[name] = value; value == nil {
			delete(doc, name)
		}
	}
	return encode(doc)
}

// discovering returns an API whose Verifier is told no endpoint.
func discovering(t *testing.T, s *server) api {
	t.Helper()
	return guarding(t, s, func(c *introspect.Config) { c.Endpoint = "" })
}

func TestDiscovery(t *testing.T) {
	const oidc = "https://as.example/.well-known/openid-configuration"
	for name, row := range map[string]struct {
		url string
		reply
		want string
	}{
		"of RFC 8414":                            {metadataURL, says(metadata(nil)), ok},
		"of OpenID Connect":                      {oidc, says(metadata(nil)), ok},
		"of another issuer":                      {metadataURL, says(metadata(object{"issuer": "https://other.example"})), unavailable},
		"of an issuer with a slash too many":     {metadataURL, says(metadata(object{"issuer": issuer + "/"})), unavailable},
		"of no issuer":                           {metadataURL, says(metadata(object{"issuer": nil})), unavailable},
		"without the endpoint":                   {metadataURL, says(metadata(object{"introspection_endpoint": nil})), unavailable},
		"with two endpoints":                     {metadataURL, says(metadata(object{"introspection_endpoint": []string{endpoint}})), unavailable},
		"with an empty endpoint":                 {metadataURL, says(metadata(object{"introspection_endpoint": ""})), unavailable},
		"with a relative endpoint":               {metadataURL, says(metadata(object{"introspection_endpoint": "/introspect"})), unavailable},
		"with an endpoint without TLS":           {metadataURL, says(metadata(object{"introspection_endpoint": "http://as.example/introspect"})), unavailable},
		"with an endpoint on this machine":       {metadataURL, says(metadata(object{"introspection_endpoint": "https://127.0.0.1/introspect"})), unavailable},
		"with an endpoint on this link":          {metadataURL, says(metadata(object{"introspection_endpoint": "https://169.254.169.254/"})), unavailable},
		"with an endpoint with a password":       {metadataURL, says(metadata(object{"introspection_endpoint": "https://a:b@as.example/introspect"})), unavailable},
		"that is none":                           {metadataURL, says("?"), unavailable},
		"that is a web page":                     {metadataURL, typed("text/html", metadata(nil)), unavailable},
		"that cannot be reached":                 {metadataURL, refused, unavailable},
		"that does not come":                     {metadataURL, hang, unavailable},
		"that sends us to a place without TLS":   {metadataURL, status(302, "Location", "http://as.example/m"), unavailable},
		"that wants to be asked less":            {metadataURL, status(429, "Retry-After", "20"), unavailable},
		"that is down, and comes after a minute": {metadataURL, status(503), unavailable},
	} {
		t.Run("metadata "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(says(active(nil)))
				s.serve(row.url, row.reply)
				a := discovering(t, s)
				began := time.Now()
				a.get("x").is(t, row.want)
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("answered after %v", took)
				}
				if n := s.count(); row.want == unavailable && n != 0 {
					t.Errorf("asked %d times at an endpoint that nobody named", n)
				}
				if row.want == ok {
					return
				}
				a.ask(5)
				synctest.Wait()
				a.ask(5)
				a.get("x").is(t, breakerOpen) // without metadata nothing can be asked
				s.serve(metadataURL, says(metadata(nil)))
				time.Sleep(time.Minute)
				a.get("x").is(t, ok)
			})
		})
	}
}

// All who wait at the start wait for one reading, and it lasts an hour.
func TestMetadataIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(says(metadata(nil)))
		s := newServer(says(active(object{"exp": in(3 * time.Hour)})))
		s.serve(metadataURL, g.reply)
		a := discovering(t, s)
		var all sync.WaitGroup
		for n := range 60 {
			all.Go(func() { a.get(fmt.Sprint("token-", n)).is(t, ok) })
		}
		synctest.Wait()
		close(g.open)
		all.Wait()
		reads := func(want int) {
			t.Helper()
			if n := len(s.seen(metadataURL)); n != want {
				t.Errorf("read %d times, want %d", n, want)
			}
		}
		reads(1)
		time.Sleep(time.Hour - time.Second)
		a.get("x").is(t, ok)
		reads(1)
		time.Sleep(time.Second)
		a.get("y").is(t, ok)
		a.get("z").is(t, ok)
		reads(2)

		s.serve(metadataURL, status(503)) // what is known counts on
		time.Sleep(time.Hour)
		for range 5 {
			for _, got := range a.ask(3) {
				got.is(t, ok)
			}
			time.Sleep(time.Second)
		}
		reads(2 + 1)
		time.Sleep(time.Minute)
		a.get("v").is(t, ok)
		reads(2 + 2) // and it is looked for once a minute
	})
}

// An endpoint that moved is found by the next reading, which a failed call
// brings forward.
func TestMovedEndpoint(t *testing.T) {
	const moved = "https://as.example/v2/introspect"
	for name, old := range map[string]reply{
		"is gone":            status(404),
		"takes no POST":      status(405),
		"is not reached":     refused,
		"breaks":             broken,
		"redirects":          status(308, "Location", moved),
		"is no longer heard": hang,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(says(active(nil)))
				s.serve(metadataURL, says(metadata(nil)))
				a := discovering(t, s)
				a.get("x").is(t, ok)
				time.Sleep(time.Second)

				s.serve(endpoint, old)
				s.serve(moved, says(active(nil)))
				s.serve(metadataURL, says(metadata(object{"introspection_endpoint": moved})))
				a.get("y").is(t, unavailable)
				synctest.Wait() // the call ends with those who wait for it, not before
				a.get("y").is(t, ok)
				a.get("z").is(t, ok)
				if n := len(s.seen(metadataURL)); n != 2 {
					t.Errorf("read %d times", n)
				}
			})
		})
	}
}

// Strangers' tokens, at which the issuer answers 404, do not make us read its
// metadata each time.
func TestJunkDoesNotReadMetadata(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(status(404))
		s.serve(metadataURL, says(metadata(nil)))
		a := discovering(t, s)
		for range 50 { // 5 s
			a.ask(20)
			time.Sleep(100 * time.Millisecond)
		}
		if n := len(s.seen(metadataURL)); n > 6 {
			t.Errorf("read %d times for %d calls", n, s.count())
		}
	})
}
