package issuertest_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

// withPages gives the issuer a login page, of which POST decides.
func withPages(iss *issuertest.Issuer, decide func(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization)) *issuertest.Issuer {
	iss.Interact(func(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
		http.Redirect(w, r, "/login?"+url.Values{"id": {a.ID}}.Encode(), http.StatusSeeOther)
	})
	iss.Handle("GET /login", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a := iss.Authorization(r.FormValue("id")); a != nil {
			w.Write([]byte("Who are you, and may " + a.ClientName + " do " + strings.Join(a.Scopes, " ") + "?"))
			return
		}
		http.Error(w, "too late", http.StatusGone)
	}))
	iss.Handle("POST /login", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a := iss.Authorization(r.FormValue("id")); a != nil {
			decide(w, r, a)
			return
		}
		http.Error(w, "too late", http.StatusGone)
	}))
	return iss
}

func approveAsAlice(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
	a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: a.Scopes})
}

func TestAnInteractionOverSeveralPages(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		withPages(withApp(iss), approveAsAlice)
		v := browse(t, iss, "GET", "/authorize", authorization(nil))
		checkSecure(t, v)
		id := v.query.Get("id")
		if v.status != 303 || len(id) < 22 {
			t.Fatalf("%d %s", v.status, v.location)
		}
		page := browse(t, iss, "GET", "/login", url.Values{"id": {id}})
		checkSecure(t, page) // R6749-25: login pages too
		if page.status != 200 || !strings.Contains(page.body, "The App") || !strings.Contains(page.body, "read") {
			t.Errorf("%d %s", page.status, page.body)
		}
		answer := browse(t, iss, "POST", "/login", url.Values{"id": {id}})
		checkRedirect(t, iss, answer) // R9700-13: 303 after the POST of credentials
		checkSecure(t, answer)
		res := redeem(t, iss, answer.query.Get("code"), nil)
		if _, claims := decode(t, res.json["access_token"].(string)); claims["sub"] != "alice" {
			t.Errorf("%v", claims)
		}
		for _, method := range []string{"GET", "POST"} {
			if again := browse(t, iss, method, "/login", url.Values{"id": {id}}); again.status != http.StatusGone {
				t.Errorf("%s after the decision: %d %s", method, again.status, again.location)
			}
		}
	})
}

func TestDenyAndRefuse(t *testing.T) {
	iss := withApp(onSocket(t))
	for _, code := range []string{
		"access_denied", issuertest.LoginRequired, issuertest.ConsentRequired, issuertest.InteractionRequired, issuertest.AccountSelectionRequired,
		issuertest.UnmetAuthenticationRequirements, issuertest.ServerError, issuertest.TemporarilyUnavailable,
	} {
		t.Run("R6749-07 "+code, func(t *testing.T) {
			iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
				if code == "access_denied" {
					a.Deny(w)
					return
				}
				a.Refuse(w, code)
			})
			checkDenied(t, iss, browse(t, iss, "GET", "/authorize", authorization(nil)), code)
		})
	}
}

func TestARequestIsDecidedOnce(t *testing.T) {
	iss := withApp(onSocket(t))
	decisions := map[string]func(http.ResponseWriter, *issuertest.Authorization){
		"approve": func(w http.ResponseWriter, a *issuertest.Authorization) { approveAsAlice(w, nil, a) },
		"deny":    func(w http.ResponseWriter, a *issuertest.Authorization) { a.Deny(w) },
		"refuse":  func(w http.ResponseWriter, a *issuertest.Authorization) { a.Refuse(w, issuertest.ServerError) },
	}
	for first, decide := range decisions {
		for second, again := range decisions {
			t.Run(first+" then "+second, func(t *testing.T) {
				var kept *issuertest.Authorization
				iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) { kept = a; decide(w, a) })
				checkRedirect(t, iss, browse(t, iss, "GET", "/authorize", authorization(nil)))
				iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) { again(w, kept) })
				checkPage(t, browse(t, iss, "GET", "/authorize", authorization(nil)), 400)
			})
		}
	}
	t.Run("at the same time", func(t *testing.T) {
		withPages(iss, approveAsAlice)
		id := browse(t, iss, "GET", "/authorize", authorization(nil)).query.Get("id")
		codes := make(chan string, 8)
		var wg sync.WaitGroup
		for range cap(codes) {
			wg.Go(func() {
				if v := browse(t, iss, "POST", "/login", url.Values{"id": {id}}); v.query.Has("code") {
					codes <- v.query.Get("code")
				}
			})
		}
		wg.Wait()
		if len(codes) != 1 {
			t.Errorf("%d codes", len(codes))
		}
	})
}

func TestARequestWaitsTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := withPages(withApp(issuertest.NewInMemoryIssuer()), approveAsAlice)
		defer iss.Close()
		early := browse(t, iss, "GET", "/authorize", authorization(nil)).query.Get("id")
		late := browse(t, iss, "GET", "/authorize", authorization(nil)).query.Get("id")
		time.Sleep(10*time.Minute - time.Second)
		checkRedirect(t, iss, browse(t, iss, "POST", "/login", url.Values{"id": {early}}))
		kept := iss.Authorization(late)
		time.Sleep(time.Second)
		if v := browse(t, iss, "POST", "/login", url.Values{"id": {late}}); v.status != http.StatusGone {
			t.Errorf("%d", v.status)
		}
		iss.Interact(func(w http.ResponseWriter, r *http.Request, _ *issuertest.Authorization) { approveAsAlice(w, r, kept) })
		checkPage(t, browse(t, iss, "GET", "/authorize", authorization(nil)), 400)
	})
}

func TestOnlyWhatWasAskedForIsGranted(t *testing.T) {
	iss := withApp(onSocket(t))
	for name, row := range map[string]struct {
		scopes []string
		want   any
	}{
		"all of it":               {[]string{"write", "read"}, "read write"},
		"R6749-16 a part":         {[]string{"write"}, "write"},
		"more than was asked for": {[]string{"read", "profile", "admin"}, "read"},
	} {
		t.Run(name, func(t *testing.T) {
			iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
				a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: row.scopes})
			})
			res := redeem(t, iss, codeFor(t, iss, authorization(url.Values{"scope": {"read write"}})), nil)
			_, claims := decode(t, res.json["access_token"].(string))
			if res.json["scope"] != row.want || claims["scope"] != row.want {
				t.Errorf("scope %v, in the token %v", res.json["scope"], claims["scope"])
			}
		})
	}
	// An answer without scope would say that all was granted.
	for name, scopes := range map[string][]string{"nothing that was asked for": {"admin"}, "nothing": nil} {
		t.Run("R6749-16 "+name+" is no grant", func(t *testing.T) {
			iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
				a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: scopes})
			})
			checkDenied(t, iss, browse(t, iss, "GET", "/authorize", authorization(nil)), "access_denied")
			device, user := deviceFor(t, iss)
			enter(t, iss, user)
			checkTE(t, poll(t, iss, device, nil), "access_denied")
		})
	}
	t.Run("R6749-16 nothing when nothing was asked for is a grant", func(t *testing.T) {
		iss.AddClient(issuertest.Client{ID: "bare", RedirectURIs: []string{callback}})
		res := redeem(t, iss, codeFor(t, iss, authorization(url.Values{"client_id": {"bare"}, "scope": nil})), url.Values{"client_id": {"bare"}})
		if _, has := res.json["scope"]; res.status != 200 || has {
			t.Errorf("%d %v", res.status, res.json["scope"])
		}
	})
}

// A nonce protects the code only where an ID token carries it back.
func TestANonceInThePlaceOfPKCE(t *testing.T) {
	iss := onSocket(t)
	iss.AddClient(issuertest.Client{ID: "web", Secret: "secret", RedirectURIs: []string{callback}, Scopes: []string{"openid", "read"}})
	request := authorization(url.Values{"client_id": {"web"}, "code_challenge": nil, "code_challenge_method": nil, "scope": {"openid read"}, "nonce": {"n"}})
	grant := func(scopes ...string) visit {
		iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
			a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: scopes})
		})
		return browse(t, iss, "GET", "/authorize", request)
	}
	t.Run("R9700-07 needs openid to be granted", func(t *testing.T) {
		checkDenied(t, iss, grant("read"), "access_denied")
	})
	t.Run("R9700-07 and comes back then", func(t *testing.T) {
		res := asClient(t, iss, "web", url.Values{"grant_type": {"authorization_code"}, "code": {grant("openid").query.Get("code")}, "redirect_uri": {callback}})
		if _, claims := decode(t, res.json["id_token"].(string)); claims["nonce"] != "n" {
			t.Errorf("%v", claims)
		}
	})
}

