package issuertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

// key is one signing key.
type key struct {
	id, alg   string // alg as published: RS256, ES256 or EdDSA
	private   crypto.Signer
	jwk       json.RawMessage // public members only
	published bool            // guarded by keyRing.mu
	retired   time.Time       // when it stopped being the one that signs; zero: not yet; guarded by keyRing.mu
}

// newKey panics on errors that cannot happen: crypto/rand does not fail, and
// jwx knows all three key types.
func newKey(alg string, private crypto.Signer) *key {
	id := strings.ToLower(alg + "-" + rand.Text()[:10])
	public, err := jwk.FromRaw(private.Public())
	if err != nil {
		panic("issuertest: " + err.Error())
	}
	for name, value := range map[string]string{jwk.KeyIDKey: id, jwk.AlgorithmKey: alg, jwk.KeyUsageKey: "sig"} {
		if err := public.Set(name, value); err != nil {
			panic("issuertest: " + err.Error())
		}
	}
	doc, err := json.Marshal(public)
	if err != nil {
		panic("issuertest: " + err.Error())
	}
	k := &key{id: id, alg: alg, private: private, jwk: doc, published: true}
	if p, ok := private.(*rsa.PrivateKey); ok {
		// A closed issuer still signs. So its key goes back to the pool when
		// nothing can sign with it any more, not before.
		runtime.AddCleanup(k, rsaKeys.giveBack, p)
	}
	return k
}

// keyRing holds every key an issuer ever had.
type keyRing struct {
	mu      sync.RWMutex
	all     []*key          // in the order they were made
	current map[string]*key // signs now; by published alg
	next    []*key          // published already, signs after rotate
}

func newKeyRing() *keyRing {
	k := &keyRing{current: map[string]*key{}}
	k.rotate()
	return k
}

// newKeys returns one key for each published alg.
func newKeys() []*key {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic("issuertest: " + err.Error())
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic("issuertest: " + err.Error())
	}
	return []*key{newKey("RS256", rsaKeys.take()), newKey("ES256", ec), newKey("EdDSA", ed)}
}

// find returns the key named kid, published or not, or nil.
func (k *keyRing) find(kid string) *key {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, key := range k.all {
		if key.id == kid {
			return key
		}
	}
	return nil
}

// signer returns the key that signs alg now, or nil when there is none.
func (k *keyRing) signer(alg string) *key {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.current[keyAlgorithm(alg)]
}

// keyAlgorithm names the alg of the published key that can sign alg; empty if none.
func keyAlgorithm(alg string) string {
	switch alg {
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		return "RS256"
	case "ES256":
		return "ES256"
	case "EdDSA", "Ed25519":
		return "EdDSA"
	}
	return ""
}

// KeyID returns the kid of the key that signs alg now: RS256, RS384, RS512,
// PS256, PS384 and PS512 share one, EdDSA and Ed25519 another, ES256 has its
// own. It is empty for any other alg.
func (i *Issuer) KeyID(alg string) string {
	if key := i.keys.signer(alg); key != nil {
		return key.id
	}
	return ""
}

// PublicKey returns the public key named kid, withdrawn or not, as an
// *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey. It is nil if the
// issuer never had such a key.
func (i *Issuer) PublicKey(kid string) crypto.PublicKey {
	if key := i.keys.find(kid); key != nil {
		return key.private.Public()
	}
	return nil
}

// serveKeys answers with the JWK Set (RFC 7517 §5).
func (i *Issuer) serveKeys(w http.ResponseWriter, r *http.Request) {
	set := struct {
		Keys []json.RawMessage `json:"keys"`
	}{Keys: []json.RawMessage{}}
	i.keys.mu.RLock()
	for _, key := range i.keys.all {
		if key.published {
			set.Keys = append(set.Keys, key.jwk)
		}
	}
	i.keys.mu.RUnlock()
	serveDocument(w, r, set)
}
