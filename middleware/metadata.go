package middleware

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	wellKnown = "/.well-known/oauth-protected-resource" // RFC 9728 §3

	// metadataLifetime is how long clients may keep the document, in seconds.
	metadataLifetime = 3600
)

// Metadata describes the API to clients that know nothing but its URL (RFC
// 9728): which authorization servers they may ask, and for which scopes. Its
// URL goes into every challenge, and [Guard.Metadata] serves it. What the guard
// itself knows, such as whether tokens must be bound, it adds itself: the
// document says what is enforced.
//
// [New] panics on Metadata that could not be served, and says all that is
// wrong with it.
type Metadata struct {
	// Resource identifies the API: an https URL, without query and fragment,
	// that clients compare byte for byte with the URL that they use (RFC 9728
	// §3.3). Clients ask for tokens for it (RFC 8707), so the verifier's audience
	// has to hold it, byte for byte. Required. Plain http is accepted for
	// loopback hosts.
	Resource string

	// AuthorizationServers are issuer identifiers, byte for byte. Required.
	AuthorizationServers []string

	// Scopes are those that clients may have to ask for: those of a policy are
	// Routes.Scopes() of package scopes. offline_access is left out, as it is
	// about refresh tokens and not about this API. None: the document says
	// nothing of scopes.
	Scopes []string

	Name          string // for people; default none
	Documentation string // URL of a page for developers; default none

	// Extra holds further members, such as "resource_name#fr" or
	// "resource_tos_uri". Ones without a value are left out. What the fields
	// above and the guard say cannot be said here.
	Extra map[string]any
}

// document is the metadata of one guard, ready to be served. It is immutable.
type document struct {
	url     string // where it is published
	pattern string
	body    []byte
}

// Metadata returns the handler that serves the metadata of this API (RFC 9728
// §3) and the ServeMux pattern to mount it under: the path of the well-known
// URL, without host and method, as browsers preflight it. The handler answers
// GET, HEAD and OPTIONS, to pages of every origin. It needs no token: mount it
// outside the guard, or as a Public row of scopes.Routes; outside a CORS handler
// too, which would answer its preflights for your own pages alone. Without
// [Options.Metadata] it panics.
func (g *Guard) Metadata() (pattern string, h http.Handler) {
	if g.metadata == nil {
		panic("middleware: Guard.Metadata without Options.Metadata")
	}
	return g.metadata.pattern, g.metadata
}

// ServeHTTP serves the same bytes to everybody. Nothing in them, or in the
// challenges that lead here, comes from a request: not even its Host.
func (d *document) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "max-age="+strconv.Itoa(metadataLifetime))
		h.Set("X-Content-Type-Options", "nosniff")
		// net/http sets the length, leaves the body out of the answer to HEAD,
		// and lets middleware that compresses have a length of its own.
		_, _ = w.Write(d.body) // the client may be gone
	case http.MethodOptions:
		h.Set("Allow", "GET, HEAD, OPTIONS")
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "*")
		h.Set("Access-Control-Max-Age", strconv.Itoa(metadataLifetime))
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", "GET, HEAD, OPTIONS")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	}
}

// describe makes g's document of m.
func (g *Guard) describe(m *Metadata) (*document, error) {
	var wrong []error
	add := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("middleware: Metadata: "+format, args...))
	}

	origin, path, err := splitResource(m.Resource)
	if err != nil {
		add("Resource: %w", err)
	}
	d := &document{url: origin + wellKnown + path, pattern: wellKnown + path}
	if strings.HasSuffix(path, "/") {
		d.pattern += "{$}" // this resource alone, not what lies below it
	}

	members := map[string]any{"resource": m.Resource}
	if len(m.AuthorizationServers) == 0 {
		add("no AuthorizationServers: clients would not know whom to ask")
	}
	for _, issuer := range m.AuthorizationServers {
		if u, err := publicURL(issuer); err != nil || u.RawQuery != "" || u.ForceQuery {
			add("an authorization server that is not an https URL without query and fragment")
		}
	}
	members["authorization_servers"] = m.AuthorizationServers
	var scopes []string
	for _, s := range m.Scopes {
		if !isScope(s) || strings.Contains(s, " ") {
			add("%q is not a scope-token (RFC 6749 §3.3)", s)
		}
		if s != offlineAccess && !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	members["scopes_supported"] = scopes
	members["resource_name"] = m.Name
	members["resource_documentation"] = m.Documentation
	if m.Documentation != "" {
		page, _, _ := strings.Cut(m.Documentation, "#")
		if _, err := publicURL(page); err != nil {
			add("Documentation: %w", err)
		}
	}
	g.enforced(members)

	for _, name := range slices.Sorted(maps.Keys(m.Extra)) {
		value := m.Extra[name]
		switch {
		case strings.EqualFold(name, "signed_metadata"):
			add("signed_metadata is not offered")
		case says(members, name):
			add("Extra: %s is said elsewhere", name)
		default:
			if err := checkExtra(name, value); err != nil {
				add("Extra: %s %w", name, err)
			}
			members[name] = value
		}
	}
	body, err := printMetadata(members)
	if err != nil {
		add("Extra: %w", err)
	}
	d.body = body
	return d, errors.Join(wrong...)
}

// says reports whether members has one with this name, in any case: there are
// clients whose decoder takes one for the other, as encoding/json does.
func says(members map[string]any, name string) bool {
	for said := range members {
		if strings.EqualFold(said, name) {
			return true
		}
	}
	return false
}

// checkExtra judges the members of RFC 9728 §2 that have rules and that the
// guard knows nothing of.
func checkExtra(name string, value any) error {
	switch name {
	case "jwks_uri":
		s, _ := value.(string)
		if _, err := publicURL(s); err != nil {
			return err
		}
	case "resource_signing_alg_values_supported":
		if list, ok := value.([]string); !ok || slices.Contains(list, "none") {
			return errors.New("is not a []string without none")
		}
	}
	return nil
}

// printMetadata prints the members that have a value (RFC 9728 §3.2), and
// bearer_methods_supported in any case.
func printMetadata(members map[string]any) ([]byte, error) {
	doc := make(map[string]json.RawMessage, len(members))
	for name, value := range members {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false) // URLs stay as they were configured
		if err := e.Encode(value); err != nil {
			return nil, errors.New(name + " is not JSON")
		}
		text := bytes.TrimSpace(b.Bytes())
		switch string(text) {
		case "null", `""`, "{}":
			continue
		case "[]":
			if name != "bearer_methods_supported" {
				continue
			}
		}
		doc[name] = text
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(doc); err != nil {
		return nil, errors.New("the members are not JSON")
	}
	return b.Bytes(), nil
}
