package browser_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// webClient is a site that people sign in to: a client of the issuer that
// keeps tokens to itself and gives browsers a cookie.
type webClient struct {
	url, issuer, api string
	id, secret       string

	mu    sync.Mutex
	flows map[string]flow   // by state
	users map[string]string // access tokens, by cookie

	referers []string // what browsers said at the callback of where they came from
}

// flow is what has to be known when the browser comes back.
type flow struct{ cookie, verifier string }

// newWebClient starts a site for one client of the issuer. It calls the API for
// those who have signed in.
func newWebClient(t *testing.T, issuer, api, id, secret string) *webClient {
	t.Helper()
	c := &webClient{issuer: issuer, api: api, id: id, secret: secret, flows: map[string]flow{}, users: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { c.show(w, "You are not signed in", "") })
	mux.HandleFunc("GET /login", c.login)
	mux.HandleFunc("GET /callback", c.callback)
	mux.HandleFunc("GET /notes", c.call)
	mux.HandleFunc("POST /notes", c.call)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	// Another host than the issuer's, so that the two are different sites to the
	// browser. Cookies know no ports.
	c.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	return c
}

const cookieName = "webclient"

// login sends the browser to the issuer, with what the query adds to the
// request, such as scope and prompt.
func (c *webClient) login(w http.ResponseWriter, r *http.Request) {
	state, f := rand.Text(), flow{cookie: rand.Text(), verifier: rand.Text() + rand.Text()}
	c.mu.Lock()
	c.flows[state] = f
	c.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: f.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	hash := sha256.Sum256([]byte(f.verifier))
	query := r.URL.Query()
	for name, value := range map[string]string{
		"response_type": "code", "client_id": c.id, "redirect_uri": c.url + "/callback", "state": state,
		"code_challenge": base64.RawURLEncoding.EncodeToString(hash[:]), "code_challenge_method": "S256",
	} {
		query.Set(name, value)
	}
	http.Redirect(w, r, c.issuer+"/authorize?"+query.Encode(), http.StatusSeeOther)
}

// callback takes the issuer's answer, if it belongs to a request that this
// browser made.
func (c *webClient) callback(w http.ResponseWriter, r *http.Request) {
	answer := r.URL.Query()
	cookie, err := r.Cookie(cookieName)
	c.mu.Lock()
	c.referers = append(c.referers, r.Header.Values("Referer")...)
	f, ok := c.flows[answer.Get("state")]
	delete(c.flows, answer.Get("state"))
	c.mu.Unlock()
	if err != nil || !ok || f.cookie != cookie.Value || answer.Get("iss") != c.issuer {
		c.show(w, "Not the answer to our request", "")
		return
	}
	if refusal := answer.Get("error"); refusal != "" {
		c.show(w, "You are not signed in", refusal)
		return
	}
	token, err := c.exchange(r.Context(), answer.Get("code"), f.verifier)
	if err != nil {
		c.show(w, "You are not signed in", err.Error())
		return
	}
	c.mu.Lock()
	c.users[f.cookie] = token
	c.mu.Unlock()
	c.show(w, "You are signed in", "")
}

// exchange trades a code for an access token (RFC 6749 §4.1.3).
func (c *webClient) exchange(ctx context.Context, code, verifier string) (string, error) {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.url + "/callback"}, "code_verifier": {verifier},
	}
	r, err := http.NewRequestWithContext(ctx, "POST", c.issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(c.id, c.secret)
	status, body, err := send(r)
	if err != nil {
		return "", err
	}
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &tokens); err != nil || status != 200 {
		return "", fmt.Errorf("the token endpoint answered %d", status)
	}
	return tokens.AccessToken, nil
}

// call calls the API with the token of the person whose browser asks, and shows
// what it said.
func (c *webClient) call(w http.ResponseWriter, r *http.Request) {
	var key string
	if cookie, err := r.Cookie(cookieName); err == nil {
		key = cookie.Value
	}
	c.mu.Lock()
	token := c.users[key]
	c.mu.Unlock()
	request, err := http.NewRequestWithContext(r.Context(), r.Method, c.api+"/notes", nil)
	if err != nil {
		c.show(w, "The API cannot be called", "")
		return
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.show(w, "The API cannot be reached", "")
		return
	}
	defer response.Body.Close()
	text := response.Header.Get("WWW-Authenticate")
	if response.StatusCode == http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20)) // what is lacking is not shown
		text = string(body)
	}
	c.show(w, fmt.Sprintf("The API answered %d", response.StatusCode), text)
}

// show is every page of the site.
func (c *webClient) show(w http.ResponseWriter, title, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = sitePage.Execute(w, map[string]string{"Title": title, "Text": text}) // the browser may be gone
}

var sitePage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title>
<style>body { font: 1.1rem/1.5 sans-serif; max-width: 30rem; margin: 4rem auto; padding: 0 1rem; overflow-wrap: anywhere }</style>
<h1>{{.Title}}</h1>
<p id="text">{{.Text}}</p>
<p><a id="read" href="/notes">Read notes</a></p>
<form method="post" action="/notes"><button id="write">Write a note</button></form>
</html>
`))

// send makes a request and reads the answer.
func send(r *http.Request) (status int, body []byte, err error) {
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, body, err
}
