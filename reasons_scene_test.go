package warder_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// The configured names: those may stand in a log.
const (
	login    = "https://login.example.com"
	audience = "https://api.example.com"
	route    = "GET /orders"
	secret   = made + "-secret-of-the-api"
)

// loginServer is the issuer that goes by the name of login.
type loginServer struct {
	*issuertest.Issuer
	at string // where it listens
}

func newLogin(t *testing.T) loginServer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	iss := issuertest.NewIssuerAt(l, login)
	t.Cleanup(iss.Close)
	iss.RegisterResource("orders-api", secret, audience)
	return loginServer{iss, l.Addr().String()}
}

// scene is an issuer, an API behind a guard, and what the guard logs.
type scene struct {
	*testing.T
	iss     loginServer
	options middleware.Options
	needs   scopes.Requirement
	level   slog.Level // Info, unless an act says otherwise
	from    string     // the peer that the API sees; empty: the real one
	sent    []string   // tokens

	mu      sync.Mutex
	where   string // the address of login
	trouble error  // of who dials it
	log     bytes.Buffer
}

func newScene(t *testing.T, iss loginServer) *scene {
	return &scene{T: t, iss: iss, needs: scopes.All("orders:read"), where: iss.at}
}

// client reaches login, which has no certificate here, and nothing else.
func (s *scene) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			s.mu.Lock()
			where, trouble := s.where, s.trouble
			s.mu.Unlock()
			if trouble != nil {
				return nil, trouble
			}
			return new(net.Dialer).DialContext(ctx, network, where)
		},
	}}
}

// instead puts h in the place of the issuer.
func (s *scene) instead(h http.HandlerFunc) {
	server := httptest.NewServer(h)
	s.Cleanup(server.Close)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.where = server.Listener.Addr().String()
}

// answers puts one answer to everything in the place of the issuer.
func (s *scene) answers(status int, contentType, body string) {
	s.instead(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

// unreachable has whoever dials the issuer fail.
func (s *scene) unreachable(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = err
}

// fails has an endpoint of the issuer fail until the act is over.
func (s *scene) fails(endpoint string, f issuertest.Fault) {
	s.Cleanup(s.iss.Fail(endpoint, f))
}

// jwt returns a verifier of JWTs, configured by change.
func (s *scene) jwt(change func(*jwks.Config)) *jwks.Verifier {
	cfg := jwks.Config{Issuer: login, Audience: []string{audience}, HTTPClient: s.client()}
	if change != nil {
		change(&cfg)
	}
	v, err := jwks.NewVerifier(cfg)
	if err != nil {
		s.Fatal(err)
	}
	return v
}

// opaque returns a verifier of opaque tokens, configured by change.
func (s *scene) opaque(change func(*introspect.Config)) *introspect.Verifier {
	cfg := introspect.Config{
		Issuer: login, Audience: []string{audience}, HTTPClient: s.client(),
		Endpoint: login + issuertest.EndpointIntrospection, Authenticate: introspect.Basic("orders-api", secret),
	}
	if change != nil {
		change(&cfg)
	}
	v, err := introspect.NewVerifier(cfg)
	if err != nil {
		s.Fatal(err)
	}
	return v
}

// api starts the API behind a guard with this verifier, and returns its URL.
func (s *scene) api(v middleware.Verifier) string {
	logger := slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{Level: s.level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	opts := s.options
	opts.Observe = middleware.Observers(middleware.Log(logger), opts.Observe)
	guard := middleware.New(v, &opts)
	mux := http.NewServeMux()
	orders := s.needs.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "[]") }))
	mux.Handle(route, guard.For(route, "orders:read").Handler(orders))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.from != "" {
			r.RemoteAddr = s.from
		}
		mux.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of panics
	server.Start()
	s.Cleanup(server.Close)
	return server.URL
}

// Write takes what the guard logs.
func (s *scene) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(line)
}

// forget drops what was logged.
func (s *scene) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.Reset()
}

var durations = regexp.MustCompile(`duration=\S+`)

// lines returns what was logged of op, or of everything, without the durations.
func (s *scene) lines(op middleware.Op) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for line := range strings.Lines(s.log.String()) {
		if op == "" || strings.Contains(line, " op="+string(op)+" ") {
			lines = append(lines, strings.TrimSpace(durations.ReplaceAllString(line, "duration=…")))
		}
	}
	return lines
}

// request makes a request for the orders with these header fields.
func (s *scene) request(ctx context.Context, url string, fields ...string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/orders", nil)
	if err != nil {
		s.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	if resp, err := http.DefaultClient.Do(r); err == nil { // a panic cuts the connection
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// get requests the orders with a bearer token.
func (s *scene) get(url, token string) {
	s.sent = append(s.sent, token)
	s.request(s.Context(), url, "Authorization", "Bearer "+token)
}

// until repeats an act until what it logs, and nothing else, holds text: one that
// takes very long may find the issuer asked once more.
func (s *scene) until(text string, act func()) {
	for range 50 {
		s.forget()
		if act(); strings.Contains(strings.Join(s.lines(middleware.OpAuthenticate), ""), text) {
			return
		}
	}
	s.Errorf("nothing that was logged holds %q", text)
}

// hangs puts an issuer in place that does not answer before the act is over, and
// returns where it says that it was asked.
func (s *scene) hangs() (entered <-chan struct{}) {
	asked, over := make(chan struct{}, 8), make(chan struct{})
	s.instead(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-over
	})
	s.Cleanup(func() { close(over) }) // before the server is closed
	return asked
}

// behind is get in the background, until leave is called or the act is over.
func (s *scene) behind(url, token string) (leave func()) {
	ctx, cancel := context.WithCancel(s.Context())
	s.sent = append(s.sent, token)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.request(ctx, url, "Authorization", "Bearer "+token)
	}()
	s.Cleanup(func() { cancel(); <-done })
	return cancel
}

// token returns a JWT that is accepted, but for these claims.
func (s *scene) token(change claims) string { return s.sign(nil, change) }

func (s *scene) sign(header, change claims) string {
	all := claims{
		"aud": audience, "sub": made + "-user", "client_id": made + "-client", "jti": made + "-jti",
		"scope": "orders:read " + made + ":scope",
	}
	for name, value := range change {
		all[name] = value
	}
	return s.iss.Sign(header, all)
}

// of returns an act that sends a JWT with these claims to a verifier.
func of(configure func(*jwks.Config), change claims) func(*scene) {
	return signed(configure, nil, change)
}

// signed is of with this header.
func signed(configure func(*jwks.Config), header, change claims) func(*scene) {
	return func(s *scene) { s.get(s.api(s.jwt(configure)), s.sign(header, change)) }
}
