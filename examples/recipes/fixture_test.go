package recipes_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// api is an API on a loopback port, behind a guard.
type api struct {
	t      *testing.T
	url    string
	issuer *issuertest.Issuer
}

// newAPI serves next behind a guard. wrap may be nil.
func newAPI(t *testing.T, opts *middleware.Options, wrap func(middleware.Verifier) middleware.Verifier, next http.HandlerFunc) api {
	t.Helper()
	issuer := issuertest.NewIssuer()
	t.Cleanup(issuer.Close)
	signed, err := jwks.NewVerifier(jwks.Config{Issuer: issuer.URL, Audience: []string{issuertest.Audience}})
	if err != nil {
		t.Fatal(err)
	}
	var v middleware.Verifier = signed
	if wrap != nil {
		v = wrap(v)
	}
	server := httptest.NewServer(middleware.New(v, opts).Handler(next))
	t.Cleanup(server.Close)
	return api{t, server.URL, issuer}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (a api) send(method, path, body string, fields ...string) answer {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer{response, string(text)}
}

// outcome says how a was answered: 200, or a status with the error code of
// its one challenge.
func outcome(a answer) string {
	status := a.Status[:3]
	challenges := a.Header.Values("WWW-Authenticate")
	if len(challenges) != 1 {
		return strings.TrimSpace(status + strings.Repeat(" challenge", len(challenges)))
	}
	if challenges[0] == `Bearer realm="api"` {
		return status + " no error"
	}
	_, code, _ := strings.Cut(challenges[0], `error="`)
	code, _, _ = strings.Cut(code, `"`)
	return status + " " + code
}
