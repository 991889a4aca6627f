package verifiertest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/warder-go/warder/middleware"
)

// note is a claim of every token, and more than a float64 holds exactly:
// Raw has the claims as they were received.
const note = "9007199254740993"

// same returns where got differs from what the token says.
func same(got, want *middleware.Token) error {
	var wrong []error
	differs := func(field string, got, want any) {
		wrong = append(wrong, fmt.Errorf("the Token's %s is %#v, not %#v", field, got, want))
	}
	for _, f := range []struct{ name, got, want string }{
		{"Issuer", got.Issuer, want.Issuer},
		{"Subject", got.Subject, want.Subject},
		{"ClientID", got.ClientID, want.ClientID},
		{"ID", got.ID, want.ID},
		{"ACR", got.ACR, want.ACR},
	} {
		if f.got != f.want {
			differs(f.name, f.got, f.want)
		}
	}
	for _, f := range []struct {
		name      string
		got, want []string
	}{
		{"Audience", got.Audience, want.Audience},
		{"Scopes", got.Scopes, want.Scopes},
	} {
		if !slices.Equal(f.got, f.want) {
			differs(f.name, f.got, f.want)
		}
		if cap(f.got) != len(f.got) {
			wrong = append(wrong, fmt.Errorf("the Token's %s is not clipped: append would write into what requests share", f.name))
		}
	}
	for _, f := range []struct {
		name      string
		got, want time.Time
	}{
		{"IssuedAt", got.IssuedAt, want.IssuedAt},
		{"NotBefore", got.NotBefore, want.NotBefore},
		{"Expiry", got.Expiry, want.Expiry},
		{"AuthTime", got.AuthTime, want.AuthTime},
	} {
		// Fractions of a second may be dropped.
		if f.got.IsZero() != f.want.IsZero() || f.got.Sub(f.want).Abs() >= time.Second {
			differs(f.name, f.got, f.want)
		}
	}
	// Nil is a bearer token. Empty is a cnf that nobody confirms.
	if !maps.Equal(got.Confirmation, want.Confirmation) || (got.Confirmation == nil) != (want.Confirmation == nil) {
		differs("Confirmation", got.Confirmation, want.Confirmation)
	}

	var number int64
	if found, err := got.Claim("note", &number); !found || err != nil || fmt.Sprint(number) != note {
		wrong = append(wrong, errors.New("the Token's Raw does not hold a claim as it was received"))
	}
	var subject string
	if found, err := got.Claim("sub", &subject); !found || err != nil || subject != want.Subject {
		wrong = append(wrong, errors.New("the Token's Raw does not say the sub that the token says"))
	}
	return errors.Join(wrong...)
}
