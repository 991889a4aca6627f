package wire

import (
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// A connection of HTTP/2 carries many requests, so one that died silently costs
	// them all: after pingAfter without a frame it is asked whether it is there, and
	// dropped if it does not say so within pingTimeout.
	pingAfter   = 3 * time.Second
	pingTimeout = 2 * time.Second
)

// newTransport returns a transport of this package's own; a nil resolver is that of
// package net. It does not depend on http.DefaultTransport, which any package of the
// process may have replaced.
func newTransport(resolver *net.Resolver) *http.Transport {
	d := &dialer{net.Dialer{KeepAlive: 15 * time.Second, Resolver: resolver}}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            d.DialContext,
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
	t := newTransport(nil)
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
	if t.TLSNextProto["h2"] != nil {
		// What golang.org/x/net/http2 has put there goes on with the connections of
		// the original.
		t.TLSNextProto, t.ForceAttemptHTTP2 = nil, true
	}
	return t
}
