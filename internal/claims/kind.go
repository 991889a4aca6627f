package claims

import (
	"slices"
	"strings"

	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

// evidence is what tells an access token from the other tokens of an issuer, where
// the header does not. A zero Value is of a claim that is absent.
type evidence struct {
	typ, use, tokenType strictjson.Value    // typ, token_use, token_type
	scope, scp          strictjson.Value    // scopes, configured or not
	clients             [3]strictjson.Value // client_id, azp, ClientClaim
	ofIDTokens          string              // the first claim that only ID tokens have
	events              bool                // of logout tokens
}

// kind is what an issuer says of a token outright.
type kind int

const (
	unsaid kind = iota
	access
	identity // an ID token
	another  // a refresh token, say
)

// notAccess returns why what s says is not said of an access token, or nil. Nothing
// here is a stranger's word: the issuer signed it.
//
// What the issuer says outright decides. Where it says nothing, claims of ID tokens
// (OpenID Connect Core §2, §3.1.3.6, Financial-grade API part 2 §5.1) and of logout
// tokens (Back-Channel Logout §2.4) refuse, unless there are scopes, which neither
// has; and so does a client as the audience: an ID token is for the client.
func (r *Rules) notAccess(s *Said, e *evidence) *middleware.Error {
	said := unsaid
	for _, c := range [...]struct {
		name string
		kind kind
	}{
		{"typ", typKind(e.typ)},
		{"token_use", useKind(e.use)},
		{"token_type", tokenTypeKind(e.tokenType)},
	} {
		switch c.kind {
		case another:
			return r.refuse.kinds[c.name]
		case identity:
			if !r.cfg.InsecureAllowIDTokens {
				return r.refuse.identity[c.name]
			}
			said = identity
		case access:
			said = max(said, access)
		}
	}
	switch {
	case r.cfg.RequireTokenType && !isAccessTokenType(e.tokenType):
		return r.refuse.noTokenType
	case said == access:
		return nil
	}
	suspect := e.ofIDTokens
	if e.events {
		suspect = "events"
	}
	if r.cfg.InsecureAllowIDTokens && suspect != "events" {
		return nil
	}
	if suspect != "" && !s.granted && !carries(e.scope) && !carries(e.scp) {
		return r.refuse.looks[suspect]
	}
	if r.cfg.InsecureAllowIDTokens {
		return nil
	}
	// RFC 7662 §2.2: token_type is that of an access token (RFC 6749 §5.1).
	if r.cfg.Answer && isAccessTokenType(e.tokenType) {
		return nil
	}
	return r.clientAsAudience(s, e)
}

// clientAsAudience refuses where the client is the very audience by which the token
// is meant for us. A client beside it in aud is one that some issuers add.
func (r *Rules) clientAsAudience(s *Said, e *evidence) *middleware.Error {
	for i, v := range e.clients {
		client, ok := v.Text()
		name := [...]string{"client_id", "azp", r.cfg.ClientClaim}[i]
		switch {
		case v == "":
			continue
		case !ok:
			return r.refuse.audience[name] // fail closed: whose it is cannot be told
		}
		ours, others := false, false // of the names in aud by which we go
		for _, aud := range s.aud {
			if slices.Contains(r.cfg.Audience, aud) {
				ours, others = ours || aud == client, others || aud != client
			}
		}
		if ours && !others {
			return r.refuse.audience[name]
		}
	}
	return nil
}

// typKind reads the payload's typ, as Keycloak has it. Words that are not known are
// of tokens that are for something else: fail closed.
func typKind(v strictjson.Value) kind {
	switch word, ok := v.Text(); {
	case v == "":
		return unsaid
	case !ok:
		return another
	default:
		switch word = strings.ToLower(strings.TrimPrefix(strings.ToLower(word), "application/")); word {
		case "bearer", "dpop", "at+jwt":
			return access
		case "jwt": // the form, and nothing about what it is for
			return unsaid
		}
		return kindOf(word, another)
	}
}

// useKind reads token_use, as Amazon Cognito and Ory Hydra have it.
func useKind(v strictjson.Value) kind {
	word, ok := v.Text()
	switch {
	case v == "":
		return unsaid
	case !ok:
		return another
	}
	return kindOf(strings.ToLower(word), another)
}

// tokenTypeKind reads token_type. RFC 7662 has how an access token is used there, and
// some issuers write what kind of token it is: the former alone proves nothing here.
func tokenTypeKind(v strictjson.Value) kind {
	word, _ := v.Text()
	if k := kindOf(strings.ToLower(word), unsaid); k != access {
		return k
	}
	return unsaid
}

// isAccessTokenType reports whether v, a token_type, is one that only access tokens
// have: how they are used (RFC 6750 §4, RFC 9449 §5), or that they are access tokens.
func isAccessTokenType(v strictjson.Value) bool {
	word, _ := v.Text()
	return says(v, "Bearer") || says(v, "DPoP") || kindOf(strings.ToLower(word), unsaid) == access
}

// ofUsers reports whether the claim describes the user (RFC 9068 §2.2.3.1), and may be
// in an ID token as well, whatever scopes its owner reads from it.
func ofUsers(claim string) bool {
	return claim == "roles" || claim == "groups" || claim == "entitlements"
}

// kindOf reads a word for a kind of token; others counts for words that are none.
func kindOf(word string, others kind) kind {
	word = strings.TrimPrefix(word, "urn:ietf:params:oauth:token-type:") // RFC 8693 §3
	switch word {
	case "access", "access_token", "access-token", "accesstoken":
		return access
	case "id", "id_token", "id-token", "idtoken", "serialized-id":
		return identity
	case "refresh", "refresh_token", "refresh-token", "refreshtoken", "offline", "logout", "logout_token":
		return another
	}
	return others
}

// carries reports whether v, a claim for scopes, holds a scope.
func carries(v strictjson.Value) bool {
	scopes, ok := scopeList(v)
	return ok && len(scopes) > 0
}

// says reports whether v is this text, in any case.
func says(v strictjson.Value, text string) bool {
	said, ok := v.Text()
	return ok && strings.EqualFold(text, said)
}
