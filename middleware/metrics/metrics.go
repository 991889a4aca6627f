package metrics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/warder-go/warder/middleware"
)

const (
	maxIssuers = 100  // distinct values of issuer, besides the empty one and other
	maxKeySets = 100  // distinct values of key_set, likewise
	maxRoutes  = 1000 // distinct values of route, likewise
)

// New registers the metrics with r and returns the Observer that keeps them.
// All of them are registered or none. The Observer is safe for concurrent
// use and allocates nothing for a request.
//
// A second call with the same r returns an Observer that keeps the same
// metrics, as Prometheus recommends, so that the parts of a program need not
// know each other. The error says that r has a metric of the same name that
// is not ours, or that r is nil.
func New(r prometheus.Registerer) (middleware.Observer, error) {
	if r == nil {
		return nil, errors.New("metrics: nil Registerer")
	}
	c := &collector{
		issuers: newTable(maxIssuers, newIssuer),
		keySets: newTable(maxKeySets, func() *keySet { return new(keySet) }),
		routes:  newTable(maxRoutes, newRoute),
	}
	err := r.Register(c)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if ours, ok := already.ExistingCollector.(*collector); ok {
			return ours.observe, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return c.observe, nil
}

// observe is the Observer. It counts in plain atomics, which Collect turns
// into metrics: looking a metric up by its label values would cost a request
// more than all of this does.
func (c *collector) observe(_ context.Context, e middleware.Event) {
	switch e.Op {
	case middleware.OpAuthenticate:
		c.issuers.get(e.Issuer).requests.of(reasonIndex(e.Reason)).add(e.Duration)
	case middleware.OpVerify:
		i := c.issuers.get(e.Issuer)
		i.tokens[viaIndex(e.Via)].Add(1)
		if e.Stale {
			i.stale.Add(1)
		}
	case middleware.OpAuthorize:
		c.routes.get(e.Route).authorizations[reasonIndex(e.Reason)].Add(1)
	case middleware.OpFetch:
		k := c.keySet(e)
		k.has(e)
		if e.Reason != middleware.ReasonOK {
			k.failed.add(e.Duration)
			return
		}
		k.fetchedAt.Store(time.Now().UnixNano())
		k.fetched.add(e.Duration)
	case middleware.OpSnapshot:
		k := c.keySet(e)
		if e.Reason != middleware.ReasonOK {
			k.unusable.Add(1)
			return
		}
		k.has(e)
		k.restored.Add(1)
	case middleware.OpIntrospect:
		i := c.issuers.get(e.Issuer)
		i.introspections.of(reasonIndex(e.Reason)).add(e.Duration)
		switch e.Reason {
		case middleware.ReasonBreakerOpen:
			i.breakerOpen.Store(true)
		case middleware.ReasonTooManyCalls: // nobody was asked: it tells nothing of the breaker
		default:
			i.breakerOpen.Store(false)
		}
	}
}

// keySet returns what is counted for the key set that e tells of, which from then on has
// the issuer of e, if e names one.
func (c *collector) keySet(e middleware.Event) *keySet {
	i := c.issuers.get(e.Issuer)
	if e.KeySet == "" {
		return &i.unnamed
	}
	k := c.keySets.get(e.KeySet)
	if is := k.issuer.Load(); e.Issuer != "" && (is == nil || *is != e.Issuer) && k != c.keySets.rest {
		name := e.Issuer
		if i == c.issuers.rest {
			name = other
		}
		k.issuer.Store(&name)
	}
	return k
}
