package jwks_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/jwks"
)

func TestConfigMistakes(t *testing.T) {
	used := parsed(t, all()...)
	verifier(t, func(c *jwks.Config) { c.KeySet = used })
	for _, row := range []struct {
		name   string
		change func(*jwks.Config)
		want   string // what the line says
	}{
		{"no issuer", func(c *jwks.Config) { c.Issuer = "" }, "Issuer is missing"},
		{"an issuer that is no URL and has to be asked", func(c *jwks.Config) { c.Issuer, c.KeySet = "as.example", nil }, `Issuer "as.example": not an absolute URL`},
		{"an issuer with a space", func(c *jwks.Config) { c.Issuer = "as.example " }, "has a space or a control character"},
		{"an issuer with a line break", func(c *jwks.Config) { c.Issuer = "as.example\n" }, "has a space or a control character"},
		{"an issuer that cannot be parsed", func(c *jwks.Config) { c.Issuer = "https://[::1" }, "not an absolute URL"},
		{"an issuer without a host", func(c *jwks.Config) { c.Issuer = "https:///t1" }, "not an absolute URL"},
		{"R8414-03: http", func(c *jwks.Config) { c.Issuer, c.KeySet = "http://as.example/t1", nil }, "not https; InsecureAllowHTTP"},
		{"R8414-03: a query, to be asked", func(c *jwks.Config) { c.Issuer, c.KeySet = issuer+"?x", nil }, "has a query"},
		{"R8414-03: a query", func(c *jwks.Config) { c.Issuer = issuer + "?x" }, "has a query"},
		{"R8414-03: an empty query", func(c *jwks.Config) { c.Issuer = issuer + "?" }, "has a query"},
		{"R8414-03: a fragment", func(c *jwks.Config) { c.Issuer = issuer + "#f" }, "has a fragment"},
		{"R8414-03: an empty fragment", func(c *jwks.Config) { c.Issuer = issuer + "#" }, "has a fragment"},
		{"another scheme", func(c *jwks.Config) { c.Issuer, c.KeySet = "ftp://as.example", nil }, "not https"},
		{"an issuer with a password", func(c *jwks.Config) { c.Issuer = "https://u:secret@as.example" }, "a URL with a password in it"},
		{"no audience", func(c *jwks.Config) { c.Audience = nil }, "Audience is missing"},
		{"an empty audience", func(c *jwks.Config) { c.Audience = []string{resource, ""} }, "Audience holds an empty string"},
		{"none", func(c *jwks.Config) { c.Algorithms = []string{"RS256", "none"} }, `"none" is refused`},
		{"None", func(c *jwks.Config) { c.Algorithms = []string{"None"} }, `"None" is refused`},
		{"R7518-03: HS256", func(c *jwks.Config) { c.Algorithms = []string{"HS256"} }, `"HS256" is refused`},
		{"R7518-03: HS384", func(c *jwks.Config) { c.Algorithms = []string{"RS256", "HS384"} }, `"HS384" is refused`},
		{"R7518-03: HS512", func(c *jwks.Config) { c.Algorithms = []string{"HS512"} }, `"HS512" is refused`},
		{"an algorithm in lower case", func(c *jwks.Config) { c.Algorithms = []string{"rs256"} }, `"rs256" is not known`},
		{"an empty algorithm", func(c *jwks.Config) { c.Algorithms = []string{""} }, `"" is not known`},
		{"an encryption algorithm", func(c *jwks.Config) { c.Algorithms = []string{"RSA-OAEP"} }, `"RSA-OAEP" is not known`},
		{"an empty scope claim", func(c *jwks.Config) { c.ScopeClaims = []string{"scp", ""} }, "ScopeClaims holds an empty string"},
		{"R7519-04: an hour of skew", func(c *jwks.Config) { c.ClockSkew = time.Hour }, "ClockSkew 1h0m0s: more than 5m0s"},
		{"a nanosecond more than five minutes", func(c *jwks.Config) { c.ClockSkew = 5*time.Minute + 1 }, "ClockSkew"},
		{"a client beside a key set", func(c *jwks.Config) { c.HTTPClient = http.DefaultClient }, "HTTPClient beside a KeySet"},
		{"the keys of another issuer", func(c *jwks.Config) { c.KeySet, c.Issuer = used, "https://b.example" }, "KeySet is in use for another issuer"},
	} {
		t.Run(row.name, func(t *testing.T) {
			cfg := jwks.Config{Issuer: issuer, Audience: []string{resource}, KeySet: parsed(t, all()...)}
			row.change(&cfg)
			v, err := jwks.NewVerifier(cfg)
			if v != nil || err == nil {
				t.Fatalf("%v, %v", v, err)
			}
			if text := err.Error(); !strings.Contains(text, row.want) || !strings.HasPrefix(text, "jwks: ") ||
				strings.Contains(text, "\n") || strings.Contains(text, "secret") {
				t.Errorf("%q", text)
			}
		})
	}
}

