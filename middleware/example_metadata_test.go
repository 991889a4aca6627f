package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/warder-go/warder/middleware"
)

func ExampleGuard_Metadata() {
	guard := middleware.New(verifier, &middleware.Options{
		Metadata: &middleware.Metadata{
			Resource:             "https://api.example.com/notes",
			AuthorizationServers: []string{"https://login.example.com"},
			Scopes:               []string{"notes:read", "notes:write"},
			Name:                 "Notes",
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/notes", guard.Handler(hello))
	mux.Handle(guard.Metadata()) // outside the guard: it needs no token

	for _, path := range []string{"/notes", "/.well-known/oauth-protected-resource/notes"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Print(w.Code, " ", w.Body)
		if challenge := w.Header().Get("WWW-Authenticate"); challenge != "" {
			fmt.Println("   ", challenge)
		}
	}
	// Output:
	// 401 Unauthorized
	//     Bearer realm="api", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/notes"
	// 200 {"authorization_servers":["https://login.example.com"],"bearer_methods_supported":["header"],"resource":"https://api.example.com/notes","resource_name":"Notes","scopes_supported":["notes:read","notes:write"]}
}

// Wrong: a client compares Resource with the URL it uses, byte by byte, and no
// client is told whom to ask.
func ExampleGuard_Metadata_wrong() {
	defer func() { fmt.Println(recover()) }()
	middleware.New(verifier, &middleware.Options{
		Metadata: &middleware.Metadata{Resource: "api.example.com/notes"},
	})
	// Output:
	// middleware: Metadata: Resource: is not an absolute URL
	// middleware: Metadata: no AuthorizationServers: clients would not know whom to ask
}
