package verifiertest

import (
	"context"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/middleware"
)

// Result is what became of one subtest of Run.
type Result struct {
	Name string
	Err  error
}

// Results is Run for verifiers that do not pass: the results of each, in the
// order of the verifiers.
func Results(ctx context.Context, issuer *issuertest.Issuer, verifiers ...middleware.Verifier) [][]Result {
	all := make([][]Result, len(verifiers))
	each(issuer, func(name string, judge check) {
		for i, v := range verifiers {
			all[i] = append(all[i], Result{name, judge(ctx, v)})
		}
	})
	return all
}
