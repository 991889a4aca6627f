package jose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/jose"
)

// hostileSets returns sets of about size bytes that were made to cost time, by what is
// in them.
func hostileSets(t testing.TB, size int) map[string]string {
	good := newSigner(t, "ES256").jwk()
	set := func(entries string) string { return `{"keys":[` + entries + `,` + good + `]}` }
	room := size - len(set(""))
	// list has as many elements as there is room for.
	list := func(before string, element func(n int) string, after string) string {
		b := []byte(before + element(0))
		for n := 1; len(b)+len(after) < room-len(element(n)); n++ {
			b = append(append(b, ','), element(n)...)
		}
		return set(string(b) + after)
	}
	same := func(element string) func(int) string { return func(int) string { return element } }
	number := func(n int) string { return fmt.Sprintf(`"%04x"`, n) }
	text := func(before, letter, after string) string {
		return set(before + strings.Repeat(letter, (room-len(before)-len(after))/len(letter)) + after)
	}
	// entries is as many keys as there may be, filled up with a member that nobody knows.
	entries := func(key string) string {
		n := min(99, room/(len(key)+12))
		fill := strings.Repeat("A", room/n-len(key)-11)
		return strings.TrimSuffix(strings.Repeat(key[:len(key)-1]+`,"fill":"`+fill+`"},`, n), ",")
	}
	useless := `{"kty":"EC","use":"enc","kid":"` + strings.Repeat(`\u0001`, 16) + `"}`
	zeros := strings.Repeat("A", 88)
	return map[string]string{
		"key_ops":                   list(`{"kty":"EC","key_ops":[`, number, `]}`),
		"key_ops that are equal":    list(`{"kty":"EC","key_ops":[`, same(`""`), `]}`),
		"sixteen long key_ops":      list(`{"kty":"EC","key_ops":[`, func(n int) string { return `"` + strings.Repeat("A", room/17) + number(n)[1:] }, `]}`),
		"certificates":              list(`{"kty":"EC","x5c":[`, number, `]}`),
		"other primes":              list(`{"kty":"RSA","oth":[`, same(`{}`), `]}`),
		"a modulus":                 text(`{"kty":"RSA","e":"AQAB","n":"`, "A", `"}`),
		"an exponent":               text(`{"kty":"RSA","n":"AQAB","e":"`, "A", `"}`),
		"a coordinate":              text(`{"kty":"EC","crv":"P-256","y":"A","x":"`, "A", `"}`),
		"a kid":                     text(`{"kty":"EC","kid":"`, "A", `"}`),
		"a kid of escapes":          text(`{"kty":"EC","kid":"`, `\u0041`, `"}`),
		"a kty":                     text(`{"kty":"`, "A", `"}`),
		"one number":                text(`{"kty":"EC","a":1`, "1", `}`),
		"spaces":                    text(`{"kty":"EC"`, " ", `}`),
		"numbers":                   list(`{"kty":"EC","a":[`, same(`1`), `]}`),
		"arrays in arrays":          list(`{"kty":"EC","a":[`, same(`[[[[[[[[[[]]]]]]]]]]`), `]}`),
		"objects in objects":        list(`{"kty":"EC","a":[`, same(`{"":{"":{"":{"":{}}}}}`), `]}`),
		"members":                   list(`{`, func(n int) string { return number(n) + `:"` + strings.Repeat("A", 33) + `"` }, `}`),
		"members with escapes":      list(`{`, func(n int) string { return `"\u0041` + number(n)[1:] + `:"` + strings.Repeat("A", 28) + `"` }, `}`),
		"RSA keys":                  set(entries(newSigner(t, "RS256").jwk())),
		"EC keys":                   set(entries(good)),
		"Ed25519 keys":              set(entries(newSigner(t, "Ed25519").jwk())),
		"points off the curve":      set(entries(`{"kty":"EC","crv":"P-521","x":"` + zeros + `","y":"` + zeros + `"}`)),
		"unusable keys":             set(entries(useless)),
		"unusable keys and no good": `{"keys":[` + entries(useless) + `]}`,
	}
}

// told reads a set and writes down what is the matter with it, as a log does.
func told(document string) string {
	_, unusable, err := jose.ParseSet(document)
	return fmt.Sprint(unusable, err)
}

// What takes milliseconds took minutes of a core where work grew with the square of
// the bytes: a bound far above the one and far below the other.
func TestHostileSetsTakeNoTime(t *testing.T) {
	for name, document := range hostileSets(t, jose.MaxKeySet) {
		t.Run(name, func(t *testing.T) {
			if len(document) > jose.MaxKeySet || len(document) < jose.MaxKeySet*9/10 {
				t.Fatalf("a set of %d bytes", len(document))
			}
			began := time.Now()
			text := told(document)
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("took %v", took)
			}
			if len(text) > 64<<10 {
				t.Errorf("%d bytes are told of it", len(text))
			}
		})
	}
}

// BenchmarkHostileSet shows that MB/s do not fall as sets grow.
func BenchmarkHostileSet(b *testing.B) {
	for _, size := range []int{16 << 10, 128 << 10, jose.MaxKeySet} {
		for name, document := range hostileSets(b, size) {
			b.Run(fmt.Sprintf("%s/%dKiB", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(document)))
				b.ReportAllocs()
				for b.Loop() {
					told(document)
				}
			})
		}
	}
}

// Every array and member has a bound, and what is above it is told without its value.
func TestParseKeyBounds(t *testing.T) {
	rsa, ec, okp := newSigner(t, "RS256"), newSigner(t, "ES256"), newSigner(t, "Ed25519")
	ops := func(n int) []string {
		ops := []string{"verify"}
		for i := range n - 1 {
			ops = append(ops, fmt.Sprint("op", i))
		}
		return ops
	}
	fill := func(size int) string {
		return ec.jwk(m{"x5c": strings.Repeat("A", size-len(ec.jwk(m{"x5c": ""})))})
	}
	octets := func(n int) string { return encode([]byte(strings.Repeat("\xff", n))) }
	const value = "jose: JWK does not hold a valid public key: "
	for _, tt := range []struct{ name, jwk, want string }{
		{"sixteen key_ops", ec.jwk(m{"key_ops": ops(16)}), ""},
		{"seventeen key_ops", ec.jwk(m{"key_ops": ops(17)}), "jose: JWK is not for verifying signatures: more than 16 key_ops"},
		{"a key of 64 KiB", fill(64 << 10), ""},
		{"a key of more", fill(64<<10 + 1), "jose: JWK of more than 64 KiB"},
		{"a modulus of 4096 octets", rsa.jwk(m{"n": octets(4096)}), value + "n has not 2048 to 4096 bits"},
		{"a modulus of more", rsa.jwk(m{"n": octets(4097)}), value + "n has more than 4096 octets"},
		{"an exponent of more", rsa.jwk(m{"e": octets(4097)}), value + "e has more than 4096 octets"},
		{"an x of more", ec.jwk(m{"x": octets(4097)}), value + "x has more than 4096 octets"},
		{"a y of more", ec.jwk(m{"y": octets(4097)}), value + "y has more than 4096 octets"},
		{"an Ed25519 x of more", okp.jwk(m{"x": octets(4097)}), value + "x has more than 4096 octets"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := jose.ParseKey(tt.jwk)
			if got := fmt.Sprint(err); err != nil && got != tt.want || err == nil && tt.want != "" {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
