// Package verifiertest shows whether a [middleware.Verifier] keeps strangers
// out, after the model of testing/slogtest. It is for tests.
//
// [Run] gives the verifier hostile tokens and good ones, each in a subtest whose
// name says what is peculiar about it. A name that begins with an ID, such as
// R9068-04, shows that row of docs/conformance.md, where the RFC section stands.
//
//	func TestVerifier(t *testing.T) {
//		issuer := issuertest.NewIssuer()
//		defer issuer.Close()
//		v := New(issuer.URL, issuertest.Audience) // a Verifier of yours
//		verifiertest.Run(t, v, issuer)
//	}
//
// # What is asked of a verifier
//
//   - A good token is accepted, and the Token says what its claims say.
//   - A bad token is refused with the Code [middleware.InvalidToken], whatever
//     is bad about it (RFC 9068 §4). An error without a Code is not enough:
//     it says "could not decide", and clients would be answered 503.
//   - Never a Token beside an error, neither of them, or a panic.
//   - No part of a token in an error's text, or in what the client is answered.
//   - The same answer with a request and without one, the second time, and
//     while others ask.
//   - Nobody is asked for keys but the issuer.
//
// Where the RFCs leave a choice, both answers pass, as long as a Token that is
// returned is right. Dates keep an hour from now, so the verifier's clock skew
// does not matter. A few rows are stricter than the RFCs, as the guard is:
// duplicate members, dates beyond the year 9999, nesting of a hundred levels, and
// tokens of a megabyte are refused.
//
// # What is not shown
//
// What needs time to pass: the edge of exp, how long keys are kept, and when a
// withdrawn key stops verifying. What needs an issuer that fails: that a good
// token is then "could not decide", and not a bad one.
package verifiertest
