package show

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Listen takes the port and sets URL, for examples that need to know it before
// they serve. Serve does it for all others.
func (r *Run) Listen() (net.Listener, error) {
	l, err := net.Listen("tcp", r.Addr)
	if err != nil {
		return nil, err
	}
	r.listener, r.URL = l, "http://"+l.Addr().String()
	return l, nil
}

// Serve serves h and runs the tour, then waits as Wait does, and shuts down.
func (r *Run) Serve(h http.Handler, tour func() error) error {
	return r.ServeBy(&http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}, tour)
}

// ServeBy is Serve with a server of the example's own.
func (r *Run) ServeBy(server *http.Server, tour func() error) error {
	if r.listener == nil {
		if _, err := r.Listen(); err != nil {
			return err
		}
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(r.listener) }()
	err := tour()
	if err == nil {
		err = r.Wait(failed)
	}
	// More than the 5 s that Shutdown leaves to a connection without a request:
	// browsers open such ones.
	limit, cancel := context.WithTimeout(context.WithoutCancel(r.Context), 10*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(limit))
}