func TestConfigMistakesAllAtOnce(t *testing.T) {
	used := parsed(t, all()...)
	verifier(t, func(c *jwks.Config) { c.KeySet = used })
	_, err := jwks.NewVerifier(jwks.Config{
		Issuer:      "https://b.example?",
		Audience:    []string{""},
		Algorithms:  []string{"none", "HS256", "x\ny"},
		ScopeClaims: []string{""},
		ClockSkew:   time.Hour,
		KeySet:      used,
		HTTPClient:  http.DefaultClient,
	})
	if err == nil {
		t.Fatal("accepted")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 9 {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "jwks: ") {
			t.Errorf("%q", line)
		}
	}
}

func TestConfigs(t *testing.T) {
	for name, change := range map[string]func(*jwks.Config){
		"the least":            func(c *jwks.Config) {},
		"five minutes of skew": func(c *jwks.Config) { c.ClockSkew = 5 * time.Minute },
		"no skew":              func(c *jwks.Config) { c.ClockSkew = -1 },
		"no age":               func(c *jwks.Config) { c.MaxTokenAge = -1 },
		"every algorithm": func(c *jwks.Config) {
			c.Algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
		},
		"R8414-03: http to this machine":   func(c *jwks.Config) { c.Issuer = "http://127.0.0.1:8080/realms/x" },
		"R8414-03: http to localhost":      func(c *jwks.Config) { c.Issuer = "http://localhost" },
		"R8414-03: http to ::1":            func(c *jwks.Config) { c.Issuer = "http://[::1]:80" },
		"a slash behind the issuer":        func(c *jwks.Config) { c.Issuer = issuer + "/" },
		"no I/O, so a host that is nobody": func(c *jwks.Config) { c.Issuer = "https://nobody.invalid" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := jwks.Config{Issuer: issuer, Audience: []string{resource}}
			change(&cfg)
			v, err := jwks.NewVerifier(cfg)
			if err != nil || v.KeySet() == nil {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("R8414-03: http where the KeySet allows it", func(t *testing.T) {
		const inside = "http://as.internal"
		set, err := jwks.Discover(inside, &jwks.RemoteOptions{InsecureAllowHTTP: true})
		if err != nil {
			t.Fatal(err)
		}
		if v := verifier(t, func(c *jwks.Config) { c.Issuer, c.KeySet = inside, set }); v.KeySet() != set {
			t.Error("another KeySet")
		}
	})
	t.Run("two verifiers of one issuer share their keys", func(t *testing.T) {
		set := parsed(t, all()...)
		verifier(t, func(c *jwks.Config) { c.KeySet = set })
		verifier(t, func(c *jwks.Config) { c.KeySet, c.Audience = set, []string{"x"} })
	})
	t.Run("a bad configuration does not take the keys", func(t *testing.T) {
		set := parsed(t, all()...)
		if _, err := jwks.NewVerifier(jwks.Config{Issuer: "https://b.example", KeySet: set}); err == nil {
			t.Error("accepted without an audience")
		}
		verifier(t, func(c *jwks.Config) { c.KeySet = set })
	})
	t.Run("later changes to the caller's slices change nothing", func(t *testing.T) {
		audience, algorithms := []string{resource}, []string{"RS256"}
		a := newAPI(verifier(t, func(c *jwks.Config) {
			c.Audience, c.Algorithms, c.KeySet = audience, algorithms, parsed(t, all()...)
		}))
		audience[0], algorithms[0] = "x", "ES256"
		a.wants(t, rs().token(nil), "OK")
	})
	t.Run("a KeySet without keys", func(t *testing.T) {
		a := newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = new(jwks.KeySet) }))
		a.wants(t, rs().token(nil), "503-U keys_unavailable")
	})
}

