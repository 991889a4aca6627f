package middleware_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// fromQuery and fromForm are what the recipes for RFC 6750 §2.3 and §2.2 come
// down to.
func fromQuery(r *http.Request) (middleware.Credentials, error) {
	if token := r.URL.Query().Get("access_token"); token != "" {
		return middleware.Credentials{Scheme: "Bearer", Token: token}, nil
	}
	return middleware.Credentials{}, nil
}

func fromForm(r *http.Request) (middleware.Credentials, error) {
	if r.Method != "POST" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return middleware.Credentials{}, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return middleware.Credentials{}, err
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("access_token") == "" {
		return middleware.Credentials{}, err
	}
	return middleware.Credentials{Scheme: "bearer", Token: form.Get("access_token")}, nil
}

func TestBearerMethodsAreThoseOfTheSources(t *testing.T) {
	cookie := middleware.FromCookie("session", http.NewCrossOriginProtection())
	type sources = []middleware.Source
	for _, row := range []struct {
		name    string
		sources sources
		more    func(*middleware.Options)
		want    any // nil: the member is absent
	}{
		{"R9728-07 nothing said", nil, nil, []any{"header"}},
		{"R9728-07 the header", sources{middleware.FromHeader}, nil, []any{"header"}},
		{"R9728-07 header and form", sources{middleware.FromHeader, fromForm}, nil, []any{"header", "body"}},
		{"R9728-07 in another order", sources{fromForm, middleware.FromHeader}, nil, []any{"header", "body"}},
		{"R9728-07 all three", sources{fromQuery, fromForm, middleware.FromHeader}, nil, []any{"header", "body", "query"}},
		{"R9728-07 the query alone", sources{fromQuery}, nil, []any{"query"}},
		{"R9728-07 two that look in the same place", sources{fromQuery, fromQuery}, nil, []any{"query"}},
		{"R9728-07 a cookie is no method of RFC 6750: nothing is said", sources{cookie}, nil, nil},
		{"R9728-07 a cookie beside the header", sources{cookie, middleware.FromHeader}, nil, []any{"header"}},
		{"R9728-07 a field of its own is none either", sources{func(r *http.Request) (middleware.Credentials, error) {
			return middleware.Credentials{Scheme: "Bearer", Token: r.Header.Get("X-Token")}, nil
		}}, nil, nil},
		{"R9728-07 another scheme than Bearer", sources{func(r *http.Request) (middleware.Credentials, error) {
			c, err := fromQuery(r)
			c.Scheme = "DPoP"
			return c, err
		}}, nil, nil},
		{"R9728-07 a token that is always there is not from the request", sources{func(*http.Request) (middleware.Credentials, error) {
			return middleware.Credentials{Scheme: "Bearer", Token: "test"}, nil
		}}, nil, nil},
		{"R9728-04 proofs alone: Bearer is not spoken", nil, func(o *middleware.Options) {
			o.Bindings, o.RequireBinding = []middleware.Binding{fakeDPoP{}}, true
		}, []any{}},
		{"R9728-07 certificates alone arrive as Bearer", nil, func(o *middleware.Options) {
			o.Bindings, o.RequireBinding = []middleware.Binding{fakeMTLS{}}, true
		}, []any{"header"}},
		{"R9728-07 proofs or certificates", nil, func(o *middleware.Options) {
			o.Bindings, o.RequireBinding = []middleware.Binding{fakeDPoP{}, fakeMTLS{}}, true
		}, []any{"header"}},
		{"R9728-07 a Source for encrypted connections", sources{func(r *http.Request) (middleware.Credentials, error) {
			if !r.TLS.HandshakeComplete {
				return middleware.Credentials{}, middleware.InvalidRequest
			}
			return middleware.FromHeader(r)
		}}, nil, []any{"header"}},
		{"R9728-07 a Source that says ErrNoToken", sources{func(r *http.Request) (middleware.Credentials, error) {
			if c, _ := fromQuery(r); c.Token != "" {
				return c, nil
			}
			return middleware.Credentials{}, middleware.ErrNoToken
		}}, nil, []any{"query"}},
		// An empty list would say that there is none.
		{"R9728-07 a Source that panics without what outer handlers add: nobody knows", sources{func(r *http.Request) (middleware.Credentials, error) {
			_ = r.Context().Value(http.ServerContextKey).(*http.Server)
			return middleware.FromHeader(r)
		}}, nil, nil},
		{"R9728-07 a Source that refuses what was made up: nobody knows", sources{func(*http.Request) (middleware.Credentials, error) {
			return middleware.Credentials{}, errors.New("unknown tenant")
		}}, nil, nil},
		{"R9728-07 beside one that is understood", sources{func(*http.Request) (middleware.Credentials, error) {
			panic("no tenant")
		}, fromQuery}, nil, []any{"query"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			text, members := document(t, described(func(_ *middleware.Metadata, o *middleware.Options) {
				o.Sources = row.sources
				if row.more != nil {
					row.more(o)
				}
			}))
			got, there := members["bearer_methods_supported"]
			equal(t, got, row.want)
			equal(t, there, row.want != nil)
			if strings.Contains(text, "warder-sample") {
				t.Errorf("the made-up token is in the document: %s", text)
			}
		})
	}
}

