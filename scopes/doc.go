// Package scopes says what an admitted request may do: which scopes a route
// needs (RFC 6749 §3.3), and how a token that grants too little is refused
// (RFC 6750 §3.1).
//
// # Quick start
//
//	policy := scopes.Routes{
//		"GET /healthz": scopes.Public(),
//		"GET /notes":   scopes.All("notes:read"),
//		"POST /notes":  scopes.All("notes:write").User(),
//	}
//	api, err := policy.Handler(guard, mux) // outermost; every handler is registered
//
// Handler by handler, for other routers:
//
//	mux.Handle("GET /notes", scopes.Require("notes:read")(list))
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
// the guard admitted, on every request anew: first who is calling, then how the
// user signed in, then scopes, then groups and roles, then authorization details.
// A token that grants too little is answered 403 insufficient_scope, and the
// challenge names the smallest scope that would be enough: every scope of [All],
// the first of [Any]. A user who is to sign in again is answered 401 (RFC 9470), and
// so is an anonymous request that the guard let through. The guard's Observer is told
// of each decision once, with the pattern of the route and, in the error, the scope,
// claim or detail that was wanted.
//
// Scopes are compared whole and case-sensitively: "notes" is not "notes:read".
// No scope includes another, unless [Implies] says so.
//
// # What fails closed
//
//   - A pattern without a row in [Routes], and the zero Requirement, refuse
//     everybody: 401 without a token, 403 with one. Forgetting is not permission.
//   - Without a guard in front of it, a Requirement answers 500.
//   - All() wants a token, any token; an anonymous request does not meet it.
//   - A claim, a detail or an auth_time that cannot be understood grants nothing.
//   - What is not a scope-token, such as two scopes in one word, and Any of
//     nothing panic where they are written; a row that the mux does not serve
//     and a hierarchy with a cycle are errors at start-up.
//
// # What is assumed
//
// Scopes say what the client may do, not who the user is (RFC 6749 §1.4): which
// notes are alice's is for the handler to judge, by Issuer and Subject.
package scopes