func TestWhatTheInteractionIsTold(t *testing.T) {
	iss := withApp(onSocket(t))
	var told issuertest.Authorization
	iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) { told = *a; a.Deny(w) })
	browse(t, iss, "GET", "/authorize", authorization(url.Values{
		"scope": {"openid write"}, "prompt": {"login consent"}, "acr_values": {"gold mfa pwd"}, "login_hint": {"a@example.org"},
	}))
	want := "app|The App|" + callback + "||openid write|" + issuertest.Audience + "|login consent|mfa pwd|a@example.org"
	got := strings.Join([]string{
		told.ClientID, told.ClientName, told.RedirectURI, told.UserCode, strings.Join(told.Scopes, " "), strings.Join(told.Resources, " "),
		strings.Join(told.Prompt, " "), strings.Join(told.ACRValues, " "), told.LoginHint,
	}, "|")
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheInteractionMayReadTheForm(t *testing.T) {
	iss := withApp(onSocket(t))
	var told string
	iss.Interact(func(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
		told = r.FormValue("user_code") + r.FormValue("state") + " " + r.FormValue("confirm")
		a.Deny(w)
	})
	browse(t, iss, "POST", "/authorize", authorization(url.Values{"confirm": {"yes"}}))
	if told != "s yes" {
		t.Errorf("of a browser: %q", told)
	}
	_, user := deviceFor(t, iss)
	browse(t, iss, "POST", "/device", url.Values{"user_code": {user}, "confirm": {"yes"}})
	if told != user+" yes" {
		t.Errorf("of a device: %q", told)
	}
}

func TestPromptNone(t *testing.T) {
	iss := withApp(onSocket(t))
	none := authorization(url.Values{"prompt": {"none"}})
	for name, ask := range map[string]issuertest.Interaction{
		"answers with a page": func(w http.ResponseWriter, _ *http.Request, _ *issuertest.Authorization) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			w.Write([]byte("who are you?"))
		},
		"redirects to a page": func(w http.ResponseWriter, r *http.Request, _ *issuertest.Authorization) {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		},
		"does nothing": func(http.ResponseWriter, *http.Request, *issuertest.Authorization) {},
		"has an authentication that is too weak": func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
			a.Refuse(w, issuertest.LoginRequired)
		},
	} {
		t.Run("OIDC-06 when the interaction "+name, func(t *testing.T) {
			iss.Interact(ask)
			v := browse(t, iss, "GET", "/authorize", none)
			checkDenied(t, iss, v, "login_required")
			if v.body != "" || v.header.Get("Set-Cookie") != "" {
				t.Errorf("%v %s", v.header, v.body)
			}
		})
	}
	t.Run("with somebody signed in", func(t *testing.T) {
		iss.Interact(approveAsAlice)
		if v := browse(t, iss, "GET", "/authorize", none); v.status != 303 || v.query.Get("code") == "" {
			t.Errorf("%d %v", v.status, v.query)
		}
	})
}

func TestAuthenticationThatIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := withApp(issuertest.NewInMemoryIssuer())
		defer iss.Close()
		time.Sleep(time.Hour + time.Second/2) // not on a whole second
		var signedIn time.Time
		var acr string
		var fresh bool
		iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
			fresh = a.Fresh(signedIn)
			a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: a.Scopes, AuthTime: signedIn, ACR: acr})
		})
		for _, row := range []struct {
			name, params string
			age          time.Duration
			acr          string
			code         string // empty: granted
		}{
			{"R9470-07 recent enough", "max_age=60", time.Minute, "", ""},
			{"R9470-07 too long ago", "max_age=60", 62 * time.Second, "", "unmet_authentication_requirements"},
			{"R9470-07 now", "max_age=0", 0, "", ""},
			{"R9470-07 not now", "max_age=0", 2 * time.Second, "", "unmet_authentication_requirements"},
			{"R9470-07 no max_age", "", time.Hour, "", ""},
			{"R9470-07 a new login", "prompt=login", 0, "", ""},
			{"R9470-07 no new login in the same second", "prompt=login", time.Millisecond, "", "unmet_authentication_requirements"},
			{"R9470-07 in the same second", "max_age=0", time.Millisecond, "", ""},
			{"R9470-07 in the future", "max_age=0", -time.Millisecond, "", "unmet_authentication_requirements"},
			{"R9470-07 in the future, when nothing is asked", "", -time.Hour, "", "unmet_authentication_requirements"},
			{"R9470-07 no new login", "prompt=login", 2 * time.Second, "", "unmet_authentication_requirements"},
			{"R9470-07 both", "prompt=login&max_age=3600", time.Minute, "", "unmet_authentication_requirements"},
			{"OIDC-06 nobody may be asked", "prompt=none&max_age=60", 2 * time.Minute, "", "login_required"},
			{"R9470-07 the class", "acr_values=mfa", 0, "mfa", ""},
			{"R9470-07 one of two", "acr_values=mfa+pwd", 0, "pwd", ""},
			{"R9470-07 another class", "acr_values=mfa", 0, "pwd", "unmet_authentication_requirements"},
			{"R9470-07 no class", "acr_values=mfa", 0, "", "unmet_authentication_requirements"},
			{"R9470-07 a class nobody asked for", "", 0, "mfa", ""},
		} {
			signedIn, acr = time.Now().Add(-row.age), row.acr
			changes, _ := url.ParseQuery(row.params)
			v := browse(t, iss, "GET", "/authorize", authorization(changes))
			checkRedirect(t, iss, v)
			if v.query.Get("error") != row.code {
				t.Errorf("%s: error %q, want %q", row.name, v.query.Get("error"), row.code)
			}
			if strings.Contains(row.params, "max_age") && fresh != (row.code == "") {
				t.Errorf("%s: Fresh is %t", row.name, fresh)
			}
			if row.code != "" {
				continue
			}
			_, claims := decode(t, redeem(t, iss, v.query.Get("code"), nil).json["access_token"].(string))
			if claims["auth_time"] != float64(signedIn.Unix()) || claims["acr"] != nil && claims["acr"] != row.acr || (claims["acr"] == nil) != (row.acr == "") {
				t.Errorf("%s: %v", row.name, claims)
			}
		}
	})
}

// An Interaction that forgets AuthTime has not shown that anybody signed in now.
func TestATimeThatIsNotSaid(t *testing.T) {
	iss := withApp(onSocket(t))
	iss.Interact(approveAsAlice)
	for params, code := range map[string]string{
		"max_age=0": "unmet_authentication_requirements", "max_age=3600": "unmet_authentication_requirements", "prompt=login": "unmet_authentication_requirements",
		"prompt=none&max_age=3600": "login_required", "": "", "prompt=none": "", "prompt=consent": "",
	} {
		t.Run("R9470-07 "+params, func(t *testing.T) {
			changes, _ := url.ParseQuery(params)
			v := browse(t, iss, "GET", "/authorize", authorization(changes))
			checkRedirect(t, iss, v)
			if v.query.Get("error") != code {
				t.Errorf("error %q, want %q", v.query.Get("error"), code)
			}
		})
	}
}

func TestTheDefaultInteractionMeetsWhatIsAskedFor(t *testing.T) {
	iss := withApp(onSocket(t))
	iss.Interact(approveAsAlice)
	iss.Interact(nil)
	v := browse(t, iss, "GET", "/authorize", authorization(url.Values{"acr_values": {"gold mfa"}, "max_age": {"0"}, "prompt": {"login"}}))
	_, claims := decode(t, redeem(t, iss, v.query.Get("code"), nil).json["access_token"].(string))
	if claims["acr"] != "mfa" || claims["auth_time"] == nil || claims["sub"] != "user" { // R9470-07
		t.Errorf("%v", claims)
	}
}

