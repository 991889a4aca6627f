package issuertest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

// Audience is the audience of issued access tokens unless a claim says otherwise.
const Audience = "https://api.example"

// maxBody is how much of a request body is read, in bytes. A token request is
// far smaller.
const maxBody = 64 << 10

// How long a connection may take for the header fields or the body of a request,
// and be idle after that. The client gives up idle connections earlier: one that
// the server closes just then would cost it a request.
const (
	readTimeout       = 10 * time.Second
	idleTimeout       = time.Minute
	clientIdleTimeout = 50 * time.Second
)

// Issuer is an authorization server that runs in this process. Make one with
// NewIssuer or NewInMemoryIssuer; the zero value is of no use. Safe for
// concurrent use.
type Issuer struct {
	// URL is the issuer identifier (RFC 8414 §2), without a terminating slash,
	// for example http://127.0.0.1:41213. Do not change it.
	URL string

	client    *http.Client
	server    *http.Server
	served    chan struct{}  // closed when the server has stopped accepting
	conns     sync.WaitGroup // connections the server still works on
	closed    chan struct{}  // closed by Close: wakes requests held by Slow
	closeOnce sync.Once

	endpoints map[string]http.HandlerFunc // by path
	pages     http.ServeMux               // the caller's
	keys      *keyRing
	clients   *clients
	resources *resources
	grants    *grants
	tokens    *tokens
	faults    faults
	log       requestLog

	mu          sync.Mutex
	interaction Interaction
	verifies    bool // a page of the caller's is at EndpointVerification
}

// NewIssuer starts an issuer on a loopback port that the system chooses. Call
// Close when done. It panics if it cannot listen.
func NewIssuer() *Issuer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		if l, err = net.Listen("tcp6", "[::1]:0"); err != nil {
			panic(fmt.Sprintf("issuertest: cannot listen on loopback: %v", err))
		}
	}
	return start("http://"+l.Addr().String(), l, &http.Transport{}).withClient()
}

// NewInMemoryIssuer starts an issuer that is reached over net.Pipe, and only by
// its Client. Its identifier is https://issuer.test; there is no TLS underneath.
// It works inside a testing/synctest bubble when it is made, used and closed in
// that bubble.
func NewInMemoryIssuer() *Issuer {
	l := newPipeListener()
	return start("https://"+memoryHost, l, &http.Transport{DialContext: l.dial, DialTLSContext: l.dial}).withClient()
}

// NewIssuerAt starts an issuer on l, for people and for clients of other
// processes. Its identifier is identifier: an http or https URL of scheme and
// host alone, under which l is reached; the empty one means http and l's address.
// Close closes l. It panics on another URL. There is no client but those of
// AddClient: strangers know ClientSecret.
//
// It is no production server wherever it listens: see the package comment.
func NewIssuerAt(l net.Listener, identifier string) *Issuer {
	if identifier == "" {
		identifier = "http://" + l.Addr().String()
	}
	u, err := url.Parse(identifier)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || identifier != u.Scheme+"://"+u.Host {
		panic("issuertest: NewIssuerAt: the identifier is not a URL of scheme and host alone")
	}
	return start(identifier, l, &http.Transport{})
}

func start(identifier string, l net.Listener, t *http.Transport) *Issuer {
	t.IdleConnTimeout = clientIdleTimeout
	i := &Issuer{
		URL:     identifier,
		client:  &http.Client{Transport: t},
		served:  make(chan struct{}),
		closed:  make(chan struct{}),
		keys:    newKeyRing(),
		clients: newClients(), resources: newResources(), grants: newGrants(), tokens: newTokens(),
	}
	i.endpoints = map[string]http.HandlerFunc{
		EndpointMetadata:       i.serveMetadata,
		EndpointOpenIDMetadata: i.serveMetadata,
		EndpointKeys:           i.serveKeys,
		EndpointToken:          i.serveToken,
		EndpointIntrospection:  i.serveIntrospection,

		EndpointAuthorization:       i.serveAuthorization,
		EndpointDeviceAuthorization: i.serveDeviceAuthorization,
		EndpointVerification:        i.serveVerificationPage,
		EndpointRevocation:          i.serveRevocation,
		EndpointUserInfo:            i.serveUserInfo,
	}
	i.server = &http.Server{
		Handler:           http.HandlerFunc(i.serve),
		ReadHeaderTimeout: readTimeout,
		IdleTimeout:       idleTimeout,
		ConnState:         i.connState,
		ErrorLog:          log.New(io.Discard, "", 0), // a test's output is the test's own
	}
	go func() {
		defer close(i.served)
		i.server.Serve(l)
	}()
	return i
}

// Client returns an HTTP client that reaches this issuer. It has no timeout of
// its own, and an answer's body must be closed, as ever: inside a bubble an open
// one is a goroutine left behind. Every call returns the same client; copy it before changing it.
func (i *Issuer) Client() *http.Client { return i.client }

// Close stops the issuer: connections are cut, requests held by Slow included,
// and nothing of the server runs when Close returns; so it waits for an Interaction
// or a page that has not returned, and must not be called by one. The issuer still signs
// afterwards, so that a test can show what happens to good tokens when their
// issuer is gone. Its RSA keys are used again by issuers made later, but only
// once nothing refers to this one. Calls after the first do nothing.
func (i *Issuer) Close() {
	i.closeOnce.Do(func() {
		close(i.closed)
		i.server.Close()
		<-i.served
		i.conns.Wait()
		i.client.CloseIdleConnections()
	})
}

// connState lets Close wait. After some refusals net/http keeps a connection for
// half a second, and a synctest bubble whose test has returned has no time left.
func (i *Issuer) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		i.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		i.conns.Done()
	}
}

// readAll reads the body of a request. If that fails it answers: who sends a body
// without end, or very slowly, must not hold the connection.
func readAll(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	conn := http.NewResponseController(w)
	conn.SetReadDeadline(time.Now().Add(readTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		conn.SetReadDeadline(time.Time{}) // or a slow answer would be cut off
		return body, true
	}
	status := http.StatusRequestEntityTooLarge
	if errors.Is(err, os.ErrDeadlineExceeded) {
		status = http.StatusRequestTimeout
	}
	w.Header().Set("Connection", "close")
	w.WriteHeader(status)
	return nil, false
}

// serve counts the request, applies the fault in force, if any, and lets the
// endpoint answer.
func (i *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	endpoint, known := i.endpoints[r.URL.Path]
	if !known {
		endpoint = i.pages.ServeHTTP
	}
	i.faults.count(r.URL.Path, known)
	allowed := func(w http.ResponseWriter, r *http.Request) {
		if !allowOrigins(w, r) {
			endpoint(w, r)
		}
	}
	// The body is read first: net/http notices a client that went away only
	// when there is nothing left to read.
	body, ok := readAll(w, r)
	if !ok {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if known {
		i.log.add(i.clients, r, body)
	}

	for {
		f := i.faults.current(r.URL.Path)
		if f.kind != slow {
			f.answer(w, r, allowed)
			return
		}
		if !f.wait(r.Context(), i.closed) {
			panic(http.ErrAbortHandler) // cuts the connection: no answer at all
		}
	}
}
