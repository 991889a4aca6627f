package issuertest_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/issuertest"
)

// refresh uses a refresh token of the public client app.
func refresh(t *testing.T, iss *issuertest.Issuer, token any, changes url.Values) answer {
	t.Helper()
	s, _ := token.(string)
	form := change(url.Values{"grant_type": {"refresh_token"}, "client_id": {"app"}, "refresh_token": {s}}, changes)
	return ask(t, iss, request{body: form.Encode()})
}

// granted returns the tokens of a new grant of everything to app.
func granted(t *testing.T, iss *issuertest.Issuer, changes url.Values) map[string]any {
	t.Helper()
	res := redeem(t, iss, codeFor(t, iss, authorization(change(url.Values{"scope": {"openid read write"}}, changes))), nil)
	if res.status != 200 {
		t.Fatalf("%d %s", res.status, res.body)
	}
	return res.json
}

func TestRefresh(t *testing.T) {
	iss := withApp(onSocket(t))
	t.Run("R9700-11 rotates", func(t *testing.T) {
		tokens := granted(t, iss, nil)
		for range 3 {
			next := refresh(t, iss, tokens["refresh_token"], nil)
			if next.status != 200 || next.json["refresh_token"] == nil || next.json["refresh_token"] == tokens["refresh_token"] || next.json["access_token"] == tokens["access_token"] {
				t.Fatalf("%d %v", next.status, next.json)
			}
			if !active(t, iss, tokens["access_token"]) || !active(t, iss, next.json["access_token"]) {
				t.Error("an access token is inactive")
			}
			tokens = next.json
		}
	})
	t.Run("R6749-22 narrows for once", func(t *testing.T) {
		tokens := granted(t, iss, nil)
		for _, row := range []struct{ asked, want string }{{"write", "write"}, {"", "openid read write"}, {"read", "read"}, {"write", "write"}} {
			res := refresh(t, iss, tokens["refresh_token"], url.Values{"scope": {row.asked}})
			_, claims := decode(t, res.json["access_token"].(string))
			if res.json["scope"] != row.want || claims["scope"] != row.want || (res.json["id_token"] != nil) != (row.asked == "") {
				t.Errorf("asked for %q: %v", row.asked, res.json["scope"])
			}
			tokens = res.json
		}
	})
	t.Run("R9068-11 keeps when the person authenticated", func(t *testing.T) {
		tokens := granted(t, iss, url.Values{"acr_values": {"mfa"}})
		next := refresh(t, iss, tokens["refresh_token"], nil).json
		_, before := decode(t, tokens["access_token"].(string))
		_, after := decode(t, next["access_token"].(string))
		for _, name := range []string{"auth_time", "acr", "sub", "client_id", "aud"} {
			if before[name] == nil || before[name] != after[name] {
				t.Errorf("%s was %v and is %v", name, before[name], after[name])
			}
		}
	})
}

func TestRefreshesThatAreRefused(t *testing.T) {
	iss := withApp(onSocket(t))
	iss.AddClient(issuertest.Client{ID: "other", Scopes: []string{"read"}})
	iss.AddClient(issuertest.Client{ID: "once", Grants: []string{issuertest.GrantAuthorizationCode}})
	for name, row := range map[string]struct {
		changes url.Values
		code    string
	}{
		"R6749-22 of another client":                       {url.Values{"client_id": {"other"}}, "invalid_grant"},
		"R6749-22 R6749-19 for a scope beyond the grant":   {url.Values{"scope": {"read profile"}}, "invalid_scope"},
		"R6749-22 for a scope that nobody has":             {url.Values{"scope": {"admin"}}, "invalid_scope"},
		"R8707-06 for a resource that was not granted":     {url.Values{"resource": {"https://other.example"}}, "invalid_target"},
		"without a token":                                  {url.Values{"refresh_token": nil}, "invalid_request"},
		"with a token nobody issued":                       {url.Values{"refresh_token": {"refresh_A_B"}}, "invalid_grant"},
		"with an access token":                             {url.Values{"refresh_token": {iss.Token(nil)}}, "invalid_grant"},
		"with a token without end":                         {url.Values{"refresh_token": {strings.Repeat("A", 40_000)}}, "invalid_grant"},
		"R6749-19 of a client without the grant":           {url.Values{"client_id": {"once"}}, "unauthorized_client"},
		"of a client that is not there":                    {url.Values{"client_id": {"stranger"}}, ""},
		"with two tokens, of which one might be the right": {url.Values{"refresh_token": {"a", "b"}}, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			token := granted(t, iss, nil)["refresh_token"]
			if row.changes.Get("refresh_token") == "" && row.changes.Has("client_id") {
				row.changes.Set("refresh_token", token.(string))
			}
			res := refresh(t, iss, token, row.changes)
			if row.code == "" {
				checkUnauthorized(t, res)
			} else {
				checkTE(t, res, row.code)
			}
			if !alive(t, iss, token) {
				t.Error("the token was spent")
			}
		})
	}
}

