package verifiertest

import (
	"crypto/ecdsa"
	"encoding/asn1"
	"math/big"
	"strings"
)

// signatures are those that are not the issuer's for this header and payload
// (RFC 7518 §3.3, §3.4, RFC 8037 §3.1). They are spelled as they should be.
func (f *forge) signatures() []attempt {
	var attempts []attempt
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		good := f.token(object{"alg": alg}, nil)
		header, payload, signature := cut(good)
		octets := decoded(signature)
		_, _, anothers := cut(f.token(object{"alg": alg}, object{"scope": "other"}))
		with := func(what string, octets []byte) {
			attempts = append(attempts, refused("R9068-05: "+alg+", "+what, header+"."+payload+"."+encoded(octets)))
		}
		flipped := append([]byte{}, octets...)
		flipped[len(flipped)/2] ^= 1
		zeros := make([]byte, len(octets))
		one := make([]byte, len(octets))
		one[len(one)-1] = 1
		with("one bit of the signature flipped", flipped)
		with("the last octet of the signature missing", octets[:len(octets)-1])
		with("the first octet of the signature missing", octets[1:])
		with("an octet behind the signature", append(octets[:len(octets):len(octets)], 0))
		with("an octet in front of the signature", append([]byte{0}, octets...))
		with("half a signature", octets[:len(octets)/2])
		with("a signature of one octet", octets[:1])
		with("the signature twice", append(octets[:len(octets):len(octets)], octets...))
		with("a signature of zeros", zeros)
		with("a signature that is one", one)
		with("the signature of another token", decoded(anothers))

		more := strings.Replace(string(decoded(payload)), `"scope":"read"`, `"scope":"rule"`, 1)
		other := strings.Replace(string(decoded(header)), "at+jwt", "AT+JWT", 1)
		attempts = append(attempts,
			refused("R9068-05: "+alg+", another scope under the signature", header+"."+encoded(more)+"."+signature),
			refused("R9068-05: "+alg+", another header under the signature", encoded(other)+"."+payload+"."+signature),
			refused("R7515-12: "+alg+", the payload written anew under the signature", header+"."+encoded(" "+string(decoded(payload)))+"."+signature),
		)
	}
	return append(attempts, f.pairs()...)
}

// pairs are ECDSA signatures that are not R and S of 32 octets each, or whose R
// or S is out of range.
func (f *forge) pairs() []attempt {
	good := f.token(object{"alg": "ES256"}, nil)
	header, payload, signature := cut(good)
	octets := decoded(signature)
	r, s := new(big.Int).SetBytes(octets[:32]), new(big.Int).SetBytes(octets[32:])
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		panic("verifiertest: " + err.Error()) // two integers
	}
	with := func(name string, octets []byte) attempt {
		return refused(name, header+"."+payload+"."+encoded(octets))
	}
	pair := func(r, s *big.Int) []byte {
		octets := make([]byte, 64)
		r.FillBytes(octets[:32])
		s.FillBytes(octets[32:])
		return octets
	}
	zero := new(big.Int)
	order := f.issuer.PublicKey(f.issuer.KeyID("ES256")).(*ecdsa.PublicKey).Params().N
	return []attempt{
		with("R7518-06: ES256 in DER", der),
		with("R7518-06: ES256 with R and S of 33 octets each", append(append([]byte{0}, octets[:32]...), append([]byte{0}, octets[32:]...)...)),
		with("R7518-07: ES256 with an R of zero", pair(zero, s)),
		with("R7518-07: ES256 with an S of zero", pair(r, zero)),
		with("R7518-07: ES256 with R and S of the order", pair(order, order)),
		with("ES256 with R and S swapped", pair(s, r)),
	}
}
