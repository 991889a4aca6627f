package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryRequestNeedsAToken(t *testing.T) {
	f := serve(t, nil)
	good := f.token(nil)
	session := f.session(good)
	where := `resource_metadata="` + strings.TrimSuffix(f.resource, "/mcp") + `/.well-known/oauth-protected-resource/mcp"`
	needs := `scope="notes:read"`

	for _, row := range []struct {
		name, token string
		parts       []string
	}{
		{"MCP-01, MCP-02: no token is a challenge that says where to go and what to ask for", "", []string{where, needs}},
		{"MCP-03: a token for another API is invalid here", f.token(map[string]any{"aud": "https://other.example/mcp"}), []string{where, needs, `error="invalid_token"`}},
		{"MCP-03: a token for the origin is not one for this server", f.token(map[string]any{"aud": strings.TrimSuffix(f.resource, "/mcp")}), []string{where, `error="invalid_token"`}},
		{"an expired token is invalid", f.token(map[string]any{"exp": 1}), []string{where, needs, `error="invalid_token"`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			f.send("POST", row.token, "", initialize).want(t, 401, row.parts...)
			f.send("POST", row.token, "", call("whoami", "{}")).want(t, 401, row.parts...)
			f.send("POST", row.token, "", strings.Repeat("[", 2*maxMessage)).want(t, 401, row.parts...)
		})
		// MCP-03: the session was begun with a good token, and is alive.
		t.Run(row.name+", in a session too", func(t *testing.T) {
			f.send("POST", row.token, session, call("whoami", "{}")).want(t, 401, row.parts...)
			f.send("GET", row.token, session, "").want(t, 401, row.parts...)
			f.send("DELETE", row.token, session, "").want(t, 401, row.parts...)
			f.send("POST", good, session, call("whoami", "{}")).want(t, 200)
		})
	}
}

// MCP-01
func TestMetadata(t *testing.T) {
	f := serve(t, nil)
	challenge := f.send("POST", "", "", initialize).Header.Get("WWW-Authenticate")
	_, rest, _ := strings.Cut(challenge, `resource_metadata="`)
	url, _, _ := strings.Cut(rest, `"`)
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var document struct {
		Resource string   `json:"resource"`
		Issuers  []string `json:"authorization_servers"`
		Scopes   []string `json:"scopes_supported"`
	}
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	if document.Resource != f.resource || !slices.Equal(document.Issuers, []string{f.issuer.URL}) || !slices.Equal(document.Scopes, []string{"notes:read"}) {
		t.Errorf("the document says %+v", document)
	}
}

// The guard allows for clocks that differ; the SDK, by itself, does not.
func TestTheSDKDoesNotJudgeAgain(t *testing.T) {
	f := serve(t, nil)
	late := f.token(map[string]any{"exp": time.Now().Add(-10 * time.Second).Unix()})
	answered := f.send("POST", late, "", initialize)
	answered.want(t, 200)
	if !strings.Contains(answered.body, `"result"`) {
		t.Errorf("answered with %q", answered.body)
	}
	f.send("POST", f.token(map[string]any{"exp": time.Now().Add(-clockSkew - time.Second).Unix()}), "", initialize).
		want(t, 401, `error="invalid_token"`)
}

// What the SDK refuses by itself: a session of somebody else.
func TestASessionIsItsUsers(t *testing.T) {
	f := serve(t, nil)
	good := f.token(nil)
	session := f.session(good)
	other := f.token(map[string]any{"sub": "mallory"})
	f.send("POST", other, session, call("whoami", "{}")).want(t, 403)
	f.send("GET", other, session, "").want(t, 403)
	f.send("DELETE", other, session, "").want(t, 403)
	f.send("POST", f.token(map[string]any{"jti": "another"}), session, call("whoami", "{}")).want(t, 200)
	f.send("DELETE", good, session, "").want(t, 204)
	f.send("POST", good, session, call("whoami", "{}")).want(t, 404)
}
