package jose

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/warder-go/warder/internal/strictjson"
)

// Limits of a JWK. All work on one is linear in its bytes.
const (
	maxJWK        = 64 << 10 // bytes, with an x5c that nobody looks at
	maxOperations = 16       // key_ops; RFC 7517 §4.3 knows eight
	maxOctets     = 4 << 10  // that a member stands for: the largest that is worth a better error
)

var (
	errKey       = errors.New("jose: JWK is not a JSON object")
	errKeySize   = errors.New("jose: JWK of more than 64 KiB")
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
// (RFC 8037 §2) that is not of small order, if a private member stands beside it, if it is not meant for verifying
// signatures, if its alg does not fit it, or if it has more than 64 KiB. Values have one
// spelling, so one key has one thumbprint. Unknown members are ignored (RFC 7517 §4).
func ParseKey(jwk string) (*Key, error) {
	if len(jwk) > maxJWK {
		return nil, errKeySize
	}
	members, err := strictjson.Parse(jwk)
	if err != nil {
		return nil, errKey
	}
	for _, name := range [...]string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, ok := members.Get(name); ok {
			return nil, errPrivate
		}
	}
	if err := forVerifying(members); err != nil {
		return nil, err
	}
	k := &Key{}
	var present bool
	if k.keyType, present, err = text(members, "kty"); err != nil || !present {
		return nil, fmt.Errorf("%w: kty", errKeyMember)
	}
	if k.id, _, err = text(members, "kid"); err != nil {
		return nil, err
	}
	if len(k.id) > MaxKeyID {
		return nil, fmt.Errorf("%w: kid is longer than 256 bytes", errKeyMember)
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
func forVerifying(members strictjson.Object) error {
	use, hasUse := members.Get("use")
	if hasUse {
		if u, ok := use.Text(); !ok || u != "sig" {
			return errKeyUse
		}
	}
	keyOps, ok := members.Get("key_ops")
	if !ok {
		return nil
	}
	elements, err := keyOps.Elements(maxOperations)
	if err != nil && strings.HasPrefix(string(keyOps), "[") {
		return fmt.Errorf("%w: more than 16 key_ops", errKeyUse)
	}
	var ops []string
	for _, element := range elements {
		op, ok := element.Text()
		if !ok || slices.Contains(ops, op) || hasUse && op != "verify" && op != "sign" {
			return errKeyUse
		}
		ops = append(ops, op)
	}
	if !slices.Contains(ops, "verify") {
		return errKeyUse
	}
	return nil
}

// text returns a member that must be a string if it is there.
func text(members strictjson.Object, name string) (s string, present bool, err error) {
	v, ok := members.Get(name)
	if !ok {
		return "", false, nil
	}
	if s, ok = v.Text(); !ok {
		return "", true, fmt.Errorf("%w: %s", errKeyMember, name)
	}
	return s, true, nil
}

// octets returns a member that must be there, as it stands and decoded.
func octets(members strictjson.Object, name string) (encoded string, decoded []byte, err error) {
	encoded, present, err := text(members, name)
	if err != nil || !present {
		return "", nil, fmt.Errorf("%w: %s", errKeyMember, name)
	}
	if len(encoded) > base64.RawURLEncoding.EncodedLen(maxOctets) {
		return "", nil, fmt.Errorf("%w: %s has more than 4096 octets", errKeyValue, name)
	}
	if decoded, err = strictjson.Base64URL(encoded); err != nil {
		return "", nil, fmt.Errorf("%w: %s is not base64url without padding (RFC 7515 §2)", errKeyValue, name)
	}
	return encoded, decoded, nil
}

// digestOf takes the required members in the order and form of RFC 7638 §3.2. None of
// them needs escaping: they are base64url or names known above.
func (k *Key) digestOf(members string) {
	k.digest = sha256.Sum256([]byte(members))
	k.thumbprint = base64.RawURLEncoding.EncodeToString(k.digest[:])
}
