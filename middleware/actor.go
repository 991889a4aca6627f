package middleware

// Actor is who acts for the subject of a token (RFC 8693 §4.1). A field that the
// claim lacks, or has as something else than a string, is empty.
type Actor struct {
	Issuer   string // iss
	Subject  string // sub
	ClientID string // client_id
}

// Actor returns the current actor of a token that somebody got by delegation:
// the outermost act claim. It reports false where the subject acts for itself.
// Actors nested in that claim are history and no ground for decisions (RFC 8693
// §4.1); may_act is no actor (§4.4). It reads Raw. A claim that cannot be read is
// an actor without any name: name those who may act, not those who may not.
func (t *Token) Actor() (Actor, bool) {
	claims, err := t.object()
	if err != nil {
		return Actor{}, true // fail closed
	}
	value, ok := claims.Get("act")
	if !ok {
		return Actor{}, false
	}
	members, err := value.Object()
	if err != nil {
		return Actor{}, true
	}
	text := func(name string) string {
		v, _ := members.Get(name)
		s, _ := v.Text()
		return s
	}
	return Actor{text("iss"), text("sub"), text("client_id")}, true
}

// SubjectIsClient reports whether the token is a client's own, as after the
// client credentials grant: its subject is the client itself (RFC 9068 §2.2).
// Without this, a client whose ID equals a user's would pass for that user (RFC
// 9700 §4.15). It is false where the two cannot be told apart by these: where the
// token has no client_id or no subject, and where the issuer gives clients
// accounts with IDs of their own.
func (t *Token) SubjectIsClient() bool {
	return t.Subject != "" && t.Subject == t.ClientID
}
