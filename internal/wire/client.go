package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// fallbackTimeout bounds a call whose context has no deadline: no caller can
// hang by forgetting one.
const fallbackTimeout = 10 * time.Second

// Client sends requests within the bounds of this package. It is safe for
// concurrent use. The zero value is not usable; see [NewClient].
type Client struct {
	http         http.Client
	fresh        http.RoundTripper // makes a connection for each request
	maxRedirects int
	abandoned    atomic.Int32 // calls that outlived their deadline
}

// maxAbandoned bounds the calls that a RoundTripper keeps past their deadline.
// Each costs a goroutine until it returns.
const maxAbandoned = 8

// NewClient returns a Client that works on a copy of c and follows at most
// maxRedirects redirects; 0 follows none. The cookie jar and CheckRedirect of c
// are dropped. Its Timeout still counts where it is shorter than what is left
// of a request's context. A nil c, and one without a Transport, mean a transport of
// this package's own, shared by all such clients.
func NewClient(c *http.Client, maxRedirects int) *Client {
	w := &Client{maxRedirects: maxRedirects}
	if c != nil {
		w.http = *c
	}
	if w.http.Transport == nil {
		shared := transports()
		w.http.Transport, w.fresh = shared[0], shared[1]
	} else {
		w.fresh = once(w.http.Transport)
	}
	w.http.Jar = nil
	w.http.CheckRedirect = nil // set for each call
	return w
}

// Response is an answer read whole.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte // nil where an answer other than 2xx was over the limit
}

// Get is DoAfresh with a GET request for url: what is asked for rarely finds its last
// connection closed, or at a server that lags. An empty accept sends no Accept field.
func (c *Client) Get(ctx context.Context, url, accept string, limit int64) (*Response, error) {
	return c.get(ctx, url, accept, "", limit)
}

// GetPastCaches is Get of what the origin has now (RFC 9111 §5.2.1.4).
func (c *Client) GetPastCaches(ctx context.Context, url, accept string, limit int64) (*Response, error) {
	return c.get(ctx, url, accept, "no-cache", limit)
}

func (c *Client) get(ctx context.Context, url, accept, cacheControl string, limit int64) (*Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, &Error{Class: Unsendable} // err quotes url
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	if cacheControl != "" {
		req.Header.Set("Cache-Control", cacheControl)
	}
	return c.DoAfresh(req, limit)
}

// Do sends req and reads the answer, of which at most limit bytes of body. The
// error is an [*Error]. Any status is an answer, not an error; a longer body is
// an error with a 2xx status and left out with any other, because the status
// alone then says what there is to know.
//
// Do returns when req's context ends, even if the RoundTripper does not heed
// it. A few such calls are left behind; while there are more, Do refuses.
func (c *Client) Do(req *http.Request, limit int64) (*Response, error) {
	return c.do(req, limit, c.http.Transport)
}

// DoAfresh is Do on a connection that no other request was on.
func (c *Client) DoAfresh(req *http.Request, limit int64) (*Response, error) {
	return c.do(req, limit, c.fresh)
}

func (c *Client) do(req *http.Request, limit int64, by http.RoundTripper) (*Response, error) {
	if req.URL == nil || req.URL.Host == "" || req.URL.Scheme != "https" && req.URL.Scheme != "http" {
		return nil, &Error{Class: Unsendable}
	}
	host := req.URL.Host // without userinfo
	if c.abandoned.Load() >= maxAbandoned {
		return nil, &Error{Class: Stuck, Host: host}
	}
	ctx := req.Context()
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, fallbackTimeout)
		defer cancel()
	}

	type answer struct {
		resp *Response
		err  error
	}
	answers := make(chan answer, 1)
	var settled atomic.Bool // by whichever comes first
	go func() {
		a := answer{err: &Error{Class: Panicked, Host: host}} // unless send returns
		defer func() {
			answers <- a
			if !settled.CompareAndSwap(false, true) {
				c.abandoned.Add(-1)
			}
		}()
		a.resp, a.err = c.send(ctx, req, host, limit, by)
	}()
	select {
	case a := <-answers:
		return a.resp, a.err
	case <-ctx.Done():
	}
	if !settled.CompareAndSwap(false, true) {
		a := <-answers
		return a.resp, a.err
	}
	c.abandoned.Add(1) // until it returns, at once for a RoundTripper as it should be
	return nil, classify(ctx, ctx.Err(), new(progress), host)
}

// send is one call, redirects included.
func (c *Client) send(ctx context.Context, req *http.Request, host string, limit int64, by http.RoundTripper) (_ *Response, err error) {
	// A caller's RoundTripper is foreign code: when it panics, nobody's
	// request should. The panic value may hold anything and is dropped.
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Class: Panicked, Host: host}
		}
	}()

	var seen progress
	client := c.http
	client.Transport = by
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if !mayFollow(next, via, c.maxRedirects) {
			return errRedirect
		}
		return nil
	}
	resp, err := client.Do(req.WithContext(httptrace.WithClientTrace(ctx, seen.trace())))
	if err != nil {
		return nil, classify(ctx, err, &seen, host)
	}
	defer resp.Body.Close()

	body, err := read(resp, limit)
	if errors.Is(err, errTooLarge) && !success(resp.StatusCode) {
		body, err = nil, nil
	}
	if err != nil {
		return nil, classify(ctx, err, &seen, host)
	}
	return &Response{StatusCode: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

func success(status int) bool { return status >= 200 && status <= 299 }

// read reads one byte more than allowed, to tell a full body from a longer one.
// The transport has undone gzip by now, so the limit holds for what comes out.
func read(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, errTooLarge
	}
	return body, nil
}

// progress records how far a request came. The transport may still call the
// hooks after Do has returned.
type progress struct {
	dialing, connected atomic.Bool
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { p.dialing.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { p.connected.Store(true) },
	}
}
