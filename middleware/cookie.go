package middleware

import (
	"fmt"
	"net/http"
	"strings"
)

var (
	errTwoCookies = because(errTwoPlaces, "two cookies have the name that FromCookie looks for")
	errCookie     = because(errSyntax, "the cookie that FromCookie looks for cannot be read (RFC 6265 §4.1.1)")
)

// FromCookie takes a Bearer token from the cookie with this name, for pages
// that call their own API. Browsers attach cookies to requests that other
// sites make, so csrf is required and judges every request with the cookie
// (RFC 6750 §5.3); one that fails is answered 403. Nil panics.
//
// Requests with a safe method (GET, HEAD, OPTIONS) pass csrf wherever they come
// from: the same-origin policy keeps other sites from reading the answer, but
// the handler runs. Handlers of safe methods must not change state. That policy
// does not hold for connections that a request opens, such as a WebSocket: a
// request with an Upgrade field, and CONNECT, is judged as a POST would be.
//
// Responses vary on Cookie, and those to requests with the cookie are private:
// caches know that of Authorization alone (RFC 9111 §3.5). Two cookies with the
// name are refused, and so is one that net/http cannot read.
func FromCookie(name string, csrf *http.CrossOriginProtection) Source {
	if csrf == nil {
		panic("middleware: FromCookie without protection against cross-site request forgery")
	}
	if !isToken(name) {
		panic("middleware: FromCookie: not a cookie name")
	}
	absent := http.Header{"Vary": {"Cookie"}}
	present := http.Header{"Vary": {"Cookie"}, "Cache-Control": {"private"}}
	return func(r *http.Request) (Credentials, error) {
		switch n := cookiesNamed(r, name); {
		case n == 0:
			return Credentials{Header: absent}, nil
		case n > 1:
			return Credentials{Header: present}, errTwoCookies
		}
		cookies := r.CookiesNamed(name)
		switch {
		case len(cookies) != 1:
			// net/http leaves out what it cannot read. That is no anonymous request.
			return Credentials{Header: present}, errCookie
		case cookies[0].Value == "":
			return Credentials{Header: absent}, nil
		}
		if err := csrf.Check(connecting(r)); err != nil {
			// The error is one of net/http's fixed texts.
			return Credentials{Header: present}, &Error{Reason: ReasonCSRF, Err: fmt.Errorf("cookie %s: %w; AddTrustedOrigin is for the origins of our own pages", name, err)}
		}
		return Credentials{Scheme: schemeBearer, Token: cookies[0].Value, Header: present}, nil
	}
}

// cookiesNamed counts the cookies of r with this name, readable or not.
func cookiesNamed(r *http.Request, name string) (n int) {
	for _, line := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			found, _, _ := strings.Cut(pair, "=")
			if strings.Trim(found, " \t\r\n") == name {
				n++
			}
		}
	}
	return n
}

// connecting returns r as csrf is to judge it: with a method that is not safe
// if it opens a connection. A page of any site may open a WebSocket to here, by
// a GET with the cookies of here, and read what comes.
func connecting(r *http.Request) *http.Request {
	if _, upgrade := r.Header["Upgrade"]; !upgrade && r.Method != http.MethodConnect {
		return r
	}
	post := new(http.Request)
	*post = *r
	post.Method = http.MethodPost
	return post
}
