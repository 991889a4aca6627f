package recipes

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	warder "github.com/warder-go/warder/middleware"
)

// maxForm bounds the form that is read before anybody is authenticated, in
// bytes.
const maxForm = 64 << 10

// FromForm is a Source that takes the access token from the parameter
// access_token of a form (RFC 6750 §2.2): POST, PUT or PATCH with a body of
// type application/x-www-form-urlencoded. It reads the body, before anybody is
// authenticated, and puts it back for the handler. A parameter in the URL does
// not count.
func FromForm(r *http.Request) (warder.Credentials, error) {
	if !carriesForm(r) {
		return warder.Credentials{}, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil {
		return warder.Credentials{}, badForm("The form cannot be read")
	}
	r.Body = putBack{bytes.NewReader(body), r.Body}
	if len(body) > maxForm {
		return warder.Credentials{}, badForm("The form is too long")
	}
	for _, b := range body {
		if b >= 0x80 {
			return warder.Credentials{}, badForm("The form has characters that must be percent-encoded")
		}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return warder.Credentials{}, badForm("The form is malformed")
	}
	switch tokens := form["access_token"]; len(tokens) {
	case 0:
		return warder.Credentials{}, nil
	case 1:
		return warder.Credentials{Scheme: "Bearer", Token: tokens[0]}, nil
	}
	return warder.Credentials{}, errTwoTokens
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
	return &warder.Error{
		Code: warder.InvalidRequest, Reason: warder.ReasonMalformedRequest,
		Description: description,
		Err:         errors.New("a form that RFC 6750 §2.2 does not allow"),
	}
}

// putBack is a body that was read and can be read again.
type putBack struct {
	io.Reader
	io.Closer
}
