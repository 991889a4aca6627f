package jwks

import (
	"fmt"
	"net/url"
	"runtime"
	"sync"
)

// names holds the names of all KeySets that are in use.
var names = struct {
	mu    sync.Mutex
	taken map[string]bool
}{taken: map[string]bool{}}

// named gives s the name that events have for it: what it is made of or, if another set
// in this process is made of the same, that and a number. A set that nobody uses any
// more leaves its name to others.
func (s *KeySet) named(what string) *KeySet {
	names.mu.Lock()
	defer names.mu.Unlock()
	s.name = what
	for n := 2; names.taken[s.name]; n++ {
		s.name = fmt.Sprintf("%s (%d)", what, n)
	}
	names.taken[s.name] = true
	runtime.AddCleanup(s, free, s.name)
	return s
}

func free(name string) {
	names.mu.Lock()
	defer names.mu.Unlock()
	delete(names.taken, name)
}

// withoutQuery returns what may be told of a URL: a query, like a user, may be a secret.
func withoutQuery(uri string) string {
	u, err := url.Parse(uri)
	if err != nil { // it was checked before
		return ""
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment = nil, "", false, ""
	return u.String()
}
