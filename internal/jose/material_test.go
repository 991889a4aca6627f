package jose_test

import (
	"crypto/ed25519"
	"math/big"
	"slices"
	"testing"

	"github.com/warder-go/warder/internal/jose"
)

// An Ed25519 key of small order is one that anybody can sign for.
func TestParseKeyRefusesSmallOrder(t *testing.T) {
	one := big.NewInt(1)
	p := new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	d := new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), p))
	mod := func(n *big.Int) *big.Int { return n.Mod(n, p) }

	// A point whose double has y = 0 has x² = -y², so that by the curve equation
	// d·y⁴ + 2y² = 1, and y² = (-1 ± √(1+d)) / d.
	root := new(big.Int).ModSqrt(mod(new(big.Int).Add(one, d)), p)
	if root == nil {
		t.Fatal("1+d has no root")
	}
	ys := []*big.Int{new(big.Int), one, new(big.Int).Sub(p, one)}
	for _, r := range []*big.Int{root, new(big.Int).Neg(root)} {
		square := mod(new(big.Int).Mul(new(big.Int).Sub(r, one), new(big.Int).ModInverse(mod(new(big.Int).Set(d)), p)))
		if y := new(big.Int).ModSqrt(square, p); y != nil {
			ys = append(ys, y, new(big.Int).Sub(p, y))
		}
	}
	if len(ys) != 5 {
		t.Fatalf("%d values of y", len(ys))
	}
	// The same points with y written as y+p, where that fits 255 bits.
	ys = append(ys, p, new(big.Int).Add(p, one), new(big.Int).Add(p, big.NewInt(18)))

	forgeable := 0
	for _, y := range ys {
		for _, sign := range []byte{0, 0x80} {
			public := y.FillBytes(make([]byte, 32))
			slices.Reverse(public)
			public[31] |= sign
			s := signer{members: publicMembers(ed25519.PublicKey(public))}
			if _, err := jose.ParseKey(s.jwk()); err == nil {
				t.Errorf("accepted: y = %x, sign %x", y, sign)
			}
			// R of order 1 and S of zero verify whenever the hash is a multiple of the order.
			for n := range 64 {
				if ed25519.Verify(public, []byte{byte(n)}, append([]byte{1}, make([]byte, 63)...)) {
					forgeable++
					break
				}
			}
		}
	}
	if forgeable < 5*2 {
		t.Errorf("%d of these keys can be signed for without a private key; the test is about nothing", forgeable)
	}
	if _, err := jose.ParseKey(newSigner(t, "Ed25519").jwk()); err != nil {
		t.Error(err)
	}
}

// About every second y is on no point of the curve. crypto/ed25519 takes such a key.
func TestParseKeyRefusesWhatIsNoPoint(t *testing.T) {
	one := big.NewInt(1)
	p := new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	d := new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), p))
	points := 0
	for n := range int64(200) {
		y := big.NewInt(n + 2)
		square := new(big.Int).Mul(y, y)
		denominator := new(big.Int).Add(new(big.Int).Mul(d, square), one)
		x := new(big.Int).Mul(new(big.Int).Sub(square, one), new(big.Int).ModInverse(denominator.Mod(denominator, p), p))
		isPoint := new(big.Int).ModSqrt(x.Mod(x, p), p) != nil
		if isPoint {
			points++
		}
		public := y.FillBytes(make([]byte, 32))
		slices.Reverse(public)
		s := signer{members: publicMembers(ed25519.PublicKey(public))}
		if _, err := jose.ParseKey(s.jwk()); (err == nil) != isPoint {
			t.Errorf("y = %d: %v, on the curve: %t", n+2, err, isPoint)
		}
	}
	if points < 50 || points > 150 {
		t.Errorf("%d of 200 are points", points)
	}
	for range 50 {
		if _, err := jose.ParseKey(newSigner(t, "Ed25519").jwk()); err != nil {
			t.Error(err)
		}
	}
}
