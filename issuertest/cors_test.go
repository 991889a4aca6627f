package issuertest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

func TestScriptsOfOtherOrigins(t *testing.T) {
	iss := withApp(onSocket(t))
	iss.Handle("/login", http.NotFoundHandler())
	shared := map[string]bool{
		issuertest.EndpointMetadata: true, issuertest.EndpointOpenIDMetadata: true, issuertest.EndpointKeys: true, issuertest.EndpointToken: true,
		issuertest.EndpointRevocation: true, issuertest.EndpointUserInfo: true, issuertest.EndpointDeviceAuthorization: true,
		// R9700-13: not where a person is asked, nor where resource servers ask.
		issuertest.EndpointAuthorization: false, issuertest.EndpointVerification: false, issuertest.EndpointIntrospection: false, "/login": false,
	}
	for path, want := range shared {
		for _, method := range []string{"OPTIONS", "GET", "POST"} {
			t.Run(method+" "+path, func(t *testing.T) {
				req, _ := http.NewRequest(method, iss.URL+path, nil)
				req.Header.Set("Origin", "https://spa.example")
				if method == "OPTIONS" {
					req.Header.Set("Access-Control-Request-Method", "POST")
					req.Header.Set("Access-Control-Request-Headers", "authorization")
				}
				v := send(t, iss, req)
				fields := 0
				for name := range v.header {
					if strings.HasPrefix(name, "Access-Control-") {
						fields++
					}
				}
				if !want {
					if fields != 0 || v.status == 204 {
						t.Errorf("%d %v", v.status, v.header)
					}
					return
				}
				if v.header.Get("Access-Control-Allow-Origin") != "*" || v.header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%d %v", v.status, v.header)
				}
				if method == "OPTIONS" && (v.status != 204 || !strings.Contains(v.header.Get("Access-Control-Allow-Headers"), "Authorization")) {
					t.Errorf("%d %v", v.status, v.header)
				}
				if method != "OPTIONS" && !strings.Contains(v.header.Get("Access-Control-Expose-Headers"), "WWW-Authenticate") {
					t.Errorf("%d %v", v.status, v.header)
				}
			})
		}
	}
	t.Run("an answer that a cache keeps is for all of them", func(t *testing.T) {
		if v := browse(t, iss, "GET", issuertest.EndpointKeys, nil); v.header.Get("Access-Control-Allow-Origin") != "*" || v.status != 200 {
			t.Errorf("%d %v", v.status, v.header)
		}
	})
	t.Run("who sends no Origin asks for no preflight", func(t *testing.T) {
		req, _ := http.NewRequest("OPTIONS", iss.URL+issuertest.EndpointKeys, nil)
		req.Header.Set("Access-Control-Request-Method", "GET")
		if v := send(t, iss, req); v.status != 405 {
			t.Errorf("%d %v", v.status, v.header)
		}
	})
}
