package introspect_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/introspect"
)

// marker is in every value that an issuer says, and in every token.
const marker = "marker-3f9a1c77e5b2d840"

// leaked returns a piece of a secret of 12 bytes that is in text.
func leaked(text string, secrets ...string) string {
	const size = 12
	for _, secret := range secrets {
		for i := range max(0, len(secret)-size+1) {
			if strings.Contains(text, secret[i:i+size]) {
				return secret[i : i+size]
			}
		}
	}
	return ""
}

// markedAnswers are answers of every kind with the marker wherever it fits.
func markedAnswers() map[string]reply {
	with := func(changes object) reply { return says(active(changes)) }
	fields := []string{"Location", "https://" + marker + ".example/" + marker, "WWW-Authenticate", "Bearer " + marker, "Retry-After", marker}
	m := map[string]reply{
		"inactive":             says(`{"active":false,"x":"` + marker + `"}`),
		"without the scope":    with(object{"scope": marker, "sub": marker, "client_id": marker, "jti": marker}),
		"expired":              with(object{"exp": 1, "jti": marker}),
		"not yet valid":        with(object{"nbf": in(time.Hour), "jti": marker}),
		"of another issuer":    with(object{"iss": "https://" + marker}),
		"for another audience": with(object{"aud": marker}),
		"for no audience":      with(object{"aud": nil, "jti": marker}),
		"bound":                with(object{"cnf": object{marker: marker}}),
		"bound, to what":       with(object{"token_type": "DPoP", "jti": marker}),
		"of another type":      with(object{"token_use": marker}),
		"active is text":       with(object{"active": marker}),
		"exp is text":          with(object{"exp": marker}),
		"scope is a list":      with(object{"scope": []string{marker}}),
		"cnf is text":          with(object{"cnf": marker}),
		"a member twice":       says(`{"active":true,"` + marker + `":1,"` + marker + `":2}`),
		"not JSON":             says(marker),
		"half JSON":            says(`{"active":true,"x":"` + marker),
		"HTML":                 typed("text/html", "<p>"+marker),
		"a type of its own":    typed("application/"+marker, marker),
		"a type that is none":  typed(marker+";;", marker),
		"too long":             says(strings.Repeat(marker, 5000)),
		"breaking": func(*http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%s: %w", marker, io.ErrUnexpectedEOF)
		},
		"a signed one":            typed(signedType, marker),
		"a transport that panics": func(*http.Request) (*http.Response, error) { panic(marker) },
	}
	for _, code := range []int{201, 204, 301, 307, 400, 401, 403, 404, 429, 500, 502, 503} {
		m[fmt.Sprint("status ", code)] = func(r *http.Request) (*http.Response, error) {
			resp, err := status(code, fields...)(r)
			if code != 204 {
				resp.Body = io.NopCloser(strings.NewReader(marker))
			}
			return resp, err
		}
	}
	return m
}

// R6750-18, R9700-03: a refusal tells nobody any part of a token, of what the
// issuer says, or of our own credentials: not the client, no log, no Observer,
// no error.
func TestNothingLeaks(t *testing.T) {
	key := newKey("k1", "ES256")
	for name, auth := range map[string]introspect.ClientAuth{
		"Basic":         introspect.Basic("notes-api", secret),
		"Post":          introspect.Post("notes-api", secret),
		"PrivateKeyJWT": introspect.PrivateKeyJWT("notes-api", key.signer, "ES256", "k1"),
		"Bearer":        introspect.Bearer(func(context.Context) (string, error) { return secret, nil }),
	} {
		t.Run(name, func(t *testing.T) {
			for kind, answer := range markedAnswers() {
				for _, isSigned := range []bool{false, true} {
					s, w := newServer(answer), new(witness)
					v := verifier(t, s, func(c *introspect.Config) {
						if c.Authenticate = auth; isSigned {
							c.SignedBy = signedBy(func() {})
						}
					})
					token := "token-" + strings.Repeat(marker, 3)
					a := newAPI(v, w.options())
					for range 7 { // the breaker opens for some
						got := a.get(token)
						if got.StatusCode == 200 {
							t.Fatalf("%s: accepted", kind)
						}
						fmt.Fprintln(w, got.Header, got.body)
					}
					a.get(token + strings.Repeat("x", 4096))
					_, err := v.Verify(t.Context(), token+"2", nil)
					w.tell(err)
					secrets := []string{marker, secret, token}
					for _, c := range s.seen(endpoint) {
						secrets = append(secrets, strings.Split(c.form.Get("client_assertion"), ".")...)
						secrets = append(secrets, strings.TrimPrefix(c.header.Get("Authorization"), "Basic "))
					}
					if piece := leaked(w.String(), secrets...); piece != "" {
						t.Errorf("%s: %q in %s", kind, piece, w)
					}
				}
			}
		})
	}
	t.Run("metadata", func(t *testing.T) {
		for _, doc := range []string{
			metadata(object{"introspection_endpoint": "http://" + marker}), metadata(object{"introspection_endpoint": marker}),
			metadata(object{"issuer": nil, "x": marker}), marker, `{"` + marker + `":1,"` + marker + `":2}`,
		} {
			s, w := newServer(nil), new(witness)
			s.serve(metadataURL, says(doc))
			a := newAPI(verifier(t, s, func(c *introspect.Config) { c.Endpoint = "" }), w.options())
			a.get("x").is(t, unavailable)
			if piece := leaked(w.String(), marker); piece != "" {
				t.Errorf("%q in %s", piece, w)
			}
		}
	})
}

// A token that the caller logs is there by the caller's will, and is still not
// the token, nor anything personal.
func TestVerifiedTokensInALog(t *testing.T) {
	w := new(witness)
	got, err := verifier(t, newServer(says(active(object{"sub": marker, "username": marker, "email": marker}))), nil).Verify(t.Context(), secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(w, nil)).Info("admitted", "token", got)
	if piece := leaked(w.String(), marker, secret); piece != "" || !w.heard(issuer) {
		t.Errorf("%q in %s", piece, w)
	}
}
