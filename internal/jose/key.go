package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"

	"github.com/warder-go/warder/internal/strictjson"
)

// RSA keys of other sizes are unusable: shorter ones are weak (RFC 7518 §3.3), longer
// ones cost more time than a stranger should be able to ask for.
const (
	minModulus = 2048 // bits
	maxModulus = 4096 // bits
)

var (
	errKey       = errors.New("jose: JWK is not a JSON object")
	errPrivate   = errors.New("jose: JWK holds private members")
	errKeyUse    = errors.New("jose: JWK is not for verifying signatures")
	errKeyMember = errors.New("jose: JWK member missing or of the wrong type")
	errKeyType   = errors.New("jose: JWK of a type or curve that is not supported")
	errKeyValue  = errors.New("jose: JWK does not hold a valid public key")
	errKeyAlg    = errors.New("jose: JWK has an alg that does not fit its key")
	errAlgorithm = errors.New("jose: algorithm does not fit the key")
	errSignature = errors.New("jose: signature does not verify")
)

// Key is a public key from a JWK, for verifying signatures. It never changes and is
// safe for concurrent use.
type Key struct {
	id, alg        string
	keyType, curve string
	public         crypto.PublicKey
	signature      int // exact length of its signatures, in bytes
	digest         [sha256.Size]byte
	thumbprint     string
}

// ID returns the kid; empty if absent.
func (k *Key) ID() string { return k.id }

// Algorithm returns the alg member; empty if absent.
func (k *Key) Algorithm() string { return k.alg }

// Type returns the kty: RSA, EC or OKP.
func (k *Key) Type() string { return k.keyType }

// Curve returns the crv: P-256, P-384, P-521 or Ed25519; empty for RSA.
func (k *Key) Curve() string { return k.curve }

// Public returns an *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey. It must not
// be modified.
func (k *Key) Public() crypto.PublicKey { return k.public }

// Digest returns the SHA-256 thumbprint (RFC 7638) as bytes, comparable and fit for a
// map key.
func (k *Key) Digest() [sha256.Size]byte { return k.digest }

// Thumbprint returns the SHA-256 thumbprint in base64url, as in cnf.jkt (RFC 9449 §6.1).
func (k *Key) Thumbprint() string { return k.thumbprint }

// ParseKey reads one JWK. It is an error if the key is not a public RSA key of 2048 to
// 4096 bits, a point on P-256, P-384 or P-521 (RFC 7518 §6), or an Ed25519 key
// (RFC 8037 §2), if a private member stands beside it, if it is not meant for verifying
// signatures, or if its alg does not fit it. Values have one spelling, so one key has one
// thumbprint. Unknown members are ignored (RFC 7517 §4).
func ParseKey(jwk string) (*Key, error) {
	members, err := strictjson.Parse(jwk)
	if err != nil {
		return nil, errKey
	}
	for _, name := range [...]string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, ok := members.Get(name); ok {
			return nil, errPrivate
		}
	}
	if !forVerifying(members) {
		return nil, errKeyUse
	}
	k := &Key{}
	var present bool
	if k.keyType, present, err = text(members, "kty"); err != nil || !present {
		return nil, errKeyMember
	}
	if k.id, _, err = text(members, "kid"); err != nil || len(k.id) > MaxKeyID {
		return nil, errKeyMember
	}
	switch k.keyType {
	case "RSA":
		err = k.parseRSA(members)
	case "EC":
		err = k.parseEC(members)
	case "OKP":
		err = k.parseOKP(members)
	default: // oct too: a shared secret has no place in a published set
		err = errKeyType
	}
	if err != nil {
		return nil, err
	}
	if k.alg, present, err = text(members, "alg"); err != nil {
		return nil, err
	}
	if a := find(k.alg); present && (a == nil || !k.fits(a)) {
		return nil, errKeyAlg
	}
	return k, nil
}

// forVerifying judges use and key_ops, which must not contradict each other
// (RFC 7517 §4.3).
func forVerifying(members strictjson.Object) bool {
	use, hasUse := members.Get("use")
	if hasUse {
		if u, ok := use.Text(); !ok || u != "sig" {
			return false
		}
	}
	keyOps, ok := members.Get("key_ops")
	if !ok {
		return true
	}
	ops, ok := keyOps.Texts()
	if !ok {
		return false
	}
	verify := false
	for i, op := range ops {
		for _, other := range ops[:i] {
			if op == other {
				return false
			}
		}
		if hasUse && op != "verify" && op != "sign" {
			return false
		}
		verify = verify || op == "verify"
	}
	return verify
}

// text returns a member that must be a string if it is there.
func text(members strictjson.Object, name string) (s string, present bool, err error) {
	v, ok := members.Get(name)
	if !ok {
		return "", false, nil
	}
	if s, ok = v.Text(); !ok {
		return "", true, errKeyMember
	}
	return s, true, nil
}

// octets returns a member that must be there, as it stands and decoded.
func octets(members strictjson.Object, name string) (encoded string, decoded []byte, err error) {
	encoded, present, err := text(members, name)
	if err != nil || !present {
		return "", nil, errKeyMember
	}
	if decoded, err = strictjson.Base64URL(encoded); err != nil {
		return "", nil, errKeyValue
	}
	return encoded, decoded, nil
}

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
	if len(public) != ed25519.PublicKeySize {
		return errKeyValue
	}
	k.public = ed25519.PublicKey(public)
	k.signature = ed25519.SignatureSize
	k.digestOf(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`)
	return nil
}

// digestOf takes the required members in the order and form of RFC 7638 §3.2. None of
// them needs escaping: they are base64url or names known above.
func (k *Key) digestOf(members string) {
	k.digest = sha256.Sum256([]byte(members))
	k.thumbprint = base64.RawURLEncoding.EncodeToString(k.digest[:])
}
