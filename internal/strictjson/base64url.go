package strictjson

import (
	"encoding/base64"
	"errors"
	"strings"
)

var errBase64URL = errors.New("strictjson: not canonical base64url")

// Base64URL decodes unpadded base64url (RFC 7515 §2) in its one canonical spelling:
// no padding, no other alphabet, no line break (Go's decoder skips them), no unused bit
// that is not zero (RFC 4648 §3.5). The empty string is the empty sequence.
func Base64URL(s string) ([]byte, error) {
	return AppendBase64URL(make([]byte, 0, strictEncoding.DecodedLen(len(s))), s)
}

// AppendBase64URL is Base64URL onto the end of dst.
func AppendBase64URL(dst []byte, s string) ([]byte, error) {
	if strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0 {
		return nil, errBase64URL
	}
	out, err := strictEncoding.AppendDecode(dst, []byte(s))
	if err != nil {
		return nil, errBase64URL
	}
	return out, nil
}

var strictEncoding = base64.RawURLEncoding.Strict()
