package main

import (
	"cmp"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// application is the web client: it acts for the person whose browser it knows by
// a cookie. The tokens stay on the server (RFC 6749 §2.1, "web application"). It
// uses the standard library alone.
type application struct {
	issuer      string
	redirectURI string
	apis        []api
	http        *http.Client
	handler     http.Handler

	mu       sync.Mutex
	visitors map[string]*visitor // by cookie
}

// api is where the notes are.
type api struct{ Name, URL string }

// answer is what an API said.
type answer struct {
	API       string
	Status    int
	Challenge string
}

var (
	//go:embed application.html
	page string
	//go:embed style.css
	style string

	home = template.Must(template.New("home").Parse(page))
)

const cookieName = "notebook" // __Host-notebook with https, and Secure

func newApplication(issuer, redirectURI string, apis []api) *application {
	a := &application{
		issuer: issuer, redirectURI: redirectURI, apis: apis, visitors: map[string]*visitor{},
		// Neither issuer nor API has reason to redirect: our secret and the tokens go
		// where they are meant to go.
		http: &http.Client{
			Timeout:       10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		io.WriteString(w, style)
	})
	mux.HandleFunc("POST /signin", a.signIn)
	mux.HandleFunc("GET /callback", a.callback)
	mux.HandleFunc("POST /call", a.call)
	mux.HandleFunc("POST /refresh", a.renew)
	mux.HandleFunc("POST /revoke", a.giveBack)
	// Our forms, and nobody else's. Origin is null under our Referrer-Policy: where a
	// browser sends no Sec-Fetch-Site, that fails closed.
	a.handler = withHeaders(issuer, http.NewCrossOriginProtection().Handler(mux))
	return a
}

func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// show changes the visitor and leads home. Only what change touches is replaced:
// another request may have changed the rest. A browser that we do not know gets
// the page at once, and no cookie: it may be signing in meanwhile.
func (a *application) show(w http.ResponseWriter, r *http.Request, change func(*visitor)) {
	a.mu.Lock()
	v := a.known(r)
	stranger := v == nil
	if stranger {
		v = new(visitor)
	}
	change(v)
	a.mu.Unlock()
	if stranger {
		render(w, *v)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *application) home(w http.ResponseWriter, r *http.Request) { render(w, a.visitor(r)) }

func render(w http.ResponseWriter, v visitor) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	home.Execute(w, v)
}

// signIn sends the browser to the issuer (RFC 6749 §4.1.1). state ties the answer
// to this browser, the challenge ties the code to this request.
func (a *application) signIn(w http.ResponseWriter, r *http.Request) {
	e, err := a.discover(r.Context())
	if err != nil {
		a.trouble(w, r, err)
		return
	}
	verifier, challenge := newVerifier()
	v := visitor{State: rand.Text(), verifier: verifier}
	a.become(w, r, v)
	http.Redirect(w, r, e.Authorization+"?"+url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {a.redirectURI},
		"scope": {"notes:read notes:write"}, "resource": {audience}, "state": {v.State},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode(), http.StatusSeeOther)
}

// callback takes the issuer's answer (RFC 6749 §4.1.2). The state has to be that
// of this browser's request, or somebody else's code would be used here; iss has
// to be who was asked, or another issuer's code would be sent to this one
// (RFC 9207 §2.4). Each state counts once.
func (a *application) callback(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	verifier, ok := a.takeState(r, query.Get("state"), query.Get("iss"))
	if !ok {
		http.Error(w, "This is no answer to a request of this browser. Go back and sign in.", http.StatusBadRequest)
		return
	}
	var v visitor
	if query.Get("error") != "" {
		v.Problem = "The issuer gave no access."
	} else if t, err := a.redeem(context.WithoutCancel(r.Context()), query.Get("code"), verifier); err != nil {
		v.Problem = "The code was refused."
	} else {
		v.Tokens = t
	}
	a.become(w, r, v)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// call asks every API the same.
func (a *application) call(w http.ResponseWriter, r *http.Request) {
	route := r.PostFormValue("route")
	if !slices.Contains([]string{"GET /notes", "POST /notes"}, route) {
		http.Error(w, "no such route", http.StatusBadRequest)
		return
	}
	access := a.visitor(r).Tokens.Access
	var answers []answer
	method, path, _ := strings.Cut(route, " ")
	for _, to := range a.apis {
		req, err := http.NewRequestWithContext(r.Context(), method, to.URL+path, nil)
		if err != nil {
			a.trouble(w, r, err)
			return
		}
		if access != "" {
			req.Header.Set("Authorization", "Bearer "+access)
		}
		resp, err := a.http.Do(req)
		if err != nil {
			a.trouble(w, r, err)
			return
		}
		io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
		resp.Body.Close()
		answers = append(answers, answer{to.Name, resp.StatusCode, strings.Join(resp.Header.Values("WWW-Authenticate"), "\n")})
	}
	a.show(w, r, func(v *visitor) { v.Asked, v.Problem, v.Answers = route, "", answers })
}

// renew gets a new access token. If the issuer may have had the refresh token and
// we have no answer, it counts as spent: using it again would revoke all (RFC 9700
// §4.14.2). The person signs in again.
func (a *application) renew(w http.ResponseWriter, r *http.Request) {
	token := a.takeRefresh(r)
	if token == "" {
		a.busy(w, r)
		return
	}
	t, err := a.refresh(context.WithoutCancel(r.Context()), token)
	if err != nil {
		if errors.Is(err, errUnsent) {
			a.putBack(r, token)
		}
		a.trouble(w, r, err)
		return
	}
	t.Refresh = cmp.Or(t.Refresh, token) // none: the old one stays good (RFC 6749 §6)
	a.show(w, r, func(v *visitor) { *v = visitor{Tokens: t} })
}

// giveBack revokes all. A real application forgets its tokens now; this one keeps
// the access token, to show what becomes of it. Revoking twice does no harm (RFC
// 7009 §2.2), so that it can be tried again whatever went wrong.
func (a *application) giveBack(w http.ResponseWriter, r *http.Request) {
	token := a.takeRefresh(r)
	if token == "" {
		a.busy(w, r)
		return
	}
	if err := a.revoke(context.WithoutCancel(r.Context()), token); err != nil {
		a.putBack(r, token)
		a.trouble(w, r, err)
		return
	}
	a.show(w, r, func(v *visitor) { v.Revoked, v.Problem, v.Answers = true, "", nil })
}

// busy answers who has no refresh token, or whose other request has it.
func (a *application) busy(w http.ResponseWriter, r *http.Request) {
	a.show(w, r, func(v *visitor) { v.Problem = "There is no refresh token, or it is in use." })
}

// trouble tells the person that something is wrong. What, is for the operator's
// log: it holds no secret.
func (a *application) trouble(w http.ResponseWriter, r *http.Request, err error) {
	log.Print(err)
	a.show(w, r, func(v *visitor) { v.Problem = "That did not work." })
}
