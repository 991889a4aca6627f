package metrics

import (
	"sync/atomic"

	"github.com/warder-go/warder/middleware"
)

// issuer holds what is counted for one issuer.
type issuer struct {
	requests byReason
	tokens   []atomic.Uint64 // by index in vias

	fetched, failed timings      // fetches of its keys
	fetchedAt       atomic.Int64 // Unix nanoseconds; 0 for never
	keys            atomic.Int64
	unusableKeys    atomic.Int64  // of the same set
	stale           atomic.Uint64 // tokens judged by stale keys

	restored, unusable atomic.Uint64 // its snapshot file

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
