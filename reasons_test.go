package warder_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/warder-go/warder/middleware"
)

func TestTheDocumentExplainsEveryReason(t *testing.T) {
	text, err := os.ReadFile("docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	// Reason, meaning, usual cause, what to do, whose fault.
	row := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| [^|]+ \\| [^|]+ \\| [^|]+ \\| (client|issuer|operator|us|nobody) \\|$")
	var documented []middleware.Reason
	for _, m := range row.FindAllSubmatch(text, -1) {
		documented = append(documented, middleware.Reason(m[1]))
	}
	if want := middleware.Reasons(); !slices.Equal(documented, want) {
		t.Errorf("docs/reasons.md explains, in this order,\n%q\nmiddleware.Reasons() has\n%q", documented, want)
	}
	// A line that is nearly a row would otherwise be overlooked.
	if lines := regexp.MustCompile("(?m)^\\| `").FindAll(text, -1); len(lines) != len(documented) {
		t.Errorf("%d lines look like rows, %d are", len(lines), len(documented))
	}
}
