package issuertest

import (
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
)

// report is deferred around the caller's code. net/http would swallow a panic
// there, and the test would see no more than a connection that is cut. So it goes
// to the standard error stream first.
func report() {
	p := recover()
	if p == nil {
		return
	}
	if p != any(http.ErrAbortHandler) {
		fmt.Fprintf(os.Stderr, "issuertest: the Interaction or a page panicked: %v\n%s", p, debug.Stack())
	}
	panic(http.ErrAbortHandler)
}