func TestReuseOfARefreshToken(t *testing.T) {
	iss := withApp(onSocket(t))
	for _, row := range []struct {
		name  string
		spent int // which of three is used again
	}{{"the last but one", 1}, {"the first", 0}} {
		t.Run("R9700-11 "+row.name, func(t *testing.T) {
			first := granted(t, iss, nil)
			second := refresh(t, iss, first["refresh_token"], nil).json
			third := refresh(t, iss, second["refresh_token"], nil).json
			bystander := granted(t, iss, nil)
			used := []map[string]any{first, second, third}

			checkTE(t, refresh(t, iss, used[row.spent]["refresh_token"], nil), "invalid_grant")
			checkTE(t, refresh(t, iss, third["refresh_token"], nil), "invalid_grant")
			for n, tokens := range used {
				if active(t, iss, tokens["access_token"]) {
					t.Errorf("access token %d is still active", n)
				}
			}
			if !active(t, iss, bystander["access_token"]) || !alive(t, iss, bystander["refresh_token"]) {
				t.Error("another grant of the same client ended")
			}
		})
	}
	t.Run("R9700-11 by another client ends nothing", func(t *testing.T) {
		iss.AddClient(issuertest.Client{ID: "other", Scopes: []string{"read"}})
		first := granted(t, iss, nil)
		second := refresh(t, iss, first["refresh_token"], nil).json
		checkTE(t, refresh(t, iss, first["refresh_token"], url.Values{"client_id": {"other"}}), "invalid_grant")
		if !alive(t, iss, second["refresh_token"]) {
			t.Error("the family ended")
		}
	})
}

// Of two refreshes at the same time one is a reuse, so in the end nobody has a
// token that works: at most one family survives, and here none does.
func TestParallelRefreshesLeaveNoTwoFamilies(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		withApp(iss)
		for range 20 {
			token := granted(t, iss, nil)["refresh_token"]
			answers := make(chan answer, 4)
			var wg sync.WaitGroup
			for range cap(answers) {
				wg.Go(func() { answers <- refresh(t, iss, token, nil) })
			}
			wg.Wait()
			close(answers)
			succeeded, survive := 0, 0
			for res := range answers {
				if res.status != 200 {
					checkTE(t, res, "invalid_grant")
					continue
				}
				succeeded++
				if active(t, iss, res.json["access_token"]) || alive(t, iss, res.json["refresh_token"]) {
					survive++
				}
			}
			if succeeded != 1 || survive != 0 {
				t.Fatalf("%d of 4 refreshes succeeded, %d families survive", succeeded, survive)
			}
		}
	})
}

func TestRefreshTokensExpireWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := withApp(issuertest.NewInMemoryIssuer())
		defer iss.Close()
		const idle = 14 * 24 * time.Hour
		token := granted(t, iss, nil)["refresh_token"]
		for range 3 { // used in time, it goes on
			time.Sleep(idle - time.Second)
			res := refresh(t, iss, token, nil)
			if res.status != 200 {
				t.Fatalf("%d a second before the end", res.status)
			}
			token = res.json["refresh_token"]
		}
		time.Sleep(idle)
		checkTE(t, refresh(t, iss, token, nil), "invalid_grant") // R9700-12
	})
}
