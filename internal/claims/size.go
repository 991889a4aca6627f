package claims

// What a Token takes, in bytes, about: with whatever remembers it, for each string of
// a list, and for each member of cnf.
const (
	sizeOfToken  = 3 << 8
	sizeOfString = 16
	sizeOfMember = 96
)

// Size returns about how many bytes what [Rules.Read] returns keeps in memory,
// for what remembers a bounded number of bytes. Nil is what is known of a token
// that nothing is said of.
func Size(s *Said) int {
	if s == nil {
		return sizeOfToken
	}
	t := &s.Token
	// Fields are pieces of a copy of Raw, and of a third where text has escapes. Where it
	// has none, this is for what memory is rounded up to.
	return sizeOfToken + 3*len(t.Raw) + sizeOfString*(len(t.Scopes)+len(s.aud)+len(s.named)) + sizeOfMember*len(t.Confirmation)
}
