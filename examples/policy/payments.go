package main

import (
	"encoding/json"
	"net/http"

	"github.com/warder-go/warder/middleware"
)

// payments initiates payments. That the token grants any at all, its row in the
// policy has asked; how much this one may be, only the request says.
type payments struct{ initiate middleware.Detail }

// payment is the body of a request.
type payment struct {
	Currency string `json:"currency"`
	Cents    int64  `json:"cents"`
}

// errTooMuch names no scope: the token has that. Like every description it is a fixed text: how
// much was granted is between the user and the issuer.
var errTooMuch = &middleware.Error{
	Code: middleware.InsufficientScope, Reason: middleware.ReasonInsufficientDetails,
	Description: "The access token does not grant a payment of this amount",
}

func (p payments) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var wanted payment
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&wanted); err != nil || wanted.Cents <= 0 {
		http.Error(w, "not a payment", http.StatusBadRequest)
		return
	}
	token, _ := middleware.FromContext(r.Context())
	if !p.granted(token, wanted) {
		middleware.Deny(w, r, errTooMuch)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// granted looks for one detail that covers the whole payment: details do not
// add up. How often a detail may be used is for a real API to remember.
func (p payments) granted(token *middleware.Token, wanted payment) bool {
	for _, d := range token.Details(p.initiate) {
		var limit struct {
			Currency string `json:"currency"`
			MaxCents int64  `json:"max_cents"`
		}
		// A detail that does not say how much grants nothing.
		if d.Decode(&limit) == nil && limit.Currency == wanted.Currency && wanted.Cents <= limit.MaxCents {
			return true
		}
	}
	return false
}
