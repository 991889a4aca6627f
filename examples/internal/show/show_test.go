package show_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/internal/show"
)

// api answers with what it was sent.
var api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header()["WWW-Authenticate"] = []string{"Basic", "Bearer"}
	w.Header().Set("Retry-After", "7")
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprintf(w, "%s %s %q %q", r.Method, r.URL, body, r.Header["X"])
})

// example serves api, goes on the tour and has one thing to try.
func example(tour func(*show.Run) error) func(*show.Run) error {
	return func(r *show.Run) error {
		r.Try("curl %s", "it")
		return r.Serve(api, func() error { return tour(r) })
	}
}

func TestRows(t *testing.T) {
	out, err := show.Once(t.Context(), example(func(r *show.Run) error {
		table := r.Table(6, 8)
		table.Send("as due", "GET /a", 503)
		table.Send("other", "GET /a", 200)
		r.Row("cells ", "1", 2)
		return nil
	}))
	const want = `as due GET /a   503
    Basic
    Bearer
    Retry-After: 7
other  GET /a   503   <- expected 200
    Basic
    Bearer
    Retry-After: 7
cells 1   <- expected 2
`
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	if err == nil || err.Error() != "2 answers were not as expected" {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsSent(t *testing.T) {
	for request, want := range map[string]string{
		"GET /a?b=c":           `GET /a?b=c "" ["1" "2: 3"]`,
		`POST /a {"b": "c d"}`: `POST /a "{\"b\": \"c d\"}" ["1" "2: 3"]`,
	} {
		_, err := show.Once(t.Context(), example(func(r *show.Run) error {
			if got := r.Ask(request, show.Header("X: 1", "X: 2: 3")); got.Body != want || got.String() != "503" {
				t.Errorf("%s: %v %s, want %s", request, got, got.Body, want)
			}
			return nil
		}))
		if err != nil {
			t.Error(err)
		}
	}
	if got := show.Bearer("a.b.c"); got != "Authorization: Bearer a.b.c" {
		t.Error(got)
	}
}

// An answer that never came is not the one that was expected.
func TestNoAnswer(t *testing.T) {
	out, err := show.Once(t.Context(), func(r *show.Run) error {
		listener, err := r.Listen()
		if err != nil {
			return err
		}
		listener.Close()
		r.Table(0, 0).Send("what", "GET /", 0)
		return r.Wait(nil)
	})
	if err == nil || !strings.HasPrefix(out, "what GET / failed: ") || !strings.HasSuffix(out, "   <- expected 0\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTryingTakesAServer(t *testing.T) {
	nothing := example(func(*show.Run) error { return nil })
	if out, err := show.Once(t.Context(), nothing); err != nil || out != "" {
		t.Errorf("-once: %v\n%s", err, out)
	}
	served := false
	err := show.Interrupted(t.Context(), nothing, func(printed string) {
		served = true
		if printed != "\nTry it:\n  curl it\n\nServing until Ctrl-C.\n" {
			t.Errorf("printed\n%s", printed)
		}
	})
	if err != nil || !served {
		t.Errorf("served: %t, shutdown: %v", served, err)
	}
}

func TestWhatEndsAnExample(t *testing.T) {
	broken := errors.New("broken")
	failed := make(chan error, 1)
	failed <- broken
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, row := range []struct {
		name, want string
		run        func(*show.Run) error
	}{
		{"the tour cannot go on", "broken", example(func(*show.Run) error { return broken })},
		{"an answer was wrong", "1 answers", example(func(r *show.Run) error { r.Wrong("no"); return nil })},
		{"the server fails", "broken", func(r *show.Run) error {
			r.Context = t.Context() // not interrupted
			return r.Wait(failed)
		}},
		{"the port is taken", "address already in use", func(r *show.Run) error {
			r.Addr = taken.Addr().String()
			return r.Serve(api, func() error { return nil })
		}},
		{"it just ends", "before it was interrupted", func(*show.Run) error { return nil }},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := show.Interrupted(t.Context(), row.run, func(string) {})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %q", err, row.want)
			}
		})
	}
}
