package middleware_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
