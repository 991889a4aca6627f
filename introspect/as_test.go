package introspect_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	issuer      = "https://as.example"
	endpoint    = "https://as.example/introspect"
	metadataURL = "https://as.example/.well-known/oauth-authorization-server"
	resource    = "https://rs.example/api"
)

type object = map[string]any

// server is an authorization server under names that do not exist: the
// transport of an HTTP client, so that it can be https://as.example and works
// in a bubble with fake time. What it does not serve is 404.
type server struct {
	mu    sync.Mutex
	urls  map[string]reply
	calls []call
}

// reply answers a request, or fails as a transport does.
type reply func(*http.Request) (*http.Response, error)

// call is a request that the server has seen.
type call struct {
	url, method, body string
	header            http.Header
	form              url.Values
}

// newServer answers at its endpoint as r does.
func newServer(r reply) *server {
	return &server{urls: map[string]reply{endpoint: r}}
}

func (s *server) serve(url string, r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urls[url] = r
}

func (s *server) client() *http.Client { return &http.Client{Transport: s} }

// seen returns the requests to url so far.
func (s *server) seen(url string) []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var at []call
	for _, c := range s.calls {
		if c.url == url {
			at = append(at, c)
		}
	}
	return at
}

// count returns how often the endpoint was asked.
func (s *server) count() int { return len(s.seen(endpoint)) }

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	c := call{url: r.URL.String(), method: r.Method, header: r.Header.Clone()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		c.body = string(body)
	}
	c.form, _ = url.ParseQuery(c.body)
	s.mu.Lock()
	s.calls = append(s.calls, c)
	answer, ok := s.urls[c.url]
	s.mu.Unlock()
	if !ok {
		return status(http.StatusNotFound)(r)
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(strings.NewReader(c.body))
	resp, err := answer(r)
	if ended := r.Context().Err(); ended != nil {
		return nil, ended
	}
	return resp, err
}

// by answers as an HTTP handler does.
func by(h http.HandlerFunc) reply {
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h(w, r)
		return w.Result(), nil
	}
}

func typed(contentType, body string) reply {
	return by(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{contentType}
		io.WriteString(w, body)
	})
}

// says answers every question with this document.
func says(doc string) reply { return typed("application/json", doc) }

// status answers with nothing but a status and header fields, in pairs.
func status(code int, fields ...string) reply {
	return by(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		w.WriteHeader(code)
	})
}

// knows answers with what is known of each token, and for all others inactive.
func knows(tokens map[string]string) reply {
	return func(r *http.Request) (*http.Response, error) {
		doc, ok := tokens[r.PostFormValue("token")]
		if !ok {
			doc = inactive
		}
		return says(doc)(r)
	}
}

// hang answers nothing until the client gives up.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// refused is a port where nobody listens.
func refused(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// broken is a connection that ends in the middle of the answer.
func broken(*http.Request) (*http.Response, error) {
	return nil, io.ErrUnexpectedEOF
}

// gate holds answers back until it is opened.
type gate struct {
	reply
	asked chan struct{} // one element for each question
	open  chan struct{}
}

func newGate(r reply) *gate {
	g := &gate{asked: make(chan struct{}, 1000), open: make(chan struct{})}
	g.reply = func(req *http.Request) (*http.Response, error) {
		g.asked <- struct{}{}
		select {
		case <-g.open:
		case <-req.Context().Done():
		}
		return r(req)
	}
	return g
}

const inactive = `{"active":false}`

// active returns the answer to a good token, changed; nil removes a member.
func active(changes object) string {
	answer := object{
		"active": true, "iss": issuer, "sub": "alice", "client_id": "app", "aud": resource,
		"scope": "read", "exp": in(time.Hour), "iat": in(0),
	}
	maps.Copy(answer, changes)
	maps.DeleteFunc(answer, func(_ string, v any) bool { return v == nil })
	return encode(answer)
}

// in returns the NumericDate so long from now.
func in(d time.Duration) int64 { return time.Now().Add(d).Unix() }

func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
