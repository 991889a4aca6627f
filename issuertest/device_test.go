package issuertest_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// deviceFor starts the device grant of the public client app.
func deviceFor(t *testing.T, iss *issuertest.Issuer) (deviceCode, userCode string) {
	t.Helper()
	res := ask(t, iss, request{endpoint: issuertest.EndpointDeviceAuthorization, body: "client_id=app&scope=read"})
	if res.status != 200 {
		t.Fatalf("%d %s", res.status, res.body)
	}
	return res.json["device_code"].(string), res.json["user_code"].(string)
}

func poll(t *testing.T, iss *issuertest.Issuer, deviceCode string, changes url.Values) answer {
	t.Helper()
	form := change(url.Values{"grant_type": {deviceGrant}, "client_id": {"app"}, "device_code": {deviceCode}}, changes)
	return ask(t, iss, request{body: form.Encode()})
}

func enter(t *testing.T, iss *issuertest.Issuer, userCode string) visit {
	t.Helper()
	return browse(t, iss, "POST", issuertest.EndpointVerification, url.Values{"user_code": {userCode}})
}

func TestADeviceAsks(t *testing.T) {
	iss := withApp(onSocket(t))
	for name, q := range map[string]request{
		"R8628-01 a public client":       {body: "client_id=app&scope=read"},
		"R8628-01 a confidential client": {id: "client", secret: "secret", body: "scope=read"},
		"R8628-01 no scope":              {body: "client_id=app"},
		"R8707-04 with resources":        {body: "client_id=app&resource=" + issuertest.Audience + "&resource=" + issuertest.Audience},
	} {
		t.Run(name, func(t *testing.T) {
			q.endpoint = issuertest.EndpointDeviceAuthorization
			res := ask(t, iss, q)
			device, _ := res.json["device_code"].(string)
			user, _ := res.json["user_code"].(string)
			want := map[string]any{
				"device_code": device, "user_code": user, "expires_in": 600.0, "interval": 5.0,
				"verification_uri": iss.URL + "/device", "verification_uri_complete": iss.URL + "/device?user_code=" + user,
			}
			if diff := cmp.Diff(want, res.json); diff != "" {
				t.Error(diff)
			}
			if res.status != 200 || res.header.Get("Content-Type") != "application/json" || res.header.Get("Cache-Control") != "no-store" { // R6749-17
				t.Errorf("%d %v", res.status, res.header)
			}
			if len(device) < 22 || !regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`).MatchString(user) { // R8628-02
				t.Errorf("user code %s", user)
			}
		})
	}
	iss.AddClient(issuertest.Client{ID: "nodevice", Grants: []string{issuertest.GrantAuthorizationCode}})
	for name, row := range map[string]struct {
		q    request
		code string
	}{
		"R8628-01 a confidential client without its secret": {request{body: "client_id=client"}, "invalid_client"},
		"R8628-01 a wrong secret":                           {request{id: "client", secret: "guess", body: "scope=read"}, "invalid_client"},
		"nobody":                                            {request{body: "scope=read"}, "invalid_client"},
		"a client nobody knows":                             {request{body: "client_id=stranger"}, "invalid_client"},
		"a client without the grant":                        {request{body: "client_id=nodevice"}, "unauthorized_client"},
		"a scope beyond the client's":                       {request{body: "client_id=app&scope=admin"}, "invalid_scope"},
		"a resource nobody knows":                           {request{body: "client_id=app&resource=https://other.example"}, "invalid_target"},
		"the scope twice":                                   {request{body: "client_id=app&scope=read&scope=write"}, "invalid_request"},
		"JSON":                                              {request{body: `{"client_id":"app"}`, contentType: "application/json"}, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			row.q.endpoint = issuertest.EndpointDeviceAuthorization
			res := ask(t, iss, row.q)
			if row.code == "invalid_client" {
				checkUnauthorized(t, res)
			} else {
				checkTE(t, res, row.code)
			}
		})
	}
}

func TestADeviceGetsItsTokens(t *testing.T) {
	iss := withApp(onSocket(t))
	iss.Register("other", "", "read")
	for name, spell := range map[string]func(string) string{
		"as it is shown":            func(s string) string { return s },
		"R8628-02 in small letters": strings.ToLower,
		"R8628-02 without a dash":   func(s string) string { return strings.ReplaceAll(s, "-", "") },
		"R8628-02 with other marks": func(s string) string { return " " + strings.ReplaceAll(s, "-", " – ") + "." },
	} {
		t.Run(name, func(t *testing.T) {
			device, user := deviceFor(t, iss)
			checkTE(t, poll(t, iss, device, nil), "authorization_pending") // R8628-04
			v := enter(t, iss, spell(user))
			if v.status != 303 || v.location != iss.URL+"/device?result=approved" {
				t.Fatalf("%d %s", v.status, v.location)
			}
			checkSecure(t, v)
			checkTE(t, poll(t, iss, device, url.Values{"client_id": {"other"}}), "invalid_grant") // R8628-07
			res := poll(t, iss, device, nil)
			if res.status != 200 || res.json["scope"] != "read" || res.json["refresh_token"] == nil {
				t.Fatalf("%d %v", res.status, res.json)
			}
			if _, claims := decode(t, res.json["access_token"].(string)); claims["sub"] != "user" || claims["client_id"] != "app" {
				t.Errorf("%v", claims)
			}
			checkTE(t, poll(t, iss, device, nil), "invalid_grant") // R8628-07
			if !active(t, iss, res.json["access_token"]) || !alive(t, iss, res.json["refresh_token"]) {
				t.Error("a token does not work")
			}
			checkPage(t, enter(t, iss, user), 400) // the user code works once too
			if a, err := iss.Device(user); a != nil || !errors.Is(err, issuertest.ErrUserCode) {
				t.Errorf("Device finds what was decided: %v", err)
			}
		})
	}
	t.Run("R8628-06 unless it is refused", func(t *testing.T) {
		iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) { a.Deny(w) })
		device, user := deviceFor(t, iss)
		if v := enter(t, iss, user); v.status != 303 || v.location != iss.URL+"/device?result=denied" {
			t.Errorf("%d %s", v.status, v.location)
		}
		for range 2 {
			checkTE(t, poll(t, iss, device, nil), "access_denied")
		}
		iss.Interact(nil)
	})
	t.Run("R8628-07 once, even at the same time", func(t *testing.T) {
		device, user := deviceFor(t, iss)
		enter(t, iss, user)
		answers := make(chan int, 8)
		var wg sync.WaitGroup
		for range cap(answers) {
			wg.Go(func() { answers <- poll(t, iss, device, nil).status })
		}
		wg.Wait()
		close(answers)
		granted := 0
		for status := range answers {
			if status == 200 {
				granted++
			}
		}
		if granted != 1 {
			t.Errorf("%d polls got tokens", granted)
		}
	})
	for name, row := range map[string]struct {
		changes url.Values
		code    string
	}{
		"no device code":              {url.Values{"device_code": nil}, "invalid_request"},
		"a code nobody issued":        {url.Values{"device_code": {"device_A"}}, "invalid_grant"},
		"a resource not granted":      {url.Values{"resource": {"https://other.example"}}, "invalid_target"},
		"a user code":                 {url.Values{"device_code": {"BCDF-GHJK"}}, "invalid_grant"},
		"two device codes":            {url.Values{"device_code": {"a", "b"}}, "invalid_request"},
		"a grant type in its old way": {url.Values{"grant_type": {"device_code"}}, "unsupported_grant_type"},
	} {
		t.Run(name, func(t *testing.T) {
			device, user := deviceFor(t, iss)
			enter(t, iss, user)
			checkTE(t, poll(t, iss, device, row.changes), row.code)
			if res := poll(t, iss, device, nil); res.status != 200 {
				t.Errorf("%d after a mistake", res.status)
			}
		})
	}
}

// Without the grant for refresh tokens there is none, and what was granted ends
// with its access token.
func TestAGrantWithoutRefreshTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := issuertest.NewInMemoryIssuer()
		defer iss.Close()
		iss.AddClient(issuertest.Client{ID: "app", Scopes: []string{"read"}, RedirectURIs: []string{callback}, Grants: []string{deviceGrant, issuertest.GrantAuthorizationCode}})
		device, user := deviceFor(t, iss)
		enter(t, iss, user)
		byDevice := poll(t, iss, device, nil).json
		byCode := redeem(t, iss, codeFor(t, iss, authorization(nil)), nil).json
		for name, tokens := range map[string]map[string]any{"device": byDevice, "code": byCode} {
			if _, has := tokens["refresh_token"]; has || tokens["access_token"] == nil {
				t.Errorf("%s: %d members", name, len(tokens))
			}
		}
		_, claims := decode(t, byCode["access_token"].(string))
		sameGrant := iss.Token(map[string]any{"jti": claims["jti"], "exp": time.Now().Add(24 * time.Hour).Unix()})
		time.Sleep(time.Hour - time.Second)
		if !active(t, iss, sameGrant) {
			t.Error("ended too soon")
		}
		time.Sleep(time.Second)
		if active(t, iss, sameGrant) {
			t.Error("goes on when its last token has expired")
		}
	})
}

func TestADevicePollsTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := withApp(issuertest.NewInMemoryIssuer())
		defer iss.Close()
		device, user := deviceFor(t, iss)
		for _, row := range []struct {
			wait time.Duration
			code string
		}{
			{0, "authorization_pending"}, // the first may come at any time
			{5 * time.Second, "authorization_pending"},
			{time.Second, "slow_down"},                  // 10 s from now on
			{5 * time.Second, "slow_down"},              // 15 s from now on
			{15 * time.Second, "authorization_pending"}, // for good: it does not grow
			{15 * time.Second, "authorization_pending"},
			{15*time.Second - 1, "slow_down"},
		} {
			time.Sleep(row.wait)
			checkTE(t, poll(t, iss, device, nil), row.code) // R8628-05
		}
		enter(t, iss, user)
		if res := poll(t, iss, device, nil); res.status != 200 {
			t.Errorf("%d after the decision", res.status)
		}
	})
}

func TestADeviceIsTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := withApp(issuertest.NewInMemoryIssuer())
		defer iss.Close()
		undecided, user := deviceFor(t, iss)
		approved, otherUser := deviceFor(t, iss)
		time.Sleep(10*time.Minute - time.Second)
		checkTE(t, poll(t, iss, undecided, nil), "authorization_pending")
		enter(t, iss, otherUser)
		time.Sleep(time.Second)
		checkTE(t, poll(t, iss, undecided, nil), "expired_token") // R8628-06
		checkTE(t, poll(t, iss, approved, nil), "expired_token")
		checkPage(t, enter(t, iss, user), 400)
		time.Sleep(10 * time.Minute)
		checkTE(t, poll(t, iss, undecided, nil), "invalid_grant")
	})
}

func TestUserCodesCannotBeGuessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := withApp(issuertest.NewInMemoryIssuer())
		defer iss.Close()
		_, user := deviceFor(t, iss)
		_, own := deviceFor(t, iss)
		enter(t, iss, own)
		for range 20 { // what is no guess does not count
			for _, slip := range []string{"", own, "BBBB-BBB", "AAAA-AAAA", "hello"} {
				checkPage(t, enter(t, iss, slip), 400)
			}
		}
		_, own = deviceFor(t, iss)
		for n := range 10 {
			checkPage(t, browse(t, iss, []string{"GET", "POST"}[n%2], "/device", url.Values{"user_code": {"BBBB-BBBB"}}), 400)
			if n == 5 {
				enter(t, iss, own) // the guesser's own device does not start the count again
			}
		}
		v := enter(t, iss, user)
		checkPage(t, v, 429) // R8628-03
		if v.header.Get("Retry-After") != "60" {
			t.Errorf("Retry-After is %q", v.header.Get("Retry-After"))
		}
		for range 90 { // a page of the caller's has those of everybody else, too
			if _, err := iss.Device("BBBB-BBBB"); !errors.Is(err, issuertest.ErrUserCode) {
				t.Errorf("Device: %v", err)
			}
		}
		if _, err := iss.Device(user); !errors.Is(err, issuertest.ErrTooManyGuesses) {
			t.Errorf("Device: %v", err)
		}
		time.Sleep(time.Minute)
		if _, err := iss.Device("BBBB-BBBB"); !errors.Is(err, issuertest.ErrUserCode) {
			t.Errorf("Device: %v", err)
		}
		if a, err := iss.Device(user); err != nil || a.UserCode != user {
			t.Errorf("Device: %v", err)
		}
		if v := enter(t, iss, user); v.status != 303 {
			t.Errorf("%d after a minute", v.status)
		}
	})
}

func TestTheVerificationPage(t *testing.T) {
	iss := withApp(onSocket(t))
	device, user := deviceFor(t, iss)
	t.Run("R8628-08 shows client and code", func(t *testing.T) {
		v := browse(t, iss, "GET", "/device", url.Values{"user_code": {strings.ToLower(user)}})
		if v.status != 200 || !strings.Contains(v.body, "The App") || !strings.Contains(v.body, user) {
			t.Errorf("%d %s", v.status, v.body)
		}
		checkSecure(t, v)
		checkTE(t, poll(t, iss, device, nil), "authorization_pending") // to look is not to approve
	})
	for query, want := range map[string]string{"": "POST the code", "?result=approved": "Approved", "?result=denied": "Denied", "?result=<script>": "POST the code"} {
		v := browse(t, iss, "GET", "/device"+query, nil)
		if v.status != 200 || !strings.Contains(v.body, want) || strings.Contains(v.body, "script") {
			t.Errorf("%s: %d %s", query, v.status, v.body)
		}
		checkSecure(t, v)
	}
	checkPage(t, browse(t, iss, "GET", "/device?user_code=a&user_code=b", nil), 400)
	checkPage(t, browse(t, iss, "GET", "/device?user_code=%zz", nil), 400)
	checkPage(t, browse(t, iss, "POST", "/device?user_code="+user, nil), 400)
	checkPage(t, browse(t, iss, "POST", "/device", url.Values{"user_code": {user, user}}), 400)
	checkPage(t, browse(t, iss, "DELETE", "/device", nil), 405)
	checkPage(t, enter(t, iss, strings.Repeat("B", 10_000)), 400)

	t.Run("may be the caller's", func(t *testing.T) {
		iss.Handle("POST /device", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a, err := iss.Device(r.FormValue("code"))
			if err != nil {
				http.Error(w, err.Error(), http.StatusNotFound)
				return
			}
			a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: a.Scopes})
		}))
		v := browse(t, iss, "POST", "/device", url.Values{"code": {user}})
		if v.status != 303 {
			t.Fatalf("%d %s", v.status, v.body)
		}
		checkSecure(t, v)
		res := poll(t, iss, device, nil)
		if _, claims := decode(t, res.json["access_token"].(string)); claims["sub"] != "alice" {
			t.Errorf("%v", claims)
		}
		if v := browse(t, iss, "GET", "/device", nil); v.status != 405 || v.header.Get("Allow") != "POST" {
			t.Errorf("a method that the caller left out: %d", v.status)
		}
	})
	for _, pattern := range []string{"/", "/{page}", "GET /device/{rest...}"} {
		t.Run("is not the caller's by the pattern "+pattern, func(t *testing.T) {
			iss := withApp(onSocket(t))
			iss.Handle(pattern, http.NotFoundHandler())
			if _, err := iss.AuthorizeDevice(t.Context(), "app", nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// RFC 8628 §5.4
func TestFormsOfOtherSitesConnectNoDevice(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		withApp(iss)
		for name, row := range map[string]struct {
			field, value string
			status       int
		}{
			"another site":              {"Sec-Fetch-Site", "cross-site", 403},
			"another host of the site":  {"Sec-Fetch-Site", "same-site", 403},
			"another origin":            {"Origin", "https://evil.example", 403},
			"an origin that is no more": {"Origin", "null", 403},
			"the issuer's own":          {"Origin", iss.URL, 303},
			"the issuer's own page":     {"Sec-Fetch-Site", "same-origin", 303},
		} {
			device, user := deviceFor(t, iss)
			req, _ := http.NewRequest("POST", iss.URL+"/device", strings.NewReader(url.Values{"user_code": {user}}.Encode()))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set(row.field, row.value)
			if v := send(t, iss, req); v.status != row.status {
				t.Errorf("%s: %d %s", name, v.status, v.location)
			}
			if res := poll(t, iss, device, nil); (res.status == 200) != (row.status == 303) {
				t.Errorf("%s: %d", name, res.status)
			}
		}
	})
}
