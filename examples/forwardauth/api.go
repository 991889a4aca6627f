package main

import (
	"fmt"
	"net/http"
)

// newAPI returns a demo of what stands behind the proxy. It knows no tokens: it
// believes the fields that the proxy wrote. Without a subject, nobody asks.
func newAPI() http.Handler {
	mux := http.NewServeMux()
	for pattern := range policy {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			subject := r.Header.Get(fieldSubject)
			if subject == "" {
				subject = "nobody"
			}
			fmt.Fprintf(w, "%s %s, asked for by %s\n", r.Method, r.RequestURI, subject)
		})
	}
	return mux
}
