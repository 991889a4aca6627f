package browser_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/warder-go/warder/issuertest"
)

// A page that is a client itself: public, so with PKCE, and all it calls is of
// another origin.
func TestAPageIsAClientOfTheIssuerAndTheAPI(t *testing.T) {
	b, origin := newTab(t), newPage(t)
	a := serve(t, beside(origin))
	a.issuer.AddClient(issuertest.Client{
		ID: "page", RedirectURIs: []string{origin + "/callback"},
		Scopes: []string{"openid", "profile", "notes:read", "notes:write"},
	})

	b.open(origin)
	back := b.follow(chromedp.Evaluate[chromedp.Void](
		fmt.Sprintf("begin(%q, 'page', 'openid profile notes:read')", a.issuer.URL), chromedp.EvalAwaitPromise))
	if !strings.HasPrefix(back.URL, origin+"/callback?") {
		t.Fatalf("the issuer led to another place, with status %d", back.Status)
	}
	tokens := b.tokens("finish()")
	if got := b.ask(a.url+"/notes", bearer(tokens.AccessToken)); got.Status != 200 || got.Body != "the notes of user" {
		t.Errorf("the API answered %+v", got)
	}
	write := bearer(tokens.AccessToken)
	write["method"] = "POST"
	if got := b.ask(a.url+"/notes", write); got.Status != 403 || !strings.Contains(got.Challenge, `scope="notes:write"`) {
		t.Errorf("without the scope, the API answered %+v", got)
	}

	for _, endpoint := range []string{issuertest.EndpointKeys, issuertest.EndpointMetadata, issuertest.EndpointOpenIDMetadata} {
		if got := b.ask(a.issuer.URL+endpoint, nil); got.Status != 200 || !strings.HasPrefix(got.Body, "{") {
			t.Errorf("%s answered %+v", endpoint, got)
		}
	}
	userinfo := a.issuer.URL + issuertest.EndpointUserInfo
	if got := b.ask(userinfo, bearer(tokens.AccessToken)); got.Status != 200 || !strings.Contains(got.Body, `"sub":"user"`) {
		t.Errorf("userinfo answered %+v", got)
	}
	if got := b.ask(userinfo, bearer("wrong")); got.Status != 401 || !strings.Contains(got.Challenge, `error="invalid_token"`) {
		t.Errorf("userinfo answered %+v to a wrong token", got)
	}

	form := fmt.Sprintf("token(%q, {client_id: 'page', grant_type: 'refresh_token', refresh_token: %q})", a.issuer.URL+issuertest.EndpointToken, tokens.RefreshToken)
	refreshed := b.tokens(form)
	if refreshed.AccessToken == tokens.AccessToken || refreshed.RefreshToken == tokens.RefreshToken {
		t.Error("the refresh changed nothing")
	}
	revoked := get(b, chromedp.Evaluate[answer](fmt.Sprintf("token(%q, {client_id: 'page', token: %q})", a.issuer.URL+issuertest.EndpointRevocation, refreshed.RefreshToken), chromedp.EvalAwaitPromise))
	if revoked.Status != 200 {
		t.Errorf("the revocation was answered %+v", revoked)
	}
	over := get(b, chromedp.Evaluate[answer](strings.Replace(form, tokens.RefreshToken, refreshed.RefreshToken, 1), chromedp.EvalAwaitPromise))
	if over.Status != 400 || !strings.Contains(over.Body, "invalid_grant") {
		t.Errorf("a refresh after the revocation was answered %+v", over)
	}
}

// R9700-13: the authorization endpoint is for navigation.
func TestAPageCannotReadWhatIsForNavigationAndForServers(t *testing.T) {
	b, origin := newTab(t), newPage(t)
	a := serve(t, beside(origin))
	b.open(origin)
	for _, path := range []string{
		issuertest.EndpointAuthorization + "?response_type=code&client_id=" + issuertest.ClientID,
		issuertest.EndpointVerification,
		issuertest.EndpointIntrospection,
	} {
		if got := b.ask(a.issuer.URL+path, nil); got.Error == "" || got.Status != 0 || got.Body != "" {
			t.Errorf("of %s, the page learned %+v", path, got)
		}
	}
}

// tokens evaluates a call of the token endpoint that succeeds.
func (b *tab) tokens(call string) issuertest.Tokens {
	b.t.Helper()
	got := get(b, chromedp.Evaluate[answer](call, chromedp.EvalAwaitPromise))
	var tokens issuertest.Tokens
	if err := json.Unmarshal([]byte(got.Body), &tokens); err != nil || got.Status != 200 || tokens.AccessToken == "" {
		b.t.Fatalf("the token endpoint answered %d %s", got.Status, got.Error)
	}
	return tokens
}
