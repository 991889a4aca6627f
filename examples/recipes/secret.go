package recipes

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/warder-go/warder/introspect"
)

// SecretIn authenticates to the issuer with the client secret that file holds at
// that moment, so a new one needs no restart.
func SecretIn(file, id string) introspect.ClientAuth {
	return func(ctx context.Context, form url.Values, header http.Header) error {
		secret, err := os.ReadFile(file)
		if err != nil {
			return err // names the file, and holds nothing of it
		}
		return introspect.Basic(id, strings.TrimSpace(string(secret)))(ctx, form, header)
	}
}