func TestClaimsOfAccessTokens(t *testing.T) {
	iss := withApp(onSocket(t))
	mine := map[string]any{"tenant": "acme", "roles": []string{"admin"}}
	forged := map[string]any{"iss": "x", "sub": "x", "aud": "x", "client_id": "x", "exp": 1, "iat": 1, "jti": "x", "scope": "admin", "auth_time": 1, "acr": "mfa", "cnf": map[string]any{"jkt": "x"}, "nbf": 1 << 40, "active": false, "token_type": "DPoP", "nothing": nil}
	iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
		for name, v := range forged {
			mine[name] = v
		}
		a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: a.Scopes, Claims: mine})
		mine = map[string]any{}
	})
	_, claims := decode(t, redeem(t, iss, codeFor(t, iss, authorization(nil)), nil).json["access_token"].(string))
	if claims["tenant"] != "acme" || claims["sub"] != "alice" || claims["iss"] != iss.URL || claims["aud"] != issuertest.Audience || claims["client_id"] != "app" {
		t.Errorf("%v", claims)
	}
	if claims["scope"] != "read" {
		t.Errorf("scope is %v", claims["scope"])
	}
	for _, name := range []string{"acr", "cnf", "nbf", "active", "token_type", "nothing"} {
		if v, has := claims[name]; has {
			t.Errorf("%s is %v", name, v)
		}
	}
}

// What was granted stays as it was, whatever the caller does with its maps.
func TestClaimsAreCopied(t *testing.T) {
	iss := withApp(onSocket(t))
	roles, team := map[string]any{"admin": false}, map[string]any{"name": "red"}
	claims, info := map[string]any{"roles": roles, "tenant": "a"}, map[string]any{"team": team, "level": "1"}
	iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
		a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: a.Scopes, Claims: claims, UserInfo: info})
	})
	tokens := granted(t, iss, nil)
	roles["admin"], claims["tenant"], team["name"], info["level"] = true, "b", "blue", "2"
	tokens = refresh(t, iss, tokens["refresh_token"], nil).json
	res := ask(t, iss, request{endpoint: issuertest.EndpointUserInfo, header: bearer(tokens["access_token"])})
	_, got := decode(t, tokens["access_token"].(string))
	if !cmp.Equal(got["roles"], map[string]any{"admin": false}) || got["tenant"] != "a" {
		t.Errorf("%v", got)
	}
	if !cmp.Equal(res.json["team"], map[string]any{"name": "red"}) || res.json["level"] != "1" {
		t.Errorf("%v", res.json)
	}
}

func TestMistakesOfAnInteractionPanic(t *testing.T) {
	iss := withApp(onSocket(t))
	for name, decide := range map[string]func(w http.ResponseWriter, a *issuertest.Authorization){
		"no subject":           func(w http.ResponseWriter, a *issuertest.Authorization) { a.Approve(w, issuertest.Grant{}) },
		"a refusal of its own": func(w http.ResponseWriter, a *issuertest.Authorization) { a.Refuse(w, "no") },
		"claims that are no JSON": func(w http.ResponseWriter, a *issuertest.Authorization) {
			a.Approve(w, issuertest.Grant{Subject: "a", Claims: map[string]any{"x": make(chan int)}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			panicked := make(chan bool, 1)
			iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
				defer func() { panicked <- recover() != nil; a.Deny(w) }()
				decide(w, a)
			})
			checkDenied(t, iss, browse(t, iss, "GET", "/authorize", authorization(nil)), "access_denied")
			if !<-panicked {
				t.Error("no panic")
			}
		})
	}
}

// Anybody can start a request, so the oldest makes room.
func TestPendingRequestsAreBounded(t *testing.T) {
	iss := withPages(withApp(onSocket(t)), approveAsAlice)
	start := func() string { return browse(t, iss, "GET", "/authorize", authorization(nil)).query.Get("id") }
	first := start()
	second := start()
	for range 999 {
		start()
	}
	if iss.Authorization(first) != nil || iss.Authorization(second) == nil {
		t.Error("not the oldest of 1001 requests has made room")
	}
	for range 1001 { // which needs no browser, no redirect URI and no secret
		deviceFor(t, iss)
	}
	if iss.Authorization(second) == nil {
		t.Error("devices made a person's login end")
	}
}
