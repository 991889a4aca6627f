package issuertest

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"time"
)

// lookUp returns what an active answer says of token at now, or nil. The checks
// are those of RFC 7662 §4.
func (i *Issuer) lookUp(token string, now time.Time) map[string]any {
	claims, revoked := i.tokens.find(token)
	if revoked {
		return nil
	}
	if claims == nil {
		if claims = i.readJWT(token); claims == nil {
			return nil
		}
	}
	if id, ok := familyOf(claims["jti"]); ok && !i.grants.alive(id) {
		return nil
	}
	answer := maps.Clone(claims)
	if !typed(answer) {
		return nil
	}
	if exp, ok := answer["exp"].(int64); ok && now.Unix() >= exp {
		return nil
	}
	if nbf, ok := answer["nbf"].(int64); ok && now.Unix() < nbf {
		return nil
	}
	answer["active"] = true
	if _, ok := answer["token_type"]; !ok {
		answer["token_type"] = tokenType(answer["cnf"])
	}
	return answer
}

// tokenType is DPoP for a token that is bound to a DPoP key (RFC 9449 §6.2).
func tokenType(cnf any) string {
	if members, ok := cnf.(map[string]any); ok && members["jkt"] != nil {
		return "DPoP"
	}
	return "Bearer"
}

// typed reports whether the members of RFC 7662 §2.2 have the types they must
// have, and turns times into whole seconds.
func typed(answer map[string]any) bool {
	for _, name := range []string{"exp", "iat", "nbf"} {
		v, ok := answer[name]
		if !ok {
			continue
		}
		n, ok := v.(json.Number)
		if !ok {
			return false
		}
		seconds, err := n.Float64()
		if err != nil || math.Abs(seconds) > 1<<53 {
			return false
		}
		answer[name] = int64(math.Floor(seconds))
	}
	for _, name := range []string{"scope", "client_id", "username", "token_type", "sub", "iss", "jti"} {
		if v, ok := answer[name]; ok {
			if _, ok := v.(string); !ok {
				return false
			}
		}
	}
	switch aud := answer["aud"].(type) {
	case string:
	case []any:
		return !slices.ContainsFunc(aud, func(v any) bool { _, ok := v.(string); return !ok })
	default:
		_, there := answer["aud"]
		return !there
	}
	return true
}
