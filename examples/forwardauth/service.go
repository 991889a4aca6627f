package main

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// policy is that of the API behind the proxy, by the method and path that the
// client sent to the proxy. What is public is said here and nowhere in the
// proxy's configuration: a path that two of them match is matched in two ways.
// One API stands behind this service, so the patterns name no host.
var policy = scopes.Routes{
	"GET /notes":      scopes.All("notes:read"),
	"GET /notes/{id}": scopes.All("notes:read"),
	"POST /notes":     scopes.All("notes:write"),
	"GET /admin/":     scopes.All("notes:admin"),
	"GET /open/":      scopes.Public(),
}

// service answers checks: 200 or a refusal, which is one of 400, 401, 403, 500
// and 503. It never answers a redirect, which Traefik and Envoy would pass on
// to the client, nor another 2xx, which they understand differently.
type service struct {
	original shape
	guard    *middleware.Guard
	mux      *http.ServeMux
	judge    http.Handler // policy, guard and mux
	unlisted http.Handler // for what the policy does not name
}

// newService returns the authorization service for a proxy that asks in this
// shape.
func newService(issuer, audience string, original shape) (http.Handler, error) {
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{audience}})
	if err != nil {
		return nil, err
	}
	guard := middleware.New(verifier, nil)
	mux := http.NewServeMux()
	for pattern := range policy {
		mux.Handle(pattern, consent{})
	}
	judge, err := policy.Handler(guard, mux)
	if err != nil {
		return nil, err
	}
	// The zero Requirement refuses every token with 403, and without a token the
	// guard answers 401 first.
	unlisted := guard.Handler(scopes.Requirement{}.Handler(http.NotFoundHandler()))
	return &service{original, guard, mux, judge, unlisted}, nil
}

// newServer returns a server for checks. It answers no request by itself:
// net/http would answer OPTIONS * with 200, which Envoy takes for consent.
func newServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, DisableGeneralOptionsHandler: true}
}

var errTarget = &middleware.Error{
	Code: middleware.InvalidRequest, Reason: middleware.ReasonMalformedRequest,
	Description: "The path can be read in more than one way",
	Err:         errors.New("forwardauth: a path that is not in its normal form"),
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method, target, err := s.original(r)
	if err != nil {
		// A proxy that is not set up as this service needs it. Nobody gets
		// through, and the log says why.
		slog.ErrorContext(r.Context(), "check refused", "err", err)
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	original := r.WithContext(r.Context())
	original.Method, original.RequestURI, original.Body = method, target, http.NoBody
	if original.URL, err = parseTarget(target); err != nil {
		s.guard.Deny(w, r, errTarget)
		return
	}
	// Whatever else the mux would answer, 404, 405 or a redirect to another
	// spelling of the path, is no consent.
	if h, _ := s.mux.Handler(original); h != http.Handler(consent{}) {
		s.unlisted.ServeHTTP(w, original)
		return
	}
	s.judge.ServeHTTP(w, original)
}
