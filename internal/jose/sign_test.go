package jose_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/jose"
	"github.com/warder-go/warder/internal/strictjson"
)

// What Sign makes, Split, ParseHeader and Verify read.
func TestSignedJWTsVerify(t *testing.T) {
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		s := newSigner(t, alg)
		k := parse(t, s.jwk())
		for _, kid := range []string{"", "k1", `<"\&ü`} {
			for range 20 { // signatures differ each time, in length too before they are padded
				compact, err := jose.Sign(s.private, alg, kid, []byte(`{"iss":"x"}`))
				if err != nil {
					t.Fatal(alg, err)
				}
				head, payload, signature, err := jose.Split(compact, 16<<10)
				if err != nil {
					t.Fatal(alg, err)
				}
				h, err := jose.ParseHeader(head)
				if err != nil || h.Algorithm != alg || h.KeyID != kid || h.Type != "JWT" {
					t.Errorf("%s: %+v, %v", alg, h, err)
				}
				octets, err := strictjson.Base64URL(signature)
				if err != nil || k.Verify(alg, []byte(head+"."+payload), octets) != nil {
					t.Errorf("%s: the signature does not verify", alg)
				}
			}
		}
	}
}

func TestCanSign(t *testing.T) {
	for _, of := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		s := newSigner(t, of)
		for _, alg := range append(jose.Algorithms(), "none", "HS256", "") {
			want := alg == of && (of == "RS256" || of == "ES256" || of == "EdDSA") || of == "RS256" && alg == "PS256"
			if got := jose.CanSign(s.private, alg); got != want {
				t.Errorf("a key for %s signs %q: %t", of, alg, got)
			}
			if _, err := jose.Sign(s.private, alg, "", []byte("{}")); (err == nil) != want {
				t.Errorf("a key for %s signed %q: %v", of, alg, err)
			}
		}
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	if jose.CanSign(small, "RS256") {
		t.Error("RSA of 1024 bits")
	}
}

// hardware signs as it is told to, for an EC key of P-256.
type hardware struct {
	public crypto.PublicKey
	der    []byte
	err    error
}

func (h hardware) Public() crypto.PublicKey { return h.public }

func (h hardware) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return h.der, h.err }

// RFC 7518 §3.4: R and S are 32 octets each, however small they are.
func TestFixedLengthOfECDSASignatures(t *testing.T) {
	der := func(r, s *big.Int) []byte {
		out, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	one, two := big.NewInt(1), big.NewInt(2)
	most := new(big.Int).Sub(new(big.Int).Lsh(one, 256), one)
	long := new(big.Int).Lsh(one, 256)
	public := newSigner(t, "ES256").private.Public()
	for name, row := range map[string]struct {
		hardware
		want []byte // nil: an error
	}{
		"short ones":       {hardware{der: der(one, two)}, append(append(make([]byte, 31), 1), append(make([]byte, 31), 2)...)},
		"long ones":        {hardware{der: der(most, most)}, bytes.Repeat([]byte{0xff}, 64)},
		"one of 257 bits":  {hardware{der: der(one, long)}, nil},
		"nought":           {hardware{der: der(new(big.Int), one)}, nil},
		"a negative one":   {hardware{der: der(one, big.NewInt(-1))}, nil},
		"more behind them": {hardware{der: append(der(one, two), 0)}, nil},
		"not DER":          {hardware{der: make([]byte, 64)}, nil},
		"nothing":          {hardware{}, nil},
		"a failure":        {hardware{der: der(one, two), err: errors.New("hsm-7: slot 3")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			row.public = public
			compact, err := jose.Sign(row.hardware, "ES256", "", []byte("{}"))
			if row.want == nil {
				if err == nil || compact != "" || strings.Contains(err.Error(), "hsm") {
					t.Errorf("%q, %v", compact, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := compact[strings.LastIndexByte(compact, '.')+1:]; got != encode(row.want) {
				t.Errorf("%q", got)
			}
		})
	}
}
