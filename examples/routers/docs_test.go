package routers_test

import (
	"testing"

	"github.com/warder-go/warder/internal/snippet"
)

// The pages show code for chi, gin, echo and rs/cors, which the main module does
// not require and this one does.
func TestGoInPagesCompiles(t *testing.T) {
	const root = "../.."
	main, err := snippet.KnownTo(root)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := snippet.KnownTo(".")
	if err != nil {
		t.Fatal(err)
	}
	all, err := snippet.ReadAll(root)
	if err != nil {
		t.Fatal(err)
	}
	var here []snippet.Snippet
	for _, s := range all {
		if !main.HasAll(s) && ours.HasAll(s) {
			here = append(here, s)
		}
	}
	if err := snippet.Compile(".", here); err != nil {
		t.Error(err)
	}
}
