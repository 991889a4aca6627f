package introspect_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
)

// secret is what no client, log or Observer may see.
const secret = "s3cret-9d41f0c7aa"

// authenticated asks once and returns what the issuer saw.
func authenticated(t *testing.T, auth introspect.ClientAuth) call {
	t.Helper()
	s := newServer(says(active(nil)))
	guarding(t, s, func(c *introspect.Config) { c.Authenticate = auth }).get("x").is(t, ok)
	return s.seen(endpoint)[0]
}

// Id and secret are form-urlencoded before they become a password (RFC 6749
// §2.3.1): what a server does to read them gives them back.
func TestBasic(t *testing.T) {
	for name, row := range map[string]struct{ id, secret string }{
		"plain":             {"notes-api", "secret"},
		"colons and spaces": {"a:b", "p+ %/ü"},
		"an equals sign":    {"a=b&c", "d=e&f"},
		"a tilde and stars": {"a~b*", "c*~"},
		"other scripts":     {"注", "ключ"},
		"control bytes":     {"a\nb", "c\x00\xff"},
		"no secret":         {"a", ""},
	} {
		t.Run("R7662-03: Basic: "+name, func(t *testing.T) {
			c := authenticated(t, introspect.Basic(row.id, row.secret))
			user, password, ok := (&http.Request{Header: c.header}).BasicAuth()
			if !ok || strings.Trim(user+password, "%+-._~*"+letters) != "" {
				t.Fatalf("%q %q in %q", user, password, c.header["Authorization"])
			}
			id, err1 := url.QueryUnescape(user)
			secret, err2 := url.QueryUnescape(password)
			if err := errors.Join(err1, err2); err != nil || id != row.id || secret != row.secret {
				t.Errorf("%q %q %v", id, secret, err)
			}
			if len(c.form) != 2 || c.form.Has("client_id") || c.form.Has("client_secret") {
				t.Errorf("the form has it too: %q", c.form)
			}
		})
	}
	c := authenticated(t, introspect.Basic("a:b", "p+ %/ü"))
	if got := c.header.Get("Authorization"); got != "Basic YSUzQWI6cCUyQislMjUlMkYlQzMlQkM=" { // a%3Ab:p%2B+%25%2F%C3%BC
		t.Errorf("%q", got)
	}
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func TestPost(t *testing.T) {
	c := authenticated(t, introspect.Post("a:b", "p+ %/ü"))
	if c.form.Get("client_id") != "a:b" || c.form.Get("client_secret") != "p+ %/ü" {
		t.Errorf("R7662-03: %q", c.form)
	}
	if _, sent := c.header["Authorization"]; sent || len(c.form) != 4 {
		t.Errorf("R7662-03: more is sent: %q %q", c.form, c.header)
	}
	c = authenticated(t, introspect.Post("a", ""))
	if c.form.Get("client_id") != "a" || c.form.Has("client_secret") {
		t.Errorf("an empty secret is sent: %q", c.form)
	}
}

func TestBearer(t *testing.T) {
	asked := 0
	c := authenticated(t, introspect.Bearer(func(ctx context.Context) (string, error) {
		asked++
		if _, limited := ctx.Deadline(); !limited {
			t.Error("the source has no end")
		}
		return "own-token", nil
	}))
	if got := c.header.Values("Authorization"); len(got) != 1 || got[0] != "Bearer own-token" || asked != 1 {
		t.Errorf("R7662-03: %q, asked %d times", got, asked)
	}
}

// Without credentials of our own nothing is asked. The error of a source may
// hold anything, and is not repeated.
func TestNoCredentials(t *testing.T) {
	for name, auth := range map[string]introspect.ClientAuth{
		"the source of Bearer fails": introspect.Bearer(func(context.Context) (string, error) {
			return "", errors.New(secret)
		}),
		"the source of Bearer has none": introspect.Bearer(func(context.Context) (string, error) { return "", nil }),
		"a function of the user's fails": func(context.Context, url.Values, http.Header) error {
			return errors.New("the vault is closed")
		},
		"the source panics":  introspect.Bearer(func(context.Context) (string, error) { panic(secret) }),
		"a line break in it": introspect.Bearer(func(context.Context) (string, error) { return secret + "\r\nX: y", nil }),
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(says(active(nil)))
			w := new(witness)
			strict := http.RoundTripper(s)
			if strings.HasPrefix(name, "a line break") {
				strict = new(http.Transport) // which judges fields before it dials
			}
			a := newAPI(verifier(t, strict, func(c *introspect.Config) { c.Authenticate = auth }), w.options())
			a.get("x").is(t, unavailable)
			if s.count() != 0 {
				t.Error("asked all the same")
			}
			if w.heard(secret) {
				t.Errorf("the secret is told: %s", w)
			}
		})
	}
}

// A source that does not heed its context keeps nobody waiting longer than
// Timeout, and those who come later neither.
func TestASourceThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		a := guarding(t, newServer(says(active(nil))), func(c *introspect.Config) {
			c.Authenticate = introspect.Bearer(func(context.Context) (string, error) {
				<-release
				return "own-token", nil
			})
		})
		for _, token := range []string{"x", "x", "y"} {
			began := time.Now()
			a.get(token).is(t, unavailable)
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("answered after %v", took)
			}
		}
		close(release)
		time.Sleep(time.Minute)
		a.get("z").is(t, ok)
	})
}

func TestBearerOfNothingPanics(t *testing.T) {
	panics(t, "Bearer(nil)", func() { introspect.Bearer(nil) })
}

// panics wants f to panic with a text that names us and holds no secret.
func panics(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if said, ok := recover().(string); !ok || !strings.HasPrefix(said, "introspect: ") || strings.Contains(said, secret) {
			t.Errorf("%s panics with %q", name, said)
		}
	}()
	f()
}
