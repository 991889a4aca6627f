package issuertest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

func TestTheLogTellsWhatArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := withService(withApp(issuertest.NewInMemoryIssuer()))
		defer iss.Close()
		start := time.Now()
		if _, err := iss.Authorize(t.Context(), "app", nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		ask(t, iss, known(request{form: "scope=read"}))
		ask(t, iss, known(request{body: "grant_type=password&password=hunter2"}))
		asService(t, iss, assertion(t, iss, "ES256", keysOnce()["ES256"], nil, nil), nil)
		ask(t, iss, request{form: "client_id=hunter2&client_secret=hunter2"})
		iss.Fail(issuertest.EndpointKeys, issuertest.Status(500))
		browse(t, iss, "GET", issuertest.EndpointKeys, nil)
		browse(t, iss, "GET", "/hunter2", nil)
		browse(t, iss, "HUNTER2", issuertest.EndpointDeviceAuthorization, nil)
		later := start.Add(time.Second)
		want := []issuertest.Request{
			{start, "GET", "/authorize", "", "app"},
			{start, "POST", "/token", issuertest.GrantAuthorizationCode, "app"},
			{later, "POST", "/token", issuertest.GrantClientCredentials, "client"},
			{later, "POST", "/token", "", "client"},
			{later, "POST", "/token", issuertest.GrantClientCredentials, "service"},
			{later, "POST", "/token", issuertest.GrantClientCredentials, ""},
			{later, "GET", "/jwks", "", ""},
			{later, "other", "/device_authorization", "", ""},
		}
		if diff := cmp.Diff(want, iss.Log()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheLogIsBounded(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		for range 1005 {
			browse(t, iss, "GET", issuertest.EndpointKeys, nil)
		}
		if n := len(iss.Log()); n != 1000 {
			t.Errorf("%d entries", n)
		}
	})
}

// Whatever a stranger or a client sends, neither answers nor the log repeat it.
func TestSecretsAreNotRepeated(t *testing.T) {
	iss := withService(withApp(onSocket(t)))
	const secret = "hunter2hunter2hunter2hunter2hunter2hunter2hunter2"
	form := url.Values{}
	for _, name := range []string{
		"client_id", "client_secret", "code", "code_verifier", "refresh_token", "device_code", "token", "user_code", "password", "username",
		"client_assertion", "redirect_uri", "scope", "resource", "prompt", "nonce", "grant_type", secret,
	} {
		form.Set(name, secret)
	}
	var told strings.Builder
	for endpoint := range map[string]bool{
		issuertest.EndpointAuthorization: true, issuertest.EndpointToken: true, issuertest.EndpointIntrospection: true, issuertest.EndpointRevocation: true,
		issuertest.EndpointDeviceAuthorization: true, issuertest.EndpointVerification: true, issuertest.EndpointUserInfo: true,
	} {
		for _, method := range []string{"GET", "POST"} {
			v := browse(t, iss, method, endpoint, form)
			fmt.Fprintln(&told, v.body, v.header)
			res := ask(t, iss, request{endpoint: endpoint, method: method, header: http.Header{"Authorization": {"Bearer " + secret}}, body: form.Encode()})
			fmt.Fprintln(&told, res.body, res.header)
			for _, id := range []string{issuertest.ClientID, "app", "service"} {
				changed := change(url.Values{}, form)
				changed.Set("client_id", id)
				fmt.Fprintln(&told, browse(t, iss, method, endpoint, changed).body)
				changed = authorization(nil)
				changed.Set("scope", secret)
				changed.Set("client_id", id)
				fmt.Fprintln(&told, browse(t, iss, method, endpoint, changed))
			}
		}
	}
	_, err := iss.Exchange(t.Context(), "app", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {secret}})
	_, err2 := iss.Authorize(t.Context(), "app", url.Values{"login_hint": {secret}, "scope": {secret}})
	_, err3 := iss.Device(secret)
	fmt.Fprintln(&told, err, err2, err3, iss.Log())
	if at := strings.Index(told.String(), "hunter2"); at >= 0 {
		t.Errorf("repeated: …%.200s…", told.String()[max(0, at-100):])
	}
}
