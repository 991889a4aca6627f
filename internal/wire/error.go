package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"syscall"
)

// Class is a kind of failure. Its value is the text an operator reads.
type Class string

// The classes. Of these, NoSuchHost, Refused and Unreachable mean that no
// connection was made, so the server never saw the request; see [Unsent].
const (
	NoSuchHost  Class = "host name could not be resolved"
	Refused     Class = "connection refused"
	Unreachable Class = "connection failed"
	TLS         Class = "TLS failed"
	Deadline    Class = "no complete answer in time"
	Canceled    Class = "canceled"
	Redirect    Class = "redirect refused"
	TooLarge    Class = "answer too large"
	Broken      Class = "connection broken or answer not HTTP"
	Unsendable  Class = "not a request that can be sent"
	Panicked    Class = "HTTP client panicked"
	Stuck       Class = "earlier calls of the HTTP client have not returned"
)

// Error says why there is no [Response]. Its text holds the class, the host of the
// URL the request was made for, and what is the matter with TLS, nothing else. It matches
// [context.DeadlineExceeded] when its class is Deadline and [context.Canceled]
// when it is Canceled.
type Error struct {
	Class Class
	Host  string // host and port of the configured URL; may be empty

	// Detail is one of our own texts on a Class that has several causes; mostly empty.
	Detail string
}

func (e *Error) Error() string {
	text := string(e.Class)
	if e.Host != "" {
		text = e.Host + ": " + text
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Is makes the two ways a context ends recognisable without keeping the
// underlying error, whose text is not ours.
func (e *Error) Is(target error) bool {
	switch target {
	case context.DeadlineExceeded:
		return e.Class == Deadline
	case context.Canceled:
		return e.Class == Canceled
	}
	return false
}

// Unsent reports whether err is an [*Error] that says that no connection to the
// server was made. Sending the request again is then safe whatever it asks.
// It is false when that is not known.
func Unsent(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Class == NoSuchHost || e.Class == Refused || e.Class == Unreachable
}

// Repeatable reports whether err may be about the connection rather than the request:
// it is [Unsent], or the connection broke, as one does that the server was about to
// close, or that another request on it had cut. A request that changes nothing may then
// be sent once more, afresh.
func Repeatable(err error) bool {
	var e *Error
	return Unsent(err) || errors.As(err, &e) && e.Class == Broken
}

var (
	errRedirect = errors.New("redirect refused")
	errTooLarge = errors.New("answer too large")
)

// classify replaces err by its Class. What cannot be told apart is Broken.
func classify(ctx context.Context, err error, seen *progress, host string) *Error {
	e := &Error{Class: classOf(ctx, err, seen), Host: host}
	if e.Class == TLS {
		e.Detail = detailOf(err)
	}
	return e
}

func classOf(ctx context.Context, err error, seen *progress) Class {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errRedirect):
		return Redirect
	case errors.Is(err, errTooLarge):
		return TooLarge
	case errors.Is(ctx.Err(), context.Canceled):
		return Canceled
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded):
		return Deadline
	case seen.connected.Load():
		if isTLS(err) {
			return TLS
		}
		if errors.As(err, &timeout) && timeout.Timeout() {
			return Deadline
		}
		return Broken
	}

	// No connection. The order matters: a lookup that timed out is still a
	// lookup that failed.
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		return NoSuchHost
	case errors.As(err, &timeout) && timeout.Timeout():
		return Deadline
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case isTLS(err):
		return TLS
	case seen.dialing.Load(), errors.As(err, &op) && op.Op == "dial":
		return Unreachable
	}
	return Broken
}

// isTLS knows the failures that another attempt would meet again. A connection
// that merely broke during the handshake is not one of them.
func isTLS(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		host      x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || isAlert(err) || errors.As(err, &record) ||
		errors.As(err, &host) || errors.As(err, &authority) || errors.As(err, &invalid) ||
		errors.Is(err, http.ErrSchemeMismatch)
}

// isAlert reports whether err is an alert that the server sent (RFC 8446 §6). Outside
// QUIC, crypto/tls tells it by the Op of a net.OpError alone.
func isAlert(err error) bool {
	var alert tls.AlertError
	var op *net.OpError
	return errors.As(err, &alert) || errors.As(err, &op) && op.Op == "remote error"
}

// detailOf says what is the matter with TLS. Text of err itself, which quotes the
// certificate, is not used.
func detailOf(err error) string {
	var (
		record    tls.RecordHeaderError
		host      x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &authority):
		return "the certificate is of an unknown authority"
	case errors.As(err, &host):
		return "the certificate is for another host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet"
	case errors.As(err, &invalid):
		return "the certificate is not one for a server, or its chain is broken"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS on this port"
	case isAlert(err):
		return "the server refused the handshake; it may want a client certificate or another version"
	}
	return ""
}
