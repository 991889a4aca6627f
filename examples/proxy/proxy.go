package main

import (
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"

	"github.com/warder-go/warder/middleware"
)

// The fields by which the upstream learns who is calling. Their values are
// percent-encoded, for a subject is any string: a field would lose spaces at
// its ends, and two subjects would become one.
const (
	fieldIssuer = "X-Issuer"
	fieldUser   = "X-User"   // means somebody only together with the issuer
	fieldClient = "X-Client" // alone: the client acts for itself
	fieldScope  = "X-Scope"
)

var identity = []string{fieldIssuer, fieldUser, fieldClient, fieldScope}

// overrides are the fields by which some frameworks take another method or
// another path than those of the request, and so serve a route that nobody
// judged. See whether your upstream has more. A parameter to the same end, such
// as _method in a form, passes: the upstream must not heed it.
var overrides = []string{"X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "X-Original-URL", "X-Rewrite-URL"}

// newProxy returns a proxy to upstream, for requests that a guard admitted.
//
// It is written with Rewrite, as Director has two traps. After Director, the
// proxy drops whatever fields the client's Connection field names, so that
// "Connection: X-User" would take away who is calling; before Rewrite, it is
// done with that. And Director hands on what Go cannot read of a query, where
// another parser may find an access_token.
func newProxy(upstream *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(upstream)
			dropCredentials(p.Out)
			dropForgeries(p.Out)
			token, ok := middleware.FromContext(p.In.Context())
			if !ok {
				return // a public route
			}
			set := func(name, value string) { p.Out.Header.Set(name, url.PathEscape(value)) }
			set(fieldIssuer, token.Issuer)
			if !token.SubjectIsClient() {
				set(fieldUser, token.Subject)
			}
			set(fieldClient, token.ClientID)
			set(fieldScope, strings.Join(token.Scopes, " "))

			// Better, where the upstream is an API that judges tokens itself:
			// a token of its own, for its audience, that the proxy got by the
			// client credentials grant, or by token exchange (RFC 8693) where
			// the upstream is to know the user from the issuer and not from us.
			//
			//	p.Out.Header.Set("Authorization", "Bearer "+own)
		},
		ModifyResponse: judgeAnswer,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, http.StatusText(http.StatusBadGateway), http.StatusBadGateway)
		},
	}
}

// dropCredentials takes from r what a token may come in: each place that the
// guard's Sources look at, and those where a client might think they do. Bodies
// pass as they are, so no Source may read them here.
func dropCredentials(r *http.Request) {
	r.Header.Del("Authorization")
	r.Header.Del("DPoP")   // a proof is for our URL, and says whose key the token needs
	r.Header.Del("Cookie") // all: what is for this origin is not for the next
	query := r.URL.Query()
	for name := range query {
		if strings.EqualFold(name, "access_token") {
			query.Del(name)
			r.URL.RawQuery = query.Encode()
		}
	}
	// Trailer fields come after a body: announced ones are not in Header.
	r.Trailer = nil
	// A connection that changes its protocol outlives the token.
	r.Header.Del("Connection")
	r.Header.Del("Upgrade")
}

// dropForgeries takes from r the fields that only the proxy may send and those
// that nobody may, in every spelling of their names.
func dropForgeries(r *http.Request) {
	for name := range r.Header {
		is := func(field string) bool { return strings.EqualFold(field, folded(name)) }
		if slices.ContainsFunc(identity, is) || slices.ContainsFunc(overrides, is) {
			delete(r.Header, name)
		}
	}
}

// folded is name as an upstream takes it that reads fields as CGI does (WSGI and
// PHP do too): X_User and X.User are X-User, for each byte that is neither a
// letter nor a digit is the same to it.
func folded(name string) string {
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
			return c
		}
		return '-'
	}, name)
}

var errForUs = errors.New("the upstream wants credentials of the proxy")

// judgeAnswer changes what an upstream says that does not see the token.
func judgeAnswer(answer *http.Response) error {
	// Its 401 is about us. The client would throw away a good token.
	if answer.StatusCode == http.StatusUnauthorized {
		return errForUs
	}
	// It does not know that its answer is for one caller alone.
	if _, ok := middleware.FromContext(answer.Request.Context()); ok {
		answer.Header.Add("Cache-Control", "private")
	}
	return nil
}
