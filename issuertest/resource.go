package issuertest

import (
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Resource is a protected resource that access tokens can be for. Every issuer
// has the resource Audience from the start.
type Resource struct {
	// URI is the resource indicator (RFC 8707 §2) and the audience of its tokens:
	// an absolute URI without a fragment.
	URI string
	// Scopes belong to this resource alone. A request that names no resource gets
	// a token for the one that its scopes belong to (RFC 9068 §3), and a token for
	// another resource does not hold them. Scopes that no resource has belong to
	// Audience by default and go with every resource that is asked for.
	Scopes []string
	// Opaque: access tokens for it are opaque instead of JWTs. A token for
	// several resources is opaque if it is for one of them.
	Opaque bool
}

// openIDScopes are about the user (OpenID Connect Core §5.4, §11). They belong
// to no resource, and nobody gets them without asking.
var openIDScopes = []string{"openid", "profile", "email", "address", "phone", "offline_access"}

func isOpenIDScope(s string) bool { return slices.Contains(openIDScopes, s) }

type resources struct {
	mu    sync.RWMutex
	byURI map[string]Resource
}

func newResources() *resources {
	return &resources{byURI: map[string]Resource{Audience: {URI: Audience}}}
}

// AddResource registers r, or replaces the resource with the same URI. It panics
// on a URI or a scope that can never work, and on a scope of another resource.
func (i *Issuer) AddResource(r Resource) {
	r.Scopes = unique(r.Scopes)
	if !isIndicator(r.URI) {
		panic("issuertest: AddResource: URI: not an absolute URI without a fragment (RFC 8707 section 2)")
	}
	i.resources.mu.Lock()
	defer i.resources.mu.Unlock()
	for _, s := range r.Scopes {
		if !isScope(s) || isOpenIDScope(s) {
			panic("issuertest: AddResource: Scopes: not a scope-token, or one of OpenID Connect")
		}
		if owner := i.resources.owner(s); owner != "" && owner != r.URI {
			panic("issuertest: AddResource: Scopes: another resource has it")
		}
	}
	i.resources.byURI[r.URI] = r
}

// know adds the audiences that can be asked for and are not known yet.
func (rs *resources) know(audience []string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, uri := range audience {
		if _, known := rs.byURI[uri]; !known && isIndicator(uri) {
			rs.byURI[uri] = Resource{URI: uri}
		}
	}
}

// isIndicator reports whether uri is an absolute URI without a fragment
// (RFC 8707 §2).
func isIndicator(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.IsAbs() && !strings.Contains(uri, "#")
}

// owner returns the resource that has the scope, or "". The caller holds mu.
func (rs *resources) owner(scope string) string {
	for uri, r := range rs.byURI {
		if slices.Contains(r.Scopes, scope) {
			return uri
		}
	}
	return ""
}

// target returns what a request is for that asks for scope and the resource
// indicators asked: the resources, and scopes that belong to them. It is all of
// what was asked or nothing (RFC 6749 §3.3); only scopes that the client gets by
// default are left out where they do not fit, unless none would be left.
func (i *Issuer) target(c *client, scope string, asked []string) (scopes, uris []string, refused *tokenError) {
	if scopes, refused = c.scopes(scope); refused != nil {
		return nil, nil, refused
	}
	if uris, refused = indicators(asked); refused != nil {
		return nil, nil, refused
	}
	if len(uris) == 0 {
		uri, ok := i.resources.byDefault(scopes)
		if !ok {
			return nil, nil, refuse("invalid_scope", "the scopes belong to different resources")
		}
		return scopes, []string{uri}, nil
	}
	if !i.resources.knows(uris) {
		return nil, nil, refuse("invalid_target", "resource is malformed or unknown")
	}
	fit := i.resources.fitting(scopes, uris)
	if scope != "" && len(fit) < len(scopes) || len(fit) == 0 && len(scopes) > 0 {
		return nil, nil, refuse("invalid_scope", "a scope belongs to another resource")
	}
	return fit, uris, nil
}

// maxIndicators bounds what has to be compared with each other.
const maxIndicators = 16

// indicators returns the resource parameters that count.
func indicators(asked []string) ([]string, *tokenError) {
	if len(asked) > maxIndicators {
		return nil, refuse("invalid_target", "resource is there too often")
	}
	return unique(slices.DeleteFunc(slices.Clone(asked), func(s string) bool { return s == "" })), nil
}

func (rs *resources) knows(uris []string) bool {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return !slices.ContainsFunc(uris, func(uri string) bool { _, known := rs.byURI[uri]; return !known })
}

// byDefault returns the one resource that the scopes belong to (RFC 9068 §3).
func (rs *resources) byDefault(scopes []string) (uri string, ok bool) {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	for _, s := range scopes {
		if isOpenIDScope(s) {
			continue
		}
		owner := rs.owner(s)
		if owner == "" {
			owner = Audience
		}
		if uri != "" && uri != owner {
			return "", false
		}
		uri = owner
	}
	if uri == "" {
		uri = Audience
	}
	return uri, true
}

// fitting returns the scopes without those of other resources.
func (rs *resources) fitting(scopes, uris []string) []string {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool {
		owner := rs.owner(s)
		return owner != "" && !slices.Contains(uris, owner)
	})
}

// opaque reports whether a token for uris is opaque.
func (rs *resources) opaque(uris []string) bool {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return slices.ContainsFunc(uris, func(uri string) bool { return rs.byURI[uri].Opaque })
}
