package jose_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// signer holds a private key and what its JWK says.
type signer struct {
	alg     string
	private crypto.Signer
	members map[string]any
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// newSigner makes a key for alg. All RSA keys are the same one, because making it is slow.
func newSigner(t testing.TB, alg string) *signer {
	t.Helper()
	s := &signer{alg: alg}
	var err error
	switch {
	case alg[1] == 'S' && alg[0] != 'E':
		s.private = rsaKey()
	case alg == "ES256":
		s.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case alg == "ES384":
		s.private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case alg == "ES512":
		s.private, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	default:
		_, s.private, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.members = publicMembers(s.private.Public())
	return s
}

func encode(octets []byte) string { return base64.RawURLEncoding.EncodeToString(octets) }

func publicMembers(public crypto.PublicKey) map[string]any {
	switch key := public.(type) {
	case *rsa.PublicKey:
		e := binary.BigEndian.AppendUint32(nil, uint32(key.E))
		for e[0] == 0 {
			e = e[1:]
		}
		return map[string]any{"kty": "RSA", "n": encode(key.N.Bytes()), "e": encode(e)}
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			panic(err)
		}
		size := len(point) / 2
		return map[string]any{"kty": "EC", "crv": key.Curve.Params().Name, "x": encode(point[1 : 1+size]), "y": encode(point[1+size:])}
	default:
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encode(key.(ed25519.PublicKey))}
	}
}

// jwk returns the public JWK with changes; a nil value removes a member.
func (s *signer) jwk(changes ...map[string]any) string {
	members := map[string]any{}
	for _, c := range append([]map[string]any{s.members}, changes...) {
		for name, value := range c {
			members[name] = value
			if value == nil {
				delete(members, name)
			}
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(text)
}

var hashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}

// sign signs by the standard library alone, so that the tests do not ask the code under
// test what is right.
func (s *signer) sign(t testing.TB, input string) []byte {
	t.Helper()
	return s.signAs(t, s.alg, input, rsa.PSSSaltLengthEqualsHash)
}

func (s *signer) signAs(t testing.TB, alg, input string, salt int) []byte {
	t.Helper()
	var opts crypto.SignerOpts
	message := []byte(input)
	hash := hashes[alg[2:]]
	if hash != 0 {
		h := hash.New()
		h.Write(message)
		message = h.Sum(nil)
	}
	opts = hash
	if strings.HasPrefix(alg, "PS") {
		opts = &rsa.PSSOptions{SaltLength: salt, Hash: hash}
	}
	if key, ok := s.private.(*ecdsa.PrivateKey); ok {
		R, S, err := ecdsa.Sign(rand.Reader, key, message)
		if err != nil {
			t.Fatal(err)
		}
		size := (key.Curve.Params().BitSize + 7) / 8
		out := make([]byte, 2*size)
		R.FillBytes(out[:size])
		S.FillBytes(out[size:])
		return out
	}
	signature, err := s.private.Sign(rand.Reader, message, opts)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// mac signs as a stranger would who takes a public key for a shared secret.
func mac(alg string, secret []byte, input string) []byte {
	h := hmac.New(hashes[alg[2:]].New, secret)
	h.Write([]byte(input))
	return h.Sum(nil)
}
