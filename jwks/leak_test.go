package jwks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// marker is in every value of a token that a stranger can choose.
const marker = "marker-3f9a1c77e5b2d840"

// witness keeps everything that operators are told.
type witness struct {
	mu   sync.Mutex
	told bytes.Buffer
}

func (w *witness) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told.Write(b)
}

func (w *witness) observe(_ context.Context, e middleware.Event) {
	fmt.Fprintf(w, "%+v\n", e)
	for err := e.Err; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(w, "%v %+v %#v\n", err, err, err)
	}
}

// leaked returns a piece of a secret of this many bytes that is in text.
func leaked(text string, size int, secrets ...string) string {
	for _, secret := range secrets {
		for i := range max(0, len(secret)-size+1) {
			if strings.Contains(text, secret[i:i+size]) {
				return secret[i : i+size]
			}
		}
	}
	return ""
}

// badTokens returns tokens that are refused for every reason there is, with
// the marker wherever it fits.
func badTokens(t *testing.T) []string {
	k := rs()
	m := object{"sub": marker, "jti": marker, "client_id": marker, "x": marker}
	with := func(header, more object) string {
		c := maps.Clone(m)
		maps.Copy(c, more)
		return k.tokenAs(header, c)
	}
	good := with(nil, nil)
	tokens := []string{
		good[:len(good)-8], good + ".x", "x." + good, good[:len(good)/2], strings.Repeat(marker, 10),
		good + "==", "=" + good, good + "\n", good + " " + good, good + "," + good,
		with(object{"kid": marker}, nil), with(object{"typ": marker}, nil), with(object{"alg": marker}, nil),
		with(object{"alg": "none"}, nil), with(object{"kid": 1, "x": marker}, nil), with(object{"crit": []string{marker}}, nil),
		with(object{"jku": "https://" + marker}, object{"iss": "https://" + marker}), with(object{"kid": strings.Repeat(marker, 12)}, nil),
		with(nil, object{"iss": "https://as.example/" + marker}), with(nil, object{"aud": marker}), with(nil, object{"aud": object{marker: 1}}),
		with(nil, object{"exp": 1}), with(nil, object{"exp": marker}), with(nil, object{"nbf": 4102444800}), with(nil, object{"sub": nil}),
		with(nil, object{"scope": marker}), with(nil, object{"scope": []string{marker}}), with(nil, object{"cnf": object{marker: marker}}),
		with(nil, object{"cnf": marker}), with(nil, object{"act": marker}), with(nil, object{"acr": object{marker: marker}}),
		with(nil, object{"authorization_details": marker}),
		other().token(m), key{"rs", "RS256", other().private}.token(m), es().tokenAs(object{"kid": "rs"}, m),
		k.sign("RS256", `{"alg":"RS256","typ":"at+jwt","kid":"`+marker+`",}`, marker),
		k.sign("RS256", `{"alg":"RS256","typ":"at+jwt","kid":"rs"}`, `{"`+marker+`":1,"`+marker+`":2}`),
		k.sign("RS256", `{"alg":"RS256","typ":"at+jwt","kid":"rs"}`, marker),
		jwe(t, k, object{"x": marker}, marker),
	}
	for _, v := range vectors(t) {
		if v.expect != "OK" {
			tokens = append(tokens, k.sign("RS256", v.header, v.payload))
		}
	}
	return tokens
}

// R6750-18 and R9700-03: a refusal tells nobody any part of the token: not the
// client, not the log, not an Observer.
func TestNothingLeaks(t *testing.T) {
	for name, serve := range map[string]func(*server){
		"the issuer up":               func(*server) {},
		"the issuer down":             func(s *server) { s.serve(keysURL, status(500)) },
		"the issuer talking nonsense": func(s *server) { s.serve(keysURL, typed("text/html", "<p>"+marker)) },
		"the issuer redirecting":      func(s *server) { s.serve(keysURL, redirect("http://"+marker+".example/"+marker)) },
		"metadata that talks nonsense": func(s *server) {
			s.serve(rfcURL, document([]byte(`{"issuer":"`+issuer+`","jwks_uri":"http://`+marker+`"}`)))
		},
	} {
		t.Run("R6750-18, R9700-03: "+name, func(t *testing.T) {
			s := newServer(all()...)
			serve(s)
			v := verifier(t, func(c *jwks.Config) { c.HTTPClient = s.client() })
			w := &witness{}
			log := middleware.Log(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})))
			a := newAPI(v, middleware.Options{Observe: middleware.Observers(log, w.observe)})
			refused := 0
			for _, token := range badTokens(t) {
				r := httptest.NewRequest("GET", "/api/r", nil)
				r.Header["Authorization"] = []string{"Bearer " + token}
				outcome, answer := a.do(r)
				if outcome == "OK" {
					t.Fatal("accepted")
				}
				refused++
				body, _ := io.ReadAll(answer.Body)
				secrets := append(strings.Split(token, "."), marker)
				if piece := leaked(fmt.Sprint(answer.Header, string(body), outcome), 16, secrets...); piece != "" {
					t.Errorf("the answer %s holds %q", outcome, piece)
				}
				if piece := leaked(w.told.String(), 16, secrets...); piece != "" {
					t.Errorf("operators are told %q with %s", piece, outcome)
				}
				w.told.Reset()

				_, err := v.Verify(r.Context(), token, nil)
				if piece := leaked(fmt.Sprintf("%v %+v %#v", err, err, err), 16, secrets...); piece != "" {
					t.Errorf("the error of Verify holds %q", piece)
				}
			}
			if refused < 100 {
				t.Errorf("only %d tokens", refused)
			}
		})
	}
}

// A token in a log is there by the caller's will, and is still not the token.
func TestTokenInALog(t *testing.T) {
	v := verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) })
	token := rs().token(object{"sub": marker, "email": marker})
	got, err := v.Verify(t.Context(), token, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("admitted", "token", got)
	if piece := leaked(out.String(), 16, append(strings.Split(token, "."), marker)...); piece != "" || !strings.Contains(out.String(), issuer) {
		t.Errorf("%q in %s", piece, out.String())
	}
}
