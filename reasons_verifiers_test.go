package warder_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/warder-go/warder/middleware"
)

// verifierReasons are those of code that is not ours, and of clients that go.
func verifierReasons() []staged {
	returns := func(t *middleware.Token, err error) func(*scene) {
		return func(s *scene) {
			s.get(s.api(middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) { return t, err })), made)
		}
	}
	return []staged{
		{middleware.ReasonVerifierFault, "A Verifier of your own returns an error without a Code", "", returns(nil, fmt.Errorf("tokens: query: %w", errors.New("connection reset")))},
		{middleware.ReasonVerifierFault, "It returns nothing at all", "", returns(nil, nil)},
		{middleware.ReasonVerifierFault, "It panics", "", func(s *scene) {
			s.get(s.api(middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) { panic(made) })), made)
		}},
		{middleware.ReasonCanceled, "The client goes away while the issuer is asked, at level Debug", middleware.OpAuthenticate, func(s *scene) {
			s.level = slog.LevelDebug
			told := make(chan struct{}, 1)
			s.options.Observe = func(_ context.Context, e middleware.Event) {
				if e.Op == middleware.OpAuthenticate {
					told <- struct{}{}
				}
			}
			entered := s.hangs()
			leave := s.behind(s.api(s.opaque(nil)), made+"-opaque-token")
			<-entered
			leave()
			<-told
		}},
		{middleware.ReasonOther, "A Verifier of your own returns a bare Code", "", returns(nil, middleware.InvalidToken)},
		{middleware.ReasonOther, "It gives a reason of its own, which the log keeps and metrics count as `other`", "", returns(nil, &middleware.Error{
			Code: middleware.InvalidToken, Reason: "account_closed", Err: errors.New("tokens: the account is closed"),
		})},
	}
}
