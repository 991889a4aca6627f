package strictjson

import (
	"math"
	"strings"
	"time"
)

// The instants a NumericDate may name: after the first second of year 1, which is the
// zero time.Time and would look like an absent date, and before year 10000.
const (
	minDate = -62_135_596_800 // 0001-01-01T00:00:00Z, excluded
	maxDate = 253_402_300_800 // 10000-01-01T00:00:00Z, excluded
)

// NumericDate returns the instant a JSON number of seconds names (RFC 7519 §2), in UTC.
// Fractions and exponents are legal. It is false for anything else: other types, dates
// from year 10000 on (milliseconds, overflow) and dates before year 1. Decimal fractions
// are exact to the nanosecond, digits beyond that are dropped; numbers with an exponent
// are as exact as a float64.
func (v Value) NumericDate() (time.Time, bool) {
	digits, negative := strings.CutPrefix(string(v), "-")
	var sec, nsec int64
	i := 0
	for ; i < len(digits) && digits[i]-'0' <= 9; i++ {
		if sec = sec*10 + int64(digits[i]-'0'); sec > maxDate {
			sec = maxDate + 1 // no overflow, however many digits follow
		}
	}
	if i < len(digits) {
		if !v.isNumber() {
			return time.Time{}, false
		}
		if strings.ContainsAny(digits, "eE") {
			return v.exponentDate()
		}
		unit := int64(time.Second)
		for i++; i < len(digits); i++ {
			unit /= 10
			nsec += unit * int64(digits[i]-'0')
		}
	}
	if i == 0 {
		return time.Time{}, false
	}
	if negative {
		sec, nsec = -sec, -nsec
	}
	return date(sec, nsec)
}

// NearestDate is NumericDate, but for numbers beyond the instants that it knows: they
// name the first or the last second of these, which is long past or far away.
func (v Value) NearestDate() (time.Time, bool) {
	if t, ok := v.NumericDate(); ok {
		return t, true
	}
	switch {
	case !v.isNumber():
		return time.Time{}, false
	case v[0] == '-':
		return date(minDate+1, 0)
	}
	return date(maxDate-1, 0)
}

func (v Value) exponentDate() (time.Time, bool) {
	f, ok := v.Number()
	// Compared before it is converted: out of range the conversion is not defined.
	if !ok || f <= minDate || f >= maxDate {
		return time.Time{}, false
	}
	sec, fraction := math.Modf(f)
	return date(int64(sec), int64(fraction*float64(time.Second)))
}

func date(sec, nsec int64) (time.Time, bool) {
	if sec >= maxDate || sec < minDate {
		return time.Time{}, false
	}
	t := time.Unix(sec, nsec).UTC()
	if !t.After(time.Time{}) {
		return time.Time{}, false
	}
	return t, true
}
