package jose

import (
	"errors"
	"fmt"
	"strings"
)

var (
	errCompact   = errors.New("jose: not a compact JWS of three segments: an opaque token, for introspection, or one cut off")
	errUnsigned  = errors.New("jose: not a compact JWS of three segments: one of them is empty, as the last is of an unsigned token")
	errEncrypted = errors.New("jose: not a compact JWS of three segments: it has five, as an encrypted token has (JWE)")
)

// Split cuts a compact JWS (RFC 7515 §7.1) of at most limit bytes into its three
// segments, none of them empty. They are not decoded; the signing input is what
// stands before the last dot. How long a JWS may be depends on what it is.
func Split(compact string, limit int) (header, payload, signature string, err error) {
	if len(compact) > limit {
		return "", "", "", fmt.Errorf("jose: longer than the %d KiB that are read", limit>>10)
	}
	header, rest, _ := strings.Cut(compact, ".")
	payload, signature, found := strings.Cut(rest, ".")
	switch more := strings.Count(signature, "."); {
	case more == 2:
		return "", "", "", errEncrypted
	case !found || more > 0:
		return "", "", "", errCompact
	case header == "" || payload == "" || signature == "":
		return "", "", "", errUnsigned
	}
	return header, payload, signature, nil
}
