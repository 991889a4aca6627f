package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/internal/show"
)

// The table's own expectations are the test: run fails when one is not met.
func TestOnce(t *testing.T) {
	t.Parallel()
	out, err := show.Once(t.Context(), run)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"    event: expired\n", `error="invalid_token", error_description="The access token expired"`} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "curl") {
		t.Errorf("there is no server left to try:\n%s", out)
	}
}

var curl = regexp.MustCompile(`\nTry it:\n  curl -iN -H 'Authorization: (.+)' (.+)\n`)

// Streams end with the server: it would wait for them otherwise.
func TestServesUntilInterrupted(t *testing.T) {
	t.Parallel()
	var stream *http.Response
	err := show.Interrupted(t.Context(), run, func(printed string) {
		m := curl.FindStringSubmatch(printed)
		if m == nil {
			t.Fatalf("nothing to try:\n%s", printed)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m[2], nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", m[1])
		if stream, err = http.DefaultClient.Do(r); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatalf("shutdown: %v", err)
	}
	defer stream.Body.Close()
	got, err := io.ReadAll(stream.Body)
	if err != nil || stream.StatusCode != http.StatusOK || strings.Contains(string(got), "event: expired") {
		t.Errorf("%s, %v:\n%s", stream.Status, err, got)
	}
}
