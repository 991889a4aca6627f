package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/strictjson"
)

// claims is a realistic access token of eleven claims.
const claims = `{"iss":"https://issuer.example/tenants/7d1b0c6e","sub":"248289761001","aud":["https://api.example","https://reports.example"],` +
	`"exp":1999999999,"iat":1999996399,"nbf":1999996399,"jti":"b1c7f2e0-5a0e-4a0f-9a64-1f3f1f0a9a11","client_id":"s6BhdRkqt3","scope":"notes:read notes:write reports:read profile",` +
	`"auth_time":1999990000,"cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},"roles":["editor","reviewer"],"tenant":{"id":"7d1b0c6e-9d0a-4a1e-8a0e-1f3f1f0a9a11","plan":"standard"}}`

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(claims)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := strictjson.Parse(claims); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseManyMembers is what a stranger would send: as many members as fit. MB/s
// stay about the same from the shortest to the longest, so work is linear in bytes.
func BenchmarkParseManyMembers(b *testing.B) {
	for _, kind := range []struct{ name, member, in string }{
		{"members", `"%05d":0`, "{%s}"},
		{"long names", `"` + strings.Repeat("n", 38) + `%05d":0`, "{%s}"},
		{"escaped names", `"\u0061%05d":0`, "{%s}"},
		{"members, nested", `"%05d":0`, `{"a":{%s}}`},
		{"elements", `"%05d"`, `{"a":[%s]}`},
	} {
		for _, size := range []int{1 << 10, 4 << 10, 16 << 10, 64 << 10} {
			var members []string
			for n := range size / (len(kind.member) + 2) {
				members = append(members, fmt.Sprintf(kind.member, n))
			}
			doc := fmt.Sprintf(kind.in, strings.Join(members, ","))
			b.Run(fmt.Sprintf("%s/%d", kind.name, size), func(b *testing.B) {
				b.SetBytes(int64(len(doc)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := strictjson.Parse(doc); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkBase64URL(b *testing.B) {
	s := strings.Repeat("eyJh", 200)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := strictjson.Base64URL(s); err != nil {
			b.Fatal(err)
		}
	}
}
