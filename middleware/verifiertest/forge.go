package verifiertest

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/middleware"
)

// marker is in the values that only a token can have told.
const marker = "marker-3f9a1c77e5b2d840"

// object is a JSON object, or changes to one: nil removes a member.
type object = map[string]any

// raw is a JSON value as it is written.
type raw = json.RawMessage

// value is a JSON value, and what to call it in the name of a subtest.
type value struct {
	what string
	is   any
}

// forge makes tokens: those of the issuer, and those of a stranger who says to
// be the issuer.
type forge struct {
	issuer, stranger *issuertest.Issuer

	claims  object           // of a good token
	says    middleware.Token // what that says
	earlier string           // kid of the key that signed RS256 before the rotation
}

func newForge(issuer, stranger *issuertest.Issuer) *forge {
	now := time.Now().Truncate(time.Second)
	says := middleware.Token{
		Issuer: issuer.URL, Subject: "user-" + marker, ClientID: "client-" + marker, ID: "id-" + marker,
		Audience: []string{issuertest.Audience}, Scopes: []string{"read"},
		IssuedAt: now, Expiry: now.Add(time.Hour),
	}
	claims := object{
		"iss": says.Issuer, "sub": says.Subject, "client_id": says.ClientID, "jti": says.ID,
		"aud": issuertest.Audience, "scope": "read", "iat": now.Unix(), "exp": says.Expiry.Unix(),
		"note": raw(note), // unknown claims do not matter (RFC 7519 §4)
	}
	return &forge{issuer: issuer, stranger: stranger, claims: claims, says: says, earlier: issuer.KeyID("RS256")}
}

// attempts returns all that there are. They are made after the rotation.
func (f *forge) attempts() []attempt {
	return slices.Concat(
		f.segments(), f.spellings(), f.types(), f.extensions(), f.headers(),
		f.unsigned(), f.algorithms(), f.keys(), f.foreign(), f.signatures(),
		f.payloads(), f.names(), f.issuers(), f.audiences(), f.dates(),
		f.required(), f.scopes(), f.confirmations(), f.details(), f.sizes(),
	)
}

// token is a good token of the issuer, changed. The header's alg and kid say
// who signs, as in [issuertest.Issuer.Sign].
func (f *forge) token(header, claims object) string {
	return f.issuer.Sign(header, f.changed(claims))
}

// strange is the same, signed by the stranger.
func (f *forge) strange(header, claims object) string {
	return f.stranger.Sign(header, f.changed(claims))
}

func (f *forge) changed(claims object) object {
	c := maps.Clone(f.claims)
	maps.Copy(c, claims)
	return c
}

// header is that of a good RS256 token, changed, as text.
func (f *forge) header(changes object) string {
	h := object{"typ": "at+jwt", "alg": "RS256", "kid": f.issuer.KeyID("RS256")}
	maps.Copy(h, changes)
	return text(h)
}

// payload is that of a good token, changed, as text.
func (f *forge) payload(claims object) string { return text(f.changed(claims)) }

func text(o object) string {
	maps.DeleteFunc(o, func(_ string, v any) bool { return v == nil })
	b, err := json.Marshal(o)
	if err != nil {
		panic("verifiertest: " + err.Error()) // a literal of ours
	}
	return string(b)
}

// withHeader and withPayload are tokens with a signature that is right for
// what they say, byte by byte.
func (f *forge) withHeader(header string) string {
	return f.issuer.SignRaw("RS256", header, f.payload(nil))
}

func (f *forge) withPayload(payload string) string {
	return f.issuer.SignRaw("RS256", f.header(nil), payload)
}

// accepted is a token that is good, and says what f.says, changed.
func (f *forge) accepted(name, token string, changes ...func(*middleware.Token)) attempt {
	want := f.says
	for _, change := range changes {
		change(&want)
	}
	return attempt{name: name, token: token, right: func(got *middleware.Token) error { return same(got, &want) }}
}

// either is a token that may be refused; who accepts it returns what f.says,
// changed.
func (f *forge) either(name, token string, changes ...func(*middleware.Token)) attempt {
	a := f.accepted(name, token, changes...)
	a.mayRefuse = true
	return a
}

func encoded[T ~string | ~[]byte](octets T) string {
	return base64.RawURLEncoding.EncodeToString([]byte(octets))
}

// decoded is the reverse, for segments of the issuer's own making.
func decoded(segment string) []byte {
	octets, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		panic("verifiertest: " + err.Error())
	}
	return octets
}

// cut returns the three segments of a token.
func cut(token string) (header, payload, signature string) {
	s := strings.Split(token, ".")
	return s[0], s[1], s[2]
}
