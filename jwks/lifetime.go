package jwks

import (
	"net/http"
	"strings"
	"time"

	"github.com/warder-go/warder/internal/backoff"
)

// What an issuer may state of its keys' lifetime is held within these: keys
// are configuration, not content. Shorter would let an issuer make us hammer
// it; longer would keep keys that it withdrew.
const (
	minLifetime = time.Minute
	maxLifetime = time.Hour
)

// lifetime returns how long an answer that came at now is fresh (RFC 9111
// §4.2.1), and whether it says. What cannot be read counts as not fresh at
// all, and of two statements the shorter counts (§4.2.1, §5.3).
func lifetime(h http.Header, now time.Time) (time.Duration, bool) {
	fresh, stated := time.Duration(0), false
	for _, d := range directives(h) {
		switch d.name {
		case "no-store", "no-cache":
			return 0, true
		case "max-age":
			if age := backoff.Seconds(d.value); !stated || age < fresh {
				fresh, stated = age, true
			}
		}
	}
	if !stated {
		if fresh, stated = untilExpires(h, now); !stated {
			return 0, false
		}
	}
	return max(fresh-age(h), 0), true
}

// dated returns when the issuer made the answer with these fields, which came at now:
// at Date (RFC 9110 §6.6.1), and not later than its Age ago, as some caches write a Date
// of their own (RFC 9111 §4.2.3). A clock that is ahead makes no answer newer than now.
// Zero where it does not say.
func dated(h http.Header, now time.Time) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	if latest := now.Add(-age(h)); date.After(latest) {
		return latest
	}
	return date
}

// age returns Age (RFC 9111 §5.1), the oldest if there are two.
func age(h http.Header) time.Duration {
	oldest := time.Duration(0)
	for _, v := range h.Values("Age") {
		oldest = max(oldest, backoff.Seconds(strings.TrimSpace(v)))
	}
	return oldest
}

// untilExpires reads Expires against Date (RFC 9111 §5.3).
func untilExpires(h http.Header, now time.Time) (fresh time.Duration, stated bool) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		date = now
	}
	for _, v := range h.Values("Expires") {
		left := time.Duration(0) // "0" and the like: expired
		if at, err := http.ParseTime(v); err == nil {
			left = at.Sub(date)
		}
		if !stated || left < fresh {
			fresh, stated = left, true
		}
	}
	return fresh, stated
}

type directive struct{ name, value string }

// directives reads Cache-Control (RFC 9111 §5.2). A quoted value loses its
// quotes; a comma inside of one ends it, which only makes it unreadable.
func directives(h http.Header) []directive {
	var ds []directive
	for _, field := range h.Values("Cache-Control") {
		for part := range strings.SplitSeq(field, ",") {
			name, value, _ := strings.Cut(part, "=")
			ds = append(ds, directive{
				strings.ToLower(strings.TrimSpace(name)),
				strings.Trim(strings.TrimSpace(value), `"`),
			})
		}
	}
	return ds
}
