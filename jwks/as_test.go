package jwks_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// server is an authorization server under names that do not exist: the
// transport of an HTTP client, so that it can be https://as.example and works
// in a bubble with fake time. What it does not serve is 404.
type server struct {
	mu   sync.Mutex
	urls map[string]http.HandlerFunc
	hits []string // the URLs asked for
}

const (
	keysURL = "https://as.example/keys"
	rfcURL  = "https://as.example/.well-known/oauth-authorization-server/t1"
	oidcURL = "https://as.example/t1/.well-known/openid-configuration"
	bothURL = "https://as.example/.well-known/openid-configuration/t1"
)

// newServer serves the metadata of issuer and these keys.
func newServer(published ...object) *server {
	s := &server{urls: map[string]http.HandlerFunc{}}
	s.serve(rfcURL, document(encode(object{"issuer": issuer, "jwks_uri": keysURL})))
	s.serve(keysURL, document(keySet(published...)))
	return s
}

func (s *server) serve(url string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urls[url] = h
}

func (s *server) client() *http.Client { return &http.Client{Transport: s} }

// count returns how often url was asked for; "" counts everything.
func (s *server) count(url string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if url == "" {
		return len(s.hits)
	}
	n := 0
	for _, hit := range s.hits {
		if hit == url {
			n++
		}
	}
	return n
}

func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.hits)
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	url := r.URL.String()
	s.mu.Lock()
	s.hits = append(s.hits, url)
	h, ok := s.urls[url]
	s.mu.Unlock()
	if !ok {
		h = http.NotFound
	}
	w := httptest.NewRecorder()
	h(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

func document(doc []byte) http.HandlerFunc { return typed("application/json", string(doc)) }

func typed(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, body)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

// hang answers nothing until the client gives up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// brokenSets returns answers that are no JWK Set with a usable key.
func brokenSets() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"an empty set":                       document([]byte(`{"keys":[]}`)),
		"an array":                           document([]byte(`[]`)),
		"an object without keys":             document([]byte(`{}`)),
		"keys that are an object":            document([]byte(`{"keys":{}}`)),
		"keys that are null":                 document([]byte(`{"keys":null}`)),
		"KEYS in capitals":                   document([]byte(strings.Replace(string(keySet(ed().jwk(nil))), "keys", "KEYS", 1))),
		"keys twice":                         document([]byte(strings.Replace(string(keySet(ed().jwk(nil))), "{", `{"keys":[],`, 1))),
		"an HTML page":                       typed("text/html", "<!DOCTYPE html><title>Sign in</title>"),
		"nothing":                            document(nil),
		"half a document":                    document(keySet(all()...)[:300]),
		"a document and more":                document(append(keySet(ed().jwk(nil)), "{}"...)),
		"10 MB":                              document([]byte(`{"x":"` + strings.Repeat("x", 10<<20) + `","keys":[]}`)),
		"10 MB of spaces after the document": document(append(keySet(ed().jwk(nil)), strings.Repeat(" ", 10<<20)...)),
		"one key, of an unknown type":        document([]byte(`{"keys":[{"kty":"FOO","kid":"rs"}]}`)),
		"101 keys":                           document([]byte(`{"keys":[` + strings.Repeat(string(encode(ed().jwk(nil)))+",", 100) + string(encode(ed().jwk(nil))) + `]}`)),
		"status 500":                         status(500),
		"status 404":                         status(404),
		"status 204":                         status(204),
		"status 304":                         status(304),
		"a redirect to http":                 redirect("http://as.example/keys"),
		"a redirect to itself":               redirect(keysURL),
		"a redirect to this machine":         redirect("https://127.0.0.1/keys"),
	}
}
