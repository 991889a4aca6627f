package jose

import (
	"errors"
	"fmt"

	"github.com/warder-go/warder/internal/strictjson"
)

// Limits of a JOSE header.
const (
	MaxHeader = 4 << 10 // encoded bytes of the segment
	MaxKeyID  = 256     // bytes of a kid, in headers and JWKs
)

var (
	errLongHeader = errors.New("jose: the header is longer than 4 KiB")
	errLongKeyID  = errors.New("jose: kid is longer than 256 bytes")
	errHeader     = errors.New("jose: header is not a JSON object in base64url")
	errMember     = errors.New("jose: header member missing or of the wrong type")
	errExtension  = errors.New("jose: header demands an extension")
)

// The same, by member.
var (
	errMembers = map[string]error{
		"alg": fmt.Errorf("%w: alg", errMember),
		"typ": fmt.Errorf("%w: typ", errMember),
		"kid": fmt.Errorf("%w: kid", errMember),
	}
	errExtensions = map[string]error{
		"crit": fmt.Errorf("%w: crit", errExtension),
		"b64":  fmt.Errorf("%w: b64", errExtension),
	}
)

// Header is what a JOSE header says that matters here. It is a claim of whoever wrote
// the token: nothing in it is verified.
type Header struct {
	Algorithm string // alg, as received
	Type      string // typ, as received; empty if absent
	KeyID     string // kid; empty if absent
}

// ParseHeader reads the first segment of a compact JWS. It is an error if alg is
// missing, if alg, typ or kid is not a string (RFC 7515 §4.1), or if the header is over
// a limit. No extension is processed here, so any crit fails, well-formed or not
// (RFC 7515 §4.1.11), and so does any b64 (RFC 7797 §7). Other members are ignored.
func ParseHeader(segment string) (Header, error) {
	if len(segment) > MaxHeader {
		return Header{}, errLongHeader
	}
	decoded, err := strictjson.Base64URL(segment)
	if err != nil {
		return Header{}, errHeader
	}
	members, err := strictjson.Parse(string(decoded))
	if err != nil {
		return Header{}, errHeader
	}
	var h Header
	for _, m := range members {
		ok := true
		switch m.Name {
		case "alg":
			h.Algorithm, ok = m.Value.Text()
		case "typ":
			h.Type, ok = m.Value.Text()
		case "kid":
			h.KeyID, ok = m.Value.Text()
		case "crit", "b64":
			return Header{}, errExtensions[m.Name]
		}
		if !ok {
			return Header{}, errMembers[m.Name]
		}
	}
	switch {
	case h.Algorithm == "":
		return Header{}, errMembers["alg"]
	case len(h.KeyID) > MaxKeyID:
		return Header{}, errLongKeyID
	}
	return h, nil
}
