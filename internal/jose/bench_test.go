package jose_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/jose"
)

// bare is what a signature check costs at least: the hash and the standard library, on
// a key unpacked beforehand.
func bare(t testing.TB, alg string, public crypto.PublicKey, input string, signature []byte) func() {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return func() {
			digest := sha256.Sum256([]byte(input))
			var err error
			if alg == "PS256" {
				err = rsa.VerifyPSS(key, crypto.SHA256, digest[:], signature, nil)
			} else {
				err = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	case *ecdsa.PublicKey:
		return func() {
			digest := sha256.Sum256([]byte(input))
			r := new(big.Int).SetBytes(signature[:32])
			s := new(big.Int).SetBytes(signature[32:])
			if !ecdsa.Verify(key, digest[:], r, s) {
				t.Fatal("ecdsa refuses")
			}
		}
	case ed25519.PublicKey:
		return func() {
			if !ed25519.Verify(key, []byte(input), signature) {
				t.Fatal("ed25519 refuses")
			}
		}
	}
	t.Fatalf("no bare check for %T", public)
	return nil
}

// checks returns Verify and the bare check of one signature over an input as long as a
// usual access token.
func checks(t testing.TB, alg string) (verify, reference func()) {
	t.Helper()
	input := strings.Repeat("eyJhbGciOiJSUzI1NiJ9", 35)
	signer := newSigner(t, alg)
	key := parse(t, signer.jwk())
	signature := signer.sign(t, input)
	verify = func() {
		if err := key.Verify(alg, []byte(input), signature); err != nil {
			t.Fatal(err)
		}
	}
	return verify, bare(t, alg, key.Public(), input, signature)
}

// BenchmarkVerify also reports "x", the cost as a multiple of the bare check, from pairs
// of short batches: the speed of a shared machine moves within seconds.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range []string{"RS256", "PS256", "ES256", "Ed25519"} {
		b.Run(alg, func(b *testing.B) {
			verify, reference := checks(b, alg)
			batch := func(f func()) float64 {
				start := time.Now()
				for range 10 {
					f()
				}
				return float64(time.Since(start))
			}
			var ratios []float64
			for range 100 {
				before, it, after := batch(reference), batch(verify), batch(reference)
				ratios = append(ratios, 2*it/(before+after))
			}
			slices.Sort(ratios)
			b.ReportAllocs()
			for b.Loop() {
				verify()
			}
			b.ReportMetric(ratios[len(ratios)/2], "x")
		})
	}
}

func TestVerifyAllocatesLittle(t *testing.T) {
	for alg, limit := range map[string]float64{"RS256": 4, "PS256": 4, "ES256": 10, "Ed25519": 3} {
		verify, reference := checks(t, alg)
		if n := testing.AllocsPerRun(20, verify) - testing.AllocsPerRun(20, reference); n > limit {
			t.Errorf("%s: %v allocations more than the bare check", alg, n)
		}
	}
}

func BenchmarkParseHeader(b *testing.B) {
	segment := encode([]byte(`{"alg":"RS256","kid":"2f1c6b0e-9d0a-4a1e","typ":"at+jwt"}`))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jose.ParseHeader(segment); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseKey(b *testing.B) {
	for _, alg := range []string{"RS256", "ES256", "Ed25519"} {
		b.Run(alg, func(b *testing.B) {
			jwk := newSigner(b, alg).jwk()
			b.ReportAllocs()
			for b.Loop() {
				parse(b, jwk)
			}
		})
	}
}
