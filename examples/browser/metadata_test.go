package browser_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// mcp is a field for which browsers ask first, and which clients of the Model
// Context Protocol send along.
var mcp = with(map[string]string{"MCP-Protocol-Version": "2025-06-18"})

// beside mounts the metadata next to the API, which a CORS handler is around.
func beside(origin string) func(*middleware.Guard, http.Handler) http.Handler {
	return func(guard *middleware.Guard, guarded http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle(guard.Metadata())
		mux.Handle("/", shared(origin).Handler(guarded))
		return mux
	}
}

// R9728-14: whatever its origin.
func TestAPageReadsTheMetadataOfTheAPI(t *testing.T) {
	b, origin := newTab(t), newPage(t)
	a := serve(t, beside("https://app.example.com")) // not this page's origin
	b.open(origin)
	for _, row := range []struct {
		name      string
		init      map[string]any
		preflight bool
	}{
		{"as it is", nil, false},
		{"with a field of MCP", mcp, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := b.ask(a.url+"/.well-known/oauth-protected-resource", row.init)
			if got.Status != 200 || !strings.Contains(got.Body, `"resource":"`+a.url+`"`) ||
				!strings.Contains(got.Body, `"authorization_servers":["`+a.issuer.URL+`"]`) {
				t.Errorf("the page learned %+v", got)
			}
			if a.saw("OPTIONS") != row.preflight {
				t.Errorf("the API saw %q", a.seen)
			}
		})
	}
}

// Within the API's CORS handler, its preflights are answered for the API: for
// some origins and fields alone.
func TestMetadataWithinTheCORSHandlerIsNotForEveryPage(t *testing.T) {
	b, origin := newTab(t), newPage(t)
	a := serve(t, func(guard *middleware.Guard, guarded http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle(guard.Metadata())
		mux.Handle("/", guarded)
		return shared(origin).Handler(mux)
	})
	b.open(origin)
	metadata := a.url + "/.well-known/oauth-protected-resource"
	if got := b.ask(metadata, nil); got.Status != 200 {
		t.Errorf("without fields of its own, the page learned %+v", got)
	}
	if got := b.ask(metadata, mcp); got.Error == "" || got.Status != 0 {
		t.Errorf("with a field of MCP, the page learned %+v", got)
	}
}
