package introspect

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/warder-go/warder/internal/flight"
	"github.com/warder-go/warder/internal/jose"
)

const (
	// An assertion is good for assertionLifetime and used for half of it.
	assertionLifetime = 2 * time.Minute

	// After an issuer refused an assertion that another call had used, and took a new
	// one, each call has its own: for doubt, as it may have been a stray answer, and
	// when it happens again, for distrust.
	doubt    = 10 * time.Second
	distrust = 10 * time.Minute

	// An assertion that is about to be replaced is used where the key takes longer than
	// this, until spent.
	haste = 100 * time.Millisecond
	spent = assertionLifetime * 3 / 4

	// A key that does not return within patience is asked again by who comes then, so
	// that one lost answer of a device is not the end. When maxSigning have not
	// returned, with no success since, that happens once a weary.
	patience   = 10 * time.Second
	maxSigning = 256
	weary      = time.Minute
)

// PrivateKeyJWT authenticates with a JWT that key signs (RFC 7523 §2.2), for
// the client id: alg RS256, PS256, ES256 or EdDSA, and kid, which may be empty.
// Its audience is the issuer. It is signed once a minute, not once a call. An
// issuer that takes each assertion once only (RFC 7523 §3) refuses the second
// call; that call is made again with a new one, and each call has its own for ten
// seconds. If it happens again after that, each has its own for ten minutes. key is
// called concurrently, and a key that takes long, as one in hardware may, keeps nobody
// waiting for more than 100 ms who has an assertion. One that does not return is called
// again ten seconds later, or a minute when it did not 256 times. A key that is not for
// alg panics.
func PrivateKeyJWT(id string, key crypto.Signer, alg, kid string) ClientAuth {
	if key == nil || !jose.CanSign(key, alg) {
		panic("introspect: PrivateKeyJWT: the key is not for this alg")
	}
	a := &assertions{id: id, key: key, alg: alg, kid: kid}
	return func(ctx context.Context, form url.Values, _ http.Header) error {
		this, ok := ctx.Value(attemptKey{}).(*attempt)
		if !ok {
			return errors.New("introspect: PrivateKeyJWT is for a Verifier of this package")
		}
		this.assertions = a
		signed, reused, err := a.at(ctx, time.Now(), this.issuer, this.again)
		this.reused = reused
		if err != nil {
			return errors.New("introspect: the client assertion cannot be signed")
		}
		form.Set("client_id", id)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", signed)
		return nil
	}
}

// attempt is a question to the issuer, and what a ClientAuth of ours and the call that
// it is for tell each other.
type attempt struct {
	issuer     string
	form       url.Values
	header     http.Header
	renewals   uint64      // of credentials, when those of this one were asked for
	again      bool        // the last one was refused: an assertion that nobody has used
	assertions *assertions // that the one of this call is from; nil: there is none
	reused     bool        // another call had it before
}

// attemptKey is where ctx holds the attempt.
type attemptKey struct{}

// repeats reports whether a call that was answered by refusing the client, or the
// token, is to be made again with an assertion that nobody has used. sure tells that
// the answer is about the client.
func (a *attempt) repeats(now time.Time, sure bool) bool {
	return a.assertions != nil && a.reused && a.assertions.refused(now, sure)
}

// sameAs reports whether a asks what b asked, with the same credentials.
func (a *attempt) sameAs(b attempt) bool {
	return maps.EqualFunc(a.form, b.form, slices.Equal) && maps.EqualFunc(a.header, b.header, slices.Equal)
}

// accepted notes that the issuer took our credentials.
func (a *attempt) accepted(now time.Time) {
	switch {
	case a.assertions == nil:
	case a.reused:
		a.assertions.accepted(now)
	case a.again:
		a.assertions.distrusted(now)
	}
}

// assertions are client assertions of one key. It is safe for concurrent use.
type assertions struct {
	id, alg, kid string
	key          crypto.Signer
	signing      flight.Group[*assertion]

	mu         sync.Mutex // of the following; not held while the key signs
	current    *assertion
	reusedTill time.Time // when the issuer last took one that another call had used
	singleTill time.Time // until when each call has its own
	signs      int       // that have not returned, with no success since
	began      time.Time // the last of them
	again      bool      // none that another call had used was taken since the last of those times
}

