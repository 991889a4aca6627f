// Package middleware guards HTTP APIs that accept OAuth 2.0 access tokens: it
// is the resource server's half of OAuth. It takes the token from the request,
// lets a [Verifier] decide whether it is good, and answers refusals as RFC 6750
// and RFC 9470 say.
//
// # Quick start
//
//	verifier, err := jwks.NewVerifier(jwks.Config{
//		Issuer:   "https://login.example.com",
//		Audience: []string{"https://api.example.com"},
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	guard := middleware.New(verifier, nil)
//	http.ListenAndServe(addr, guard.Handler(mux))
//
// Handlers behind the guard ask [FromContext] for the [Token]. What a route
// needs beyond a good token is said with package scopes. Routers whose
// middleware takes no http.Handler use [Guard.Authenticate] and [Guard.Deny].
//
// # The flow
//
//   - A [Source] finds the credentials: by default one Authorization field with
//     a scheme that the guard speaks and a token68 (RFC 9110 §11.2).
//   - The Verifier judges the token: a jwks.Verifier, an introspect.Verifier, a
//     function of yours, or several behind [ByIssuer] and [ByFormat].
//   - Each [Binding] confirms that the sender holds the key that the token is
//     bound to (RFC 7800). There is none in this version: write your own, or
//     such tokens are refused.
//   - The handler runs, with the Token in the request's context. The guard does
//     not wrap its ResponseWriter.
//   - What is refused becomes a [Denial]. The outermost [Error] or [Code] in an
//     error decides the status: 400 for broken credentials, 401 for a bad or
//     missing token, 403 for a good one that grants too little, 503 with
//     Retry-After where nothing could be decided. One challenge is sent for
//     each scheme, with the error in that of the scheme used.
//   - An [Observer] is told of every decision, with a [Reason] from a closed
//     set and an error that names the claim and the option: package metrics
//     counts them, [Log] writes them down.
//
// # What fails closed
//
//   - An error without a Code, a nil Token beside a nil error, and
//     [ErrNoToken] from anything but a Source are never an admission and never
//     invalid_token: 503.
//   - A token with a confirmation member that no Binding confirms is refused,
//     and so is a bound token under the Bearer scheme of a DPoP guard.
//   - Two tokens in one request are refused, even if they are equal.
//   - [Options.AllowAnonymous] lets requests without credentials through, not
//     those with bad ones. Requirements refuse them.
//   - A cookie counts only together with protection against cross-site request
//     forgery ([FromCookie]).
//   - A requirement without a guard in front of it answers 500.
//   - A request whose client is gone gets no answer at all: in a server, its
//     connection is closed.
//
// # What is assumed
//
//   - TLS ends here or in front of here (RFC 6750 §5.3). [Options.RequireTLS]
//     holds this process to it; no header field is believed for that.
//   - Nothing in front of the guard changes the Authorization field.
//   - Verifiers and observers quote no token in their errors. The guard puts
//     none into a challenge, a body, an event or a log.
//   - A [Token] and an [Error] are shared between requests and not modified.
package middleware
