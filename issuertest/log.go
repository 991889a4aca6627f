package issuertest

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// maxLog is how many requests the log holds.
const maxLog = 1000

// Request is a request that reached an endpoint. It holds nothing that a test
// would have to hide: no secret, code or token.
type Request struct {
	Time      time.Time
	Method    string // GET, POST, …; "other" for one that HTTP does not define
	Endpoint  string // an Endpoint constant
	GrantType string // a Grant constant; empty if there is none or another one
	ClientID  string // of the registered client that the request names, authenticated or not; else empty
}

// requestLog holds the last requests.
type requestLog struct {
	mu       sync.Mutex
	requests []Request
}

// Log returns the last requests to endpoints, failed ones included, oldest
// first: at most a thousand.
func (i *Issuer) Log() []Request {
	i.log.mu.Lock()
	defer i.log.mu.Unlock()
	return slices.Clone(i.log.requests)
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
	http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace,
}

func (l *requestLog) add(cs *clients, r *http.Request, body []byte) {
	entry := Request{Time: time.Now(), Method: r.Method, Endpoint: r.URL.Path}
	if !slices.Contains(methods, r.Method) {
		entry.Method = "other"
	}
	query, _ := url.ParseQuery(r.URL.RawQuery)
	form, _ := url.ParseQuery(string(body))
	if g := form.Get("grant_type"); slices.Contains(grantTypes, g) {
		entry.GrantType = g
	}
	// Only what equals a configured value is kept: a stranger could put a secret
	// in any place.
	basicID, _, _ := basic(r)
	for _, id := range []string{basicID, form.Get("client_id"), query.Get("client_id"), assertedID(form)} {
		if entry.ClientID == "" && id != "" && cs.named(id) != nil {
			entry.ClientID = id
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.requests) == maxLog {
		l.requests = slices.Delete(l.requests, 0, 1)
	}
	l.requests = append(l.requests, entry)
}

// assertedID returns the client that an assertion names.
func assertedID(form url.Values) string {
	if j, ok := parseJWT(form.Get("client_assertion")); ok {
		sub, _ := j.claims["sub"].(string)
		return sub
	}
	return ""
}
