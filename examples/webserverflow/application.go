package main

import (
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
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

// visitor is a browser that began to sign in. Its fields are guarded by mu.
type visitor struct {
	State    string // of the request under way; empty: none
	verifier string

	Tokens  tokens
	Problem string
	Asked   string // of the APIs
	Answers []answer
}

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
	a.handler = http.NewCrossOriginProtection().Handler(mux) // our forms, and nobody else's
	return a
}

func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// visitor is whose browser sent r; the zero visitor if we do not know it.
func (a *application) visitor(r *http.Request) visitor {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, err := r.Cookie(cookieName); err == nil && a.visitors[c.Value] != nil {
		return *a.visitors[c.Value]
	}
	return visitor{}
}

// become replaces who the browser is, and its cookie: who knew the old one knows
// nothing.
func (a *application) become(w http.ResponseWriter, r *http.Request, v visitor) {
	id := rand.Text()
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, err := r.Cookie(cookieName); err == nil {
		delete(a.visitors, c.Value)
	}
	if len(a.visitors) >= 1000 {
		clear(a.visitors) // a real application lets the oldest go
	}
	a.visitors[id] = &v
	// Lax, not Strict: the issuer's redirect has to bring it along.
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (a *application) home(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	home.Execute(w, a.visitor(r))
}

// signIn sends the browser to the issuer (RFC 6749 §4.1.1). state ties the answer
// to this browser, the challenge ties the code to this request.
func (a *application) signIn(w http.ResponseWriter, r *http.Request) {
	e, err := a.discover(r.Context())
	if err != nil {
		a.trouble(w, r, visitor{}, err)
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
	query, v := r.URL.Query(), a.visitor(r)
	if v.State == "" || subtle.ConstantTimeCompare([]byte(v.State), []byte(query.Get("state"))) != 1 || query.Get("iss") != a.issuer {
		http.Error(w, "This is no answer to a request of this browser. Go back and sign in.", http.StatusBadRequest)
		return
	}
	verifier := v.verifier
	v = visitor{}
	if query.Get("error") != "" {
		v.Problem = "The issuer gave no access."
	} else if t, err := a.redeem(r.Context(), query.Get("code"), verifier); err != nil {
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
	v := a.visitor(r)
	v.Asked, v.Problem, v.Answers = route, "", nil
	method, path, _ := strings.Cut(route, " ")
	for _, to := range a.apis {
		req, err := http.NewRequestWithContext(r.Context(), method, to.URL+path, nil)
		if err != nil {
			a.trouble(w, r, v, err)
			return
		}
		if v.Tokens.Access != "" {
			req.Header.Set("Authorization", "Bearer "+v.Tokens.Access)
		}
		resp, err := a.http.Do(req)
		if err != nil {
			a.trouble(w, r, v, err)
			return
		}
		io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
		resp.Body.Close()
		v.Answers = append(v.Answers, answer{to.Name, resp.StatusCode, strings.Join(resp.Header.Values("WWW-Authenticate"), "\n")})
	}
	a.become(w, r, v)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// renew gets a new access token.
func (a *application) renew(w http.ResponseWriter, r *http.Request) {
	v := a.visitor(r)
	t, err := a.refresh(r.Context(), v.Tokens.Refresh)
	if err != nil {
		a.trouble(w, r, v, err)
		return
	}
	a.become(w, r, visitor{Tokens: t})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// giveBack revokes all. A real application forgets its tokens now; this one keeps
// the access token, to show what becomes of it.
func (a *application) giveBack(w http.ResponseWriter, r *http.Request) {
	v := a.visitor(r)
	if err := a.revoke(r.Context(), v.Tokens.Refresh); err != nil {
		a.trouble(w, r, v, err)
		return
	}
	v.Tokens.Refresh, v.Answers = "", nil
	a.become(w, r, v)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// trouble tells the person that something is wrong. What, is for the operator's
// log: it holds no secret.
func (a *application) trouble(w http.ResponseWriter, r *http.Request, v visitor, err error) {
	log.Print(err)
	v.Problem = "That did not work."
	a.become(w, r, v)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
