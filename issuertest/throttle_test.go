package issuertest_test

import (
	"net"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

// addressed is a listener whose connections come from the address that it has.
type addressed struct {
	net.Listener
	from atomic.Value
}

type addressedConn struct {
	net.Conn
	from string
}

func (l *addressed) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return addressedConn{c, l.from.Load().(string)}, err
}

func (c addressedConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.ParseIP(c.from), Port: 1}
}

// R6749-24, R8628-03: who guesses keeps others out only together with nine more.
func TestGuessersKeepNobodyElseOut(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	from := &addressed{Listener: l}
	from.from.Store("192.0.2.100")
	iss := withApp(issuertest.NewIssuerAt(from, ""))
	defer iss.Close()
	iss.Register("service", "secret", "read")
	_, user := deviceFor(t, iss)
	guess := func() (secret, code int) {
		return ask(t, iss, request{id: "service", secret: "guess"}).status,
			browse(t, iss, "GET", "/device", url.Values{"user_code": {"BBBB-BBBB"}}).status
	}
	own := func() (secret, code int) {
		iss.Client().CloseIdleConnections()
		from.from.Store("2001:db8::1")
		return ask(t, iss, request{id: "service", secret: "secret"}).status,
			browse(t, iss, "GET", "/device", url.Values{"user_code": {user}}).status
	}
	for n := range 10 {
		if secret, code := own(); secret != 200 || code != 200 {
			t.Fatalf("kept out by %d guessers: %d, %d", n, secret, code)
		}
		iss.Client().CloseIdleConnections()
		from.from.Store("192.0.2." + strconv.Itoa(n))
		for range 10 {
			if secret, code := guess(); secret != 401 || code != 400 {
				t.Fatalf("%d, %d", secret, code)
			}
		}
		if secret, code := guess(); secret != 429 || code != 429 {
			t.Fatalf("a guess too many of one: %d, %d", secret, code)
		}
	}
	if secret, code := own(); secret != 429 || code != 429 {
		t.Errorf("a hundred guesses of ten: %d, %d", secret, code)
	}
}
