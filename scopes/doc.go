// Package scopes says what an admitted request may do: which scopes a route
// needs (RFC 6749 §3.3), and how a token that grants too little is refused
// (RFC 6750 §3.1).
//
// # Quick start
//
//	mux.Handle("GET /notes", scopes.Require("notes:read")(list))
//	mux.Handle("POST /notes", scopes.All("notes:read", "notes:write").Handler(create))
//	mux.Handle("GET /search", scopes.Any("notes:read", "notes:search").Handler(search))
//	http.ListenAndServe(addr, guard.Handler(mux))
//
// In a handler, where only part of an operation needs more:
//
//	if err := scopes.All("notes:admin").Check(token); err != nil {
//		middleware.Deny(w, r, err)
//		return
//	}
//
// # The flow
//
// A [Requirement] stands behind a middleware.Guard and judges the token that
// the guard admitted, on every request anew. A token that grants too little is
// answered 403 insufficient_scope, and the challenge names the least that would
// do: every scope of [All], the first of [Any]. An anonymous request that the
// guard let through is answered 401, with the scope to ask for. Each judgement
// is told to the guard's Observer once, with the pattern of the route.
//
// Scopes are compared whole and case-sensitively: "notes" is not "notes:read",
// and no scope implies another. If one shall, name both with Any.
//
// # What fails closed
//
//   - The zero Requirement refuses everybody, an anonymous request with 401 and
//     every token with 403: forgetting is not permission.
//   - Without a guard in front of it, a Requirement answers 500.
//   - All() wants a token, any token; an anonymous request does not meet it.
//   - What is not a scope-token, such as two scopes in one word, and Any of
//     nothing panic where they are written.
//
// # What is assumed
//
// Scopes say what the client may do, not who the user is (RFC 6749 §1.4): which
// notes are alice's is for the handler to judge, by Issuer and Subject.
package scopes
