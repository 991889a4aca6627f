package jwks_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/warder-go/warder/jwks"
)

// realTime is that of sockets. Only what takes for ever is late.
var realTime = patience{
	timeout: 800 * time.Millisecond, own: 100 * time.Millisecond, late: 10 * time.Second,
	pause: func() { <-time.After(50 * time.Millisecond) },
}

// dialer makes connections to whatever is behind a name just now.
type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// to always leads to this address.
func to(addr net.Addr) dialer {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, addr.Network(), addr.String())
	}
}

// resolvedBy asks a name server of ours first.
func resolvedBy(ns net.PacketConn) dialer {
	return (&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: to(ns.LocalAddr())}}).DialContext
}

// nameServer reads questions and sends what answer makes of them.
func nameServer(t *testing.T, answer func(question []byte) []byte) net.PacketConn {
	ns, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(err)
	t.Cleanup(func() { ns.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := ns.ReadFrom(b)
			if err != nil {
				return
			}
			if a := answer(b[:n]); a != nil {
				ns.WriteTo(a, from)
			}
		}
	}()
	return ns
}

// listening hands every connection to serve and closes it afterwards; at the
// end of the test at the latest.
func listening(t *testing.T, serve func(net.Conn)) net.Addr {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			end := context.AfterFunc(t.Context(), func() { c.Close() })
			all.Go(func() {
				defer end()
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() { // t's context has ended by now
		l.Close()
		all.Wait()
	})
	return l.Addr()
}

func secure(t *testing.T, h http.HandlerFunc) dialer {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that leave
	s.StartTLS()
	t.Cleanup(s.Close)
	return to(s.Listener.Addr())
}

// stranger returns a certificate for example.com that nobody vouches for.
func stranger() tls.Certificate {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	must(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

// badSocket is a way to fail, and what an operator reads of it.
type badSocket struct {
	text string // empty: that it took too long
	dial dialer
}

func badSockets(t *testing.T) map[string]badSocket {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	must(closed.Close())
	wait := func(c net.Conn) { io.Copy(io.Discard, c) }
	config := &tls.Config{Certificates: []tls.Certificate{stranger()}}
	return map[string]badSocket{
		"a name that does not resolve": {"could not be resolved", resolvedBy(nameServer(t, func(q []byte) []byte {
			a := append([]byte(nil), q...)
			a[2], a[3] = 0x81, 0x83 // a response; NXDOMAIN (RFC 1035 §4.1.1)
			return a
		}))},
		"a name server that is silent": {"", resolvedBy(nameServer(t, func([]byte) []byte { return nil }))},
		"a name server that lies": {"", resolvedBy(nameServer(t, func(q []byte) []byte {
			return append(append([]byte(nil), q...), "nonsense"...)
		}))},
		"a refused connection":           {"connection refused", to(closed.Addr())},
		"a connection that is cut":       {"connection failed", to(listening(t, func(net.Conn) {}))},
		"a TLS handshake without answer": {"", to(listening(t, wait))},
		"no TLS at all": {"TLS failed", to(listening(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n")
		}))},
		"a certificate of nobody": {"TLS failed", to(listening(t, func(c net.Conn) { tls.Server(c, config).Handshake() }))},
		"a slow drip": {"", secure(t, func(w http.ResponseWriter, r *http.Request) {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for r.Context().Err() == nil {
				io.WriteString(w, " ")
				http.NewResponseController(w).Flush()
				<-tick.C
			}
		})},
		"10 MB":  {"answer too large", secure(t, func(w http.ResponseWriter, _ *http.Request) { io.CopyN(w, spaces{}, 10<<20) })},
		"a hang": {"", secure(t, hang)},
	}
}

func TestWeatherOfSockets(t *testing.T) {
	var roots *x509.CertPool
	serving := func(doc []byte) dialer {
		s := httptest.NewTLSServer(document(doc))
		t.Cleanup(s.Close)
		roots = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		return to(s.Listener.Addr())
	}
	old, rotated := serving(keySet(rs().jwk(nil))), serving(keySet(rs().jwk(nil), es().jwk(nil)))

	var all sync.WaitGroup
	defer all.Wait()
	for name, bad := range badSockets(t) {
		for _, state := range []struct {
			name string
			opts jwks.RemoteOptions // such that time makes it so at once
			warm bool
			keys bool
		}{
			{"cold", jwks.RemoteOptions{}, false, false},
			{"fresh", jwks.RemoteOptions{}, true, true},
			{"due", jwks.RemoteOptions{RefreshAfter: time.Millisecond}, true, true},
			{"stale", jwks.RemoteOptions{RefreshAfter: time.Millisecond, WaitAfter: -1}, true, true},
			{"expired", jwks.RemoteOptions{RefreshAfter: time.Millisecond, WaitAfter: -1, MaxStale: time.Millisecond}, true, false},
		} {
			all.Go(func() {
				t.Run("R9111-06, R9111-08: "+state.name+", "+name, func(t *testing.T) {
					var now atomic.Pointer[dialer]
					now.Store(&old)
					transport := &http.Transport{
						DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
							return (*now.Load())(ctx, network, addr)
						},
						TLSClientConfig:   &tls.Config{RootCAs: roots},
						DisableKeepAlives: true,
					}
					opts := state.opts
					opts.HTTPClient, opts.Timeout = &http.Client{Transport: transport}, realTime.timeout
					set, err := jwks.Remote("https://example.com/keys", &opts)
					must(err)
					p := process{keys: set, api: newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = set }))}
					if state.warm {
						for p.get(requests().known) != "OK" { // a busy machine
							realTime.pause()
						}
						realTime.pause()
					}
					now.Store(&bad.dial)
					p.weathered(t, state.keys, realTime)
					p.weathered(t, state.keys, realTime)
					if err := set.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), bad.text) || bad.text == "" && !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("the weather is %v", err)
					}
					now.Store(&rotated)
					p.recovers(t, realTime)
				})
			})
		}
	}
}
