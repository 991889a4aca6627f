package introspect_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/introspect"
)

func TestConfig(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*introspect.Config)
		want   []string
	}{
		"nothing but what is required": {func(c *introspect.Config) {}, nil},
		"everything off that may be": {func(c *introspect.Config) {
			c.CacheSize, c.CacheTTL, c.NegativeTTL, c.ClockSkew = -1, -1, -1, -1
		}, nil},
		"loopback without TLS":          {func(c *introspect.Config) { c.Issuer, c.Endpoint = "http://127.0.0.1:1", "http://localhost:1/i" }, nil},
		"an issuer with a path":         {func(c *introspect.Config) { c.Issuer = "https://as.example/t1" }, nil},
		"an endpoint with a query":      {func(c *introspect.Config) { c.Endpoint = "https://as.example/i?tenant=1" }, nil},
		"five minutes of skew":          {func(c *introspect.Config) { c.ClockSkew = 5 * time.Minute }, nil},
		"no issuer":                     {func(c *introspect.Config) { c.Issuer = "" }, []string{"introspect: Issuer is missing"}},
		"an issuer without TLS":         {func(c *introspect.Config) { c.Issuer = "http://as.example" }, []string{`introspect: Issuer "http://as.example": not https; InsecureAllowHTTP is for http inside a cluster`}},
		"http inside a cluster":         {func(c *introspect.Config) { c.Issuer, c.InsecureAllowHTTP = "http://as.example", true }, nil},
		"an http endpoint in a cluster": {func(c *introspect.Config) { c.Endpoint, c.InsecureAllowHTTP = "http://as/i", true }, nil},
		"a name, beside an endpoint":    {func(c *introspect.Config) { c.Issuer, c.Endpoint = "acme.com", "https://as.example/i" }, nil},
		"an http issuer, never asked":   {func(c *introspect.Config) { c.Issuer, c.Endpoint = "http://as.example", "https://as.example/i" }, nil},
		"an empty scope claim":          {func(c *introspect.Config) { c.ScopeClaims = []string{"scp", ""} }, []string{"introspect: ScopeClaims holds an empty string"}},
		"statuses about tokens":         {func(c *introspect.Config) { c.UnknownStatus = []int{400, 401, 403, 404} }, nil},
		"a status about the issuer":     {func(c *introspect.Config) { c.UnknownStatus = []int{404, 503} }, []string{"introspect: UnknownStatus 503: only 400, 401, 403 and 404 can be about a token"}},
		"an issuer that is no URL":      {func(c *introspect.Config) { c.Issuer = "as.example" }, []string{`introspect: Issuer "as.example": not an absolute URL`}},
		"an issuer with a query":        {func(c *introspect.Config) { c.Issuer = "https://as.example?x" }, []string{`introspect: Issuer "https://as.example?x": has a query`}},
		"an issuer with a fragment":     {func(c *introspect.Config) { c.Issuer = "https://as.example#x" }, []string{`introspect: Issuer "https://as.example#x": has a fragment`}},
		"an endpoint without TLS":       {func(c *introspect.Config) { c.Endpoint = "http://as.example/i" }, []string{`introspect: Endpoint "http://as.example/i": not https; InsecureAllowHTTP is for http inside a cluster`}},
		"an endpoint with a password":   {func(c *introspect.Config) { c.Endpoint = "https://a:" + secret + "@as.example/i" }, []string{"introspect: Endpoint: a URL with a password in it"}},
		"an endpoint with a fragment":   {func(c *introspect.Config) { c.Endpoint = "https://as.example/i#x" }, []string{`introspect: Endpoint "https://as.example/i#x": has a fragment`}},
		"an audience that says nothing": {func(c *introspect.Config) { c.Audience = []string{resource, ""} }, []string{"introspect: Audience or ResponseAudience holds an empty string"}},
		"no end of a call":              {func(c *introspect.Config) { c.Timeout = -1 }, []string{"introspect: Timeout is negative; a call needs an end"}},
		"no bound":                      {func(c *introspect.Config) { c.MaxConcurrent = -1 }, []string{"introspect: MaxConcurrent is negative; the issuer needs a bound"}},
		"all of it": {func(c *introspect.Config) {
			*c = introspect.Config{
				Issuer: "https://as.example?x", Endpoint: "ftp://as.example/i", ResponseAudience: []string{""},
				MaxConcurrent: -1, Timeout: -1, ClockSkew: time.Hour,
			}
		}, []string{
			`introspect: Issuer "https://as.example?x": has a query`,
			`introspect: Endpoint "ftp://as.example/i": not https`,
			"introspect: Audience is missing",
			"introspect: Audience or ResponseAudience holds an empty string",
			"introspect: Authenticate is missing; an endpoint that answers anybody tells strangers about tokens",
			"introspect: MaxConcurrent is negative; the issuer needs a bound",
			"introspect: Timeout is negative; a call needs an end",
			"introspect: ClockSkew 1h0m0s: more than 5m0s",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := introspect.Config{Issuer: issuer, Audience: []string{resource}, Authenticate: introspect.Basic("a", "b")}
			row.change(&cfg)
			v, err := introspect.NewVerifier(cfg)
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(row.want, got); diff != "" || (v == nil) != (err != nil) {
				t.Errorf("%s%v", diff, v)
			}
		})
	}
}

// What the caller changes afterwards changes nothing.
func TestConfigIsCopied(t *testing.T) {
	audience := []string{resource}
	client := newServer(says(active(nil))).client()
	a := guarding(t, nil, func(c *introspect.Config) { c.Audience, c.HTTPClient = audience, client })
	audience[0] = "https://other.example"
	client.Transport = roundTrip(func(*http.Request) (*http.Response, error) { panic("the caller's") })
	a.get("x").is(t, ok)
}

// A Verifier is made while the issuer is down: nothing is asked before a token
// comes.
func TestNewVerifierDoesNoIO(t *testing.T) {
	s := newServer(refused)
	a := discovering(t, s)
	if len(s.calls) != 0 {
		t.Errorf("asked %v", s.calls)
	}
	a.get("x").is(t, unavailable)
	s.serve(metadataURL, says(metadata(nil)))
	s.serve(endpoint, says(active(nil)))
	a.get("x").is(t, ok)
}
