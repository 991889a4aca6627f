package warder_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// keySet is the issuer's key set with these keys added.
func (s *scene) keySet(more ...string) string {
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, login+issuertest.EndpointKeys, nil)
	if err != nil {
		s.Fatal(err)
	}
	resp, err := s.client().Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	document, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	end := strings.LastIndexByte(string(document), ']')
	return string(document[:end]) + "," + strings.Join(more, ",") + "]}"
}

// remote has the keys fetched without metadata.
func (s *scene) remote(opts jwks.RemoteOptions) func(*jwks.Config) {
	return func(c *jwks.Config) {
		opts.HTTPClient, c.HTTPClient = s.client(), nil
		keys, err := jwks.Remote(login+issuertest.EndpointKeys, &opts)
		if err != nil {
			s.Fatal(err)
		}
		c.KeySet = keys
	}
}

func (s *scene) fromKeys(c *jwks.Config) { s.remote(jwks.RemoteOptions{})(c) }

// keyReasons are those for the issuer's keys, and signatures by them.
func keyReasons() []staged {
	snapshot := func(content string, mode os.FileMode) func(*scene) {
		return func(s *scene) {
			dir := filepath.Join(s.TempDir(), "own")
			name := filepath.Join(dir, "keys.json")
			for _, err := range []error{os.Mkdir(dir, 0o700), os.WriteFile(name, []byte(content), 0o600), os.Chmod(name, mode)} {
				if err != nil {
					s.Fatal(err)
				}
			}
			s.fails("", issuertest.Status(http.StatusServiceUnavailable)) // or a good one would be saved
			s.get(s.api(s.jwt(s.remote(jwks.RemoteOptions{Snapshot: name}))), s.token(nil))
		}
	}
	return []staged{
		{middleware.ReasonUnknownKey, "A made-up `kid`, or an issuer that signs before it publishes", "", signed(nil, claims{"kid": made}, nil)},
		{middleware.ReasonUnknownKey, "The key is there and cannot be used", middleware.OpAuthenticate, func(s *scene) {
			s.answers(http.StatusOK, "application/json", s.keySet(`{"kty":"RSA","kid":"`+made+`","use":"enc"}`))
			s.get(s.api(s.jwt(s.fromKeys)), s.sign(claims{"kid": made}, nil))
		}},
		{middleware.ReasonUnknownKey, "A set that never changes, made by `jwks.Parse`", "", func(s *scene) {
			keys, err := jwks.Parse([]byte(s.keySet(`{}`)))
			if err != nil {
				s.Fatal(err)
			}
			s.get(s.api(s.jwt(func(c *jwks.Config) { c.KeySet, c.HTTPClient = keys, nil })), s.sign(claims{"kid": made}, nil))
		}},
		{middleware.ReasonUnknownKey, "A token without `kid`, and an issuer with many keys", "", func(s *scene) {
			document, many := s.keySet(`{}`), make([]string, 0, 5)
			_, first, _ := strings.Cut(document, "[")
			first, _, _ = strings.Cut(first, "}")
			for i := range 5 {
				many = append(many, strings.Replace(first, `"kid":"`, fmt.Sprintf(`"kid":"%d`, i), 1)+"}")
			}
			s.answers(http.StatusOK, "application/json", `{"keys":[`+strings.Join(many, ",")+`]}`)
			s.get(s.api(s.jwt(s.fromKeys)), s.sign(claims{"kid": nil}, nil))
		}},

		{middleware.ReasonCooldown, "The second made-up `kid` within `Cooldown`", "", func(s *scene) {
			url := s.api(s.jwt(nil))
			s.get(url, s.token(nil))
			s.get(url, s.sign(claims{"kid": made + "-1"}, nil))
			s.forget()
			s.get(url, s.sign(claims{"kid": made + "-2"}, nil))
		}},
		{middleware.ReasonBadSignature, "A token that another key signed", "", func(s *scene) {
			token := s.token(nil)
			other := newLogin(s.T).Sign(claims{"kid": s.iss.KeyID("RS256")}, nil)
			s.get(s.api(s.jwt(nil)), token[:strings.LastIndexByte(token, '.')]+other[strings.LastIndexByte(other, '.'):])
		}},

		{middleware.ReasonKeysUnavailable, "The issuer answers 500 for its metadata: the fetch, and the request that waited for it", "", func(s *scene) {
			s.fails("", issuertest.Status(http.StatusInternalServerError))
			s.get(s.api(s.jwt(nil)), s.token(nil))
		}},
		{middleware.ReasonKeysUnavailable, "The next request, before the issuer is asked again", "", func(s *scene) {
			s.fails("", issuertest.Status(http.StatusInternalServerError))
			url := s.api(s.jwt(nil))
			s.until("not due yet", func() { s.get(url, s.token(nil)) })
		}},
		{middleware.ReasonKeysUnavailable, "The metadata is of another issuer, by a slash", middleware.OpFetch, func(s *scene) {
			s.answers(http.StatusOK, "application/json", `{"issuer":"`+login+`/","jwks_uri":"`+login+`/jwks"}`)
			s.get(s.api(s.jwt(nil)), s.token(nil))
		}},
		{middleware.ReasonKeysUnavailable, "The metadata says http, as inside a cluster", middleware.OpFetch, func(s *scene) {
			s.answers(http.StatusOK, "application/json", `{"issuer":"`+login+`","jwks_uri":"http://login.example.com/jwks"}`)
			s.get(s.api(s.jwt(nil)), s.token(nil))
		}},
		{middleware.ReasonKeysUnavailable, "Nobody listens", middleware.OpFetch, func(s *scene) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				s.Fatal(err)
			}
			l.Close()
			s.where = l.Addr().String()
			s.get(s.api(s.jwt(s.fromKeys)), s.token(nil))
		}},
		{middleware.ReasonKeysUnavailable, "The host has no address", middleware.OpFetch, func(s *scene) {
			s.unreachable(&net.DNSError{Err: made, Name: "login.example.com", IsNotFound: true})
			s.get(s.api(s.jwt(s.fromKeys)), s.token(nil))
		}},
		{middleware.ReasonKeysUnavailable, "The issuer's certificate is of a company's own authority", middleware.OpFetch, func(s *scene) {
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes
			server.StartTLS()
			s.Cleanup(server.Close)
			client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
			}}}
			s.get(s.api(s.jwt(func(c *jwks.Config) { c.HTTPClient = client })), s.token(nil))
		}},
		{middleware.ReasonKeysUnavailable, "The file of `jwks.File` is not there", middleware.OpFetch, func(s *scene) {
			keys, err := jwks.File(filepath.Join(s.TempDir(), "keys.json"), nil)
			if err != nil {
				s.Fatal(err)
			}
			s.get(s.api(s.jwt(func(c *jwks.Config) { c.KeySet, c.HTTPClient = keys, nil })), s.token(nil))
		}},

		{middleware.ReasonSnapshotUnusable, "The file is damaged", middleware.OpSnapshot, snapshot(made, 0o600)},
		{middleware.ReasonSnapshotUnusable, "Others may write the file", middleware.OpSnapshot, snapshot(made, 0o666)},
		{middleware.ReasonSnapshotUnusable, "The file is from long ago", middleware.OpSnapshot,
			snapshot(`{"issuer":"`+login+`","jwks_uri":"`+login+issuertest.EndpointKeys+`","fetched":"2020-01-01T00:00:00Z","document":"{}"}`, 0o600)},
	}
}
