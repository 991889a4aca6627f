package introspect

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/internal/facts"
	"github.com/warder-go/warder/internal/flight"
	"github.com/warder-go/warder/middleware"
)

// ask waits for the issuer's word on token: one call for equal tokens, that
// no one request owns.
func (v *Verifier) ask(ctx context.Context, k facts.Key, token string, now time.Time) (*fact, middleware.Via, error) {
	epoch := v.cache.epoch(k)
	// Who comes after Forget does not join a call from before it.
	id := string(binary.BigEndian.AppendUint64(k[:], epoch))
	wait, cancel := context.WithDeadline(ctx, now.Add(v.cfg.Timeout))
	defer cancel()
	var own atomic.Bool // the call is this request's
	f, err := v.flights.Do(wait, id, func(ctx context.Context) (*fact, error) {
		// Between the caller's look and this call, another may have ended.
		if f := v.cache.get(k, time.Now()); f != nil {
			return f, nil
		}
		own.Store(true)
		f, err := v.call(ctx, token)
		if err == nil {
			v.remember(k, token, f, epoch)
		}
		return f, err
	})
	via := middleware.ViaShared
	if own.Load() {
		via = middleware.ViaIntrospection
	}
	if said, ok := err.(*middleware.Error); err != nil && (!ok || said.Code != "") {
		// Out of time, a panic, or what ended ctx: its cause may be a refusal
		// of something else.
		err = unavailable(err)
	}
	return f, via, err
}

// call asks the issuer, if it may be asked, and reports that it did.
func (v *Verifier) call(ctx context.Context, token string) (*fact, error) {
	began := time.Now()
	if len(v.slots) == cap(v.slots) {
		return nil, v.refuse(ctx, began, middleware.ReasonTooManyCalls, errBusy, backoff.First)
	}
	p, wait, ok := v.breaker.admit(began)
	for ok && p.ours() {
		if err := v.askOurs(ctx, p); err != nil {
			return nil, refusal(outcome(err), err, retryAfter(err))
		}
		began = time.Now()
		p, wait, ok = v.breaker.admit(began)
	}
	if !ok {
		return nil, v.refuse(ctx, began, middleware.ReasonBreakerOpen, v.breaker.because(), wait)
	}
	f, err := v.bounded(ctx, token, false)
	w := wordOf(f, err)
	if p.probe {
		v.breaker.decided(time.Now(), p, w, err)
	} else if v.breaker.done(time.Now(), p, w, err) {
		var alone flight.Group[*fact] // not v.flights: joining one that is finishing would clear no doubt
		alone.Go(ctx, "", func(ctx context.Context) (*fact, error) { return nil, v.askOurs(ctx, p) })
	}
	if err != nil {
		return nil, v.refuse(ctx, began, outcome(err), err, retryAfter(err))
	}
	v.report(ctx, time.Since(began), middleware.ReasonOK, nil)
	return f, nil
}

// question is one of ours, and how it ended.
type question struct {
	word word
	err  error
	took time.Duration
}

// askOurs asks about a token that the issuer knows or, if there is none, that we make
// up; tells the breaker, and reports. To open it takes both, unless the fault is told,
// or is ours. The error is nil if there is an answer, whatever it is: strangers have no
// part in these questions.
func (v *Verifier) askOurs(ctx context.Context, p pass) error {
	known := v.known.token(time.Now())
	if known == "" || p.turn%4 == 2 {
		return v.decide(ctx, p, v.askAbout(ctx, rand.Text()))
	}
	q := v.askAbout(ctx, known)
	if p.probe || q.word != down || told(q.err) || errors.Is(q.err, errRefused) {
		return v.decide(ctx, p, q)
	}
	again := v.askAbout(ctx, rand.Text())
	if again.word == answered {
		v.known.forget(known) // it, or its owner, has a fault of its own
	}
	return v.decide(ctx, p, again, q)
}

// askAbout asks one question.
func (v *Verifier) askAbout(ctx context.Context, token string) question {
	began := time.Now()
	f, err := v.bounded(ctx, token, true)
	if err == nil && f.said == nil {
		v.known.forget(token)
	}
	w := wordOf(f, err)
	if w == unclear {
		w = answered
	}
	return question{w, err, time.Since(began)}
}

