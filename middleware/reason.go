package middleware

// Reason says, for operators, why a decision came out as it did. The set is
// closed: it is a metric label, a log attribute and a row of docs/reasons.md.
// Observers treat a Reason outside the set as [ReasonOther].
type Reason string

// The reasons. docs/reasons.md says of each what it means, its usual cause,
// what to do and whose fault it is.
const (
	ReasonOK                         Reason = "ok"
	ReasonNoToken                    Reason = "no_token"
	ReasonMalformedRequest           Reason = "malformed_request"
	ReasonInsecureTransport          Reason = "insecure_transport"
	ReasonCSRF                       Reason = "csrf"
	ReasonMalformedToken             Reason = "malformed_token"
	ReasonWrongType                  Reason = "wrong_type"
	ReasonAlgorithmNotAllowed        Reason = "algorithm_not_allowed"
	ReasonUnknownIssuer              Reason = "unknown_issuer"
	ReasonWrongAudience              Reason = "wrong_audience"
	ReasonExpired                    Reason = "expired"
	ReasonNotYetValid                Reason = "not_yet_valid"
	ReasonTooOld                     Reason = "too_old"
	ReasonMissingClaim               Reason = "missing_claim"
	ReasonInvalidClaim               Reason = "invalid_claim"
	ReasonUnknownKey                 Reason = "unknown_key"
	ReasonCooldown                   Reason = "cooldown"
	ReasonBadSignature               Reason = "bad_signature"
	ReasonInactive                   Reason = "inactive"
	ReasonUnconfirmedBinding         Reason = "unconfirmed_binding"
	ReasonProofInvalid               Reason = "proof_invalid"
	ReasonProofReplayed              Reason = "proof_replayed"
	ReasonProofQuota                 Reason = "proof_quota"
	ReasonNonceRequired              Reason = "nonce_required"
	ReasonInsufficientScope          Reason = "insufficient_scope"
	ReasonInsufficientDetails        Reason = "insufficient_details"
	ReasonInsufficientAuthentication Reason = "insufficient_authentication"
	ReasonWrongCaller                Reason = "wrong_caller"
	ReasonNoPolicy                   Reason = "no_policy"
	ReasonNoGuard                    Reason = "no_guard"
	ReasonKeysUnavailable            Reason = "keys_unavailable"
	ReasonSnapshotUnusable           Reason = "snapshot_unusable"
	ReasonIntrospectionUnavailable   Reason = "introspection_unavailable"
	ReasonIssuerRefusedUs            Reason = "issuer_refused_us"
	ReasonBreakerOpen                Reason = "breaker_open"
	ReasonTooManyCalls               Reason = "too_many_calls"
	ReasonVerifierFault              Reason = "verifier_fault"
	ReasonCanceled                   Reason = "canceled"
	ReasonOther                      Reason = "other"
)

// Reasons returns the closed set, for observers that prepare something for
// each of them. The slice is the caller's.
func Reasons() []Reason {
	return []Reason{
		ReasonOK, ReasonNoToken, ReasonMalformedRequest, ReasonInsecureTransport, ReasonCSRF,
		ReasonMalformedToken, ReasonWrongType, ReasonAlgorithmNotAllowed, ReasonUnknownIssuer,
		ReasonWrongAudience, ReasonExpired, ReasonNotYetValid, ReasonTooOld, ReasonMissingClaim,
		ReasonInvalidClaim, ReasonUnknownKey, ReasonCooldown, ReasonBadSignature, ReasonInactive,
		ReasonUnconfirmedBinding, ReasonProofInvalid, ReasonProofReplayed, ReasonProofQuota,
		ReasonNonceRequired, ReasonInsufficientScope, ReasonInsufficientDetails,
		ReasonInsufficientAuthentication, ReasonWrongCaller,
		ReasonNoPolicy, ReasonNoGuard, ReasonKeysUnavailable, ReasonSnapshotUnusable, ReasonIntrospectionUnavailable,
		ReasonIssuerRefusedUs, ReasonBreakerOpen, ReasonTooManyCalls, ReasonVerifierFault, ReasonCanceled, ReasonOther,
	}
}
