package issuertest_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/issuertest"
)

func TestAnIssuerOnAListener(t *testing.T) {
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	t.Run("has the listener's address as its identifier", func(t *testing.T) {
		l := listen()
		iss := issuertest.NewIssuerAt(l, "")
		defer iss.Close()
		if iss.URL != "http://"+l.Addr().String() {
			t.Errorf("URL is %s", iss.URL)
		}
		// Strangers reach it, and know the secret of the client that tests find.
		if _, err := iss.Exchange(t.Context(), issuertest.ClientID, url.Values{"grant_type": {"client_credentials"}}); err == nil {
			t.Error("has a client that was not added")
		}
		withApp(iss)
		if _, err := iss.Authorize(t.Context(), "app", nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("or the one it is given", func(t *testing.T) {
		l := listen()
		iss := issuertest.NewIssuerAt(l, "https://login.example:8443")
		defer iss.Close()
		res, err := http.Get("http://" + l.Addr().String() + issuertest.EndpointMetadata)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if _, claims := decode(t, iss.Token(nil)); res.StatusCode != 200 || claims["iss"] != "https://login.example:8443" {
			t.Errorf("%s, %v", res.Status, claims["iss"])
		}
		iss.Close()
		if _, err := l.Accept(); err == nil {
			t.Error("Close leaves the listener open")
		}
	})
	l := listen()
	defer l.Close()
	for _, identifier := range []string{"https://login.example/", "https://login.example/t1", "https://login.example?x", "https://login.example#", "login.example", "ftp://login.example", "https://u@login.example", "https://"} {
		t.Run("but not "+identifier, func(t *testing.T) { mustPanic(t, func() { issuertest.NewIssuerAt(l, identifier) }) })
	}
}

// pipes is a listener for connections of net.Pipe.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }
func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func TestConnectionsEnd(t *testing.T) {
	const header = "POST /token HTTP/1.1\r\nHost: x\r\n"
	for name, row := range map[string]struct {
		sent, status string
		after        time.Duration
	}{
		"without a body":             {header + "Content-Length: 6\r\n\r\na", "HTTP/1.1 408", 10 * time.Second},
		"without a body at no page":  {"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", "HTTP/1.1 408", 10 * time.Second},
		"without header fields":      {header, "", 10 * time.Second},
		"without the next request":   {"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200", time.Minute},
		"without it after a refusal": {header + "Content-Length: 1\r\n\r\na", "HTTP/1.1 400", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := pipes{make(chan net.Conn), make(chan struct{})}
				iss := issuertest.NewIssuerAt(l, "http://issuer.example")
				defer iss.Close()
				mine, theirs := net.Pipe()
				l.conns <- theirs
				start := time.Now()
				if _, err := io.WriteString(mine, row.sent); err != nil {
					t.Fatal(err)
				}
				answer, err := io.ReadAll(mine)
				if took := time.Since(start); err != nil || took != row.after || !strings.HasPrefix(string(answer), row.status) || row.status == "" && len(answer) > 0 {
					t.Errorf("%v after %v: %q", err, took, answer)
				}
			})
		})
	}
	t.Run("but not while an answer takes its time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss := issuertest.NewInMemoryIssuer()
			defer iss.Close()
			restore := iss.Fail(issuertest.EndpointToken, issuertest.Slow)
			time.AfterFunc(time.Hour, restore)
			for range 3 { // and the client meets no connection that is just being closed
				if res := ask(t, iss, known(request{})); res.status != 200 {
					t.Errorf("%d", res.status)
				}
				time.Sleep(time.Minute)
			}
		})
	})
}

func TestPagesOfTheCaller(t *testing.T) {
	iss := onSocket(t)
	if v := browse(t, iss, "GET", "/help", nil); v.status != 404 {
		t.Errorf("%d without a page", v.status)
	}
	iss.Handle("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("page " + r.URL.Path)) }))
	v := browse(t, iss, "GET", "/help", nil)
	if v.status != 200 || v.body != "page /help" {
		t.Errorf("%d %s", v.status, v.body)
	}
	checkSecure(t, v)
	// The endpoints stay where they are.
	if v := browse(t, iss, "GET", issuertest.EndpointKeys, nil); v.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", v.header)
	}
	mustPanic(t, func() { iss.Handle("/", http.NotFoundHandler()) })
}
