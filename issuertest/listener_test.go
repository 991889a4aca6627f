package issuertest_test

import (
	"net"
	"net/http"
	"testing"

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
		if _, err := iss.Authorize(t.Context(), issuertest.ClientID, nil); err != nil {
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
