package middleware_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/middleware"
)

// A replaced WriteDenial may do with its Denial what it likes: nothing of it
// is in the answer to the next request.
func TestADenialIsTheWritersOwn(t *testing.T) {
	header := http.Header{"Retry-After": {"9"}}
	for _, row := range []struct {
		name    string
		err     error
		request *http.Request
	}{
		{"no token", middleware.InvalidToken, httptest.NewRequest("GET", "/", nil)},
		{"bad token", middleware.InvalidToken, bearer("a")},
		{"could not decide", io.ErrUnexpectedEOF, bearer("a")},
		{"could not decide, with a field", &middleware.Error{Header: header}, bearer("a")},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := newGuard(&middleware.Options{
				Bindings: []middleware.Binding{fakeDPoP{}},
				WriteDenial: func(w http.ResponseWriter, r *http.Request, d middleware.Denial) {
					d.Header.Set("X-Once", "1")
					for i := range d.Challenges {
						d.Challenges[i].Params[0].Value = "changed"
						d.Challenges[i].Params = append(d.Challenges[i].Params, middleware.Param{Name: "more", Value: "1"})
					}
					d.Challenges = append(d.Challenges, middleware.Challenge{Scheme: "Basic"})
					middleware.WriteDenial(w, r, d)
				},
			}, func() (*middleware.Token, error) { return nil, row.err })
			var first http.Header
			for range 3 {
				w := httptest.NewRecorder()
				g.Handler(unreachable(t)).ServeHTTP(w, row.request)
				if first == nil {
					first = w.Header()
				}
				equal(t, w.Header(), first)
				if w.Header().Get("X-Once") != "1" {
					t.Error("the changed Denial was not written")
				}
				if c := strings.Join(w.Header()["Www-Authenticate"], "; "); strings.Count(c, "more=") > 2 {
					t.Errorf("challenges grow: %s", c)
				}
			}
		})
	}
	equal(t, header, http.Header{"Retry-After": {"9"}})
}

// What outer handlers do to the fields of one answer happens to no other: not
// to the next one, and not to the Error, Source or Binding they came from.
func TestTheFieldsOfAnAnswerAreItsOwn(t *testing.T) {
	source := http.Header{"Vary": {"X-Token"}, "Cache-Control": {"private"}, "X-Source": {"1"}}
	failure := &middleware.Error{Code: middleware.InvalidToken, Header: http.Header{"X-Error": {"1"}, "Retry-After": {"3"}}}
	opts := middleware.Options{
		AllowAnonymous: true,
		Bindings:       []middleware.Binding{fakeDPoP{}},
		Sources: []middleware.Source{func(r *http.Request) (middleware.Credentials, error) {
			cred, err := middleware.FromHeader(r)
			cred.Header = source
			return cred, err
		}},
	}
	lenient := middleware.New(middleware.VerifierFunc(newFakeVerifier().Verify), &opts)
	opts.AllowAnonymous = false
	strict := middleware.New(middleware.VerifierFunc(newFakeVerifier().Verify), &opts)
	opts.WriteDenial = func(w http.ResponseWriter, _ *http.Request, d middleware.Denial) { w.WriteHeader(d.StatusCode) }
	replaced := middleware.New(middleware.VerifierFunc(newFakeVerifier().Verify), &opts)
	denies := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { middleware.Deny(w, r, failure) })
	none := httptest.NewRequest("GET", "/", nil)
	nonce := httptest.NewRequest("GET", "/", nil)
	nonce.Header.Set("Authorization", "DPoP cnf.jkt"+tokenSuffix)
	nonce.Header.Set("DPoP", "proof-of-last-nonce")
	for _, row := range []struct {
		name    string
		h       http.Handler
		request *http.Request
	}{
		{"no token", strict.Handler(ok), none},
		{"no token on a route", strict.For("GET /", "read").Handler(ok), none},
		{"no token, WriteDenial replaced", replaced.Handler(ok), none},
		{"an anonymous request", lenient.Handler(ok), none},
		{"a bad token", strict.Handler(ok), bearer("expired")},
		{"issuer down", strict.Handler(ok), bearer("outage")},
		{"issuer down, with backoff", strict.Handler(ok), bearer("backoff")},
		{"accepted, with the next nonce", strict.Handler(ok), nonce},
		{"refused later", strict.Handler(denies), bearer("good")},
		{"refused later, without a guard", denies, none},
	} {
		t.Run(row.name, func(t *testing.T) {
			first := httptest.NewRecorder()
			row.h.ServeHTTP(first, row.request)
			want := first.Header().Clone()
			for name, values := range first.Header() {
				for i := range values {
					values[i] = "changed"
				}
				_ = append(values, "appended to "+name)
			}
			equal(t, cmp.Diff(want, first.Header()) != "", true)
			second := httptest.NewRecorder()
			row.h.ServeHTTP(second, row.request)
			equal(t, second.Header(), want)
		})
	}
	equal(t, source, http.Header{"Vary": {"X-Token"}, "Cache-Control": {"private"}, "X-Source": {"1"}})
	equal(t, failure.Header, http.Header{"X-Error": {"1"}, "Retry-After": {"3"}})
}

// Appending to one field must not write into another, though one array holds
// the values of both.
func TestTheFieldsOfAnAnswerCanGrow(t *testing.T) {
	w := httptest.NewRecorder()
	middleware.New(newFakeVerifier(), &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}}).
		Handler(unreachable(t)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	want := w.Header().Clone()
	for name := range want {
		w.Header().Add(name, "more")
		want.Add(name, "more")
	}
	equal(t, w.Header(), want)
}

