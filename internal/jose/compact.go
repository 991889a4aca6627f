package jose

import (
	"errors"
	"strings"
)

var (
	errLong    = errors.New("jose: a compact JWS longer than is read here")
	errCompact = errors.New("jose: not a compact JWS of three segments")
)

// Split cuts a compact JWS (RFC 7515 §7.1) of at most limit bytes into its three
// segments, none of them empty. They are not decoded; the signing input is what
// stands before the last dot. How long a JWS may be depends on what it is.
func Split(compact string, limit int) (header, payload, signature string, err error) {
	if len(compact) > limit {
		return "", "", "", errLong
	}
	header, rest, _ := strings.Cut(compact, ".")
	payload, signature, _ = strings.Cut(rest, ".")
	if header == "" || payload == "" || signature == "" || strings.IndexByte(signature, '.') >= 0 {
		return "", "", "", errCompact
	}
	return header, payload, signature, nil
}
