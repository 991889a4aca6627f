package middleware

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
)

var errInsecure = &Error{
	Code: InvalidRequest, Reason: ReasonInsecureTransport,
	Description: "The request must be sent over TLS",
	Err:         errors.New("the request came without TLS, which RequireTLS wants; behind a proxy that ends TLS it must be off"),
}

// fromLoopback reports whether r came from this machine: its peer is loopback,
// and so is the address that it reached, where the server says which one that
// was. RemoteAddr alone is not enough: common middleware puts there what a
// client wrote into X-Forwarded-For. An address that cannot be read is not
// loopback: fail closed.
func fromLoopback(r *http.Request) bool {
	switch local := r.Context().Value(http.LocalAddrContextKey).(type) {
	case nil: // no server of net/http, as in tests with a recorder
	case net.Addr:
		if !isLoopback(local.String()) {
			return false
		}
	default:
		return false
	}
	return isLoopback(r.RemoteAddr)
}

func isLoopback(hostport string) bool {
	addr, err := netip.ParseAddrPort(hostport)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}
