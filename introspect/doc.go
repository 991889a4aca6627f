// Package introspect verifies opaque access tokens by asking their issuer (RFC
// 7662). It bounds how often it asks, and what it does while the issuer is down.
//
//	v, err := introspect.NewVerifier(introspect.Config{
//		Issuer:       "https://login.example.com",
//		Audience:     []string{"https://api.example.com"},
//		Authenticate: introspect.Basic("notes-api", secret),
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	guard := middleware.New(v, nil)
//
// Where an issuer has both kinds of tokens, middleware.ByFormat lets a
// jwks.Verifier judge the JWTs and this one everything else.
//
// # What is judged
//
// A token is asked about once and its answer remembered: an active one for
// CacheTTL, never past exp, an inactive one for NegativeTTL, in places of their
// own, so that junk cannot evict good tokens. Equal tokens share one call, which
// belongs to no request. What is remembered are facts: exp, nbf, iss and aud are
// judged each time, and so are confirmation, scope and step-up behind the guard.
// [Verifier.Forget] makes it ask again.
//
// Only the JSON boolean true means active. An answer for a refresh token or an ID
// token is refused; RequireTokenType is for issuers that do not say which is which.
// Everything else than a well-formed answer of status 200 is the issuer's fault and
// answered 503: not as an invalid token, for clients throw those away. UnknownStatus
// is for issuers that answer 404, say, for a token that they do not know.
//
// # What the issuer is spared
//
// Tokens over 4 KiB or outside Match are refused without a call. At most
// MaxConcurrent calls are under way; what comes beyond is answered 503 at once.
// When five calls in a row fail, or 32 since the issuer's last answer, for reasons of
// the issuer's or ours (connection, timeout, 429, 502, 503, 504, invalid_client), there
// is doubt. Strangers choose tokens, so a question of ours decides, on a connection of
// its own: about the last token that was active, and if that fails or there is none, one
// that we make up. If that fails too, and the issuer answers nobody else meanwhile, a
// breaker opens:
// remembered tokens are served still, everything else is answered 503 with Retry-After,
// and one call a second, by turns ours and that of who comes, finds out whether the
// issuer is back: an answer to who comes counts if it is one of RFC 7662. Answers with
// any other status never open it, nor do 401 and 403 without invalid_client. A 429 with
// Retry-After opens it at once, for as long as the issuer says, up to a minute: whoever
// can make the issuer say that keeps new tokens out. Limit rates in front, and set Match.
//
// A call whose connection breaks, or cannot be made, is made once more on a new one,
// within Timeout. One that the issuer answers by refusing our credentials is made
// once more if Authenticate has others then; see [Refused].
//
// # What fails closed
//
// An answer without aud, unless AllowMissingAudience; a plain answer where
// SignedBy wants a signed one (RFC 9701); a member of the wrong type; redirects;
// a token that is said to be for DPoP, but not for which key.
package introspect
