// Package jwks verifies JWT access tokens against the keys that their issuer
// publishes.
//
//	v, err := jwks.NewVerifier(jwks.Config{
//		Issuer:   "https://login.example.com",
//		Audience: []string{"https://api.example.com"},
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	guard := middleware.New(v, nil)
//
// # What is judged
//
// A [Verifier] judges, in this order and before it touches keys: size and form
// of the compact JWS (RFC 7515), its header (alg from an allowlist, typ at+jwt,
// no crit), its claims as one strict JSON object (RFC 7519), iss, the seven
// required claims, exp, nbf and aud (RFC 9068 §4). Only then it looks for the
// key by kid and verifies the signature. One check comes earlier: a kid that the keys
// lack, and that cannot be looked for now, is refused before the claims are read.
//
// So what a stranger can write into a token costs no call to the issuer and no
// public-key operation, with two exceptions. A forged signature under a known kid costs
// one operation. Made-up kids and forged signatures together cost at most one fetch a
// Cooldown for each KeySet.
//
// A refusal's error names the claim and the option of [Config] that it is about:
// middleware.Log writes it down.
//
// Keys come from the configured issuer alone. What a token's header says of
// jku, jwk, x5u or x5c is never looked at.
//
// # Issuers that fall short of RFC 9068
//
// PreRFC9068 accepts tokens whose typ is JWT or absent and requires of all tokens
// only iss, aud and exp. ID tokens, refresh tokens and logout tokens are still
// refused: by the claims typ and token_use where the issuer has them; elsewhere by
// nonce, at_hash, c_hash, s_hash and events, unless the token carries scopes; and if
// the audience that names us is the token's own client. ScopeClaims, ClientClaim and
// AudienceClaim say where such issuers keep scopes, client and audience.
// docs/providers.md has the Config for many issuers.
//
// # Keys
//
// A [KeySet] is fetched by the first request that needs it. [NewVerifier] does
// no I/O, so a process can start while its issuer is down. Without keys, and
// with keys older than MaxStale, requests are answered 503 and Retry-After,
// never as an invalid token. See [RemoteOptions] for what happens when. [Remote]
// takes the address of the keys instead of the issuer's metadata, [File] reads
// them from a file, [Parse] takes a document.
//
// # What is remembered
//
// A [Verifier] remembers what the last CacheSize verified tokens say and which key
// verified each, by the SHA-256 of the token: facts, never decisions, and never
// the token. The next request with the same bytes costs no public-key operation.
// These are checked again on every request: exp, nbf, MaxTokenAge and the audience;
// that the issuer's current set has the very key, by its thumbprint and not its kid,
// for the token's algorithm; and the age of that set: without keys that are recent
// enough, a remembered token is answered 503 as any other. When a key leaves the
// set, its tokens are refused from the next refresh on. Bindings, scope and step-up
// are the guard's to check, on every request too.
//
// Only verified tokens enter, so forgeries evict nothing. Verifiers share nothing:
// what one accepts says nothing to another with a different configuration.
//
// # What fails closed
//
// A token without exp or aud, a claim of the wrong type, two claims of one
// name, a cnf that nobody confirms, an algorithm that the key is not for, a
// metadata document of another issuer, a key set without one usable key.
package jwks
