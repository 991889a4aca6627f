package verifiertest

import (
	"maps"
	"slices"
	"strings"
)

// segments are tokens that are not three segments (RFC 7515 §7.1).
func (f *forge) segments() []attempt {
	good := f.token(nil, nil)
	header, payload, signature := cut(good)
	jwe := encoded(`{"typ":"at+jwt","alg":"RSA-OAEP-256","enc":"A256GCM","cty":"JWT"}`)
	return []attempt{
		refused("no token at all", ""),
		refused("something that is no JWT", marker),
		refused("R7515-01: one segment", header),
		refused("R7515-01: two segments", header+"."+payload),
		refused("R7515-01: four segments", good+"."+signature),
		refused("R7515-01: five segments, of which three are a good token", good+".."),
		refused("R8725-06: five segments, as of an encrypted token", strings.Join([]string{jwe, signature, header[:16], payload, header[:22]}, ".")),
		refused("R7515-01: a dot behind the token", good+"."),
		refused("R7515-01: a dot in front of the token", "."+good),
		refused("R7515-01: an empty header", "."+payload+"."+signature),
		refused("R7515-01: an empty payload", header+".."+signature),
		refused("R7515-01: an empty payload that is signed", f.withPayload("")),
		refused("R7515-01: an empty signature", header+"."+payload+"."),
		refused("R7515-01: nothing but dots", ".."),
		refused("R8725-07: the JSON serialization", `{"protected":"`+header+`","payload":"`+payload+`","signature":"`+signature+`"}`),
		refused("a space in front of the token", " "+good),
		refused("a line break behind the token", good+"\n"),
		refused("a NUL behind the token", good+"\x00"),
		refused("a byte order mark in front of the token", "\xef\xbb\xbf"+good),
		refused("the scheme in front of the token", "Bearer "+good),
		refused("two tokens with a comma between them", good+","+good),
	}
}

// spellings are other texts for a good token's segments, which lax decoders of
// base64url take for the same octets (RFC 7515 §2).
func (f *forge) spellings() []attempt {
	good := f.spellable()
	var attempts []attempt
	for i, place := range []string{"header", "payload", "signature"} {
		segments := strings.Split(good, ".")
		was := segments[i]
		others := spelled(was)
		for _, how := range slices.Sorted(maps.Keys(others)) {
			segments[i] = others[how]
			attempts = append(attempts, refused(how+" in the "+place, strings.Join(segments, ".")))
		}
		segments[i] = was[:len(was)-1]
		attempts = append(attempts, refused("the "+place+" without its last character", strings.Join(segments, ".")))
	}
	return attempts
}

func spelled(segment string) map[string]string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, segment[len(segment)-1])
	half := len(segment) / 2
	return map[string]string{
		"R7515-02: padding":               segment + strings.Repeat("=", 4-len(segment)%4),
		"R7515-02: the standard alphabet": strings.NewReplacer("-", "+", "_", "/").Replace(segment),
		"R7515-04: a spare bit":           segment[:len(segment)-1] + alphabet[last^1:last^1+1],
		"a line feed":                     segment[:half] + "\n" + segment[half:],
		"a carriage return":               segment[:half] + "\r" + segment[half:],
		"a final line break":              segment + "\r\n",
		"a space":                         segment[:half] + " " + segment[half:],
	}
}

// spellable is a good token that has, in each segment, spare bits and both
// characters in which base64url differs from base64.
func (f *forge) spellable() string {
	for n := 0; ; n++ {
		x := object{"x": strings.Repeat("~", 5+n%3) + strings.Repeat("?", 5+n)}
		token := f.token(x, x)
		fits := true
		for segment := range strings.SplitSeq(token, ".") {
			fits = fits && len(segment)%4 != 0 && strings.Contains(segment, "-") && strings.Contains(segment, "_")
		}
		if fits {
			return token
		}
	}
}