func TestTheZeroDenialIs503(t *testing.T) {
	w := httptest.NewRecorder()
	middleware.WriteDenial(w, httptest.NewRequest("GET", "/", nil), middleware.Denial{})
	equal(t, w.Code, 503)
	equal(t, w.Body.String(), "Service Unavailable\n")
	equal(t, w.Header().Get("Cache-Control"), "no-store")
}

// Vary and Cache-Control are lists: what is there stays, and nothing is there
// twice.
func TestFieldsThatAreLists(t *testing.T) {
	for _, row := range []struct {
		name              string
		outer, ours, want []string
	}{
		{"nothing there", nil, []string{"a"}, []string{"a"}},
		{"another value there", []string{"b"}, []string{"a"}, []string{"b", "a"}},
		{"the same there", []string{"a"}, []string{"a"}, []string{"a"}},
		{"the same in another case", []string{"A"}, []string{"a"}, []string{"A"}},
		{"the same in a list", []string{"c", "b ,\ta, d"}, []string{"a"}, []string{"c", "b ,\ta, d"}},
		{"a longer one there", []string{"ab"}, []string{"a"}, []string{"ab", "a"}},
		{"twice in what is added", nil, []string{"a", "a"}, []string{"a"}},
		{"a list", []string{"a, b"}, []string{"a, b"}, []string{"a, b"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			source := func(*http.Request) (middleware.Credentials, error) {
				return middleware.Credentials{Header: http.Header{"vary": row.ours, "Cache-Control": row.ours}}, nil
			}
			g := middleware.New(newFakeVerifier(), &middleware.Options{AllowAnonymous: true, Sources: []middleware.Source{source, source}})
			w := httptest.NewRecorder()
			for _, v := range row.outer {
				w.Header().Add("Vary", v)
				w.Header().Add("Cache-Control", v)
			}
			g.Handler(ok).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			equal(t, w.Header()["Vary"], append(row.want, "Authorization"))
			equal(t, w.Header()["Cache-Control"], row.want)
		})
	}
	w := httptest.NewRecorder()
	w.Header().Set("Vary", "Origin, Authorization")
	middleware.New(newFakeVerifier(), &middleware.Options{AllowAnonymous: true}).Handler(ok).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	equal(t, w.Header()["Vary"], []string{"Origin, Authorization"})
}

func TestWriteDenialReplaced(t *testing.T) {
	var got middleware.Denial
	g := newGuard(&middleware.Options{
		WriteDenial: func(w http.ResponseWriter, _ *http.Request, d middleware.Denial) {
			got = d
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(d.StatusCode)
			json.NewEncoder(w).Encode(map[string]int{"status": d.StatusCode})
		},
	}, func() (*middleware.Token, error) { return nil, middleware.InvalidToken })
	w := httptest.NewRecorder()
	g.Handler(unreachable(t)).ServeHTTP(w, bearer("a"))
	equal(t, w.Header(), http.Header{
		"Www-Authenticate": {`Bearer realm="api", error="invalid_token"`}, // though the function set none
		"Cache-Control":    {"no-store"},
		"Content-Type":     {"application/problem+json"},
	})
	if w.Code != 401 || w.Body.String() != "{\"status\":401}\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if e, ok := got.Err.(*middleware.Error); !ok || e.Code != middleware.InvalidToken || got.StatusCode != 401 {
		t.Errorf("Denial %+v", got)
	}
}

// Middleware that compresses sets Content-Encoding before it calls us, and
// compresses our body too.
func TestWriteDenialLeavesContentEncoding(t *testing.T) {
	g := newGuard(nil, nil)
	w := httptest.NewRecorder()
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Length", "5")
	z := gzip.NewWriter(w)
	g.Handler(unreachable(t)).ServeHTTP(gzipped{w, z}, httptest.NewRequest("GET", "/", nil))
	z.Close()
	if got := w.Header().Get("Content-Encoding"); got != "gzip" {
		t.Errorf("Content-Encoding %q: clients cannot read the body", got)
	}
	if got := w.Header().Get("Content-Length"); got != "" {
		t.Errorf("Content-Length %q is of another body", got)
	}
	r, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r); string(body) != "Unauthorized\n" {
		t.Errorf("body %q, %v", body, err)
	}
}

type gzipped struct {
	http.ResponseWriter
	z *gzip.Writer
}

func (g gzipped) Write(p []byte) (int, error) { return g.z.Write(p) }

// What outer handlers put into the response is replaced where the answer is
// ours: an answer has one writer.
func TestADenialReplacesWhatOuterHandlersSet(t *testing.T) {
	for _, row := range []struct {
		name, challenge string
		err             error
	}{
		{"where we challenge", `Bearer realm="api", error="invalid_token"`, middleware.InvalidToken},
		{"where we do not", "", io.ErrUnexpectedEOF},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			w.Header().Set("WWW-Authenticate", `Basic realm="old"`)
			w.Header().Set("Cache-Control", "public, max-age=60")
			newGuard(nil, func() (*middleware.Token, error) { return nil, row.err }).Handler(unreachable(t)).ServeHTTP(w, bearer("a"))
			if got := strings.Join(w.Header()["Www-Authenticate"], "; "); got != row.challenge {
				t.Errorf("challenges %q, want %q", got, row.challenge)
			}
			if got := w.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q (R9111-09)", got)
			}
		})
	}
}
