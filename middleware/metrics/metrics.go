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
		i := c.issuers.get(e.Issuer)
		i.keys.Store(int64(e.Keys))
		i.unusableKeys.Store(int64(len(e.Unusable)))
		if e.Reason != middleware.ReasonOK {
			i.failed.add(e.Duration)
			return
		}
		i.fetchedAt.Store(time.Now().UnixNano())
		i.fetched.add(e.Duration)
	case middleware.OpSnapshot:
		i := c.issuers.get(e.Issuer)
		if e.Reason != middleware.ReasonOK {
			i.unusable.Add(1)
			return
		}
		i.keys.Store(int64(e.Keys))
		i.unusableKeys.Store(int64(len(e.Unusable)))
		i.restored.Add(1)
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
