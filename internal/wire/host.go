package wire

import (
	"net/netip"
	"strings"
)

// Loopback reports whether host, a name or an address without port, is this
// machine: plain http to it is as good as https. It looks nothing up.
func Loopback(host string) bool {
	ip, named := address(host)
	return named || ip.IsLoopback()
}

// Near reports whether host, a name or an address without port, is certainly
// this machine or its link: localhost, loopback, link-local or unspecified. It
// looks nothing up.
func Near(host string) bool {
	ip, named := address(host)
	return named || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || ip.IsUnspecified()
}

// Local reports whether host may be Near, for refusing it. Beside what is Near,
// that is a name that ends in a number, as some resolvers read it as an address
// (127.1, 0x7f000001), and one that is not ASCII, as net/http maps it to ASCII,
// full-width digits included, before it dials.
func Local(host string) bool {
	for i := range len(host) {
		if host[i] >= 0x80 {
			return true
		}
	}
	ip, _ := address(host)
	last := strings.TrimSuffix(host, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	return Near(host) || !ip.IsValid() && last != "" && '0' <= last[0] && last[0] <= '9'
}

// address returns the IP address that host is, or whether it is a name that
// always means this machine (RFC 6761 §6.3).
func address(host string) (ip netip.Addr, named bool) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return ip, true
	}
	ip, _ = netip.ParseAddr(host)
	return ip.Unmap(), false
}
