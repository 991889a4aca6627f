package jose

import "crypto/rsa"

// Fits tells whether alg is an algorithm for this key: its type, its curve, and its alg
// member if it has one (RFC 8725 §3.1). EdDSA and Ed25519 are two names: a key whose alg
// is one of them does not fit the other (RFC 9864 §2.2).
func (k *Key) Fits(alg string) bool {
	a := find(alg)
	return a != nil && k.fits(a)
}

func (k *Key) fits(a *algorithm) bool {
	return a.keyType == k.keyType && a.curve == k.curve && (k.alg == "" || k.alg == a.name)
}

// Verify checks a signature over the signing input as received (RFC 7515 §5.2). alg is
// the algorithm the token names; that the caller allows it is the caller's to decide
// first. A signature of any length but the one its key makes is refused, so DER-encoded
// ECDSA is too (RFC 7518 §3.4).
func (k *Key) Verify(alg string, signingInput, signature []byte) error {
	a := find(alg)
	if a == nil || !k.fits(a) {
		return errAlgorithm
	}
	if len(signature) != k.signature {
		return errSignature
	}
	var err error
	if a.pss != nil {
		h := a.hash.New()
		h.Write(signingInput)
		err = rsa.VerifyPSS(k.public.(*rsa.PublicKey), a.hash, h.Sum(nil), signature, a.pss)
	} else {
		err = a.verifier.Verify(signingInput, signature, k.public)
	}
	if err != nil {
		return errSignature // reworded: what went wrong inside is nobody's business
	}
	return nil
}
