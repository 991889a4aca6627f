package claims_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/internal/strictjson"
)

// BenchmarkLargeTokens reads and judges what makes most work for its length. MB/s stay
// about the same from the shortest to the longest, so work is linear in bytes.
func BenchmarkLargeTokens(b *testing.B) {
	r := claims.NewRules(claims.Config{Issuer: "i", Audience: []string{"api"}, PreRFC9068: true, ScopeClaims: []string{"scp"}})
	numbered := func(format string) func(int) string {
		return func(size int) string {
			var all []string
			for n := range size / (len(format) + 3) {
				all = append(all, fmt.Sprintf(format, n))
			}
			return strings.Join(all, ",")
		}
	}
	for _, kind := range []struct {
		name   string
		claims func(size int) string
	}{
		{"members", numbered(`"%05d":0`)},
		{"members that are null", numbered(`"%05d":null`)},
		{"scopes", func(size int) string { return `"scp":"` + strings.Repeat("a ", size/2) + `"` }},
		{"scopes in a list", func(size int) string { return `"scp":[` + numbered(`"%05d"`)(size) + `]` }},
		{"spaces", func(size int) string { return `"scp":"` + strings.Repeat(" ", size) + `"` }},
		{"audiences", func(size int) string { return `"aud":[` + numbered(`"%05d"`)(size) + `]` }},
		{"members of cnf", func(size int) string { return `"cnf":{` + numbered(`"%05d":0`)(size) + `}` }},
		{"details", func(size int) string {
			return `"authorization_details":[` + strings.TrimSuffix(strings.Repeat(`{"type":"x"},`, size/13), ",") + `]`
		}},
	} {
		for _, size := range []int{1 << 10, 4 << 10, 16 << 10} {
			doc := "{" + kind.claims(size) + "}"
			b.Run(fmt.Sprintf("%s/%d", kind.name, size), func(b *testing.B) {
				b.SetBytes(int64(len(doc)))
				b.ReportAllocs()
				for b.Loop() {
					o, err := strictjson.Parse(doc)
					if err != nil {
						b.Fatal(err)
					}
					r.Judge(r.Read(o, []byte(doc), false), time.Now())
				}
			})
		}
	}
}
