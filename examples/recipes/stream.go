package recipes

import (
	"fmt"
	"net/http"
	"strings"

	warder "github.com/warder-go/warder/middleware"
)

// nextLine makes each line of an event's data a data field of its own: a line
// break in the data must not begin another field or another event.
var nextLine = strings.NewReplacer("\r\n", "\ndata: ", "\n", "\ndata: ", "\r", "\ndata: ")

// Changes streams server-sent events until the client leaves, its access token
// expires, or changes is closed.
func Changes(changes <-chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := warder.WithExpiry(r.Context())
		defer cancel()
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case <-ctx.Done():
				return
			case change, ok := <-changes:
				if !ok {
					return
				}
				fmt.Fprintf(w, "data: %s\n\n", nextLine.Replace(change))
				_ = http.NewResponseController(w).Flush()
			}
		}
	}
}
