package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
)

const memoryGroup = "memory" // for -only

// printMemory says what a remembered token takes: the heap after a full cache's
// worth of tokens, beside the heap before. The tokens themselves are gone by then.
func printMemory(w io.Writer, is *issuer) error {
	const entries = remembers
	v, err := verifier(is, entries)
	if err != nil {
		return err
	}
	heap := func() uint64 {
		for range 3 {
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, claims := heap(), 0
	for i := range entries {
		said := with(is.claims(), "jti", fmt.Sprint("token ", i))
		claims = len(object(said))
		if _, err := v.Verify(context.Background(), is.token("EdDSA", is.header("EdDSA"), said), nil); err != nil {
			return err
		}
	}
	after := heap()
	fmt.Fprintf(w, "**Memory**: %d bytes for each remembered token, whose claims are %d bytes of JSON; %d tokens.\n\n", (after-before)/entries, claims, entries)
	runtime.KeepAlive(v)
	return nil
}
