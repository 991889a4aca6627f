package issuertest

import (
	"net/url"
	"slices"
)

// refresh is the refresh token grant (RFC 6749 §6). Every refresh token works
// once. A second use means that two parties hold it, so neither may go on
// (RFC 9700 §4.14.2). Checking and rotating are one step: of two refreshes at
// the same time one is the second.
func (i *Issuer) refresh(c *client, form url.Values) (*Tokens, *tokenError) {
	token := form.Get("refresh_token")
	if token == "" {
		return nil, invalidRequest("refresh_token is missing")
	}
	f, scopes, resources, next, refused := i.grants.exchange(i.resources, c, token, form)
	if refused != nil {
		return nil, refused
	}
	return i.respond(c, f, scopes, resources, next, ""), nil
}

// exchange takes a refresh token and returns the next one, and what the access
// token beside it is for.
func (g *grants) exchange(rs *resources, c *client, token string, form url.Values) (f *family, scopes, resources []string, next string, refused *tokenError) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f, current := g.refreshed(token)
	if f != nil && f.client == c.ID && !current {
		g.families.delete(f.id)
	}
	if f == nil || f.client != c.ID || !current {
		return nil, nil, nil, "", invalidGrant("the refresh token is unknown, expired, used or another client's")
	}
	// A mistake in the rest does not cost the client its token.
	if scopes, resources, refused = rs.ofFamily(f, form.Get("scope"), form["resource"]); refused != nil {
		return nil, nil, nil, "", refused
	}
	return f, scopes, resources, g.rotate(f), nil
}

// ofFamily returns what a token is for that is asked for with scope and resource
// indicators. As in target it is all of what was asked or nothing. A token of a
// person's grant without any scope there is not: an answer that leaves scope out
// would say that the client got what it asked for (RFC 6749 §5.1).
func (rs *resources) ofFamily(f *family, scope string, asked []string) (scopes, uris []string, refused *tokenError) {
	scopes = f.scopes
	if scope != "" {
		if scopes, refused = narrow(scope, f.scopes); refused != nil {
			return nil, nil, refused
		}
	}
	if uris, refused = f.audience(asked); refused != nil {
		return nil, nil, refused
	}
	fit := rs.fitting(scopes, uris)
	if scope != "" && len(fit) < len(scopes) || len(fit) == 0 && len(scopes) > 0 {
		return nil, nil, refuse("invalid_scope", "a scope belongs to another resource")
	}
	return fit, uris, nil
}

// audience returns the resources of a token for a request that asks for some
// (RFC 8707 §2.2): by default all that were granted, never others.
func (f *family) audience(asked []string) ([]string, *tokenError) {
	uris, refused := indicators(asked)
	if refused != nil {
		return nil, refused
	}
	if len(uris) == 0 {
		return f.resources, nil
	}
	for _, uri := range uris {
		if !slices.Contains(f.resources, uri) {
			return nil, refuse("invalid_target", "resource is malformed or was not granted")
		}
	}
	return uris, nil
}
