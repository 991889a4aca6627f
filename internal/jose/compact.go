package jose

import (
	"errors"
	"strings"
)

// MaxCompact is the longest compact JWS that is read, in bytes.
const MaxCompact = 16 << 10

var errCompact = errors.New("jose: not a compact JWS of three segments")

// Split cuts a compact JWS (RFC 7515 §7.1) into its three segments, none of them
// empty. They are not decoded; the signing input is what stands before the last dot.
func Split(compact string) (header, payload, signature string, err error) {
	if len(compact) > MaxCompact {
		return "", "", "", errCompact
	}
	header, rest, _ := strings.Cut(compact, ".")
	payload, signature, _ = strings.Cut(rest, ".")
	if header == "" || payload == "" || signature == "" || strings.IndexByte(signature, '.') >= 0 {
		return "", "", "", errCompact
	}
	return header, payload, signature, nil
}
