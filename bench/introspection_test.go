package main

import "testing"

// A remembered token costs no call, and the others one each.
func TestCallsOfIntrospectors(t *testing.T) {
	is := testIssuer(t)
	for _, c := range introspectors {
		h, err := c.guard(is, "", handler)
		if err != nil {
			t.Fatal(err)
		}
		for _, req := range opaqueRequests() {
			t.Run(c.name+"/"+req.name, func(t *testing.T) {
				do, status := call(h, req)
				do() // what is measured is warm
				before := is.asker.calls.Load()
				for range 10 {
					if do(); status() != req.status {
						t.Fatalf("status %d, want %d", status(), req.status)
					}
				}
				want := int64(0)
				if c.name == "asked each time" && req.token != "" {
					want = 10
				}
				if n := is.asker.calls.Load() - before; n != want {
					t.Errorf("%d calls, want %d", n, want)
				}
			})
		}
	}
}

func BenchmarkIntrospected(b *testing.B) {
	is := testIssuer(b)
	for _, c := range introspectors {
		h, err := c.guard(is, "", handler)
		if err != nil {
			b.Fatal(err)
		}
		for _, req := range opaqueRequests() {
			b.Run(c.name+"/"+req.name, func(b *testing.B) {
				b.ReportAllocs()
				do, _ := call(h, req)
				for b.Loop() {
					do()
				}
			})
		}
	}
}
