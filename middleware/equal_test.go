package middleware_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// equal compares what a test got with what it wants.
func equal[T any](t *testing.T, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
