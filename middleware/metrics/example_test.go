package metrics_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
)

func ExampleNew() {
	registry := prometheus.NewRegistry() // or prometheus.DefaultRegisterer
	observe, err := metrics.New(registry)
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier := middleware.VerifierFunc(func(_ context.Context, token string, _ *http.Request) (*middleware.Token, error) {
		if token != "good" { // stands for a jwks.Verifier
			return nil, &middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonExpired}
		}
		return &middleware.Token{Issuer: "https://as.example"}, nil
	})
	guard := middleware.New(verifier, &middleware.Options{Observe: observe})
	server := httptest.NewServer(guard.Handler(http.NotFoundHandler()))
	defer server.Close()

	for _, authorization := range []string{"Bearer good", "Bearer good", "Bearer old", ""} {
		r, _ := http.NewRequest("GET", server.URL, nil)
		r.Header.Set("Authorization", authorization)
		if response, err := server.Client().Do(r); err == nil {
			response.Body.Close()
		}
	}

	families, _ := registry.Gather() // promhttp.HandlerFor(registry, …) serves them
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "warder_requests_total" {
				fmt.Printf("issuer=%q reason=%q %v\n", m.GetLabel()[0].GetValue(), m.GetLabel()[1].GetValue(), m.GetCounter().GetValue())
			}
		}
	}
	// Output:
	// issuer="" reason="expired" 1
	// issuer="" reason="no_token" 1
	// issuer="https://as.example" reason="ok" 2
}