// To find out takes no request of a stranger: Sources are asked once, by New.
func TestSourcesAreNotAskedForTheDocument(t *testing.T) {
	asked := 0
	g := described(func(_ *middleware.Metadata, o *middleware.Options) {
		o.Sources = []middleware.Source{func(*http.Request) (middleware.Credentials, error) {
			asked++
			return middleware.Credentials{}, nil
		}}
	})
	before := asked
	document(t, g)
	g.For("GET /", "read").Metadata()
	equal(t, asked, before)
	asked = 0
	middleware.New(newFakeVerifier(), &middleware.Options{Sources: []middleware.Source{func(*http.Request) (middleware.Credentials, error) {
		asked++
		return middleware.Credentials{}, nil
	}}})
	if asked != 0 {
		t.Error("asked without Metadata")
	}
}

// someBinding confirms nothing; its words are those of the row.
type someBinding struct {
	fakeDPoP
	member    string
	challenge middleware.Challenge
}

func (b someBinding) Member() string                  { return b.member }
func (b someBinding) Challenge() middleware.Challenge { return b.challenge }

func TestMetadataSaysWhichBindingsAreEnforced(t *testing.T) {
	type bindings = []middleware.Binding
	algs := []any{"ES256", "EdDSA"}
	for _, row := range []struct {
		name                         string
		bindings                     bindings
		required                     bool
		dpopAlgs, dpopRequired, cert any
	}{
		{"R9728-09 none: nothing is said", nil, false, nil, nil, nil},
		{"R9728-09 proofs, if the token wants them", bindings{fakeDPoP{}}, false, algs, nil, nil},
		{"R9728-09 proofs required", bindings{fakeDPoP{}}, true, algs, true, nil},
		{"R9728-09 certificates, if the token wants them", bindings{fakeMTLS{}}, false, nil, nil, true},
		{"R9728-09 certificates required", bindings{fakeMTLS{}}, true, nil, nil, true},
		{"R9728-09 either required: proofs are not", bindings{fakeMTLS{}, fakeDPoP{}}, true, algs, nil, true},
		{"R9728-09 in the other order", bindings{fakeDPoP{}, fakeMTLS{}}, true, algs, nil, true},
		{"R9728-09 one that the document has no word for", bindings{someBinding{member: "kid", challenge: middleware.Challenge{Scheme: "Bearer"}}}, true, nil, nil, nil},
		{"R9728-09 proofs without algs", bindings{someBinding{member: "jkt", challenge: middleware.Challenge{Scheme: "DPoP"}}}, true, nil, true, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, members := document(t, described(func(_ *middleware.Metadata, o *middleware.Options) {
				o.Bindings, o.RequireBinding = row.bindings, row.required
			}))
			for name, want := range map[string]any{
				"dpop_signing_alg_values_supported":          row.dpopAlgs,
				"dpop_bound_access_tokens_required":          row.dpopRequired,
				"tls_client_certificate_bound_access_tokens": row.cert,
			} {
				got, there := members[name]
				equal(t, got, want)
				equal(t, there, want != nil)
			}
		})
	}
}

// What a Binding hands out stays its own: neither New nor For writes into it.
func TestTheParamsOfABindingAreNotWrittenTo(t *testing.T) {
	params := make([]middleware.Param, 1, 8)
	params[0] = middleware.Param{Name: "algs", Value: "ES256"}
	g := described(func(_ *middleware.Metadata, o *middleware.Options) {
		o.Bindings = []middleware.Binding{someBinding{member: "jkt", challenge: middleware.Challenge{Scheme: "DPoP", Params: params}}}
	})
	g.For("GET /", "read")
	equal(t, params[:2], []middleware.Param{{Name: "algs", Value: "ES256"}, {}})
	params[0].Value = "none"
	url := pointer(t, g)
	_, members := document(t, g)
	equal(t, url != "", true)
	equal(t, members["dpop_signing_alg_values_supported"], any([]any{"ES256"}))
}
