package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/warder-go/warder/middleware"
)

func TestTokenInfoIsTheTokenThatWasAdmitted(t *testing.T) {
	token := &middleware.Token{Issuer: "https://issuer.example", Subject: "alice smith", Scopes: []string{"notes:read"}, Expiry: time.Now().Add(-time.Second)}
	var served bool
	h := withTokenInfo(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		served = true
		info := auth.TokenInfoFromContext(r.Context())
		if info == nil || info.UserID != "https://issuer.example alice smith" || !info.Expiration.Equal(token.Expiry) || strings.Join(info.Scopes, " ") != "notes:read" {
			t.Errorf("the SDK knows %+v", info)
		}
		if got, ok := caller(info); !ok || got != token {
			t.Error("the token is lost")
		}
		if _, ok := middleware.FromContext(r.Context()); ok {
			t.Error("a session would keep the token of its first request in its context")
		}
		if r.Header.Get("Authorization") != "" || r.Header.Get("DPoP") != "" {
			t.Error("credentials go on")
		}
	}))
	// Whatever scheme and source the guard took the token from.
	for _, authorization := range []string{"Bearer abc", "DPoP abc", ""} {
		served = false
		r := httptest.NewRequest("POST", "/mcp", nil)
		r = r.WithContext(middleware.NewContext(r.Context(), token))
		r.Header = http.Header{"Authorization": {authorization}, "Dpop": {"proof"}}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); !served {
			t.Errorf("%q: answered %d %s", authorization, w.Code, w.Body)
		}
		if r.Header.Get("Authorization") != authorization || r.Header.Get("DPoP") != "proof" {
			t.Error("the request that outer handlers see was changed")
		}
	}
}

func TestTokenInfoWithoutSomebody(t *testing.T) {
	h := withTokenInfo(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	admitted := func(token *middleware.Token) *http.Request {
		r := httptest.NewRequest("POST", "/mcp", nil)
		r.Header.Set("Authorization", "Bearer abc")
		return r.WithContext(middleware.NewContext(r.Context(), token))
	}
	for _, row := range []struct {
		name string
		r    *http.Request
		want int
	}{
		{"no guard in front", httptest.NewRequest("POST", "/mcp", nil), 500},
		{"an anonymous request", admitted(nil), 401},
		{"a token without a subject", admitted(&middleware.Token{Issuer: "https://issuer.example"}), 401},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, row.r)
			if w.Code != row.want || row.want == 401 && w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("answered %d %v", w.Code, w.Header())
			}
		})
	}
}

// Two issuers may both know a "user".
func TestTheSameSubjectOfAnotherIssuerIsAnotherUser(t *testing.T) {
	a := tokenInfo(&middleware.Token{Issuer: "https://a.example", Subject: "user"})
	b := tokenInfo(&middleware.Token{Issuer: "https://b.example", Subject: "user"})
	if a.UserID == b.UserID {
		t.Error("one session for both")
	}
}

func TestACallerWithoutAToken(t *testing.T) {
	for _, info := range []*auth.TokenInfo{nil, {}, {Extra: map[string]any{tokenExtra: "text"}}} {
		if _, ok := caller(info); ok {
			t.Errorf("%+v has a caller", info)
		}
	}
}

// A session lives longer than a token: tools have to see the one that came with
// the call.
func TestToolsSeeTheTokenOfTheirCall(t *testing.T) {
	f := serve(t, nil)
	session := f.session(f.token(map[string]any{"client_id": "first"}))
	later := f.send("POST", f.token(map[string]any{"client_id": "second", "scope": "notes:read notes:write"}), session, call("whoami", "{}"))
	later.want(t, 200)
	if !strings.Contains(later.body, `"client":"second"`) || !strings.Contains(later.body, `"scope":"notes:read notes:write"`) {
		t.Errorf("the tool saw %s", later.body)
	}
}
