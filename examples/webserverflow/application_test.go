package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/warder-go/warder/examples/issuer/browser"
	"github.com/warder-go/warder/issuertest"
)

// signingIn is a browser on its way back from the issuer.
type signingIn struct {
	*testing.T
	*browser.Browser
	issuer *issuertest.Issuer
	web    *application
	app    string     // its URL
	answer url.Values // of the issuer, not yet delivered
}

// start signs in at an issuer that asks nobody, up to the redirect to the
// application.
func start(t *testing.T) *signingIn {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	url := "http://" + server.Listener.Addr().String()
	issuer := newIssuer(url + "/callback")
	t.Cleanup(issuer.Close)
	issuer.Interact(nil)
	web := newApplication(issuer.URL, url+"/callback", nil)
	server.Config.Handler = web
	server.Start()
	t.Cleanup(server.Close)
	s := &signingIn{T: t, issuer: issuer, web: web, app: url}
	s.begin()
	return s
}

// begin presses "Sign in" in a new browser. That follows no redirect back to the
// application: the tests deliver the answer themselves.
func (s *signingIn) begin() {
	s.Helper()
	s.Browser = browser.New(nil, s.issuer.URL[len("http://"):])
	p, err := s.Open(s.Context(), s.app)
	if err == nil {
		p, err = s.Press(s.Context(), p, "sign-in", nil)
	}
	if err != nil || p.Location == nil || p.Location.Query().Get("code") == "" {
		s.Fatalf("no code: %v", err)
	}
	s.answer = p.Location.Query()
}

// deliver brings an answer to the application and returns the status, and what the
// home page says then.
func (s *signingIn) deliver(answer url.Values) (status int, scope, problem string) {
	s.Helper()
	p, err := s.Open(s.Context(), s.app+"/callback?"+answer.Encode())
	if err != nil {
		s.Fatal(err)
	}
	home, err := s.Open(s.Context(), s.app)
	if err != nil {
		s.Fatal(err)
	}
	return p.Status, home.Text("scope"), home.Text("problem")
}

func TestTheAnswerOfTheIssuer(t *testing.T) {
	for name, row := range map[string]struct {
		change  func(url.Values)
		status  int
		scope   string
		problem string
	}{
		"as it is":             {func(url.Values) {}, 303, "notes:read notes:write", ""},
		"without state":        {func(q url.Values) { q.Del("state") }, 400, "", ""},
		"with another state":   {func(q url.Values) { q.Set("state", "A"+q.Get("state")[1:]+"A") }, 400, "", ""},
		"without iss":          {func(q url.Values) { q.Del("iss") }, 400, "", ""},
		"with another iss":     {func(q url.Values) { q.Set("iss", "https://evil.example") }, 400, "", ""},
		"with a slash on iss":  {func(q url.Values) { q.Set("iss", q.Get("iss")+"/") }, 400, "", ""},
		"with another code":    {func(q url.Values) { q.Set("code", "x") }, 303, "", "The code was refused."},
		"without code":         {func(q url.Values) { q.Del("code") }, 303, "", "The code was refused."},
		"with an error":        {func(q url.Values) { q.Set("error", "access_denied") }, 303, "", "The issuer gave no access."},
		"an error, but no iss": {func(q url.Values) { q.Set("error", "access_denied"); q.Del("iss") }, 400, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			row.change(s.answer)
			status, scope, problem := s.deliver(s.answer)
			if status != row.status || scope != row.scope || problem != row.problem {
				t.Errorf("%d, scope %q, problem %q", status, scope, problem)
			}
		})
	}
	t.Run("twice", func(t *testing.T) {
		s := start(t)
		s.deliver(s.answer)
		if status, scope, _ := s.deliver(s.answer); status != 400 || scope == "" {
			t.Errorf("%d, and then the scope %q", status, scope)
		}
	})
	t.Run("in a browser that asked nothing", func(t *testing.T) {
		s := start(t)
		s.Browser = browser.New(nil, "nowhere")
		if status, scope, _ := s.deliver(s.answer); status != 400 || scope != "" {
			t.Errorf("%d, scope %q", status, scope)
		}
		s.answer.Del("state") // nothing is not what nobody asked for
		if status, scope, problem := s.deliver(s.answer); status != 400 || scope != "" || problem != "" {
			t.Errorf("without state: %d, scope %q, problem %q", status, scope, problem)
		}
	})
	t.Run("in a browser that asked for another", func(t *testing.T) {
		s := start(t)
		stolen := s.answer
		s.begin()
		stolen.Set("state", s.answer.Get("state")) // the thief's code in the victim's browser
		if status, scope, problem := s.deliver(stolen); status != 303 || scope != "" || problem == "" {
			t.Errorf("%d, scope %q: PKCE ties a code to its request", status, scope)
		}
	})
}

func TestTheApplicationsForms(t *testing.T) {
	s := start(t)
	for _, path := range []string{"/signin", "/call", "/refresh", "/revoke"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.app+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site: %s", path, resp.Status)
		}
	}
	p, err := s.Post(t.Context(), s.app+"/call", url.Values{"route": {"GET //evil.example/"}})
	if err != nil || p.Status != http.StatusBadRequest {
		t.Errorf("a route that no button has: %d %v", p.Status, err)
	}
}

func TestTheIssuerFails(t *testing.T) {
	for name, row := range map[string]struct {
		endpoint string
		fault    issuertest.Fault
	}{
		"no token endpoint":   {issuertest.EndpointToken, issuertest.Outage},
		"half an answer":      {issuertest.EndpointToken, issuertest.Corrupt},
		"no metadata":         {issuertest.EndpointMetadata, issuertest.Status(500)},
		"an answer with none": {issuertest.EndpointToken, issuertest.Status(200)},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			s.issuer.Fail(row.endpoint, row.fault)
			if status, scope, problem := s.deliver(s.answer); status != 303 || scope != "" || problem != "The code was refused." {
				t.Errorf("%d, scope %q, problem %q", status, scope, problem)
			}
		})
	}
	t.Run("the metadata is another issuer's", func(t *testing.T) {
		issuer := issuertest.NewIssuer()
		defer issuer.Close()
		a := newApplication("http://localhost"+issuer.URL[len("http://127.0.0.1"):], "", nil)
		if _, err := a.discover(t.Context()); err == nil {
			t.Error("accepted")
		}
	})
}
