package middleware_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/warder-go/warder/middleware"
)

// A payment may be as large as the token says: the scope opens the route, and
// the detail the operation.
func ExampleToken_Details() {
	const here = "https://api.example.com"
	tooMuch := &middleware.Error{
		Code: middleware.InsufficientScope, Reason: middleware.ReasonInsufficientDetails,
		Description: "The access token does not grant this amount",
		Err:         errors.New("a payment above what was granted"),
	}
	pay := func(w http.ResponseWriter, r *http.Request, cents int) {
		token, _ := middleware.FromContext(r.Context())
		for _, detail := range token.Details(middleware.Detail{Type: "payment", Locations: []string{here}}) {
			var granted struct {
				Cents int `json:"cents"`
			}
			if detail.Decode(&granted) == nil && cents <= granted.Cents {
				fmt.Fprintln(w, "paid", cents)
				return
			}
		}
		middleware.Deny(w, r, tooMuch)
	}

	token := &middleware.Token{Raw: json.RawMessage(`{"authorization_details": [
		{"type": "payment", "locations": ["https://api.example.com"], "cents": 2000},
		{"type": "payment", "locations": ["https://bank.example.com"], "cents": 900000}
	]}`)}
	for _, cents := range []int{1500, 9000} {
		r := httptest.NewRequest("POST", "/payments", nil)
		w := httptest.NewRecorder()
		pay(w, r.WithContext(middleware.NewContext(r.Context(), token)), cents)
		fmt.Print(w.Code, " ", w.Body)
		for _, challenge := range w.Header().Values("WWW-Authenticate") {
			fmt.Println("   ", challenge)
		}
	}
	// Output:
	// 200 paid 1500
	// 403 Forbidden
	//     Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant this amount"
}

func ExampleToken_Actor() {
	token := &middleware.Token{Subject: "alice", Raw: json.RawMessage(
		`{"sub": "alice", "act": {"sub": "support", "act": {"sub": "night-shift"}}}`)}
	if actor, acts := token.Actor(); acts {
		fmt.Println(actor.Subject, "acts for", token.Subject)
	}
	// Output: support acts for alice
}
