package middleware

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// Log returns an Observer that writes to l, or to slog.Default() if l is nil:
// refusals, and the first of fetched key sets in which the same keys cannot be used, at
// level Info; an
// issuer that does not answer, and what becomes of a snapshot file, at Warn; our own
// mistakes, such as a route without a policy or a fault of a Verifier, at Error;
// everything else at Debug. It writes configured values and causes, never a token.
// docs/reasons.md has a line for each reason, and what to do.
func Log(l *slog.Logger) Observer {
	var told unusableKeys
	return func(ctx context.Context, e Event) {
		logger := l
		if logger == nil {
			logger = slog.Default()
		}
		level := levelOf(e)
		if len(e.Unusable) > 0 && e.Reason == ReasonOK && e.Op == OpFetch && told.news(e) {
			level = max(level, slog.LevelInfo) // tokens signed with these keys are refused
		}
		if !logger.Enabled(ctx, level) {
			return
		}
		attrs := make([]slog.Attr, 0, 8)
		attrs = append(attrs, slog.String("op", string(e.Op)), slog.String("reason", string(e.Reason)))
		for _, a := range []slog.Attr{
			slog.String("issuer", e.Issuer),
			slog.String("route", e.Route),
			slog.String("via", string(e.Via)),
		} {
			if a.Value.String() != "" {
				attrs = append(attrs, a)
			}
		}
		if e.Op == OpFetch {
			attrs = append(attrs, slog.Int("keys", e.Keys))
		}
		if len(e.Unusable) > 0 {
			attrs = append(attrs, slog.String("unusable", list(e.Unusable)))
		}
		attrs = append(attrs, slog.Duration("duration", e.Duration))
		if e.Err != nil {
			attrs = append(attrs, slog.String("err", e.Err.Error()))
		}
		logger.LogAttrs(ctx, level, "warder", attrs...)
	}
}

// unusableKeys remembers which keys of each set cannot be used, as last told: a set is
// fetched again and again, and says the same.
type unusableKeys struct{ bySet sync.Map }

// news reports whether e tells of others than the last event of its key set did.
func (u *unusableKeys) news(e Event) bool {
	now := list(e.Unusable)
	before, _ := u.bySet.Swap([2]string{e.Issuer, e.KeySet}, now)
	return before != now
}

// maxListed is how many keys one line speaks of.
const maxListed = 8

// list returns errs in one line.
func list(errs []error) string {
	var line strings.Builder
	for i, err := range errs {
		switch {
		case i == maxListed:
			fmt.Fprintf(&line, "; and %d more", len(errs)-i)
			return line.String()
		case i > 0:
			line.WriteString("; ")
		}
		line.WriteString(err.Error())
	}
	return line.String()
}

func levelOf(e Event) slog.Level {
	switch {
	case e.Op == OpVerify:
		return slog.LevelDebug // the request's own event says it again
	case e.Op == OpSnapshot:
		return slog.LevelWarn // used: the issuer is down; not used: the next restart is at risk
	case e.Reason == ReasonOK, e.Reason == ReasonCanceled:
		return slog.LevelDebug
	case e.Reason == ReasonNoPolicy, e.Reason == ReasonNoGuard,
		e.Reason == ReasonVerifierFault, e.Reason == ReasonIssuerRefusedUs:
		return slog.LevelError
	case e.Reason == ReasonKeysUnavailable, e.Reason == ReasonIntrospectionUnavailable:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
