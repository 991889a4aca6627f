package recipes

import (
	"fmt"
	"net/http"

	warder "github.com/warder-go/warder/middleware"
)

// Changes streams server-sent events until the client leaves or its access
// token expires.
func Changes(changes <-chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := warder.WithExpiry(r.Context())
		defer cancel()
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case <-ctx.Done():
				return
			case change := <-changes:
				fmt.Fprintf(w, "data: %s\n\n", change)
				_ = http.NewResponseController(w).Flush()
			}
		}
	}
}
