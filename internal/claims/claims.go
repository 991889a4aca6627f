// Package claims reads what is said of an access token, by a JWT's claims (RFC
// 9068 §2.2) or an introspection answer's members (RFC 7662 §2.2), into a Token.
// It judges types as far as anybody downstream may rely on them, and bounds
// lists. Whether the token is acceptable is not judged here.
package claims

import (
	"encoding/json"
	"slices"

	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

const (
	maxAudiences = 64
	maxScopes    = 256
)

// Reader reads Tokens. The zero Reader is ready. It is not modified by use.
type Reader struct {
	// Scopes are the claims to read scopes from, each a string or an array of
	// strings; none means scope, a string.
	Scopes []string

	// Audience is handed out in place of an aud that is one of it alone, which
	// is common and then costs nothing.
	Audience []string
}

// Read returns the Token that o says, whose text is raw; false if a member has
// the wrong type or is over a limit. A lenient Read takes an auth_time that is
// text as absent: AD FS writes it so, and nobody can take it for a recent one.
func (r *Reader) Read(o strictjson.Object, raw []byte, lenient bool) (*middleware.Token, bool) {
	t := &middleware.Token{Raw: slices.Clip(json.RawMessage(raw))}
	ok := true
	for _, m := range o {
		switch m.Name {
		case "iss":
			t.Issuer, ok = m.Value.Text()
		case "sub":
			t.Subject, ok = m.Value.Text()
		case "client_id":
			t.ClientID, ok = m.Value.Text()
		case "jti":
			t.ID, ok = m.Value.Text()
		case "acr":
			t.ACR, ok = m.Value.Text()
		case "aud":
			t.Audience, ok = r.audience(m.Value)
		case "exp":
			t.Expiry, ok = m.Value.NumericDate()
		case "nbf":
			t.NotBefore, ok = m.Value.NumericDate()
		case "iat":
			t.IssuedAt, ok = m.Value.NumericDate()
		case "auth_time":
			if t.AuthTime, ok = m.Value.NumericDate(); !ok && lenient {
				_, ok = m.Value.Text()
			}
		case "scope":
			if len(r.Scopes) == 0 {
				t.Scopes, ok = scopeString(m.Value)
			}
		case "cnf":
			t.Confirmation, ok = confirmation(m.Value)
		case "amr":
			_, ok = m.Value.Texts()
		case "act":
			ok = actor(m.Value)
		case "authorization_details":
			ok = details(m.Value)
		}
		if !ok {
			return nil, false
		}
	}
	for _, name := range r.Scopes {
		value, found := o.Get(name)
		if !found {
			continue
		}
		more, ok := scopeList(value)
		if !ok {
			return nil, false
		}
		t.Scopes = append(t.Scopes, more...)
	}
	if len(t.Scopes) > maxScopes {
		return nil, false
	}
	t.Scopes = slices.Clip(t.Scopes)
	return t, true
}

func (r *Reader) audience(aud strictjson.Value) ([]string, bool) {
	if s, ok := aud.Text(); ok {
		if i := slices.Index(r.Audience, s); i >= 0 {
			return r.Audience[i : i+1 : i+1], true
		}
	}
	return Audience(aud)
}

// Audience reads what aud may be: a string or an array of strings (RFC 7519
// §4.1.3). An array is not nil, even if it is empty.
func Audience(v strictjson.Value) ([]string, bool) {
	if s, ok := v.Text(); ok {
		return []string{s}, true
	}
	list, ok := v.Texts()
	if !ok || len(list) > maxAudiences {
		return nil, false
	}
	return slices.Clip(list), true
}

// confirmation reads cnf (RFC 7800 §3.1). The result is never nil: an empty
// cnf is one that nobody confirms.
func confirmation(v strictjson.Value) (map[string]string, bool) {
	members, err := v.Object()
	if err != nil {
		return nil, false
	}
	cnf := make(map[string]string, len(members))
	for _, m := range members {
		s, ok := m.Value.Text()
		if !ok {
			s = string(m.Value)
		}
		cnf[m.Name] = s
	}
	return cnf, true
}

// actor reports whether v is an object that names somebody by strings, if at all
// (RFC 8693 §4.1): who cannot be read cannot be kept out.
func actor(v strictjson.Value) bool {
	members, err := v.Object()
	if err != nil {
		return false
	}
	for _, name := range [...]string{"iss", "sub", "client_id"} {
		if value, said := members.Get(name); said {
			if _, ok := value.Text(); !ok {
				return false
			}
		}
	}
	return true
}

// details reports whether v is an array of objects with a type (RFC 9396 §2).
func details(v strictjson.Value) bool {
	each, err := v.Elements(strictjson.MaxMembers)
	if err != nil {
		return false
	}
	for _, e := range each {
		o, err := e.Object()
		if err != nil {
			return false
		}
		typ, _ := o.Get("type")
		if _, ok := typ.Text(); !ok {
			return false
		}
	}
	return true
}
