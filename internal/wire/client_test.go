package wire_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/internal/wire"
)

const limit = 1 << 20

// class is what a test expects of an error: its class, and a text that repeats
// nothing but the host.
func class(t *testing.T, err error, want wire.Class, host string) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want a *wire.Error", err, err)
	}
	if e.Class != want {
		t.Errorf("class %q, want %q", e.Class, want)
	}
	text := string(want)
	if host != "" {
		text = host + ": " + text
	}
	if want == wire.TLS {
		text += ": " + e.Detail
	}
	if e.Error() != text {
		t.Errorf("text %q, want %q", e.Error(), text)
	}
	if errors.Unwrap(err) != nil {
		t.Errorf("the error wraps %v, whose text is not ours", errors.Unwrap(err))
	}
}

func hostOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestGet(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		fmt.Fprint(w, r.Header.Get("Accept"))
	})
	resp, err := wire.NewClient(nil, 0).Get(t.Context(), s.URL, "application/json", limit)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("ETag") != `"1"` || string(resp.Body) != "application/json" {
		t.Errorf("got %d %v %q", resp.StatusCode, resp.Header, resp.Body)
	}
}

func TestBody(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 10<<20))
	z.Close()

	tests := []struct {
		name    string
		handler http.HandlerFunc
		status  int
		length  int
		err     wire.Class
	}{
		{"R9111-08: a body of 10 MB is refused",
			func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 10<<20)) }, 0, 0, wire.TooLarge},
		{"R9111-08: a Content-Length of 10 MB is refused unread",
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "10485760")
				w.Write([]byte("x"))
			}, 0, 0, wire.TooLarge},
		{"R9111-08: a small body that unpacks to 10 MB is refused",
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				w.Write(bomb.Bytes())
			}, 0, 0, wire.TooLarge},
		{"a body of exactly the limit is read",
			func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, limit)) }, 200, limit, ""},
		{"a body of one byte more is refused",
			func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, limit+1)) }, 0, 0, wire.TooLarge},
		{"an error page over the limit still tells its status",
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(502)
				w.Write(make([]byte, limit+1))
			}, 502, 0, ""},
		{"an empty body is an answer",
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204, 0, ""},
		{"a body shorter than announced is broken",
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "100")
				w.Write([]byte("secret"))
			}, 0, 0, wire.Broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.handler)
			resp, err := wire.NewClient(s.Client(), 3).Get(t.Context(), s.URL+"/?q=secret", "", limit)
			if tt.err != "" {
				class(t, err, tt.err, hostOf(t, s.URL))
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status || len(resp.Body) != tt.length {
				t.Errorf("got %d with %d bytes, want %d with %d", resp.StatusCode, len(resp.Body), tt.status, tt.length)
			}
		})
	}
}

func TestFailure(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()

	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) {})
	rude := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		c, _, _ := w.(http.Hijacker).Hijack()
		c.Write([]byte("secret\r\n\r\n"))
		c.Close()
	})
	dial := func(err error) *http.Client {
		return &http.Client{Transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err },
		}}
	}
	failing := func(err error) *http.Client {
		return &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, err })}
	}

	tests := []struct {
		name   string
		client *http.Client
		url    string
		class  wire.Class
		unsent bool
	}{
		{"nobody listens", nil, "http://" + closed, wire.Refused, true},
		{"the name does not resolve", dial(&net.DNSError{Err: "secret", Name: "secret", IsNotFound: true}), "http://issuer.example", wire.NoSuchHost, true},
		{"the dialer fails with an error of its own", dial(errors.New("secret")), "http://issuer.example", wire.Unreachable, true},
		{"the connection breaks in the handshake", dial(io.ErrUnexpectedEOF), "https://issuer.example", wire.Unreachable, true},
		{"the certificate is not trusted", &http.Client{Transport: &http.Transport{}}, secure.URL, wire.TLS, false},
		{"the server does not speak TLS", nil, strings.Replace(plain.URL, "http:", "https:", 1), wire.TLS, false},
		{"the answer is not HTTP", rude.Client(), rude.URL, wire.Broken, false},
		{"a transport of the caller's fails for reasons unknown", failing(errors.New("secret")), "http://issuer.example", wire.Broken, false},
		{"a transport of the caller's returns nothing", failing(nil), "http://issuer.example", wire.Broken, false},
		{"a transport of the caller's panics", &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			panic("secret")
		})}, "http://issuer.example", wire.Panicked, false},
		{"a body of the caller's transport panics", &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, ContentLength: -1, Body: io.NopCloser(reader(func([]byte) (int, error) { panic("secret") })), Request: r}, nil
		})}, "http://issuer.example", wire.Panicked, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := url.Parse(tt.url + "/secret?secret=1")
			if err != nil {
				t.Fatal(err)
			}
			u.User = url.UserPassword("secret", "secret")
			_, err = wire.NewClient(tt.client, 3).Get(t.Context(), u.String(), "", limit)
			class(t, err, tt.class, u.Host)
			if got := wire.Unsent(fmt.Errorf("keys: %w", err)); got != tt.unsent {
				t.Errorf("Unsent %t, want %t", got, tt.unsent)
			}
		})
	}

	for _, raw := range []string{"http://issuer.example/\x7fsecret", "secret", "ftp://secret", "http:///secret", "//secret"} {
		t.Run("no request can be made of "+raw, func(t *testing.T) {
			_, err := wire.NewClient(nil, 0).Get(t.Context(), raw, "", limit)
			class(t, err, wire.Unsendable, "")
			if wire.Unsent(err) {
				t.Error("Unsent: sending it again would not help")
			}
		})
	}
	if wire.Unsent(nil) || wire.Unsent(errors.New("x")) {
		t.Error("Unsent knows only this package's errors")
	}
}

