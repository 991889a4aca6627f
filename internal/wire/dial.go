package wire

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

const (
	// dialTimeout bounds the making of a connection, all addresses of a host together.
	dialTimeout = 5 * time.Second

	// dialNext is how long an address may take until the next one is tried beside it
	// (RFC 8305 §5). net.Dialer does so for the two families of addresses only: of two
	// of one family, a dead first one costs it half of the time there is.
	dialNext = 300 * time.Millisecond
)

// dialer makes connections to the first address of a host that answers.
type dialer struct {
	net.Dialer
}

// DialContext is what http.Transport calls.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return d.Dialer.DialContext(ctx, network, address)
	}
	resolver := d.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	hosts, err := resolver.LookupHost(ctx, host)
	if err != nil {
		return nil, err
	}
	return d.race(ctx, network, hosts, port)
}

// race dials each host, in order, a moment after the one before or when that failed, and
// returns the first connection.
func (d *dialer) race(ctx context.Context, network string, hosts []string, port string) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result, len(hosts)) // nobody waits to tell
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends what lost
	next := time.NewTimer(0)
	defer next.Stop()
	var errs []error
	started, ended := 0, 0
	defer func() { // closes what comes too late
		go func(late int) {
			for range late {
				if r := <-results; r.conn != nil {
					r.conn.Close()
				}
			}
		}(started - ended)
	}()
	for ended < len(hosts) {
		select {
		case <-next.C:
			if started < len(hosts) {
				address := net.JoinHostPort(hosts[started], port)
				started++
				go func() {
					conn, err := d.Dialer.DialContext(ctx, network, address)
					results <- result{conn, err}
				}()
				next.Reset(dialNext)
			}
		case r := <-results:
			ended++
			if r.err == nil {
				return r.conn, nil
			}
			errs = append(errs, r.err)
			next.Reset(0)
		case <-ctx.Done():
			return nil, errors.Join(append(errs, ctx.Err())...)
		}
	}
	return nil, errors.Join(errs...)
}