// decide tells the breaker how q ended, and then the Observer, which may take long, of
// it and those before.
func (v *Verifier) decide(ctx context.Context, p pass, q question, before ...question) error {
	v.breaker.decided(time.Now(), p, q.word, q.err)
	for _, q := range append(before, q) {
		v.report(ctx, q.took, outcome(q.err), q.err)
	}
	if q.word == answered {
		return nil
	}
	return q.err
}

// wordOf returns what it says of the issuer that a call ended so.
func wordOf(f *fact, err error) word {
	switch {
	case err == errBusy, err == errPanicked:
		return silent
	case outageOf(err) != nil:
		return down
	case err != nil, f.byStatus:
		return unclear
	}
	return answered
}

// outcome is what operators call how a call ended.
func outcome(err error) middleware.Reason {
	switch {
	case err == nil:
		return middleware.ReasonOK
	case err == errBusy:
		return middleware.ReasonTooManyCalls
	case errors.Is(err, errRefused):
		return middleware.ReasonIssuerRefusedUs
	}
	return middleware.ReasonIntrospectionUnavailable
}

// outageOf returns err if it counts for the breaker.
func outageOf(err error) error {
	if down := (outage{}); errors.As(err, &down) {
		return err
	}
	return nil
}

// bounded is exchange within Timeout, whatever foreign code below it does with
// its context, and with its panics as errors. A call that does not return keeps
// its slot, so that there are never more of them. A question of ours waits for a
// slot, and goes before those who come.
func (v *Verifier) bounded(ctx context.Context, token string, ours bool) (*fact, error) {
	select {
	case v.slots <- struct{}{}:
	default:
		if !ours {
			return nil, errBusy
		}
		patience := time.NewTimer(v.cfg.Timeout)
		defer patience.Stop()
		select {
		case v.slots <- struct{}{}:
		case <-patience.C:
			return nil, errBusy
		}
	}
	limited, cancel := context.WithTimeout(ctx, v.cfg.Timeout)
	defer cancel()
	type result struct {
		fact *fact
		err  error
	}
	results := make(chan result, 1)
	go func() {
		r := result{err: errPanicked} // unless exchange returns
		defer func() {
			_ = recover() // the value may hold anything
			<-v.slots
			results <- r
		}()
		r.fact, r.err = v.exchange(limited, token, ours)
	}()
	select {
	case r := <-results:
		return r.fact, r.err
	case <-limited.Done():
	}
	// What heeds its context returns now, and says more.
	grace := time.NewTimer(hangs)
	defer grace.Stop()
	select {
	case r := <-results:
		return r.fact, r.err
	case <-grace.C:
		return nil, outage{errHung}
	}
}

// hangs is how late a call may return before it counts as one that does not.
const hangs = 100 * time.Millisecond

// exchange asks and reads the answer. A question of ours has a connection of its own:
// that one of those we keep is dead says nothing of the issuer.
func (v *Verifier) exchange(ctx context.Context, token string, ours bool) (*fact, error) {
	do := v.caller.client.Do
	if ours {
		do = v.caller.client.DoAfresh
	}
	resp, err := v.caller.ask(ctx, token, do)
	if errors.Is(err, errUnknown) {
		return &fact{byStatus: true}, nil
	}
	if err != nil {
		return nil, err
	}
	answer, now := string(resp.Body), time.Now()
	switch {
	case v.cfg.SignedBy == nil && isType(resp.Header.Get("Content-Type"), typeSigned):
		return nil, errSigned
	case v.cfg.SignedBy == nil:
		if !isType(resp.Header.Get("Content-Type"), typeJSON) {
			return nil, errNotJSON
		}
	case !isType(resp.Header.Get("Content-Type"), typeSigned):
		return nil, errNotSigned // a downgrade (RFC 9701 §8.2)
	default:
		payload, err := v.cfg.SignedBy.VerifyJWS(ctx, "token-introspection+jwt", answer)
		if err != nil {
			return nil, forged(err)
		}
		if answer, err = v.openSigned(string(payload), now); err != nil {
			return nil, err
		}
	}
	return v.readAnswer(answer)
}
