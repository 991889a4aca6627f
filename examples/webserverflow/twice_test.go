package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

// request is one of the browser as it is now. Unlike Open and Post it may be sent
// twice, at the same time, and its answer changes nothing in the browser.
func (s *signingIn) request(ctx context.Context, method, path string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader("route=GET+/notes"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range s.Cookies(s.app) {
		r.AddCookie(c)
	}
	return r
}

// send sends r.
func (s *signingIn) send(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	s.web.ServeHTTP(w, r)
	return w.Result()
}

// press presses a button, and returns what the home page says then.
func (s *signingIn) press(path string) (scope, problem string) {
	s.Helper()
	s.send(s.request(s.Context(), http.MethodPost, path))
	return s.home()
}

func (s *signingIn) home() (scope, problem string) {
	s.Helper()
	p, err := s.Open(s.Context(), s.app)
	if err != nil {
		s.Fatal(err)
	}
	return p.Text("scope"), p.Text("problem")
}

// signedIn is a browser that has signed in.
func signedIn(t *testing.T) *signingIn {
	t.Helper()
	s := start(t)
	if _, scope, _ := s.deliver(s.answer); scope == "" {
		t.Fatal("not signed in")
	}
	return s
}

// gate holds the application's first request to an endpoint until it is opened.
type gate struct {
	endpoint        string
	first           chan struct{} // holds one
	arrived, opened chan struct{}
}

func (s *signingIn) hold(endpoint string) *gate {
	g := &gate{endpoint, make(chan struct{}, 1), make(chan struct{}), make(chan struct{})}
	g.first <- struct{}{}
	s.web.http.Transport = g
	return g
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == g.endpoint {
		select {
		case <-g.first:
			close(g.arrived)
			<-g.opened
		default:
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// together sends a request twice. The second is answered while the first waits for
// the issuer.
func (s *signingIn) together(method, path, endpoint string) (first, second *http.Response) {
	g := s.hold(endpoint)
	one, two := s.request(s.Context(), method, path), s.request(s.Context(), method, path)
	done := make(chan *http.Response, 1)
	go func() { done <- s.send(one) }()
	<-g.arrived
	second = s.send(two)
	close(g.opened)
	return <-done, second
}

func TestAButtonPressedTwiceKeepsTheSignIn(t *testing.T) {
	for _, path := range []string{"/call", "/refresh", "/revoke"} {
		t.Run("one after the other: "+path, func(t *testing.T) {
			s := signedIn(t)
			one, two := s.request(t.Context(), "POST", path), s.request(t.Context(), "POST", path)
			for _, r := range []*http.Request{one, two} {
				if resp := s.send(r); resp.StatusCode != 303 || len(resp.Cookies()) != 0 {
					t.Errorf("%s, cookies %v", resp.Status, resp.Cookies())
				}
			}
			if scope, _ := s.home(); scope == "" {
				t.Error("signed out")
			}
		})
	}
	for path, endpoint := range map[string]string{"/refresh": issuertest.EndpointToken, "/revoke": issuertest.EndpointRevocation} {
		t.Run("at the same time: "+path, func(t *testing.T) {
			s := signedIn(t)
			before := s.issuer.Requests(endpoint)
			s.together("POST", path, endpoint)
			if n := s.issuer.Requests(endpoint) - before; n != 1 {
				t.Errorf("the issuer was asked %d times", n)
			}
			if scope, problem := s.home(); scope == "" || problem != "" {
				t.Errorf("scope %q, problem %q", scope, problem)
			}
			if path != "/refresh" {
				return
			}
			if scope, problem := s.press("/refresh"); scope == "" || problem != "" {
				t.Errorf("the grant is gone: scope %q, problem %q", scope, problem)
			}
		})
	}
}

func TestAnAnswerThatComesTwiceAtTheSameTime(t *testing.T) {
	s := start(t)
	first, second := s.together("GET", "/callback?"+s.answer.Encode(), issuertest.EndpointToken)
	if first.StatusCode != 303 || second.StatusCode != 400 || len(second.Cookies()) != 0 {
		t.Fatalf("%s and %s, cookies of the second %v", first.Status, second.Status, second.Cookies())
	}
	s.SetCookies(s.app, first.Cookies())
	if scope, problem := s.press("/refresh"); scope == "" || problem != "" {
		t.Errorf("the grant is gone: scope %q, problem %q", scope, problem)
	}
}

func TestAWrongAnswerLeavesTheSignInUnderWay(t *testing.T) {
	s := start(t)
	if status, _, _ := s.deliver(url.Values{"state": {"x"}, "iss": {s.issuer.URL}, "code": {"x"}}); status != 400 {
		t.Errorf("the wrong answer: %d", status)
	}
	if status, scope, _ := s.deliver(s.answer); status != 303 || scope == "" {
		t.Errorf("the right one: %d, scope %q", status, scope)
	}
}

func TestABrowserThatDoesNotWait(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	s := start(t)
	s.SetCookies(s.app, s.send(s.request(gone, "GET", "/callback?"+s.answer.Encode())).Cookies())
	if scope, problem := s.home(); scope == "" || problem != "" {
		t.Errorf("signing in: scope %q, problem %q", scope, problem)
	}
	s.send(s.request(gone, "POST", "/refresh"))
	if scope, problem := s.press("/refresh"); scope == "" || problem != "" {
		t.Errorf("after a refresh: scope %q, problem %q", scope, problem)
	}
}

// unreachable is a network without the endpoint.
type unreachable string

func (u unreachable) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == string(u) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestTheRefreshTokenAfterAFailure(t *testing.T) {
	const failed, gone = "That did not work.", "There is no refresh token, or it is in use."
	fail := func(endpoint string, f issuertest.Fault) func(*signingIn) func() {
		return func(s *signingIn) func() { return s.issuer.Fail(endpoint, f) }
	}
	for name, row := range map[string]struct {
		path  string
		fail  func(*signingIn) (restore func())
		again string // the problem of the second attempt
	}{
		"is kept if the metadata could not be read":         {"/refresh", fail(issuertest.EndpointMetadata, issuertest.Status(500)), ""},
		"is kept if there was no connection":                {"/refresh", cutOff(issuertest.EndpointToken), ""},
		"is spent if the answer was lost":                   {"/refresh", fail(issuertest.EndpointToken, issuertest.Outage), gone},
		"is spent if half an answer came":                   {"/refresh", fail(issuertest.EndpointToken, issuertest.Corrupt), gone},
		"is kept if the issuer cannot be asked to revoke":   {"/revoke", cutOff(issuertest.EndpointRevocation), ""},
		"is kept if nobody knows whether it was revoked":    {"/revoke", fail(issuertest.EndpointRevocation, issuertest.Outage), ""},
		"is kept if the metadata could not be read, revoke": {"/revoke", fail(issuertest.EndpointMetadata, issuertest.Outage), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := signedIn(t)
			restore := row.fail(s)
			if scope, problem := s.press(row.path); scope == "" || problem != failed {
				t.Errorf("at first: scope %q, problem %q", scope, problem)
			}
			restore()
			if scope, problem := s.press(row.path); scope == "" || problem != row.again {
				t.Errorf("again: scope %q, problem %q", scope, problem)
			}
		})
	}
}

func cutOff(endpoint string) func(*signingIn) (restore func()) {
	return func(s *signingIn) func() {
		s.web.http.Transport = unreachable(endpoint)
		return func() { s.web.http.Transport = nil }
	}
}

func TestASignInThatCannotBegin(t *testing.T) {
	s := signedIn(t)
	restore := s.issuer.Fail(issuertest.EndpointMetadata, issuertest.Outage)
	if scope, problem := s.press("/signin"); scope == "" || problem == "" {
		t.Errorf("scope %q, problem %q", scope, problem)
	}
	restore()
	if scope, problem := s.press("/refresh"); scope == "" || problem != "" {
		t.Errorf("later: scope %q, problem %q", scope, problem)
	}
}

// An answer that comes late, to a request from before the sign-in, must not put its
// own cookie in the place of the new one.
func TestAStrangerGetsNoCookie(t *testing.T) {
	s := signedIn(t)
	for _, path := range []string{"/call", "/refresh", "/revoke"} {
		r := s.request(t.Context(), "POST", path)
		r.Header.Set("Cookie", cookieName+"=old")
		if resp := s.send(r); resp.StatusCode != 200 || len(resp.Cookies()) != 0 {
			t.Errorf("%s: %s, cookies %v", path, resp.Status, resp.Cookies())
		}
	}
}
