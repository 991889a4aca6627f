package jose

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/hex"
	"math/big"

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
	if len(modulus) == 0 || len(modulus) > maxModulus/8 || modulus[0] == 0 || modulus[len(modulus)-1]&1 == 0 {
		return errKeyValue
	}
	if len(exponent) == 0 || len(exponent) > 4 || exponent[0] == 0 {
		return errKeyValue
	}
	N := new(big.Int).SetBytes(modulus)
	if N.BitLen() < minModulus {
		return errKeyValue
	}
	var E uint32
	for _, b := range exponent {
		E = E<<8 | uint32(b)
	}
	if E < 3 || E&1 == 0 || E > 1<<31-1 {
		return errKeyValue
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
		return errKeyType
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
		return errKeyValue
	}
	point := make([]byte, 0, 1+2*66)
	point = append(append(append(point, 4), xOctets...), yOctets...)
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point) // judges that it is on the curve
	if err != nil {
		return errKeyValue
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
		return errKeyType
	}
	x, public, err := octets(members, "x")
	if err != nil {
		return err
	}
	if len(public) != ed25519.PublicKeySize || weakPoint([32]byte(public)) {
		return errKeyValue
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
