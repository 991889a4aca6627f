package issuertest

import (
	"net/http"
	"slices"
)

// shared are the endpoints that scripts of other origins may call. Tokens and
// secrets go in explicitly and no cookie counts, so any origin may. The
// authorization endpoint and all pages are not among them (RFC 9700 §2.6).
var shared = []string{
	EndpointMetadata, EndpointOpenIDMetadata, EndpointKeys,
	EndpointToken, EndpointRevocation, EndpointUserInfo, EndpointDeviceAuthorization,
}

// allowOrigins sets the fields of CORS where they belong. It reports whether it
// answered: a preflight needs no more.
func allowOrigins(w http.ResponseWriter, r *http.Request) (answered bool) {
	if !slices.Contains(shared, r.URL.Path) {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*") // also without Origin: a cache may keep the answer for those with one
	if r.Method != http.MethodOptions || r.Header.Get("Origin") == "" || r.Header.Get("Access-Control-Request-Method") == "" {
		h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After")
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept")
	w.WriteHeader(http.StatusNoContent)
	return true
}
