package issuertest

import (
	"context"
	"errors"
	"net"
	"sync"
)

// memoryHost is the host of an in-memory issuer (RFC 6761 §6.2: .test is nobody's).
const memoryHost = "issuer.test"

var (
	errPipeHost   = errors.New("issuertest: the in-memory client reaches only " + memoryHost)
	errPipeClosed = errors.New("issuertest: the issuer is closed")
)

// pipeListener is a net.Listener whose connections are pipes made by dial.
type pipeListener struct {
	accepts chan net.Conn
	closed  chan struct{}

	mu    sync.Mutex
	pipes []net.Conn // every server end ever made; nil once closed
	done  bool
}

func newPipeListener() *pipeListener {
	return &pipeListener{accepts: make(chan net.Conn), closed: make(chan struct{})}
}

// dial has the signature of http.Transport's DialContext and DialTLSContext.
func (l *pipeListener) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if host, _, err := net.SplitHostPort(addr); err != nil || host != memoryHost {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errPipeHost}
	}
	client, server, ok := l.pipe()
	if !ok {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errPipeClosed}
	}
	select {
	case l.accepts <- server:
		return client, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: network, Err: errPipeClosed}
	case <-ctx.Done():
		server.Close()
		return nil, &net.OpError{Op: "dial", Net: network, Err: ctx.Err()}
	}
}

func (l *pipeListener) pipe() (client, server net.Conn, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done {
		return nil, nil, false
	}
	client, server = net.Pipe()
	l.pipes = append(l.pipes, server)
	return client, server, true
}

// Accept is part of net.Listener.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accepts:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close is part of net.Listener. It closes every connection too: http.Server
// forgets hijacked ones, and one accepted while the server closes.
// A pipe left open would keep a synctest bubble from ending.
func (l *pipeListener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done {
		return nil
	}
	l.done = true
	close(l.closed)
	for _, c := range l.pipes {
		c.Close()
	}
	l.pipes = nil
	return nil
}

// Addr is part of net.Listener.
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return memoryHost }
