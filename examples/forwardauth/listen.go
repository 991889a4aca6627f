package main

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// listen listens where only the proxy can come: on loopback, on a unix socket
// (its rights, and those of its folder, say who may connect), or, where peers
// are named, anywhere, for these peers alone. Everything else is an error: what
// this service reads in header fields is true only if the proxy wrote it.
func listen(addr string, peers []netip.Prefix) (net.Listener, error) {
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		return net.Listen("unix", path)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if len(peers) > 0 {
		return fromPeers{l, peers}, nil
	}
	if !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
		_ = l.Close()
		return nil, fmt.Errorf("%s is not loopback: anybody could ask and name any request", addr)
	}
	return l, nil
}

// fromPeers accepts connections of peers alone, by the address of the
// connection and not by anything that is written in a request.
type fromPeers struct {
	net.Listener
	peers []netip.Prefix
}

func (l fromPeers) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := netip.ParseAddrPort(c.RemoteAddr().String())
		if err == nil && slices.ContainsFunc(l.peers, func(p netip.Prefix) bool { return p.Contains(peer.Addr().Unmap()) }) {
			return c, nil
		}
		_ = c.Close() // a stranger, or nobody knows who: not served
	}
}
