package recipes_test

import (
	"context"
	"fmt"
	"net/url"

	"github.com/warder-go/warder/issuertest"
)

// A token as a user's client gets one: sign-in, consent, code, PKCE.
func Example_issuer() {
	ctx := context.Background()
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	tokens, err := issuer.Authorize(ctx, issuertest.ClientID, url.Values{"scope": {"read offline_access"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tokens.TokenType, tokens.Scope, tokens.RefreshToken != "")
	// Output: Bearer read offline_access true
}
