package browser_test

import (
	_ "embed"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
)

// script is what the page does: ask and the steps of a public client.
//
//go:embed testdata/page.html
var script string

// newPage serves a page with script on an origin of its own, and returns that.
func newPage(t *testing.T) (origin string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" && r.URL.Path != "/callback" {
			http.NotFound(w, r) // such as the icon that browsers ask for
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, script) // the browser may be gone
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// answer is what a page learns from fetch.
type answer struct {
	Error     string // why it learns nothing
	Status    int
	Challenge string // WWW-Authenticate
	Body      string
}

// ask lets the page call fetch.
func (b *tab) ask(url string, init map[string]any) answer {
	b.t.Helper()
	arguments, err := json.Marshal([]any{url, init})
	if err != nil {
		b.t.Fatal(err)
	}
	return get(b, chromedp.Evaluate[answer]("ask(..."+string(arguments)+")", chromedp.EvalAwaitPromise))
}

// with are the fields of a request, for ask.
func with(fields map[string]string) map[string]any { return map[string]any{"headers": fields} }

// bearer is with a token, and without one where it is empty.
func bearer(token string) map[string]any {
	if token == "" {
		return nil
	}
	return with(map[string]string{"Authorization": "Bearer " + token})
}
