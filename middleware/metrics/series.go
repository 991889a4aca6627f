package metrics

import (
	"sync/atomic"
	"time"

	"github.com/warder-go/warder/middleware"
)

// issuer holds what is counted for one issuer.
type issuer struct {
	requests byReason
	tokens   []atomic.Uint64 // by index in vias
	stale    atomic.Uint64   // tokens judged by stale keys
	unnamed  keySet          // of events that name none: those of custom Verifiers

	introspections byReason
	breakerOpen    atomic.Bool // when last heard of
}

func newIssuer() *issuer {
	return &issuer{
		requests:       make(byReason, len(reasons)),
		tokens:         make([]atomic.Uint64, len(vias)),
		introspections: make(byReason, len(reasons)),
	}
}

// keySet holds what is counted for one key set.
type keySet struct {
	// issuer is whose keys these are. Until an event says so, nobody knows under which
	// issuer to export them.
	issuer atomic.Pointer[string]

	fetched, failed timings
	fetchedAt       atomic.Int64 // Unix nanoseconds; 0 for never

	keys         atomic.Int64
	until        atomic.Pointer[time.Time] // from when on there are none; nil or zero: never
	unusableKeys atomic.Int64              // of the same set

	restored, unusable atomic.Uint64 // its snapshot file
}

// has notes which keys there are after e.
func (k *keySet) has(e middleware.Event) {
	until := e.Until // not a pointer into e, which would be allocated for every event
	k.until.Store(&until)
	k.keys.Store(int64(e.Keys))
	k.unusableKeys.Store(int64(len(e.Unusable)))
}

// usable returns how many keys there are at now.
func (k *keySet) usable(now time.Time) int64 {
	if until := k.until.Load(); until != nil && !until.IsZero() && !now.Before(*until) {
		return 0
	}
	return k.keys.Load()
}

// byReason holds timings by index in reasons. Most reasons never occur, and
// have none.
type byReason []atomic.Pointer[timings]

// of returns the timings of what had the reason of this index.
func (b byReason) of(reason int) *timings {
	p := &b[reason]
	if t := p.Load(); t != nil {
		return t
	}
	p.CompareAndSwap(nil, new(timings))
	return p.Load()
}

// route holds what is counted for one route.
type route struct {
	authorizations []atomic.Uint64 // by index in reasons
}

func newRoute() *route {
	return &route{authorizations: make([]atomic.Uint64, len(reasons))}
}

// reasons is the closed set, with other last.
var reasons, reasonIndexes = func() ([]string, map[middleware.Reason]int) {
	var names []string
	indexes := map[middleware.Reason]int{}
	for _, r := range middleware.Reasons() {
		if r != middleware.ReasonOther {
			indexes[r] = len(names)
			names = append(names, string(r))
		}
	}
	return append(names, other), indexes
}()

// The two reasons that nearly all requests have are spared a look-up.
var (
	okIndex      = reasonIndexes[middleware.ReasonOK]
	noTokenIndex = reasonIndexes[middleware.ReasonNoToken]
)

// reasonIndex returns r's index in reasons; that of other for a Reason
// outside the closed set.
func reasonIndex(r middleware.Reason) int {
	switch r {
	case middleware.ReasonOK:
		return okIndex
	case middleware.ReasonNoToken:
		return noTokenIndex
	}
	if i, ok := reasonIndexes[r]; ok {
		return i
	}
	return len(reasons) - 1
}

var vias = []string{
	string(middleware.ViaCache), string(middleware.ViaSignature), string(middleware.ViaIntrospection),
	string(middleware.ViaShared), string(middleware.ViaNegativeCache), "none", other,
}

// viaIndex returns v's index in vias. Without a Via, the token was refused
// before any of them was needed.
func viaIndex(v middleware.Via) int {
	switch v {
	case middleware.ViaCache:
		return 0
	case middleware.ViaSignature:
		return 1
	case middleware.ViaIntrospection:
		return 2
	case middleware.ViaShared:
		return 3
	case middleware.ViaNegativeCache:
		return 4
	case "":
		return 5
	}
	return 6
}
