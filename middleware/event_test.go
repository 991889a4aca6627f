package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// refuses is a Verifier that reports as its issuer and refuses.
func refuses(iss string) middleware.Verifier {
	return middleware.VerifierFunc(func(ctx context.Context, _ string, _ *http.Request) (*middleware.Token, error) {
		middleware.Observe(ctx, middleware.Event{Op: middleware.OpVerify, Issuer: iss, Reason: middleware.ReasonExpired})
		return nil, middleware.InvalidToken
	})
}

// accepts is a Verifier that reports as its issuer and accepts.
func accepts(t *middleware.Token) middleware.Verifier {
	return middleware.VerifierFunc(func(ctx context.Context, _ string, _ *http.Request) (*middleware.Token, error) {
		middleware.Observe(ctx, middleware.Event{Op: middleware.OpVerify, Issuer: t.Issuer, Reason: middleware.ReasonOK})
		return t, nil
	})
}

// inTurn asks one after the other, as nobody should; only the labels are of
// interest here.
func inTurn(vs ...middleware.Verifier) middleware.Verifier {
	return middleware.VerifierFunc(func(ctx context.Context, token string, r *http.Request) (t *middleware.Token, err error) {
		for _, v := range vs {
			if t, err = v.Verify(ctx, token, r); err == nil {
				return t, nil
			}
		}
		return nil, err
	})
}

func TestIssuerOfTheAuthenticateEvent(t *testing.T) {
	good := &middleware.Token{Issuer: "https://a"}
	bound := &middleware.Token{Issuer: "https://a", Confirmation: map[string]string{"kid": "1"}}
	for _, row := range []struct {
		name     string
		verifier middleware.Verifier
		request  *http.Request
		issuer   string
	}{
		{"accepted: the token's", accepts(good), bearer("a"), "https://a"},
		{"refused: that of the verify event", refuses("https://b"), bearer("a"), "https://b"},
		{"refused without a verify event: none", newFakeVerifierWithoutEvents(), bearer("a"), ""},
		{"no credentials: none", refuses("https://b"), httptest.NewRequest("GET", "/", nil), ""},
		{"accepted after another refused", inTurn(refuses("https://b"), accepts(good)), bearer("a"), "https://a"},
		{"verified, not confirmed: the token's", accepts(bound), bearer("a"), "https://a"},
		{"verified after another refused, not confirmed", inTurn(refuses("https://b"), accepts(bound)), bearer("a"), "https://a"},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen := newRecorder()
			g := middleware.New(row.verifier, &middleware.Options{Observe: seen.observe})
			g.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(httptest.NewRecorder(), row.request)
			if e := seen.authenticated(t); e.Issuer != row.issuer {
				t.Errorf("issuer %q, want %q", e.Issuer, row.issuer)
			}
		})
	}
}

func newFakeVerifierWithoutEvents() middleware.Verifier {
	return middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return nil, middleware.InvalidToken
	})
}

// For names the route in every event, a requirement names it by the pattern.
func TestRouteOfEvents(t *testing.T) {
	for _, row := range []struct {
		name  string
		route string
		want  map[middleware.Op]string
	}{
		{"For names it", "GET /notes", map[middleware.Op]string{
			middleware.OpAuthenticate: "GET /notes", middleware.OpVerify: "GET /notes", middleware.OpAuthorize: "GET /n/{id}"}},
		{"without For only the requirement knows it", "", map[middleware.Op]string{
			middleware.OpAuthenticate: "", middleware.OpVerify: "", middleware.OpAuthorize: "GET /n/{id}"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen := newRecorder()
			g := middleware.New(newFakeVerifier(), &middleware.Options{Observe: seen.observe}).For(row.route, "")
			mux := http.NewServeMux()
			mux.Handle("GET /n/{id}", scopes.Require("read")(http.NotFoundHandler()))
			r := httptest.NewRequest("GET", "/n/1", nil)
			r.Header.Set("Authorization", "Bearer scope.read"+tokenSuffix)
			g.Handler(mux).ServeHTTP(httptest.NewRecorder(), r)
			got := map[middleware.Op]string{}
			for _, e := range seen.events {
				got[e.Op] = e.Route
			}
			equal(t, got, row.want)
		})
	}
}

