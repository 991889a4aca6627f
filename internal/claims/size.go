package claims

import "github.com/warder-go/warder/middleware"

// What a Token takes, in bytes, about: with whatever remembers it, for each string of
// a list, and for each member of cnf.
const (
	sizeOfToken  = 1 << 10
	sizeOfString = 16
	sizeOfMember = 96
)

// Size returns about how many bytes a Token made by [Reader.Read] keeps in memory,
// for what remembers a bounded number of bytes. Nil is what is known of a token
// that nothing is said of.
func Size(t *middleware.Token) int {
	if t == nil {
		return sizeOfToken
	}
	// Fields are pieces of a copy of Raw, and of a third where text has escapes.
	return sizeOfToken + 3*len(t.Raw) + sizeOfString*(len(t.Scopes)+len(t.Audience)) + sizeOfMember*len(t.Confirmation)
}
