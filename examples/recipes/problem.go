package recipes

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/warder-go/warder/middleware"
)

// WriteProblem answers a refusal with a problem document (RFC 9457). The
// fields, challenges included, are set already. Code and Description may go to
// clients; the error's text is for the operator.
func WriteProblem(w http.ResponseWriter, _ *http.Request, d middleware.Denial) {
	problem := map[string]any{"status": d.StatusCode, "title": http.StatusText(d.StatusCode)}
	if e, ok := errors.AsType[*middleware.Error](d.Err); ok && e.Code != "" {
		problem["error"], problem["detail"] = e.Code, e.Description
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(d.StatusCode)
	_ = json.NewEncoder(w).Encode(problem) // the client may be gone
}
