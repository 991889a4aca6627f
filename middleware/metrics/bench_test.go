package metrics_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
)

func BenchmarkObserver(b *testing.B) {
	const issuer, route = "https://as.example/t1", "GET /notes/{id}"
	for _, row := range []struct {
		name string
		e    middleware.Event
	}{
		{"authenticate accepted", middleware.Event{Op: middleware.OpAuthenticate, Issuer: issuer, Reason: middleware.ReasonOK, Duration: 40 * time.Microsecond}},
		{"authenticate refused", middleware.Event{Op: middleware.OpAuthenticate, Issuer: issuer, Reason: middleware.ReasonBadSignature, Duration: 40 * time.Microsecond}},
		{"verify", middleware.Event{Op: middleware.OpVerify, Issuer: issuer, Reason: middleware.ReasonOK, Via: middleware.ViaSignature}},
		{"introspect", middleware.Event{Op: middleware.OpIntrospect, Issuer: issuer, Reason: middleware.ReasonOK, Duration: 40 * time.Millisecond}},
		{"authorize", middleware.Event{Op: middleware.OpAuthorize, Issuer: issuer, Route: route, Reason: middleware.ReasonInsufficientScope}},
	} {
		b.Run(row.name, func(b *testing.B) {
			observe, err := metrics.New(prometheus.NewRegistry())
			if err != nil {
				b.Fatal(err)
			}
			for _, others := range []string{"https://as.example/t2", "https://as.example/t3"} {
				observe(context.Background(), middleware.Event{Op: middleware.OpAuthenticate, Issuer: others})
			}
			b.ReportAllocs()
			for b.Loop() {
				observe(context.Background(), row.e)
			}
		})
	}
}
