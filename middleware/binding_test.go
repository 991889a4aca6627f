package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// looking is a Binding that looks at what it is given.
type looking struct{ t *testing.T }

func (looking) Member() string                  { return "jkt" }
func (looking) Challenge() middleware.Challenge { return fakeDPoP{}.Challenge() }

func (l looking) Confirm(ctx context.Context, token string, r *http.Request, t *middleware.Token) (http.Header, error) {
	if token != "cnf.jkt"+tokenSuffix || t.Confirmation["jkt"] != "k" || r.Header.Get("DPoP") == "" {
		l.t.Errorf("Confirm(%q, %v)", token, t)
	}
	for _, ctx := range []context.Context{ctx, r.Context()} {
		if _, found := middleware.FromContext(ctx); found {
			l.t.Error("the token is in the context before it is confirmed")
		}
	}
	return nil, nil
}

// named is a Binding that confirms and writes down that it was asked.
type named struct {
	member, scheme string
	asked          *[]string
	err            error
}

func (n named) Member() string                  { return n.member }
func (n named) Challenge() middleware.Challenge { return middleware.Challenge{Scheme: n.scheme} }

func (n named) Confirm(context.Context, string, *http.Request, *middleware.Token) (http.Header, error) {
	*n.asked = append(*n.asked, n.member)
	return http.Header{"X-" + n.member: {"1"}}, n.err
}

// Each binding is asked in the configured order, the fields of all reach the
// response, and the first that refuses ends it.
func TestBindingsAreAskedInOrder(t *testing.T) {
	for _, row := range []struct {
		name   string
		errs   [3]error
		cnf    []string
		asked  []string
		status int
	}{
		{"all confirm", [3]error{}, []string{"A", "B", "C"}, []string{"A", "B", "C"}, 200},
		{"the second refuses", [3]error{nil, middleware.InvalidToken, nil}, []string{"A", "B", "C"}, []string{"A", "B"}, 401},
		{"the second cannot decide", [3]error{nil, context.DeadlineExceeded, nil}, []string{"A", "B", "C"}, []string{"A", "B"}, 503},
		{"ErrNoToken is no verdict of a binding", [3]error{middleware.ErrNoToken, nil, nil}, []string{"A"}, []string{"A"}, 503},
		{"only those of the token's members", [3]error{}, []string{"C", "A"}, []string{"A", "C"}, 200},
		{"none, as one member has no binding", [3]error{}, []string{"A", "D"}, nil, 401},
	} {
		t.Run(row.name, func(t *testing.T) {
			var asked []string
			token := &middleware.Token{Confirmation: map[string]string{}}
			for _, m := range row.cnf {
				token.Confirmation[m] = "k"
			}
			seen := newRecorder()
			g := newGuard(&middleware.Options{AllowAnonymous: true, Observe: seen.observe, Bindings: []middleware.Binding{
				named{"A", "Bearer", &asked, row.errs[0]},
				named{"B", "bearer", &asked, row.errs[1]}, // a scheme in any case
				named{"C", "BEARER", &asked, row.errs[2]},
			}}, func() (*middleware.Token, error) { return token, nil })
			w := httptest.NewRecorder()
			g.Handler(ok).ServeHTTP(w, bearer("a"))
			equal(t, w.Code, row.status)
			equal(t, asked, row.asked)
			for _, m := range row.asked {
				equal(t, w.Header().Get("X-"+m), "1")
			}
			seen.authenticated(t)
		})
	}
}

// Two bindings may share a scheme of their own, spelled differently.
func TestBindingsThatShareAScheme(t *testing.T) {
	var asked []string
	g := newGuard(&middleware.Options{Bindings: []middleware.Binding{
		named{"A", "PoP", &asked, nil}, named{"B", "pop", &asked, nil},
	}}, func() (*middleware.Token, error) {
		return &middleware.Token{Confirmation: map[string]string{"A": "k", "B": "k"}}, nil
	})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "POP a")
	w := httptest.NewRecorder()
	g.Handler(ok).ServeHTTP(w, r)
	equal(t, w.Code, 200)
	equal(t, asked, []string{"A", "B"})
	w = httptest.NewRecorder()
	g.Handler(ok).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	equal(t, w.Header()["Www-Authenticate"], []string{`Bearer realm="api"`, `PoP realm="api"`})
}
