package middleware

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// setFields puts d's fields into h, with those of WriteDenial's body if asked.
// Challenges replace what is there: an answer has one writer.
func (d Denial) setFields(h http.Header, body bool) {
	setFields(h, d.Header)
	// One array for all of these values, and a new one for every response: what
	// outer handlers do to theirs happens to no other.
	const fixed = 3
	values := make([]string, fixed, fixed+len(d.Challenges))
	values[0], values[1], values[2] = "no-store", "text/plain; charset=utf-8", "nosniff"
	h["Cache-Control"] = values[0:1:1] // RFC 9111 §3.5: never stored
	if body {
		h["Content-Type"] = values[1:2:2]
		h["X-Content-Type-Options"] = values[2:3:3]
	}
	if d.values != nil {
		values = append(values, d.values...)
	} else {
		values = appendFieldValues(values, d.Challenges)
	}
	if len(values) == fixed {
		delete(h, "Www-Authenticate")
		return
	}
	h["Www-Authenticate"] = slices.Clip(values[fixed:])
}

// appendFieldValues appends one field value a challenge that has a scheme.
func appendFieldValues(values []string, challenges []Challenge) []string {
	for _, c := range challenges {
		if s := c.String(); s != "" {
			values = append(values, s)
		}
	}
	return values
}

// setFields puts copies of fields into h. Vary and Cache-Control are lists that
// outer handlers also add to, and none of what they ask for may get lost; every
// other field is replaced.
func setFields(h, fields http.Header) {
	for name, values := range fields {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if name == "Vary" || name == "Cache-Control" {
			for _, v := range values {
				addMember(h, name, v)
			}
			continue
		}
		h[name] = slices.Clone(values) // errors, sources and bindings share theirs
	}
}

// addMember adds a value to a field that is a list, unless it is there.
func addMember(h http.Header, name, value string) {
	for _, line := range h[name] {
		if strings.EqualFold(line, value) {
			return
		}
		for member := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(member, " \t"), value) {
				return
			}
		}
	}
	h[name] = append(slices.Clip(h[name]), value)
}

// merged returns a with b's fields added. Neither is changed.
func merged(a, b http.Header) http.Header {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	both := a.Clone()
	setFields(both, b)
	return both
}
