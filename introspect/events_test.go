package introspect_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// tells wants one verify event with this way and reason, and introspect events
// with these reasons.
func (a answer) tells(t *testing.T, via middleware.Via, reason middleware.Reason, calls ...middleware.Reason) {
	t.Helper()
	verify, introspect := a.told.of(middleware.OpVerify), a.told.of(middleware.OpIntrospect)
	if len(verify) != 1 || verify[0].Via != via || verify[0].Reason != reason {
		t.Errorf("verify events %+v, want one via %q for %q", verify, via, reason)
	}
	var reasons []middleware.Reason
	for _, e := range introspect {
		reasons = append(reasons, e.Reason)
	}
	if fmt.Sprint(reasons) != fmt.Sprint(calls) {
		t.Errorf("introspect events for %q, want %q", reasons, calls)
	}
	for _, e := range append(verify, introspect...) {
		if e.Issuer != issuer || e.Duration < 0 || (e.Err == nil) != (e.Reason == middleware.ReasonOK) {
			t.Errorf("%+v", e)
		}
	}
}

// Every Verify is told once, and every attempt to ask once.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(knows(map[string]string{"good": active(nil), "foreign": active(object{"aud": "x"})}))
		a := guarding(t, s, func(c *introspect.Config) { c.Match = func(token string) bool { return token != "other" } })
		a.get("good").tells(t, middleware.ViaIntrospection, middleware.ReasonOK, middleware.ReasonOK)
		a.get("good").tells(t, middleware.ViaCache, middleware.ReasonOK)
		a.get("bad").tells(t, middleware.ViaIntrospection, middleware.ReasonInactive, middleware.ReasonOK)
		a.get("bad").tells(t, middleware.ViaNegativeCache, middleware.ReasonInactive)
		a.get("foreign").tells(t, middleware.ViaIntrospection, middleware.ReasonWrongAudience, middleware.ReasonOK)
		a.get("foreign").tells(t, middleware.ViaCache, middleware.ReasonWrongAudience)
		a.get("other").tells(t, "", middleware.ReasonMalformedToken)

		s.serve(endpoint, says("?"))
		a.get("x").tells(t, middleware.ViaIntrospection, middleware.ReasonIntrospectionUnavailable, middleware.ReasonIntrospectionUnavailable)
		s.serve(endpoint, refused) // two connections are one attempt
		a.get("x").tells(t, middleware.ViaIntrospection, middleware.ReasonIntrospectionUnavailable, middleware.ReasonIntrospectionUnavailable)
		s.serve(endpoint, coded(401, `{"error":"invalid_client"}`))
		for range 3 {
			a.get("x").tells(t, middleware.ViaIntrospection, middleware.ReasonIssuerRefusedUs, middleware.ReasonIssuerRefusedUs)
		}
		fifth := a.get("x") // the fifth failure: the breaker asks about a token of its own
		synctest.Wait()     // for that question, which nobody waits for
		fifth.tells(t, middleware.ViaIntrospection, middleware.ReasonIssuerRefusedUs, middleware.ReasonIssuerRefusedUs, middleware.ReasonIssuerRefusedUs)
		a.get("x").tells(t, middleware.ViaIntrospection, middleware.ReasonBreakerOpen, middleware.ReasonBreakerOpen)
		a.get("good").tells(t, middleware.ViaCache, middleware.ReasonOK)
		time.Sleep(time.Second)
		a.get("x").tells(t, middleware.ViaIntrospection, middleware.ReasonIssuerRefusedUs, middleware.ReasonIssuerRefusedUs)

		time.Sleep(time.Second)
		s.serve(endpoint, hang)
		got := a.get("x")
		synctest.Wait() // for the call itself, which ends as the waiting does
		got.tells(t, middleware.ViaIntrospection, middleware.ReasonIntrospectionUnavailable, middleware.ReasonIntrospectionUnavailable)
	})
}

// Who shares a call is told so, and the call is told once.
func TestEventsOfASharedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(says(active(nil)))
		a := guarding(t, newServer(g.reply), func(c *introspect.Config) { c.MaxConcurrent = 1 })
		var all sync.WaitGroup
		all.Go(func() {
			a.get("x").tells(t, middleware.ViaIntrospection, middleware.ReasonOK, middleware.ReasonOK)
		})
		<-g.asked
		for range 5 {
			all.Go(func() { a.get("x").tells(t, middleware.ViaShared, middleware.ReasonOK) })
		}
		ctx, leave := context.WithCancel(t.Context())
		all.Go(func() {
			a.with(ctx, "/api/r", "x").tells(t, middleware.ViaShared, middleware.ReasonCanceled)
		})
		synctest.Wait()
		a.get("y").tells(t, middleware.ViaIntrospection, middleware.ReasonTooManyCalls, middleware.ReasonTooManyCalls)
		leave()
		synctest.Wait()
		close(g.open)
		all.Wait()
	})
}

// Foreign code that panics is told, too.
func TestEventsOfAPanic(t *testing.T) {
	s := newServer(says(active(nil)))
	a := guarding(t, s, func(c *introspect.Config) {
		c.Authenticate = introspect.Bearer(func(context.Context) (string, error) { panic(secret) })
	})
	for range 10 {
		a.get("x").tells(t, middleware.ViaIntrospection, middleware.ReasonIntrospectionUnavailable, middleware.ReasonIntrospectionUnavailable)
	}
	signed := newServer(typed(signedType, "x"))
	a = guarding(t, signed, func(c *introspect.Config) { c.SignedBy = signedBy(func() { panic(secret) }) })
	for range 10 {
		a.get("x").tells(t, middleware.ViaIntrospection, middleware.ReasonIntrospectionUnavailable, middleware.ReasonIntrospectionUnavailable)
	}
}

// signedBy verifies nothing, but calls a function.
type signedBy func()

func (f signedBy) VerifyJWS(context.Context, string, string) ([]byte, error) {
	f()
	return nil, middleware.InvalidToken
}

// Operators learn whether a signed answer was bad or its keys could not be had.
func TestWhyASignedAnswerIsRefused(t *testing.T) {
	s := newServer(typed(signedType, newKey("k1", "ES256").jws(object{"alg": "ES256", "kid": "k1", "typ": "token-introspection+jwt"}, payload(nil))))
	down := newServer(nil)
	down.serve(metadataURL, refused)
	keys, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{resource}, HTTPClient: down.client()})
	if err != nil {
		t.Fatal(err)
	}
	why := func(a api) string {
		got := a.get("x")
		got.is(t, unavailable)
		return got.told.of(middleware.OpIntrospect)[0].Err.Error()
	}
	if got := why(guarding(t, s, func(c *introspect.Config) { c.SignedBy = keys })); !strings.Contains(got, "keys_unavailable") {
		t.Error(got)
	}
	if got := why(signing(t, s, nil, newKey("k1", "ES256"))); !strings.Contains(got, "bad_signature") {
		t.Error(got)
	}
	if got := why(guarding(t, s, func(c *introspect.Config) { c.SignedBy = signedBy(func() {}) })); strings.Contains(got, "invalid_token") {
		t.Error(got)
	}
}
