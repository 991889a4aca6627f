package issuertest

import (
	"crypto/rand"
	"errors"
	"math/big"
	"strings"
	"unicode"
)

// userCodeLetters are consonants that nobody mixes up and that spell no words
// (RFC 8628 §6.1). Eight of them make 2^34 codes.
const userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"

const userCodeLength = 8

// newUserCode returns a code in the form that Device compares: letters only.
func newUserCode() string {
	b := make([]byte, userCodeLength)
	for n := range b {
		letter, err := rand.Int(rand.Reader, big.NewInt(int64(len(userCodeLetters))))
		if err != nil {
			panic("issuertest: " + err.Error()) // crypto/rand does not fail
		}
		b[n] = userCodeLetters[letter.Int64()]
	}
	return string(b)
}

// showUserCode writes a code as people read it.
func showUserCode(code string) string { return code[:userCodeLength/2] + "-" + code[userCodeLength/2:] }

// readUserCode returns what a person typed as newUserCode writes it: in capitals,
// without spaces and punctuation.
func readUserCode(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, typed)
}

var (
	// ErrUserCode says that no device waits under a user code.
	ErrUserCode = errors.New("issuertest: the user code is wrong, was used, or its time is over")
	// ErrTooManyGuesses says that user codes are not looked up for a while.
	ErrTooManyGuesses = errors.New("issuertest: too many wrong user codes: wait a minute")
)

// Device returns the request of the device that shows userCode: for a
// verification page (RFC 8628 §3.3), which shows the request's client and
// UserCode and asks before it calls Approve. Letter case, spaces and punctuation
// do not matter. The error is ErrUserCode or ErrTooManyGuesses: after a hundred
// wrong codes in a minute, wherever they come from. The page may limit each
// address to fewer.
func (i *Issuer) Device(userCode string) (*Authorization, error) { return i.deviceFor(userCode, "") }

// deviceFor is Device for a page that knows where the code comes from.
func (i *Issuer) deviceFor(userCode, address string) (*Authorization, error) {
	code := readUserCode(userCode)
	if len(code) != userCodeLength || strings.Trim(code, userCodeLetters) != "" {
		return nil, ErrUserCode // a slip, and no guess
	}
	g := i.grants
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.guesses.closed(address) {
		return nil, ErrTooManyGuesses
	}
	d, ok := g.users.get(code)
	if !ok {
		g.guesses.wrong(address)
		return nil, ErrUserCode
	}
	if _, waiting := g.waiting.get(d.authorization.ID); !waiting {
		return nil, ErrUserCode // decided: the page was loaded again
	}
	return d.authorization, nil
}
