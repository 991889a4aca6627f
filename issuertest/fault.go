package issuertest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
)

// The endpoints, for Fail and Requests.
const (
	EndpointMetadata       = "/.well-known/oauth-authorization-server" // RFC 8414 §3
	EndpointOpenIDMetadata = "/.well-known/openid-configuration"       // OpenID Connect Discovery §4
	EndpointKeys           = "/jwks"
	EndpointToken          = "/token"
	EndpointIntrospection  = "/introspect" // RFC 7662 §2

	EndpointAuthorization       = "/authorize"            // RFC 6749 §3.1
	EndpointDeviceAuthorization = "/device_authorization" // RFC 8628 §3.1
	EndpointVerification        = "/device"               // RFC 8628 §3.3
	EndpointRevocation          = "/revoke"               // RFC 7009 §2
	EndpointUserInfo            = "/userinfo"             // OpenID Connect Core §5.3
)

// Fault is a way to fail. The zero Fault is none: the endpoint answers as it
// should, even where an earlier Fail says otherwise.
type Fault struct {
	kind   faultKind
	status int
}

type faultKind int

const (
	healthy faultKind = iota
	outage
	slow
	corrupt
	status
)

var (
	// Outage cuts the connection without an answer.
	Outage = Fault{kind: outage}
	// Slow holds the request until restore is called, and answers then; or until
	// the client goes away or the issuer is closed, and never answers.
	Slow = Fault{kind: slow}
	// Corrupt answers 200 with the first half of what the endpoint would send.
	Corrupt = Fault{kind: corrupt}
)

// Status answers with an HTTP status code, from 200 to 599, and no JSON.
func Status(code int) Fault {
	if code < 200 || code > 599 {
		panic("issuertest: Status: not a final HTTP status code")
	}
	return Fault{kind: status, status: code}
}

// failure is a Fault in force.
type failure struct {
	Fault
	endpoint string        // empty: everywhere
	restored chan struct{} // closed by restore
}

// faults holds what is wrong, and counts requests.
type faults struct {
	mu       sync.Mutex
	active   []*failure     // latest last
	requests map[string]int // by path, for known endpoints; "" counts all
}

// Fail makes endpoint fail until restore is called; "" means every request,
// whatever its path. The latest Fail that covers an endpoint and is not restored
// decides; the one before it returns when that is restored, in any order.
// Calling restore again does nothing. Fail panics on an endpoint that does not exist.
func (i *Issuer) Fail(endpoint string, f Fault) (restore func()) {
	i.mustExist(endpoint)
	failed := &failure{Fault: f, endpoint: endpoint, restored: make(chan struct{})}
	i.faults.mu.Lock()
	i.faults.active = append(i.faults.active, failed)
	i.faults.mu.Unlock()
	return sync.OnceFunc(func() {
		i.faults.mu.Lock()
		i.faults.active = slices.DeleteFunc(i.faults.active, func(f *failure) bool { return f == failed })
		i.faults.mu.Unlock()
		close(failed.restored)
	})
}

// Requests returns how many requests have reached endpoint, failed ones
// included; "" counts every request, whatever its path. It panics on an endpoint
// that does not exist.
func (i *Issuer) Requests(endpoint string) int {
	i.mustExist(endpoint)
	i.faults.mu.Lock()
	defer i.faults.mu.Unlock()
	return i.faults.requests[endpoint]
}

func (i *Issuer) mustExist(endpoint string) {
	if _, ok := i.endpoints[endpoint]; !ok && endpoint != "" {
		panic("issuertest: no such endpoint; use the Endpoint constants")
	}
}

func (f *faults) count(endpoint string, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.requests == nil {
		f.requests = map[string]int{}
	}
	f.requests[""]++
	if known { // a stranger's path does not grow the map
		f.requests[endpoint]++
	}
}

// current is the failure that decides for path; healthy if there is none.
func (f *faults) current(path string) failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, failed := range slices.Backward(f.active) {
		if failed.endpoint == "" || failed.endpoint == path {
			return *failed
		}
	}
	return failure{}
}

// wait holds a request under Slow. It reports whether the fault was restored,
// rather than the client or the issuer gone.
func (f failure) wait(ctx context.Context, closed <-chan struct{}) bool {
	select {
	case <-f.restored:
		return true
	case <-closed:
		return false
	case <-ctx.Done():
		return false
	}
}

// answer serves the request as the fault has it. Slow is the caller's affair.
func (f Fault) answer(w http.ResponseWriter, r *http.Request, endpoint http.HandlerFunc) {
	switch f.kind {
	case outage:
		cut(w)
	case corrupt:
		whole := recorder{header: http.Header{}}
		endpoint(&whole, r)
		w.Header().Set("Content-Type", cmp.Or(whole.header.Get("Content-Type"), "application/json"))
		w.WriteHeader(http.StatusOK)
		w.Write(whole.body.Bytes()[:whole.body.Len()/2])
	case status:
		w.WriteHeader(f.status)
	default:
		endpoint(w, r)
	}
}

// cut closes the connection after the first letters of a status line. Without
// them http.Transport would quietly repeat a GET on a connection it has used
// before, and Requests would count one fetch as two.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	conn.Write([]byte("HTTP/1.1 "))
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	status int // 0: not said
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = cmp.Or(r.status, status) }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// copyTo sends the answer after all.
func (r *recorder) copyTo(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(cmp.Or(r.status, http.StatusOK))
	w.Write(r.body.Bytes())
}
