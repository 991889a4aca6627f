package recipes

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/warder-go/warder/middleware"
)

// maxForm bounds the form that is read before anybody is authenticated, in
// bytes.
const maxForm = 64 << 10

// FromForm is a Source that takes the access token from the parameter
// access_token of a form (RFC 6750 §2.2): POST, PUT or PATCH with a body of
// type application/x-www-form-urlencoded. It reads the body, before anybody is
// authenticated, and puts it back for the handler. A parameter in the URL does
// not count.
func FromForm(r *http.Request) (middleware.Credentials, error) {
	if !carriesForm(r) {
		return middleware.Credentials{}, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil {
		return middleware.Credentials{}, badForm("The form cannot be read")
	}
	r.Body = putBack{bytes.NewReader(body), r.Body}
	if len(body) > maxForm {
		return middleware.Credentials{}, badForm("The form is too long")
	}
	for _, b := range body {
		if b >= 0x80 {
			return middleware.Credentials{}, badForm("The form has characters that must be percent-encoded")
		}
	}
	found, tokens := "", 0
	for pair := range strings.SplitSeq(string(body), "&") {
		name, value, _ := strings.Cut(pair, "=")
		if strings.Contains(pair, ";") || !escaped(name) || !escaped(value) {
			return middleware.Credentials{}, badForm("The form is malformed")
		}
		if spells(name, "access_token") {
			found = value
			tokens++
		}
	}
	switch tokens {
	case 0:
		return middleware.Credentials{}, nil
	case 1:
		token, err := url.QueryUnescape(found)
		if err != nil {
			return middleware.Credentials{}, badForm("The form is malformed")
		}
		return middleware.Credentials{Scheme: "Bearer", Token: token}, nil
	}
	return middleware.Credentials{}, badForm("The form carries more than one access token")
}

// escaped reports whether every "%" in s begins an escape. The form is read for
// strangers, so it is looked at in place: one pass, and nothing is kept of the
// parameters that are not ours.
func escaped(s string) bool {
	for {
		_, after, found := strings.Cut(s, "%")
		if !found {
			return true
		}
		if len(after) < 2 || !isHex(after[0]) || !isHex(after[1]) {
			return false
		}
		s = after[2:]
	}
}

// spells reports whether s, which is escaped, is name when unescaped. No
// character of name may be a space.
func spells(s, name string) bool {
	for i := range len(name) {
		switch {
		case s == "":
			return false
		case s[0] == '%':
			b, err := strconv.ParseUint(s[1:3], 16, 8)
			if err != nil || byte(b) != name[i] {
				return false
			}
			s = s[3:]
		case s[0] != name[i]:
			return false
		default:
			s = s[1:]
		}
	}
	return s == ""
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}

// carriesForm reports whether r has a body in which RFC 6750 §2.2 allows an
// access token.
func carriesForm(r *http.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		return false
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/x-www-form-urlencoded" && r.Body != nil
}

// badForm says what is wrong with a form, never what is in it.
func badForm(description string) error {
	return &middleware.Error{
		Code: middleware.InvalidRequest, Reason: middleware.ReasonMalformedRequest,
		Description: description,
		Err:         errors.New("a form that RFC 6750 §2.2 does not allow"),
	}
}

// putBack is a body that was read and can be read again.
type putBack struct {
	io.Reader
	io.Closer
}
