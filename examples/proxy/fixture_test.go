package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/issuertest"
)

// arrival is what the upstream was sent.
type arrival struct {
	target  string
	header  http.Header
	trailer http.Header // as it is after the body
	body    string
}

// all is everything that arrived, as one text.
func (a arrival) all() string { return fmt.Sprint(a.target, a.header, a.trailer, a.body) }

// proxied is a proxy between raw connections and an upstream that records.
type proxied struct {
	t       *testing.T
	addr    string // of the proxy
	issuer  *issuertest.Issuer
	arrived chan arrival
}

// newProxied lets answer, which may be nil, answer what arrives.
func newProxied(t *testing.T, answer http.HandlerFunc) proxied {
	t.Helper()
	p := proxied{t: t, issuer: issuertest.NewIssuer(), arrived: make(chan arrival, 1)}
	t.Cleanup(p.issuer.Close)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.arrived <- arrival{r.RequestURI, r.Header, r.Trailer, string(body)}
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(upstream.Close)
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	front, err := newFront(p.issuer.URL, issuertest.Audience, target)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	p.addr = server.Listener.Addr().String()
	return p
}

// send writes the lines of a request as they are, and a body, and returns the
// answer with its body read. Lines that begin with "Host" are added.
func (p proxied) send(body string, lines ...string) *http.Response {
	p.t.Helper()
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	request := lines[0] + "\r\nHost: api.example\r\n" + strings.Join(append(lines[1:], "", body), "\r\n")
	if _, err := io.WriteString(conn, request); err != nil {
		p.t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.ReadAll(answer.Body); err != nil {
		p.t.Fatal(err)
	}
	return answer
}

// seen returns what arrived at the upstream, if anything did. The answer is
// there, so what was to arrive has.
func (p proxied) seen() (arrival, bool) {
	select {
	case a := <-p.arrived:
		return a, true
	default:
		return arrival{}, false
	}
}