func TestObserveSaysWhetherAnybodyWasTold(t *testing.T) {
	if middleware.Observe(t.Context(), middleware.Event{Op: middleware.OpVerify}) {
		t.Error("somebody was told without a guard")
	}
	seen := newRecorder()
	for name, row := range map[string]struct {
		opts middleware.Options
		want bool
	}{
		"a guard with an Observer":    {middleware.Options{Observe: seen.observe}, true},
		"a guard without an Observer": {middleware.Options{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var told []bool
			verify := func(ctx context.Context, _ string, _ *http.Request) (*middleware.Token, error) {
				told = append(told, middleware.Observe(ctx, middleware.Event{Op: middleware.OpFetch}),
					middleware.Observe(context.WithoutCancel(ctx), middleware.Event{Op: middleware.OpVerify, Reason: middleware.ReasonExpired}))
				return nil, errors.New("x")
			}
			g := middleware.New(middleware.VerifierFunc(verify), &row.opts)
			g.Handler(unreachable(t)).ServeHTTP(httptest.NewRecorder(), bearer("a"))
			equal(t, told, []bool{row.want, row.want})
		})
	}
}

// panics is a Binding that panics.
type panics struct{ fakeDPoP }

func (panics) Confirm(context.Context, string, *http.Request, *middleware.Token) (http.Header, error) {
	panic(http.ErrAbortHandler)
}

// Exactly one authenticate event a request, even where one of the parts
// panics; and the panic is the server's, not ours.
func TestAPanicIsReportedOnceAndGoesOn(t *testing.T) {
	bound := func() (*middleware.Token, error) {
		return &middleware.Token{Confirmation: map[string]string{"jkt": "k"}}, nil
	}
	for _, row := range []struct {
		name string
		opts middleware.Options
		v    func() (*middleware.Token, error)
	}{
		{"a Source", middleware.Options{Sources: []middleware.Source{
			func(*http.Request) (middleware.Credentials, error) { panic(http.ErrAbortHandler) }}}, bound},
		{"a Verifier", middleware.Options{}, func() (*middleware.Token, error) { panic(http.ErrAbortHandler) }},
		{"a Binding", middleware.Options{Bindings: []middleware.Binding{panics{}}}, bound},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen := newRecorder()
			row.opts.Observe = seen.observe
			g := newGuard(&row.opts, row.v).For("GET /r", "")
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", "DPoP a")
			if row.opts.Bindings == nil {
				r = bearer("a")
			}
			defer func() {
				if p := recover(); p != http.ErrAbortHandler {
					t.Errorf("panic %v, want the one that there was", p)
				}
				e := seen.authenticated(t)
				equal(t, []string{string(e.Reason), e.Route, e.Err.Error()},
					[]string{"verifier_fault", "GET /r", "a Source, Verifier or Binding panicked; the server's own log has the stack"})
			}()
			g.Handler(unreachable(t)).ServeHTTP(httptest.NewRecorder(), r)
		})
	}
}

// An Observer that panics is not told of its own panic.
func TestAnObserverThatPanicsIsToldOnce(t *testing.T) {
	told := 0
	g := newGuard(&middleware.Options{Observe: func(context.Context, middleware.Event) {
		told++
		panic("x")
	}}, func() (*middleware.Token, error) { return new(middleware.Token), nil })
	defer func() {
		equal(t, recover(), any("x"))
		equal(t, told, 1)
	}()
	g.Handler(unreachable(t)).ServeHTTP(httptest.NewRecorder(), bearer("a"))
}

func TestObserversTellEachInOrder(t *testing.T) {
	var told []string
	tell := func(name string) middleware.Observer {
		return func(_ context.Context, e middleware.Event) { told = append(told, name+" "+string(e.Op)) }
	}
	middleware.Observers(tell("first"), nil, tell("second"))(t.Context(), middleware.Event{Op: middleware.OpFetch})
	equal(t, told, []string{"first fetch", "second fetch"})
	middleware.Observers()(t.Context(), middleware.Event{}) // none is fine
}
