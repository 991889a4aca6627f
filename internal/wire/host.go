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

// Local reports whether host, a name or an address without port, is this
// machine or its link: localhost, loopback, link-local or unspecified. A name
// that ends in a number counts as local: some resolvers read it as an address
// (127.1, 0x7f000001), so it is refused where a local one is. So does one that
// is not ASCII: net/http maps it to ASCII, full-width digits included, before it
// dials. It looks nothing up.
func Local(host string) bool {
	for i := range len(host) {
		if host[i] >= 0x80 {
			return true
		}
	}
	ip, named := address(host)
	if named || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || ip.IsUnspecified() {
		return true
	}
	last := strings.TrimSuffix(host, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	return !ip.IsValid() && last != "" && '0' <= last[0] && last[0] <= '9'
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
