package introspect_test

import (
	"bufio"
	"compress/gzip"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/warder-go/warder/introspect"
)

// listening starts an issuer on a socket, with TLS as change wants it.
func listening(t *testing.T, h http.HandlerFunc, change func(*tls.Config)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = new(tls.Config)
	if change != nil {
		change(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// asking returns an API that asks at url by this client.
func asking(t *testing.T, url string, client *http.Client, auth introspect.ClientAuth) api {
	t.Helper()
	return guarding(t, nil, func(c *introspect.Config) {
		c.Endpoint, c.HTTPClient = url, client
		if auth != nil {
			c.Authenticate = auth
		}
	})
}

func good(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, active(nil))
}

// The issuer has to prove who it is before it sees a token or a secret.
func TestTLS(t *testing.T) {
	var asked atomic.Int32
	s := listening(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		good(w, r)
	}, nil)
	plain := httptest.NewServer(http.HandlerFunc(good))
	t.Cleanup(plain.Close)
	trusted := s.Client()

	for name, row := range map[string]struct {
		url    string
		client *http.Client
		want   string
	}{
		"R7662-03: a certificate that is trusted":   {s.URL, trusted, ok},
		"R7662-03: a certificate of nobody we know": {s.URL, nil, unavailable},
		"R7662-03: a certificate of another host":   {strings.Replace(s.URL, "127.0.0.1", "localhost", 1), trusted, unavailable},
		"R7662-03: no TLS at all":                   {strings.Replace(plain.URL, "http:", "https:", 1), trusted, unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			before := asked.Load()
			asking(t, row.url, row.client, nil).get("x").is(t, row.want)
			if n := asked.Load() - before; (n != 0) != (row.want == ok) {
				t.Errorf("the issuer saw %d requests", n)
			}
		})
	}
}

// Mutual TLS comes with HTTPClient, and the form says who we are (RFC 8705 §2).
func TestMutualTLS(t *testing.T) {
	ours := clientCertificate(t)
	pool := x509.NewCertPool()
	pool.AddCert(ours.Leaf)
	s := listening(t, func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("client_id") != "notes-api" || r.PostForm.Has("client_secret") || r.Header.Get("Authorization") != "" {
			t.Errorf("%q %q", r.PostForm, r.Header)
		}
		if len(r.TLS.PeerCertificates) != 1 || !r.TLS.PeerCertificates[0].Equal(ours.Leaf) {
			t.Error("another certificate")
		}
		good(w, r)
	}, func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, pool })
	transport := s.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.Certificates = []tls.Certificate{ours}
	t.Cleanup(transport.CloseIdleConnections)

	auth := introspect.Post("notes-api", "")
	asking(t, s.URL, &http.Client{Transport: transport}, auth).get("x").is(t, ok)
	asking(t, s.URL, s.Client(), auth).get("x").is(t, unavailable)
}

func clientCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key := ecKey(elliptic.P256())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "notes-api"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: must(x509.ParseCertificate(der))}
}

// R7662-11: the limit holds for what comes out, and not for what is sent.
func TestCompressedAnswers(t *testing.T) {
	for name, row := range map[string]struct {
		body, want string
	}{
		"a good one":                            {active(nil), ok},
		"a megabyte of spaces behind an answer": {active(nil) + strings.Repeat(" ", 1<<20), unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s := listening(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				io.WriteString(z, row.body)
				z.Close()
			}, nil)
			asking(t, s.URL, s.Client(), nil).get("x").is(t, row.want)
		})
	}
}

// An idle connection that the issuer has just closed, as load balancers do, is
// no failure: asking again on a new one changes nothing.
func TestAnIdleConnectionThatIsClosed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var connections, requests atomic.Int32
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			r := bufio.NewReader(c)
			// One answer, and the next request meets a connection that closes.
			for answer := true; ; answer = false {
				req, err := http.ReadRequest(r)
				if err != nil {
					break
				}
				io.Copy(io.Discard, req.Body)
				if requests.Add(1); !answer {
					break
				}
				if req.Header["Idempotency-Key"] != nil {
					t.Error("the field is sent")
				}
				doc := active(nil)
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(doc), doc)
			}
			c.Close()
		}
	}()
	transport := new(http.Transport)
	a := asking(t, "http://"+l.Addr().String(), &http.Client{Transport: transport}, nil)
	a.get("x").is(t, ok)
	a.get("y").is(t, ok)
	a.get("z").is(t, ok)
	if connections.Load() != 3 || requests.Load() != 4 {
		t.Errorf("%d connections, %d requests", connections.Load(), requests.Load())
	}
	transport.CloseIdleConnections()
	l.Close()
	<-served
}