// assertion is one of them.
type assertion struct {
	signed, audience string
	issued           time.Time
	sent             atomic.Bool
}

// at returns an assertion for audience that is good at now, and whether another call
// has had it. unused wants one that none has.
func (a *assertions) at(ctx context.Context, now time.Time, audience string, unused bool) (signed string, reused bool, err error) {
	a.mu.Lock()
	current, single := a.current, now.Before(a.singleTill)
	a.mu.Unlock()
	if unused || single {
		fresh, err := a.own(ctx, audience)
		if err != nil {
			return "", false, err
		}
		return fresh.signed, false, nil
	}
	if current != nil && (current.audience != audience || current.age(now) >= spent) {
		current = nil
	}
	if current == nil || current.age(now) >= assertionLifetime/2 {
		fresh, err := a.renew(ctx, now, audience, current != nil)
		switch {
		case err == nil:
			current = fresh
		case current == nil:
			return "", false, err
		}
	}
	return current.signed, current.sent.Swap(true), nil
}

// renew returns a new assertion for all calls: one of them signs. In a hurry it does not
// take long.
func (a *assertions) renew(ctx context.Context, now time.Time, audience string, hurry bool) (*assertion, error) {
	if hurry {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, haste)
		defer cancel()
	}
	window := strconv.FormatInt(now.Unix()/int64(patience/time.Second), 10)
	return a.signing.Do(ctx, window+" "+audience, func(context.Context) (*assertion, error) {
		fresh, err := a.sign(time.Now(), audience)
		a.mu.Lock()
		defer a.mu.Unlock()
		if last := a.current; err == nil && (last == nil || last.audience != audience || last.issued.Before(fresh.issued)) {
			a.current = fresh
		}
		return fresh, err
	})
}

// own returns a new assertion for one call.
func (a *assertions) own(ctx context.Context, audience string) (*assertion, error) {
	return a.signing.Do(ctx, rand.Text(), func(context.Context) (*assertion, error) {
		return a.sign(time.Now(), audience)
	})
}

// age is how old a is; one from the future is as old as can be.
func (a *assertion) age(now time.Time) time.Duration {
	if age := now.Sub(a.issued); age >= 0 {
		return age
	}
	return assertionLifetime
}

func (a *assertions) sign(now time.Time, audience string) (*assertion, error) {
	a.mu.Lock()
	if a.signs >= maxSigning && now.Sub(a.began) < weary {
		a.mu.Unlock()
		return nil, errors.New("introspect: the key does not return")
	}
	a.signs++
	a.began = now
	a.mu.Unlock()
	ok := false
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.signs = max(a.signs-1, 0); ok {
			a.signs = 0
		}
	}()
	claims, err := json.Marshal(map[string]any{
		"iss": a.id, "sub": a.id, "aud": audience,
		"iat": now.Unix(), "exp": now.Add(assertionLifetime).Unix(),
		"jti": rand.Text(),
	})
	if err != nil {
		return nil, err
	}
	signed, err := jose.Sign(a.key, a.alg, a.kid, claims)
	ok = err == nil
	return &assertion{signed: signed, audience: audience, issued: now}, err
}

// accepted notes that an assertion was taken which another call had used.
func (a *assertions) accepted(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reusedTill, a.again = now, false
}

// refused reports whether a new assertion may help, after one that another call had
// used was refused. It may not where the issuer took a used one a moment ago: then the
// answer is about the token, unless it says otherwise.
func (a *assertions) refused(now time.Time, sure bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return sure || a.reusedTill.IsZero() || now.Sub(a.reusedTill) >= assertionLifetime/2
}

// distrusted notes that a new assertion was taken after a used one was refused.
func (a *assertions) distrusted(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Before(a.singleTill) {
		return // one of several that were refused at once
	}
	wait := doubt
	if a.again {
		wait = distrust
	}
	a.singleTill, a.again, a.current = now.Add(wait), true, nil
}
