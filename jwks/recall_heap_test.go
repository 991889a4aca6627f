package jwks_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/warder-go/warder/jwks"
)

// heap is how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools take two
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What is remembered takes no more than CacheSize says, 4 KiB each, in whatever shape
// tokens come: text with escapes is kept as it came and as it reads.
func TestRecallIsBoundedInBytesOfTheHeap(t *testing.T) {
	const size, limit = 200, 200 * 4 << 10
	escaped := func(length int) json.RawMessage {
		return json.RawMessage(`"\u0041` + strings.Repeat("x", length) + `"`)
	}
	audience := []any{resource}
	for range 63 {
		audience = append(audience, escaped(100))
	}
	members := object{}
	for n := range 200 {
		members[fmt.Sprint("m", n)] = "v"
	}
	for name, claims := range map[string]object{
		"a long text":                   {"sub": strings.Repeat("x", 9000)},
		"a long text with an escape":    {"sub": escaped(9000)},
		"escapes alone":                 {"sub": json.RawMessage(`"` + strings.Repeat(`\n`, 4500) + `"`)},
		"many scopes":                   {"scope": "read" + strings.Repeat(" a", 255)},
		"many audiences with an escape": {"aud": audience},
		"many members of cnf":           {"cnf": members},
	} {
		t.Run(name, func(t *testing.T) {
			tokens := make([]string, size)
			for i := range tokens {
				tokens[i] = ed().token(claims)
			}
			v := verifier(t, func(c *jwks.Config) { c.KeySet, c.CacheSize = parsed(t, all()...), size })
			before := heap()
			for _, token := range tokens {
				if _, err := v.Verify(t.Context(), token, nil); err != nil {
					t.Fatal(err)
				}
			}
			if kept := heap() - before; kept > limit+limit/6 {
				t.Errorf("%d bytes, want %d at most", kept, limit)
			}
			runtime.KeepAlive(v)
			runtime.KeepAlive(tokens)
		})
	}
}

// Of the header of a token, which may be as long as the rest, its kid alone is kept.
func TestRecallKeepsNoHeaderAlive(t *testing.T) {
	const size = 500
	v := verifier(t, func(c *jwks.Config) { c.KeySet, c.CacheSize = parsed(t, all()...), size })
	with := func(member string) string { return ed().tokenAs(object{"x": member}, nil) }
	verify := func(tokens []string) {
		t.Helper()
		for _, token := range tokens {
			if _, err := v.Verify(t.Context(), token, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A few headers are kept on purpose, as issuers write the same ones again: these.
	short, long := make([]string, 200), make([]string, size)
	for i := range short {
		short[i] = with(fmt.Sprint(i))
	}
	for i := range long {
		long[i] = with(fmt.Sprint(strings.Repeat("x", 2700), i))
	}
	verify(short)
	before := heap()
	verify(long)
	if each := (heap() - before) / size; each > 2000 {
		t.Errorf("%d bytes are kept of each token", each)
	}
	runtime.KeepAlive(v)
	runtime.KeepAlive(long)
}
