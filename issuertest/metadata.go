package issuertest

import (
	"encoding/json"
	"net/http"
	"slices"
)

// metadata is what both documents say, so that they cannot differ
// (RFC 9068 §4). No array is empty (RFC 8414 §3.2).
type metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	Scopes                []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	AuthAlgs              []string `json:"token_endpoint_auth_signing_alg_values_supported"`

	CodeChallengeMethods []string `json:"code_challenge_methods_supported"`               // RFC 7636
	IssInResponse        bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3
	ACRValues            []string `json:"acr_values_supported"`                           // RFC 9470 §7
	Prompts              []string `json:"prompt_values_supported"`

	DeviceEndpoint string `json:"device_authorization_endpoint"` // RFC 8628 §4

	IntrospectionEndpoint    string   `json:"introspection_endpoint"`
	IntrospectionAuthMethods []string `json:"introspection_endpoint_auth_methods_supported"`
	IntrospectionAuthAlgs    []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	IntrospectionSigningAlgs []string `json:"introspection_signing_alg_values_supported"` // RFC 9701 §7

	RevocationEndpoint    string   `json:"revocation_endpoint"`
	RevocationAuthMethods []string `json:"revocation_endpoint_auth_methods_supported"`
	RevocationAuthAlgs    []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`

	// OpenID Connect Discovery §3. request_uri would be on by default.
	UserInfoEndpoint string   `json:"userinfo_endpoint"`
	SubjectTypes     []string `json:"subject_types_supported"`
	IDTokenAlgs      []string `json:"id_token_signing_alg_values_supported"`
	Claims           []string `json:"claims_supported"`
	RequestObjects   bool     `json:"request_parameter_supported"`
	RequestURIs      bool     `json:"request_uri_parameter_supported"`
}

// secretMethods are those of the introspection endpoint, where a public client
// has no business (RFC 7662 §2.1). The others have none beside them.
var secretMethods = []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}

// serveMetadata answers with the metadata of RFC 8414 §2 and of OpenID Connect
// Discovery §3.
func (i *Issuer) serveMetadata(w http.ResponseWriter, r *http.Request) {
	all := append(slices.Clone(secretMethods), "none")
	claims := []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "nonce", "at_hash"}
	for _, scope := range openIDScopes {
		claims = append(claims, scopeClaims[scope]...)
	}
	serveDocument(w, r, metadata{
		Issuer:                i.URL,
		AuthorizationEndpoint: i.URL + EndpointAuthorization,
		TokenEndpoint:         i.URL + EndpointToken,
		JWKSURI:               i.URL + EndpointKeys,
		Scopes:                openIDScopes, // those that mean the same everywhere
		ResponseTypes:         []string{"code"},
		ResponseModes:         []string{"query"},
		GrantTypes:            grantTypes,
		AuthMethods:           all,
		AuthAlgs:              assertionAlgs,

		CodeChallengeMethods: []string{"S256"},
		IssInResponse:        true,
		ACRValues:            acrValues,
		Prompts:              []string{"none", "login", "consent", "select_account"},

		DeviceEndpoint: i.URL + EndpointDeviceAuthorization,

		IntrospectionEndpoint:    i.URL + EndpointIntrospection,
		IntrospectionAuthMethods: secretMethods,
		IntrospectionAuthAlgs:    assertionAlgs,
		IntrospectionSigningAlgs: []string{"RS256"},

		RevocationEndpoint:    i.URL + EndpointRevocation,
		RevocationAuthMethods: all,
		RevocationAuthAlgs:    assertionAlgs,

		UserInfoEndpoint: i.URL + EndpointUserInfo,
		SubjectTypes:     []string{"public"},
		IDTokenAlgs:      []string{"RS256", "ES256", "EdDSA"},
		Claims:           claims,
	})
}

// serveDocument answers GET and HEAD with v as JSON.
func serveDocument(w http.ResponseWriter, r *http.Request, v any) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	writeJSON(w, http.StatusOK, v)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("issuertest: an answer cannot be written as JSON") // err may quote a claim
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body)
}
