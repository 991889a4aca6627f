package jose_test

import (
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/jose"
)

// R7515-01, R8725-07: exactly three segments, none empty.
func TestSplit(t *testing.T) {
	const limit = 1 << 10
	full := "h." + strings.Repeat("p", limit-4) + ".s"
	for _, tt := range []struct {
		name, compact string
		ok            bool
	}{
		{"three segments", "header.payload.signature", true},
		{"as long as allowed", full, true},
		{"one byte longer", full + "s", false},
		{"nothing", "", false},
		{"one segment", "header", false},
		{"two segments", "header.payload", false},
		{"four segments", "header.payload.signature.more", false},
		{"five segments, as a JWE has", "a.b.c.d.e", false},
		{"a dot at the end", "header.payload.signature.", false},
		{"a dot at the start", ".header.payload.signature", false},
		{"an empty header", ".payload.signature", false},
		{"an empty payload", "header..signature", false},
		{"an empty signature", "header.payload.", false},
		{"dots alone", "..", false},
		{"the JSON form", `{"payload":"cGF5bG9hZA","protected":"eyJhbGciOiJSUzI1NiJ9","signature":"c2ln"}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header, payload, signature, err := jose.Split(tt.compact, limit)
			if (err == nil) != tt.ok {
				t.Fatal(err)
			}
			if tt.ok && header+"."+payload+"."+signature != tt.compact {
				t.Errorf("%q, %q, %q", header, payload, signature)
			}
			if !tt.ok && header+payload+signature != "" {
				t.Errorf("segments beside an error: %q, %q, %q", header, payload, signature)
			}
		})
	}
}
