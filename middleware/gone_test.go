package middleware_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// A client may close its sending half and still read. net/http ends the
// request's context then, and answers 200 for handlers that write nothing.
func TestClientThatOnlyStoppedSendingIsNotTold200(t *testing.T) {
	v := newFakeVerifier()
	server := httptest.NewServer(middleware.New(v, nil).Handler(http.NotFoundHandler()))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "POST /pay HTTP/1.1\r\nHost: rs.example\r\nContent-Length: 0\r\nAuthorization: Bearer wait"+tokenSuffix+"\r\n\r\n")
	<-v.entered
	conn.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(conn)
	if err != nil || len(got) != 0 {
		t.Errorf("answered %q, %v, want a closed connection", got, err)
	}
}

func TestReasonCanceledWithoutACanceledRequestIsAnswered(t *testing.T) {
	g := newGuard(nil, func() (*middleware.Token, error) {
		return nil, &middleware.Error{Reason: middleware.ReasonCanceled, Err: context.Canceled}
	})
	w := httptest.NewRecorder()
	g.Handler(unreachable(t)).ServeHTTP(w, bearer("any"))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503: whoever is still there must not read 200", w.Code)
	}
}

func TestDenyOutsideAServerWritesNothingWhereTheClientIsGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wrote := false
	w := &noticing{ResponseRecorder: httptest.NewRecorder(), wrote: &wrote}
	middleware.New(newFakeVerifier(), nil).Handler(unreachable(t)).ServeHTTP(w, bearer("wait"+tokenSuffix).WithContext(ctx))
	if wrote {
		t.Error("something was written")
	}
}

// A handler that could not decide, as the client left: nobody is told of a
// fault, and nothing is written.
func TestDenyWithoutAVerdictWhereTheClientIsGoneIsCanceled(t *testing.T) {
	for _, row := range []struct {
		name   string
		err    error
		reason middleware.Reason
		wrote  bool
	}{
		{"an error without a Code", context.Canceled, middleware.ReasonCanceled, false},
		{"an outage", &middleware.Error{Reason: middleware.ReasonKeysUnavailable}, middleware.ReasonCanceled, false},
		{"a Code has decided", middleware.InsufficientScope, middleware.ReasonInsufficientScope, true},
		{"no policy is our mistake all the same", &middleware.Error{Reason: middleware.ReasonNoPolicy}, middleware.ReasonNoPolicy, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			seen, wrote := newRecorder(), false
			w := &noticing{ResponseRecorder: httptest.NewRecorder(), wrote: &wrote}
			g := middleware.New(newFakeVerifier(), &middleware.Options{Observe: seen.observe})
			g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				cancel()
				middleware.Deny(w, r, row.err)
				equal(t, wrote, row.wrote)
				g.Deny(w, r, row.err) // as a router without http.Handler would
			})).ServeHTTP(w, bearer("good").WithContext(ctx))
			equal(t, wrote, row.wrote)
			events := seen.of(middleware.OpAuthorize)
			if len(events) != 1 || events[0].Reason != row.reason {
				t.Errorf("%v, want one with reason %s", events, row.reason)
			}
		})
	}
}

// noticing is a ResponseWriter that notices when something is written.
type noticing struct {
	*httptest.ResponseRecorder
	wrote *bool
}

func (n *noticing) WriteHeader(int) { *n.wrote = true }

func (n *noticing) Write(p []byte) (int, error) {
	*n.wrote = true
	return len(p), nil
}

// bearer is a request with this token.
func bearer(token string) *http.Request {
	r := httptest.NewRequest("GET", "/api/r", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// unreachable is a handler that must not run.
func unreachable(t *testing.T) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the handler ran for a request that is refused")
	})
}
