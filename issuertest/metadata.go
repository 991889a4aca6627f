package issuertest

import (
	"encoding/json"
	"net/http"
)

// metadata is what both documents say, so that they cannot differ
// (RFC 9068 §4). Members of endpoints and grants that do not exist are absent,
// and no array is empty (RFC 8414 §3.2).
type metadata struct {
	Issuer        string   `json:"issuer"`
	TokenEndpoint string   `json:"token_endpoint"`
	JWKSURI       string   `json:"jwks_uri"`
	ResponseTypes []string `json:"response_types_supported"`
	GrantTypes    []string `json:"grant_types_supported"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`

	IntrospectionEndpoint    string   `json:"introspection_endpoint"`
	IntrospectionAuthMethods []string `json:"introspection_endpoint_auth_methods_supported"`
	IntrospectionSigningAlgs []string `json:"introspection_signing_alg_values_supported"` // RFC 9701 §7
}

// authMethods are those of the token and of the introspection endpoint.
var authMethods = []string{"client_secret_basic", "client_secret_post"}

// serveMetadata answers with the metadata of RFC 8414 §2 and of OpenID Connect
// Discovery §3.
func (i *Issuer) serveMetadata(w http.ResponseWriter, r *http.Request) {
	serveDocument(w, r, metadata{
		Issuer:        i.URL,
		TokenEndpoint: i.URL + EndpointToken,
		JWKSURI:       i.URL + EndpointKeys,
		// Required, although there is no authorization endpoint. "none" is the
		// registered type that promises neither a code nor a token.
		ResponseTypes: []string{"none"},
		GrantTypes:    []string{"client_credentials"},
		AuthMethods:   authMethods,

		IntrospectionEndpoint:    i.URL + EndpointIntrospection,
		IntrospectionAuthMethods: authMethods,
		IntrospectionSigningAlgs: []string{"RS256"},
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
		panic("issuertest: " + err.Error()) // our own structs always marshal
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}
