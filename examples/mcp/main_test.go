package main

import (
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/internal/show"
)

// The table's own expectations are the test: run fails when one is not met.
func TestOnce(t *testing.T) {
	out, err := show.Once(t.Context(), run)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`"subject":"user"`, `error="insufficient_scope"`, "resource_metadata="} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "curl") {
		t.Errorf("there is no server left to try:\n%s", out)
	}
}

func TestServesUntilInterrupted(t *testing.T) {
	err := show.Interrupted(t.Context(), run, func(printed string) {
		if !strings.Contains(printed, "\nTry it:\n  curl -i ") {
			t.Errorf("nothing to try:\n%s", printed)
		}
	})
	if err != nil {
		t.Errorf("shutdown: %v", err)
	}
}
