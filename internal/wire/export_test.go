package wire

import (
	"crypto/tls"
	"net"
)

// OwnClient is a client with a transport like this package's own, that trusts as
// config does.
func OwnClient(config *tls.Config) *Client {
	t := newTransport(&net.Dialer{Timeout: dialTimeout})
	t.TLSClientConfig = config.Clone()
	c := &Client{fresh: once(t)}
	c.http.Transport = t
	return c
}

// DialTimeout is dialTimeout.
const DialTimeout = dialTimeout

// NewTransport is newTransport.
var NewTransport = newTransport
