package wire

import (
	"crypto/tls"
)

// OwnClient is a client with a transport like this package's own, that trusts as
// config does.
func OwnClient(config *tls.Config) *Client {
	t := newTransport(nil)
	t.TLSClientConfig = config.Clone()
	c := &Client{fresh: once(t)}
	c.http.Transport = t
	return c
}

// NewTransport is newTransport.
var NewTransport = newTransport
