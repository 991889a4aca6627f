package main

import (
	"fmt"
	"net/http"
)

// newAPI returns a demo of what stands behind the proxy. It knows no tokens: it
// believes the fields that the proxy wrote. Without a subject, a client asks for
// itself; without a client too, nobody does.
func newAPI() http.Handler {
	mux := http.NewServeMux()
	for pattern := range policy {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			who := "nobody"
			if subject := r.Header.Get(fieldSubject); subject != "" {
				who = subject
			} else if client := r.Header.Get(fieldClient); client != "" {
				who = "client " + client
			}
			fmt.Fprintf(w, "%s %s, asked for by %s\n", r.Method, r.RequestURI, who)
		})
	}
	return mux
}
