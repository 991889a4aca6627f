package jose

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"

	"github.com/warder-go/warder/internal/strictjson"
)

// RSA keys of other sizes are unusable: shorter ones are weak (RFC 7518 §3.3), longer
// ones cost more time than a stranger should be able to ask for.
const (
	minModulus = 2048 // bits
	maxModulus = 4096 // bits
)

func (k *Key) parseRSA(members strictjson.Object) error {
	n, modulus, err := octets(members, "n")
	if err != nil {
		return err
	}
	e, exponent, err := octets(members, "e")
	if err != nil {
		return err
	}
	// Base64urlUInt has no leading zero octet (RFC 7518 §2); an even modulus is no
	// product of two odd primes.
	switch {
	case len(modulus) > 0 && modulus[0] == 0 || len(exponent) > 0 && exponent[0] == 0:
		return fmt.Errorf("%w: n or e has a leading zero octet (RFC 7518 §2)", errKeyValue)
	case len(modulus) == 0 || len(modulus) > maxModulus/8:
		return fmt.Errorf("%w: n has not 2048 to 4096 bits", errKeyValue)
	case modulus[len(modulus)-1]&1 == 0:
		return fmt.Errorf("%w: n is even", errKeyValue)
	case len(exponent) == 0 || len(exponent) > 4:
		return fmt.Errorf("%w: e is not from 3 to 2³¹-1", errKeyValue)
	}
	N := new(big.Int).SetBytes(modulus)
	if N.BitLen() < minModulus {
		return fmt.Errorf("%w: n has not 2048 to 4096 bits", errKeyValue)
	}
	var E uint32
	for _, b := range exponent {
		E = E<<8 | uint32(b)
	}
	if E < 3 || E&1 == 0 || E > 1<<31-1 {
		return fmt.Errorf("%w: e is even, or not from 3 to 2³¹-1", errKeyValue)
	}
	k.public = &rsa.PublicKey{N: N, E: int(E)}
	k.signature = len(modulus)
	k.digestOf(`{"e":"` + e + `","kty":"RSA","n":"` + n + `"}`)
	return nil
}

func (k *Key) parseEC(members strictjson.Object) (err error) {
	if k.curve, _, err = text(members, "crv"); err != nil {
		return err
	}
	var curve elliptic.Curve
	switch k.curve {
	case "P-256":
		curve = elliptic.P256()
	case "P-384":
		curve = elliptic.P384()
	case "P-521":
		curve = elliptic.P521()
	default:
		return fmt.Errorf("%w: crv", errKeyType)
	}
	x, xOctets, err := octets(members, "x")
	if err != nil {
		return err
	}
	y, yOctets, err := octets(members, "y")
	if err != nil {
		return err
	}
	// Each coordinate has the length of the field, neither more nor less (RFC 7518 §6.2.1.2).
	size := (curve.Params().BitSize + 7) / 8
	if len(xOctets) != size || len(yOctets) != size {
		return fmt.Errorf("%w: x or y is not as long as the curve's field (RFC 7518 §6.2.1.2)", errKeyValue)
	}
	point := make([]byte, 0, 1+2*66)
	point = append(append(append(point, 4), xOctets...), yOctets...)
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point) // judges that it is on the curve
	if err != nil {
		return fmt.Errorf("%w: x and y are no point on the curve", errKeyValue)
	}
	k.public = public
	k.signature = 2 * size
	k.digestOf(`{"crv":"` + k.curve + `","kty":"EC","x":"` + x + `","y":"` + y + `"}`)
	return nil
}

func (k *Key) parseOKP(members strictjson.Object) (err error) {
	if k.curve, _, err = text(members, "crv"); err != nil {
		return err
	}
	if k.curve != "Ed25519" {
		return fmt.Errorf("%w: crv", errKeyType)
	}
	x, public, err := octets(members, "x")
	if err != nil {
		return err
	}
	switch {
	case len(public) != ed25519.PublicKeySize:
		return fmt.Errorf("%w: x has not 32 octets", errKeyValue)
	case weakPoint([32]byte(public)):
		return fmt.Errorf("%w: x is of small order, or not the one spelling of its point", errKeyValue)
	case !onEdwards25519([32]byte(public)):
		return fmt.Errorf("%w: x is no point on the curve", errKeyValue)
	}
	k.public = ed25519.PublicKey(public)
	k.signature = ed25519.SignatureSize
	k.digestOf(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`)
	return nil
}

// weakPoint tells whether an encoded Ed25519 point is of small order, so that anybody can
// sign for it, or is not the one encoding of its point (RFC 8032 §5.1.3). crypto/ed25519
// takes both.
func weakPoint(p [32]byte) bool {
	p[31] &^= 0x80 // the sign of x; what remains is y, little-endian
	for _, y := range smallOrder {
		if p == y {
			return true
		}
	}
	if p[0] < 0xed || p[31] != 0x7f {
		return false
	}
	for _, b := range p[1:31] {
		if b != 0xff {
			return false
		}
	}
	return true // y is not below 2²⁵⁵-19
}

// The field and the constant of edwards25519: -x² + y² = 1 + d·x²·y² (RFC 8032 §5.1).
var (
	p25519 = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	d25519 = new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), p25519))
)

// onEdwards25519 tells whether an encoded point can be decoded (RFC 8032 §5.1.3): x² =
// (y²-1)/(d·y²+1) has a root. crypto/ed25519 takes other keys too, and then no signature.
// A product has a root when the quotient has one; x is not zero, as [weakPoint] has seen.
func onEdwards25519(p [32]byte) bool {
	p[31] &^= 0x80
	slices.Reverse(p[:])
	one := big.NewInt(1)
	square := new(big.Int).SetBytes(p[:])
	square.Mod(square.Mul(square, square), p25519)
	u := new(big.Int).Sub(square, one)
	v := square.Add(square.Mul(square, d25519), one)
	u.Mod(u.Mul(u, v), p25519)
	return big.Jacobi(u, p25519) == 1
}

// smallOrder is y of every point whose order divides 8.
var smallOrder = [...][32]byte{
	{},        // order 4
	{0: 0x01}, // order 1
	y("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), // order 2
	y("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), // order 8
	y("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), // order 8
}

func y(digits string) [32]byte {
	octets, err := hex.DecodeString(digits)
	if err != nil {
		panic("jose: " + err.Error())
	}
	return [32]byte(octets)
}
