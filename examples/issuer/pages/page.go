package pages

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"regexp"

	"github.com/warder-go/warder/issuertest"
)

var (
	//go:embed templates/*.html
	templates embed.FS
	//go:embed files/style.css
	style []byte
	//go:embed files/icon.svg
	icon []byte
)

// parsed are the pages by name, each within the layout. html/template escapes
// whatever came from outside, for the place where it stands.
var parsed = func() map[string]*template.Template {
	pages := map[string]*template.Template{}
	for _, name := range []string{"home", "login", "second", "consent", "device", "confirm", "done", "error"} {
		pages[name] = template.Must(template.ParseFS(templates, "templates/layout.html", "templates/"+name+".html"))
	}
	return pages
}()

// page is what a template is filled with.
type page struct {
	name     string
	Title    string
	Error    string // what went wrong with a form
	Text     string
	Issuer   string
	CSRF     string
	Request  *issuertest.Authorization
	User     *User // signed in
	Username string
	UserCode string
	SignIn   bool // the scope openid is asked for
	Scopes   []scopeLine
}

// RedirectHost is whom the answer goes to, for the person to recognize.
func (p page) RedirectHost() string {
	u, err := url.Parse(p.Request.RedirectURI)
	switch {
	case err != nil:
		return ""
	case u.Host == "":
		return u.Scheme + ":"
	}
	return u.Host
}

// show sends a page. A browser without a cookie gets one, for its forms' token.
func (s *site) show(w http.ResponseWriter, r *http.Request, status int, p page) {
	id := s.sessions.id(r)
	if id == "" {
		id = s.sessions.newID(w)
	}
	p.CSRF, p.Issuer = s.formToken(id), s.issuer.URL
	var b bytes.Buffer
	if err := parsed[p.name].ExecuteTemplate(&b, "layout", p); err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy(p.Request))
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// fail shows a page that says what went wrong. It repeats no input.
func (s *site) fail(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	s.show(w, r, status, page{name: "error", Title: title, Text: text})
}

func (s *site) notFound(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, http.StatusNotFound, "There is no such page", "Check the address, or begin again in the application.")
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	p := page{name: "home", Title: "Reference issuer"}
	if in := s.sessions.of(r); in != nil {
		p.User = in.user
	}
	s.show(w, r, http.StatusOK, p)
}

func (s *site) file(contentType string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Security-Policy", policy(nil))
		w.Write(content)
	}
}

var plainHost = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)

// policy lets a page have our style and icon, no script, and no frame around it.
// Its forms may lead to us and, as Chromium counts the redirects that follow, to
// the client.
func policy(a *issuertest.Authorization) string {
	forms := "'self'"
	if a != nil && a.RedirectURI != "" {
		u, err := url.Parse(a.RedirectURI)
		switch {
		case err != nil:
		case (u.Scheme == "http" || u.Scheme == "https") && plainHost.MatchString(u.Host):
			forms += " " + u.Scheme + "://" + u.Host
		default: // a private scheme, or an IPv6 address, which the grammar lacks
			forms += " " + u.Scheme + ":"
		}
	}
	return "default-src 'none'; style-src 'self'; img-src 'self'; form-action " + forms + "; base-uri 'none'; frame-ancestors 'none'"
}