func TestTimeIsBounded(t *testing.T) {
	hang := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	drip := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Write([]byte{' '})
			w.(http.Flusher).Flush()
			select {
			case <-time.After(500 * time.Millisecond):
			case <-r.Context().Done():
			}
		}
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		own     time.Duration // Timeout of the caller's client
		ctx     time.Duration // 0: no deadline
		want    time.Duration
	}{
		{"R9111-08: a server that never answers is left at the deadline", hang, 0, 3 * time.Second, 3 * time.Second},
		{"R9111-08: a server that drips a byte at a time is left at the deadline", drip, 0, 3 * time.Second, 3 * time.Second},
		{"the client's own Timeout counts where it is shorter", hang, time.Second, 3 * time.Second, time.Second},
		{"the client's own Timeout bounds a drip", drip, time.Second, 3 * time.Second, time.Second},
		{"the client's own Timeout does not extend the deadline", hang, time.Minute, 3 * time.Second, 3 * time.Second},
		{"without any deadline ten seconds are enough", hang, 0, 0, 10 * time.Second},
		{"without any deadline a drip ends too", drip, 0, 0, 10 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := inMemory(t, tt.handler)
				c.Timeout = tt.own
				ctx := t.Context()
				if tt.ctx > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.ctx)
					defer cancel()
				}
				start := time.Now()
				_, err := wire.NewClient(c, 3).Get(ctx, "http://issuer.example/keys", "", limit)
				class(t, err, wire.Deadline, "issuer.example")
				if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
					t.Error("the error must match DeadlineExceeded and it alone")
				}
				if got := time.Since(start); got != tt.want {
					t.Errorf("ended after %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inMemory(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("secret")) })
		_, err := wire.NewClient(c, 0).Get(ctx, "http://issuer.example/", "", limit)
		class(t, err, wire.Canceled, "issuer.example")
		if !errors.Is(err, context.Canceled) || wire.Unsent(err) {
			t.Error("the error must match Canceled and not be sent again")
		}
	})
}

func TestCallersClientIsLeftAlone(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 {
			t.Error("a cookie came back")
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
	})
	own := s.Client()
	own.Jar, own.Timeout = jar, time.Minute
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
	c := wire.NewClient(own, 1)
	for range 2 {
		if _, err := c.Get(t.Context(), s.URL, "", limit); err != nil {
			t.Fatal(err)
		}
	}
	if own.Jar != jar || own.CheckRedirect == nil || own.Timeout != time.Minute {
		t.Error("the caller's client was changed")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type reader func([]byte) (int, error)

func (f reader) Read(p []byte) (int, error) { return f(p) }

// inMemory returns a client that reaches h over net.Pipe, whatever the host.
func inMemory(t *testing.T, h http.HandlerFunc) *http.Client {
	t.Helper()
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	s := &http.Server{Handler: h}
	go s.Serve(l)
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		select {
		case l.conns <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		s.Close()
	})
	return &http.Client{Transport: tr}
}

type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// exiting ends the goroutine that calls it, as t.FailNow in a RoundTripper does.
type exiting struct{}

func (exiting) RoundTrip(*http.Request) (*http.Response, error) {
	runtime.Goexit()
	return nil, nil
}

// A call that ends its goroutine fails, and is not counted among those that
// never return.
func TestExit(t *testing.T) {
	c := wire.NewClient(&http.Client{Transport: exiting{}}, 0)
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err := c.Get(ctx, "https://a.example/", "", limit)
		cancel()
		class(t, err, wire.Panicked, "a.example")
	}
}
