package strictjson

import (
	"strings"
	"unicode/utf8"
)

// The functions here read one token of doc from index i and return the index after it.

func literal(doc string, i int, word string) (int, error) {
	if !strings.HasPrefix(doc[i:], word) {
		return 0, errSyntax
	}
	return i + len(word), nil
}

// number reads a number by the grammar of RFC 8259 §6: no plus sign, no leading zero,
// no bare point.
func number(doc string, i int) (int, error) {
	if doc[i] == '-' {
		i++
	}
	end := digits(doc, i)
	if end == i || end > i+1 && doc[i] == '0' {
		return 0, errSyntax
	}
	i = end
	if i < len(doc) && doc[i] == '.' {
		if end = digits(doc, i+1); end == i+1 {
			return 0, errSyntax
		}
		i = end
	}
	if i < len(doc) && doc[i]|0x20 == 'e' {
		i++
		if i < len(doc) && (doc[i] == '+' || doc[i] == '-') {
			i++
		}
		if end = digits(doc, i); end == i {
			return 0, errSyntax
		}
		i = end
	}
	return i, nil
}

func digits(doc string, i int) int {
	for i < len(doc) && doc[i]-'0' <= 9 {
		i++
	}
	return i
}

// space skips the four characters RFC 8259 §2 calls whitespace.
func space(doc string, i int) int {
	for i < len(doc) && doc[i] <= ' ' {
		if c := doc[i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			break
		}
		i++
	}
	return i
}

// text reads a string from after its opening quote and tells whether it has escapes.
func text(doc string, i int) (end int, escaped bool, err error) {
	for {
		for i < len(doc) && plain[doc[i]] {
			i++
		}
		if i >= len(doc) {
			return 0, false, errSyntax
		}
		switch c := doc[i]; {
		case c == '"':
			return i + 1, escaped, nil
		case c == '\\':
			escaped = true
			r, size, err := escape(doc[i:])
			if err != nil {
				return 0, false, err
			}
			if noncharacter(r) {
				return 0, false, errText
			}
			i += size
		case c < utf8.RuneSelf: // a control character
			return 0, false, errSyntax
		default:
			r, size := utf8.DecodeRuneInString(doc[i:])
			if r == utf8.RuneError && size == 1 || noncharacter(r) {
				return 0, false, errText
			}
			i += size
		}
	}
}
