package pages

import (
	"crypto/sha256"
	"crypto/subtle"
)

// User is a person who may sign in.
type User struct {
	// Name is what they type. Required.
	Name string
	// Password is kept as it is: a real issuer keeps a salted, slow hash of it,
	// such as Argon2id, and nothing else.
	Password string
	// Code is the second factor. A real one is never the same twice. Without one
	// the person cannot reach issuertest.ACRMultiFactor.
	Code string
	// Subject names them to clients, for ever (sub). Required.
	Subject string
	// Info is what the userinfo endpoint tells, by scope.
	Info map[string]any
}

// signIn returns the user of a name and password, or nil. A name that nobody has
// costs as much as a wrong password, and both get one answer: nobody learns who
// has an account here.
func (s *site) signIn(name, password string) *User {
	found := &User{}
	for n := range s.options.Users {
		if s.options.Users[n].Name == name {
			found = &s.options.Users[n]
		}
	}
	if !same(found.Password, password) || found.Password == "" {
		return nil
	}
	return found
}

// same compares secrets in a time that tells nothing about them, nor their length.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
