package issuertest_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

func TestFlowsWithoutABrowser(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		tokens, err := iss.Authorize(t.Context(), issuertest.ClientID, url.Values{"scope": {"openid read"}})
		if err != nil {
			t.Fatal(err)
		}
		_, claims := decode(t, tokens.AccessToken)
		if claims["sub"] != "user" || claims["scope"] != "openid read" || tokens.IDToken == "" || tokens.RefreshToken == "" {
			t.Errorf("%v", claims)
		}
		next, err := iss.Exchange(t.Context(), issuertest.ClientID, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.RefreshToken}})
		if err != nil || next.RefreshToken == tokens.RefreshToken {
			t.Errorf("refresh: %v", err)
		}
		device, err := iss.AuthorizeDevice(t.Context(), issuertest.ClientID, url.Values{"scope": {"read"}})
		if err != nil || device.Scope != "read" {
			t.Errorf("device: %v", err)
		}
		own, err := iss.Exchange(t.Context(), issuertest.ClientID, url.Values{"grant_type": {"client_credentials"}})
		if err != nil || own.Scope != "read write" || own.RefreshToken != "" {
			t.Errorf("client credentials: %v", err)
		}
	})
}

func TestFlowsTellNoParametersWhenTheyFail(t *testing.T) {
	iss := onSocket(t)
	params := url.Values{"login_hint": {"alice@example.org"}, "nonce": {"very-secret"}}
	for name, run := range map[string]func() (*issuertest.Tokens, error){
		issuertest.EndpointAuthorization: func() (*issuertest.Tokens, error) {
			return iss.Authorize(t.Context(), issuertest.ClientID, params)
		},
		issuertest.EndpointDeviceAuthorization: func() (*issuertest.Tokens, error) {
			return iss.AuthorizeDevice(t.Context(), issuertest.ClientID, params)
		},
		issuertest.EndpointToken: func() (*issuertest.Tokens, error) {
			return iss.Exchange(t.Context(), issuertest.ClientID, params)
		},
	} {
		restore := iss.Fail(name, issuertest.Outage)
		_, err := run()
		restore()
		if err == nil || errors.As(err, new(*url.Error)) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "alice") {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := iss.Authorize(ctx, issuertest.ClientID, params); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestFlowsTellWhatRefusedThem(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		iss.AddClient(issuertest.Client{ID: "cli"})
		for name, row := range map[string]struct {
			run  func() (*issuertest.Tokens, error)
			want issuertest.Error
		}{
			"by redirect": {func() (*issuertest.Tokens, error) {
				return iss.Authorize(t.Context(), issuertest.ClientID, url.Values{"scope": {"admin"}})
			}, issuertest.Error{Endpoint: "/authorize", Status: 303, Code: "invalid_scope"}},
			"by a page": {func() (*issuertest.Tokens, error) {
				return iss.Authorize(t.Context(), "stranger", nil)
			}, issuertest.Error{Endpoint: "/authorize", Status: 400}},
			"at the token endpoint": {func() (*issuertest.Tokens, error) {
				return iss.Exchange(t.Context(), "cli", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}})
			}, issuertest.Error{Endpoint: "/token", Status: 400, Code: "invalid_grant"}},
			"at the device endpoint": {func() (*issuertest.Tokens, error) {
				return iss.AuthorizeDevice(t.Context(), "stranger", nil)
			}, issuertest.Error{Endpoint: "/device_authorization", Status: 401, Code: "invalid_client"}},
		} {
			_, err := row.run()
			var refused *issuertest.Error
			if !errors.As(err, &refused) || refused.Endpoint != row.want.Endpoint || refused.Status != row.want.Status || refused.Code != row.want.Code {
				t.Errorf("%s: %v", name, err)
			}
		}
		iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) { a.Deny(w) })
		var denied *issuertest.Error
		if _, err := iss.Authorize(t.Context(), issuertest.ClientID, nil); !errors.As(err, &denied) || denied.Code != "access_denied" {
			t.Errorf("denied: %v", err)
		}
		if _, err := iss.AuthorizeDevice(t.Context(), issuertest.ClientID, nil); !errors.As(err, &denied) || denied.Code != "access_denied" {
			t.Errorf("a denied device: %v", err)
		}
		iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
			w.Write([]byte("who are you?"))
		})
		if _, err := iss.Authorize(t.Context(), issuertest.ClientID, nil); err == nil || errors.As(err, new(*issuertest.Error)) {
			t.Errorf("a page: %v", err)
		}
	})
}
