package wire_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/wire"
)

// An operator learns what is the matter with TLS, and nothing of what the certificate
// says.
func TestWhyTLSFails(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	strict := httptest.NewUnstartedServer(http.NotFoundHandler())
	strict.Config.ErrorLog = log.New(io.Discard, "", 0)
	strict.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	strict.StartTLS()
	defer strict.Close()
	mutual := httptest.NewUnstartedServer(http.NotFoundHandler())
	mutual.Config.ErrorLog = log.New(io.Discard, "", 0)
	mutual.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
	mutual.StartTLS()
	defer mutual.Close()
	const alert = "the server refused the handshake; it may want a client certificate or another version"
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()

	for _, row := range []struct {
		name, url string
		config    *tls.Config
		want      string
	}{
		{"nobody trusts the certificate", server.URL, &tls.Config{}, "the certificate is of an unknown authority"},
		{"it is for another name", server.URL, &tls.Config{RootCAs: trusted, ServerName: "login.example.net"}, "the certificate is for another host"},
		{"it has expired", server.URL, &tls.Config{RootCAs: trusted, Time: func() time.Time { return server.Certificate().NotAfter.Add(time.Hour) }},
			"the certificate has expired or is not valid yet"},
		{"the port is for http", strings.Replace(plain.URL, "http:", "https:", 1), &tls.Config{}, "the server does not speak TLS on this port"},
		{"the server wants a newer version", strict.URL, &tls.Config{RootCAs: trusted, MaxVersion: tls.VersionTLS12}, alert},
		{"the server wants a client certificate", mutual.URL, &tls.Config{RootCAs: trusted}, alert},
	} {
		t.Run(row.name, func(t *testing.T) {
			transport := &http.Transport{TLSClientConfig: row.config, DialContext: (&net.Dialer{}).DialContext}
			defer transport.CloseIdleConnections()
			_, err := wire.NewClient(&http.Client{Transport: transport}, 0).Get(t.Context(), row.url, "", 1<<10)
			failed, ok := errors.AsType[*wire.Error](err)
			if !ok {
				t.Fatal(err)
			}
			if failed.Class != wire.TLS || failed.Detail != row.want {
				t.Errorf("%q, %q, want %q", failed.Class, failed.Detail, row.want)
			}
			if text := failed.Host + ": TLS failed: " + row.want; failed.Error() != text {
				t.Errorf("%q, want %q", failed, text)
			}
		})
	}
}
