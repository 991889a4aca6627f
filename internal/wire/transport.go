package wire

import (
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// dialTimeout bounds the making of a connection, all addresses of a host
	// together. net.Dialer gives the next of two addresses half of it, and at least
	// two seconds to each: below about four, one dead address leaves the other none.
	dialTimeout = 5 * time.Second

	// A connection of HTTP/2 carries many requests, so one that died silently costs
	// them all: after pingAfter without a frame it is asked whether it is there, and
	// dropped if it does not say so within pingTimeout.
	pingAfter   = 3 * time.Second
	pingTimeout = 2 * time.Second
)

// newTransport returns a transport of this package's own, whose connections dialer
// makes. It does not depend on http.DefaultTransport, which any package of the
// process may have replaced.
func newTransport(dialer *net.Dialer) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    64, // introspection asks one host, many times at once
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    dialTimeout,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// transports are what clients without a transport of their own share.
var transports = sync.OnceValue(func() [2]http.RoundTripper {
	t := newTransport(&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second})
	return [2]http.RoundTripper{t, once(t)}
})

// once returns a transport like rt that makes a connection for each request: what
// another request met on an old one, a dead peer or an edge with yesterday's answer,
// it does not meet. A RoundTripper of another kind is the caller's to make so.
func once(rt http.RoundTripper) http.RoundTripper {
	t, ok := rt.(*http.Transport)
	if !ok {
		return rt
	}
	t = t.Clone()
	t.DisableKeepAlives = true
	return t
}
