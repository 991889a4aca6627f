package issuertest_test

import (
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"github.com/warder-go/warder/issuertest"
)

type jwkSet struct {
	Keys []map[string]string `json:"keys"`
}

func (s jwkSet) kids() []string {
	var kids []string
	for _, k := range s.Keys {
		kids = append(kids, k["kid"])
	}
	return kids
}

// published fetches the JWK Set.
func published(t *testing.T, iss *issuertest.Issuer) (set jwkSet) {
	t.Helper()
	get(t, iss, issuertest.EndpointKeys, &set)
	return set
}

// equal compares public keys of any type.
func equal(a, b crypto.PublicKey) bool {
	return a.(interface{ Equal(crypto.PublicKey) bool }).Equal(b)
}

func TestTheKeySet(t *testing.T) {
	iss := onSocket(t)
	iss.Rotate()
	set := published(t, iss)
	if len(set.Keys) != 6 {
		t.Fatalf("%d keys, want 6", len(set.Keys))
	}
	t.Run("R7517-08 has public members, use, alg and distinct kids", func(t *testing.T) {
		members := map[string][]string{
			"RS256": {"alg", "e", "kid", "kty", "n", "use"},
			"ES256": {"alg", "crv", "kid", "kty", "use", "x", "y"},
			"EdDSA": {"alg", "crv", "kid", "kty", "use", "x"},
		}
		seen := map[string]bool{}
		for _, k := range set.Keys {
			var have []string
			for name := range k {
				have = append(have, name)
			}
			slices.Sort(have)
			if !slices.Equal(have, members[k["alg"]]) {
				t.Errorf("a key for %s has the members %v", k["alg"], have)
			}
			if k["use"] != "sig" || k["kid"] == "" || seen[k["kid"]] {
				t.Errorf("a key for %s has use %q and kid %q", k["alg"], k["use"], k["kid"])
			}
			seen[k["kid"]] = true
		}
	})
	t.Run("is what PublicKey returns", func(t *testing.T) {
		for _, k := range set.Keys {
			doc, _ := json.Marshal(k)
			parsed, err := jwk.ParseKey(doc)
			if err != nil {
				t.Fatal(err)
			}
			var public any
			if err := parsed.Raw(&public); err != nil {
				t.Fatal(err)
			}
			if !equal(iss.PublicKey(k["kid"]), public) {
				t.Errorf("the published %s key is another one", k["alg"])
			}
		}
	})
}

func TestRotateAndWithdraw(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
			old := iss.KeyID(alg)
			iss.Rotate()
			fresh := iss.KeyID(alg)
			if old == fresh || equal(iss.PublicKey(old), iss.PublicKey(fresh)) {
				t.Errorf("%s: Rotate kept the key", alg)
			}
			if header, _ := decode(t, iss.Sign(map[string]any{"alg": alg}, nil)); header["kid"] != fresh {
				t.Errorf("%s: the new key does not sign", alg)
			}
			if kids := published(t, iss).kids(); !slices.Contains(kids, old) || !slices.Contains(kids, fresh) {
				t.Errorf("%s: not both keys are published after Rotate", alg)
			}
			iss.Withdraw(old)
			iss.Withdraw(old)
			if kids := published(t, iss).kids(); slices.Contains(kids, old) || !slices.Contains(kids, fresh) {
				t.Errorf("%s: not only the new key is published after Withdraw", alg)
			}
			if iss.PublicKey(old) == nil {
				t.Errorf("%s: a withdrawn key is forgotten", alg)
			}
		}
	})
}

func TestAllKeysWithdrawnLeaveAnEmptySet(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	for _, kid := range published(t, iss).kids() {
		iss.Withdraw(kid)
	}
	if set := published(t, iss); set.Keys == nil || len(set.Keys) != 0 {
		t.Errorf("keys is %v, want an empty array", set.Keys)
	}
}

func TestKeyIDByAlgorithm(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	for alg, same := range map[string]string{
		"RS384": "RS256", "RS512": "RS256", "PS256": "RS256", "PS384": "RS256", "PS512": "RS256", "Ed25519": "EdDSA",
	} {
		if iss.KeyID(alg) != iss.KeyID(same) {
			t.Errorf("%s and %s have different keys", alg, same)
		}
	}
	for _, alg := range []string{"", "none", "HS256", "ES384", "rs256"} {
		if kid := iss.KeyID(alg); kid != "" {
			t.Errorf("%q has the key %s", alg, kid)
		}
	}
	if iss.PublicKey("unknown") != nil {
		t.Error("an unknown kid has a key")
	}
}

