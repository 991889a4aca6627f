package issuertest

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// readForm returns the parameters of a request (RFC 6749 §3.2, App. B).
// An empty parameter counts as absent, but not when repetitions are looked for.
func readForm(r *http.Request) (url.Values, *tokenError) {
	if r.Method != http.MethodPost {
		return nil, &tokenError{Code: "invalid_request", Description: "the method is not POST", status: http.StatusMethodNotAllowed}
	}
	form, complaint := readBody(r)
	if complaint != "" {
		return nil, invalidRequest(complaint)
	}
	if repeats(form) {
		return nil, invalidRequest("a parameter is repeated")
	}
	return form, nil
}

// readBody parses the form in a body. The complaint is a fixed text.
func readBody(r *http.Request) (form url.Values, complaint string) {
	// Parameters in the URI end up in logs. The endpoint's own URI has none, so
	// that any query is refused rather than a list of names.
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return nil, "parameters belong in the body"
	}
	fields := r.Header.Values("Content-Type")
	if len(fields) != 1 {
		return nil, "the body needs one Content-Type"
	}
	if media, _, err := mime.ParseMediaType(fields[0]); err != nil || media != "application/x-www-form-urlencoded" {
		return nil, "the body is not application/x-www-form-urlencoded"
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, "the body could not be read"
	}
	r.Body = io.NopCloser(bytes.NewReader(body)) // for the Interaction
	return parseForm(string(body))
}

func parseForm(text string) (form url.Values, complaint string) {
	form, err := url.ParseQuery(text)
	if err != nil {
		return nil, "the parameters are not form-encoded"
	}
	for name, values := range form {
		for n, v := range values {
			if !utf8.ValidString(name) || !utf8.ValidString(v) {
				return nil, "the parameters are not UTF-8"
			}
			values[n] = strings.Clone(v) // what is kept must not keep the rest
		}
	}
	return form, ""
}

// repeats reports whether a parameter is there twice that may be there once.
// Only resource may repeat (RFC 8707 §2).
func repeats(form url.Values) bool {
	for name, values := range form {
		if len(values) > 1 && name != "resource" {
			return true
		}
	}
	return false
}
