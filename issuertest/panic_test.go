package issuertest_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

// stderr returns what is written to the standard error stream while f runs.
func stderr(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func(before *os.File) { os.Stderr = before }(os.Stderr)
	os.Stderr = w
	written := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		written <- string(b)
	}()
	f()
	w.Close()
	return <-written
}

func TestPanicsOfTheCallersCodeAreTold(t *testing.T) {
	for name, row := range map[string]struct {
		path  string
		p     any
		wants []string // nil: nothing
	}{
		"of the Interaction":    {issuertest.EndpointAuthorization + "?" + authorization(nil).Encode(), "boo", []string{"boo", "panic_test.go"}},
		"of a page":             {"/page", "boo", []string{"boo", "panic_test.go"}},
		"unless they are meant": {"/page", http.ErrAbortHandler, nil},
	} {
		t.Run(name, func(t *testing.T) {
			iss := withApp(issuertest.NewInMemoryIssuer())
			defer iss.Close()
			iss.Interact(func(http.ResponseWriter, *http.Request, *issuertest.Authorization) { panic(row.p) })
			iss.Handle("/page", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(row.p) }))
			text := stderr(t, func() {
				if res, err := iss.Client().Get(iss.URL + row.path); err == nil {
					res.Body.Close()
					t.Errorf("answered %s", res.Status)
				}
			})
			for _, want := range row.wants {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in %q", want, text)
				}
			}
			if row.wants == nil && text != "" {
				t.Errorf("wrote %q", text)
			}
		})
	}
}