func TestRemoteArguments(t *testing.T) {
	remote := func(uri string, o *jwks.RemoteOptions) error { _, err := jwks.Remote(uri, o); return err }
	discover := func(iss string, o *jwks.RemoteOptions) error { _, err := jwks.Discover(iss, o); return err }
	for _, row := range []struct {
		name string
		err  error
		want []string // what each line says
	}{
		{"Remote", remote(keysURL, nil), nil},
		{"Remote with a query", remote(keysURL+"?tenant=1", nil), nil},
		{"Remote to this machine", remote("http://localhost:8080/keys", nil), nil},
		{"Remote without a URL", remote("", nil), []string{"uri is missing"}},
		{"Remote over http", remote("http://as.example/keys", nil), []string{"not https"}},
		{"Remote over http, allowed", remote("http://as.example/keys", &jwks.RemoteOptions{InsecureAllowHTTP: true}), nil},
		{"Remote with a relative URL", remote("/keys", nil), []string{"not an absolute URL"}},
		{"Remote with a password", remote("https://u:secret@as.example/keys", nil), []string{"a URL with a password in it"}},
		{"Remote with a fragment", remote(keysURL+"#f", nil), []string{"has a fragment"}},
		{"Remote from a file", remote("file:///etc/keys", nil), []string{"not an absolute URL"}},
		{"Remote with everything wrong", remote("", &jwks.RemoteOptions{Timeout: -1, MetadataURL: "x"}),
			[]string{"uri is missing", "Timeout is negative", "MetadataURL is for Discover"}},
		{"Remote whose keys expire before they are refreshed", remote(keysURL, &jwks.RemoteOptions{RefreshAfter: time.Hour, MaxStale: 59 * time.Minute}),
			[]string{"MaxStale 59m0s is below RefreshAfter 1h0m0s"}},
		{"Remote whose keys expire before the default refreshes them", remote(keysURL, &jwks.RemoteOptions{MaxStale: time.Minute}),
			[]string{"MaxStale 1m0s is below RefreshAfter 5m0s"}},
		{"Remote whose RefreshAfter is above the default of MaxStale", remote(keysURL, &jwks.RemoteOptions{RefreshAfter: 25 * time.Hour}),
			[]string{"MaxStale 24h0m0s is below RefreshAfter 25h0m0s"}},
		{"Remote whose keys expire when they are due", remote(keysURL, &jwks.RemoteOptions{RefreshAfter: time.Hour, MaxStale: time.Hour}), nil},
		{"Remote whose keys never expire by age", remote(keysURL, &jwks.RemoteOptions{RefreshAfter: -1, MaxStale: time.Minute}), nil},
		{"Remote that serves no stale keys", remote(keysURL, &jwks.RemoteOptions{RefreshAfter: time.Hour, MaxStale: -1}), nil},
		{"Discover", discover(issuer, nil), nil},
		{"Discover without an issuer", discover("", nil), []string{"Issuer is missing"}},
		{"R8414-03: Discover over http", discover("http://as.example", nil), []string{"not https"}},
		{"R8414-03: Discover over http, allowed", discover("http://as.example", &jwks.RemoteOptions{InsecureAllowHTTP: true}), nil},
		{"R8414-03: Discover with a query", discover(issuer+"?x", nil), []string{"has a query"}},
		{"R8414-03: Discover with a fragment", discover(issuer+"#f", nil), []string{"has a fragment"}},
		{"Discover with everything wrong", discover("x", &jwks.RemoteOptions{Timeout: -1, MetadataURL: "http://x.example"}),
			[]string{"not an absolute URL", "Timeout is negative", "not https"}},
		{"Discover with everything off", discover(issuer, &jwks.RemoteOptions{RefreshAfter: -1, WaitAfter: -1, MaxStale: -1, Cooldown: -1}), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if len(row.want) == 0 {
				if row.err != nil {
					t.Error(row.err)
				}
				return
			}
			if row.err == nil {
				t.Fatal("accepted")
			}
			lines := strings.Split(row.err.Error(), "\n")
			if len(lines) != len(row.want) {
				t.Fatalf("%q", lines)
			}
			for i, line := range lines {
				if !strings.HasPrefix(line, "jwks: ") || !strings.Contains(line, row.want[i]) || strings.Contains(line, "secret") {
					t.Errorf("%q", line)
				}
			}
		})
	}
}

func TestParse(t *testing.T) {
	for name, doc := range map[string]string{
		"nothing":         "",
		"no object":       "[]",
		"no keys":         `{"keys":[]}`,
		"no usable key":   `{"keys":[{"kty":"oct","k":"AAAA"}]}`,
		"an array":        `[{"kty":"RSA"}]`,
		"a private key":   string(keySet(ed().jwk(object{"d": "AAAA"}))),
		"more than 1 MiB": string(keySet(ed().jwk(nil))) + strings.Repeat(" ", 1<<20),
	} {
		set, err := jwks.Parse([]byte(doc))
		if set != nil || err == nil || !strings.HasPrefix(err.Error(), "jwks: ") {
			t.Errorf("%s: %v, %v", name, set, err)
		}
	}
	const most = 100
	keys := make([]object, most)
	for i := range keys {
		keys[i] = ed().jwk(object{"kid": strings.Repeat("k", i+1)})
	}
	if _, err := jwks.Parse(keySet(keys...)); err != nil {
		t.Errorf("%d keys: %v", most, err)
	}
}
