package middleware_test

import (
	"net"
	"sync"
	"sync/atomic"
)

// pipes is a net.Listener whose connections are pipes.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return address("pipe") }

// dial returns a connection whose other end says that it goes from peer to
// local.
func (p *pipes) dial(peer, local string) (net.Conn, *serverConn) {
	client, server := net.Pipe()
	s := &serverConn{Conn: server, peer: address(peer), local: address(local)}
	p.conns <- s
	return client, s
}

type address string

func (address) Network() string  { return "pipe" }
func (a address) String() string { return string(a) }

// serverConn counts what the server tries to write, whether it arrives or not.
type serverConn struct {
	net.Conn
	peer, local address
	written     atomic.Int64
}

func (c *serverConn) RemoteAddr() net.Addr { return c.peer }
func (c *serverConn) LocalAddr() net.Addr  { return c.local }

func (c *serverConn) Write(p []byte) (int, error) {
	c.written.Add(int64(len(p)))
	return c.Conn.Write(p)
}
