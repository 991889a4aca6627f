// Package jose reads compact JWS (RFC 7515) and public JWKs (RFC 7517), checks
// signatures and computes thumbprints (RFC 7638). Everything it reads may come from
// a stranger.
//
// A signature is checked with an algorithm that the caller names and that fits the
// key: type, curve, size and the alg member (RFC 8725 §3.1). HMAC and none do not
// exist here. Nothing in a header leads to a key: jwk, jku, x5u and x5c are ignored
// (RFC 8725 §3.10).
//
// Raw-key verification of RS*, ES* and EdDSA comes from jwx. JWKs are judged here,
// member by member, because jwx 2.1.7 accepts private keys, padded base64url, long
// coordinates and points off the curve. Errors are fixed texts that quote no input.
package jose