// A token of one issuer must never verify at another: RSA keys are pooled, and
// the pool must not hand one to two issuers at once, nor to one issuer twice.
func TestNoTwoOpenIssuersShareAKey(t *testing.T) {
	for range 3 {
		var keys []crypto.PublicKey
		var kids []string
		var open []*issuertest.Issuer
		for range 3 {
			iss := issuertest.NewIssuer()
			open = append(open, iss)
			for range 2 {
				for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
					kid := iss.KeyID(alg)
					key := iss.PublicKey(kid)
					if slices.Contains(kids, kid) || slices.ContainsFunc(keys, func(k crypto.PublicKey) bool { return equal(k, key) }) {
						t.Errorf("two %s keys are equal", alg)
					}
					kids, keys = append(kids, kid), append(keys, key)
				}
				iss.Rotate()
			}
		}
		for _, iss := range open {
			iss.Close()
		}
	}
}

// A closed issuer still signs: no later issuer may publish what it signs with.
func TestNoLaterIssuerHasAKeyThatAClosedOneSignsWith(t *testing.T) {
	closed := issuertest.NewIssuer()
	key := closed.PublicKey(closed.KeyID("RS256"))
	var others [4]*issuertest.Issuer // whose keys a pool may keep back in its stead
	for i := range others {
		others[i] = issuertest.NewIssuer()
	}
	closed.Close()
	for _, iss := range others {
		iss.Close()
	}
	clear(others[:])
	runtime.GC()
	for range 16 {
		later := issuertest.NewIssuer()
		defer later.Close()
		if equal(key, later.PublicKey(later.KeyID("RS256"))) {
			t.Fatal("a later issuer has the key of the closed one")
		}
	}
	if !verifies(t, closed.Token(nil), "RS256", key) {
		t.Error("the closed issuer signs with another key")
	}
}

// Making an RSA key is slow: those of issuers that are gone are used again.
func TestKeysOfIssuersThatAreGoneAreUsedAgain(t *testing.T) {
	var seen []*big.Int
	for range 50 {
		iss := issuertest.NewIssuer()
		n := iss.PublicKey(iss.KeyID("RS256")).(*rsa.PublicKey).N
		if slices.ContainsFunc(seen, func(o *big.Int) bool { return o.Cmp(n) == 0 }) {
			iss.Close()
			return
		}
		seen = append(seen, new(big.Int).Set(n))
		iss.Close()
		runtime.GC()
	}
	t.Error("50 issuers, and no key was used again")
}

func TestWithdrawingAnUnknownKeyPanics(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	mustPanic(t, func() { iss.Withdraw("unknown") })
}

func mustPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f()
}

// R7517-08 has who publishes; this is when.
func TestRotationWithOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := issuertest.NewInMemoryIssuer()
		defer iss.Close()
		old := iss.KeyID("RS256")
		tokenOf := func() string {
			tokens, err := iss.Authorize(t.Context(), issuertest.ClientID, nil)
			if err != nil {
				t.Fatal(err)
			}
			return tokens.AccessToken
		}
		signer := func(token string) string { header, _ := decode(t, token); return header["kid"].(string) }
		before := tokenOf()

		iss.Announce()
		announced := published(t, iss).kids()
		if len(announced) != 6 || iss.KeyID("RS256") != old || signer(tokenOf()) != old {
			t.Errorf("OIDC-08: a key signs before it was published, or is not: %v", announced)
		}
		iss.Rotate()
		after := tokenOf()
		if kid := signer(after); kid == old || !slices.Contains(announced, kid) || len(published(t, iss).Keys) != 6 {
			t.Errorf("OIDC-08: signed with a key nobody could know: %s", kid)
		}
		last := tokenOf()
		for _, token := range []string{before, after} {
			if !active(t, iss, token) {
				t.Error("OIDC-08: a token does not work any more")
			}
		}
		time.Sleep(time.Hour - time.Second)
		iss.WithdrawExpired()
		if kids := published(t, iss).kids(); !slices.Contains(kids, old) {
			t.Error("OIDC-08: the old key is gone before its tokens")
		}
		time.Sleep(time.Second)
		iss.WithdrawExpired()
		if kids := published(t, iss).kids(); slices.Contains(kids, old) || !slices.Contains(kids, signer(last)) || len(kids) != 3 {
			t.Errorf("OIDC-08: after an hour the set has %v", kids)
		}
		iss.Rotate() // without an announcement: at once
		if kids := published(t, iss).kids(); len(kids) != 6 || !slices.Contains(kids, iss.KeyID("ES256")) {
			t.Errorf("%v", kids)
		}
	})
}
