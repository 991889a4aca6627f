package strictjson

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// plain holds the ASCII characters that a string may hold and that mean themselves.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// noncharacter tells whether I-JSON forbids the code point (RFC 7493 §2.1).
// Surrogates never reach it.
func noncharacter(r rune) bool {
	return r&0xFFFE == 0xFFFE || 0xFDD0 <= r && r <= 0xFDEF
}

// escape reads the escape at the start of text: what it stands for and its length.
// A surrogate without its other half is an error.
func escape(text string) (r rune, size int, err error) {
	if len(text) < 2 {
		return 0, 0, errSyntax
	}
	switch c := text[1]; c {
	case '"', '\\', '/':
		return rune(c), 2, nil
	case 'b':
		return '\b', 2, nil
	case 'f':
		return '\f', 2, nil
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case 't':
		return '\t', 2, nil
	case 'u':
		high, ok := unit(text)
		if !ok {
			return 0, 0, errSyntax
		}
		if !utf16.IsSurrogate(high) {
			return high, 6, nil
		}
		low, ok := unit(text[6:])
		if !ok {
			return 0, 0, errText
		}
		if r = utf16.DecodeRune(high, low); r == utf8.RuneError {
			return 0, 0, errText
		}
		return r, 12, nil
	}
	return 0, 0, errSyntax
}

// unit reads the UTF-16 code unit that \uXXXX at the start of text stands for.
func unit(text string) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(text[2:6]) {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20-'a' <= 5:
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unescape returns what the inside of a string stands for. Without escapes that is
// the inside itself.
func unescape(inside string) string {
	i := strings.IndexByte(inside, '\\')
	if i < 0 {
		return inside
	}
	out := make([]byte, 0, len(inside))
	for i >= 0 {
		r, size, err := escape(inside[i:])
		if err != nil {
			return "" // the scanner has judged every escape; fail closed all the same
		}
		out = append(out, inside[:i]...)
		out = utf8.AppendRune(out, r)
		inside = inside[i+size:]
		i = strings.IndexByte(inside, '\\')
	}
	return string(append(out, inside...))
}
