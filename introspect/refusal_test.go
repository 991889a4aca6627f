package introspect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
)

// vault gives the tokens that an issuer takes: the last one that it gave, until that
// is revoked.
type vault struct {
	mu      sync.Mutex
	version int
	given   int
	closed  bool
}

func (v *vault) revoke() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.version++
}

func (v *vault) current() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return fmt.Sprint("own-", v.version)
}

func (v *vault) give() (string, error) {
	time.Sleep(20 * time.Millisecond)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.given++; v.closed {
		return "", errors.New("closed")
	}
	return fmt.Sprint("own-", v.version), nil
}

func (v *vault) gave() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.given
}

func (v *vault) shut(closed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = closed
}

// source keeps the token of a vault until it is refused, and then until there is
// another.
func (v *vault) source() func(context.Context) (string, error) {
	turn := make(chan struct{}, 1) // a mutex would stop the time of the test
	var kept string
	return func(ctx context.Context) (string, error) {
		turn <- struct{}{}
		defer func() { <-turn }()
		if kept == "" || introspect.Refused(ctx) {
			token, err := v.give()
			if err != nil {
				return "", err
			}
			kept = token
		}
		return kept, nil
	}
}

// taking answers as good does to who has the current token of v, and others as refusal does.
func (v *vault) taking(good, refusal reply) reply {
	return func(r *http.Request) (*http.Response, error) {
		taken := r.Header.Get("Authorization") == "Bearer "+v.current()
		time.Sleep(time.Millisecond)
		if taken {
			return good(r)
		}
		return refusal(r)
	}
}

// refusals are the ways in which issuers refuse our own token.
var refusals = map[string]reply{
	"401":                         status(401),
	"401 as RFC 6750 §3 wants it": status(401, "WWW-Authenticate", `Bearer error="invalid_token"`),
	"401 and invalid_client":      coded(401, `{"error":"invalid_client"}`),
	"400 and invalid_client":      coded(400, `{"error":"invalid_client"}`),
}

// A token of ours that is revoked costs nobody anything: its source learns of it, and
// the call is made again with another.
func TestATokenOfOursThatIsRefused(t *testing.T) {
	for name, refusal := range refusals {
		for _, unknown := range [][]int{nil, {400, 401}} {
			t.Run(fmt.Sprint(name, ", UnknownStatus ", unknown), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					v := new(vault)
					s := newServer(v.taking(says(active(nil)), refusal))
					a := guarding(t, s, func(c *introspect.Config) {
						c.Authenticate, c.UnknownStatus = introspect.Bearer(v.source()), unknown
					})
					a.get("first").is(t, ok)
					for round := range 3 {
						v.revoke()
						before := s.count()
						a.get(fmt.Sprint("refused-", round)).is(t, ok)
						a.get(fmt.Sprint("later-", round)).is(t, ok)
						if n := s.count() - before; n != 3 {
							t.Errorf("%d calls for two tokens, of which one is asked about twice", n)
						}
						time.Sleep(time.Minute)
					}
					if n := v.gave(); n != 1+3 {
						t.Errorf("the vault was asked %d times", n)
					}
				})
			})
		}
	}
}

// Of those that are refused at once, one gets another token and all use it.
func TestManyThatAreRefusedAtOnce(t *testing.T) {
	for name, refusal := range refusals {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := new(vault)
				s := newServer(v.taking(says(active(nil)), refusal))
				a := guarding(t, s, func(c *introspect.Config) { c.Authenticate = introspect.Bearer(v.source()) })
				a.get("first").is(t, ok)
				v.revoke()
				var all sync.WaitGroup
				for n := range 32 {
					all.Go(func() {
						time.Sleep(time.Duration(n) * 100 * time.Microsecond)
						a.get(fmt.Sprint("token-", n)).is(t, ok)
					})
				}
				all.Wait()
				if n := v.gave(); n != 2 {
					t.Errorf("the vault was asked %d times", n)
				}
			})
		})
	}
}

// Who sends tokens that the issuer answers 401 makes a source get another token once a
// minute, and good tokens are asked about all the time.
func TestStrangersCannotMakeASourceRenew(t *testing.T) {
	const hostile, minutes = 8, 4
	for _, unknown := range [][]int{nil, {401}} {
		for name, refusal := range map[string]reply{
			"401":                 status(401),
			"401 and a challenge": status(401, "WWW-Authenticate", `Bearer error="invalid_token"`),
		} {
			t.Run(fmt.Sprint(name, ", UnknownStatus ", unknown), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					v := new(vault)
					s := newServer(v.taking(func(r *http.Request) (*http.Response, error) {
						if strings.HasPrefix(r.PostFormValue("token"), "good-") {
							return says(active(nil))(r)
						}
						return refusal(r)
					}, refusal))
					a := guarding(t, s, func(c *introspect.Config) {
						// The worst source: every token is another one, and so sent.
						source := v.source()
						c.Authenticate = introspect.Bearer(func(ctx context.Context) (string, error) {
							if introspect.Refused(ctx) {
								v.revoke()
							}
							return source(ctx)
						})
						c.UnknownStatus = unknown
					})
					ctx, cancel := context.WithCancel(t.Context())
					var all sync.WaitGroup
					sent := make([]int, hostile)
					for sender := range hostile {
						all.Go(func() {
							for ; ctx.Err() == nil; sent[sender]++ {
								if got := a.get(fmt.Sprint("junk-", sender, "-", sent[sender])); got.StatusCode == 200 {
									t.Error("a stranger is let in")
								}
								time.Sleep(500 * time.Millisecond)
							}
						})
					}
					good := minutes * 60
					for second := range good {
						a.get(fmt.Sprint("good-", second)).is(t, ok)
						time.Sleep(time.Second)
					}
					cancel()
					all.Wait()
					if n := v.gave(); n < 2 || n > minutes+2 {
						t.Errorf("the vault was asked %d times in %d minutes", n, minutes)
					}
					// Those that were under way when there was another token are repeated.
					asked := good
					for _, n := range sent {
						asked += n
					}
					if n := s.count(); n > asked*105/100 {
						t.Errorf("%d calls about %d tokens", n, asked)
					}
				})
			})
		}
	}
}

// A source that has no other token when it is told hears of it again.
func TestASourceThatHasNoOther(t *testing.T) {
	for name, row := range map[string]struct {
		refusal reply
		want    string
		every   time.Duration
	}{
		"401":            {status(401), "503-U issuer_refused_us", 10 * time.Second},
		"invalid_client": {coded(401, `{"error":"invalid_client"}`), "503-U issuer_refused_us", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := new(vault)
				s := newServer(v.taking(says(active(nil)), row.refusal))
				a := guarding(t, s, func(c *introspect.Config) { c.Authenticate = introspect.Bearer(v.source()) })
				a.get("first").is(t, ok)
				v.revoke()
				v.shut(true)
				for n := range 2 { // five failures would open the breaker
					before := v.gave()
					a.get(fmt.Sprint("told-", n)).is(t, row.want)
					a.get(fmt.Sprint("beside-", n)).is(t, row.want)
					if asked := v.gave() - before; asked != 1 {
						t.Errorf("the vault was asked %d times", asked)
					}
					time.Sleep(row.every)
				}
				v.shut(false)
				a.get("x").is(t, ok)
			})
		})
	}
}

// What is sent again differs from what was refused; all else is sent once.
func TestWhatIsSentAgainAfterARefusal(t *testing.T) {
	none := func(context.Context, url.Values, http.Header) error { return nil }
	// changing gives other credentials each time.
	changing := func() introspect.ClientAuth {
		n := 0
		return func(ctx context.Context, form url.Values, header http.Header) error {
			n++
			return introspect.Post("notes-api", fmt.Sprint("secret-", n))(ctx, form, header)
		}
	}
	for name, row := range map[string]struct {
		auth    introspect.ClientAuth
		refusal reply
		calls   []int // for each of some tokens
	}{
		"a secret that does not change":              {introspect.Basic("notes-api", secret), status(401), []int{1, 1, 1}},
		"one in the form":                            {introspect.Post("notes-api", secret), coded(401, `{"error":"invalid_client"}`), []int{1, 1, 1}},
		"one in a certificate":                       {none, status(401), []int{1, 1, 1}},
		"another each time":                          {changing(), status(401), []int{2, 1, 1}},
		"another each time, and invalid_client":      {changing(), coded(400, `{"error":"invalid_client"}`), []int{2, 1, 1}},
		"another each time, and 403":                 {changing(), status(403), []int{1, 1, 1}},
		"another each time, and 400, of the request": {changing(), coded(400, `{"error":"invalid_request"}`), []int{1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(row.refusal)
				a := guarding(t, s, func(c *introspect.Config) { c.Authenticate = row.auth })
				var calls []int
				for n := range row.calls {
					before := s.count()
					if got := a.get(fmt.Sprint("token-", n)); got.StatusCode != 503 {
						t.Error(got)
					}
					calls = append(calls, s.count()-before)
				}
				if !slices.Equal(calls, row.calls) {
					t.Errorf("%v calls, want %v", calls, row.calls)
				}
			})
		})
	}
}

// Nobody is refused who was not asked.
func TestRefusedOutsideARefusal(t *testing.T) {
	if introspect.Refused(t.Context()) {
		t.Error("refused, by nobody")
	}
	c := authenticated(t, func(ctx context.Context, form url.Values, header http.Header) error {
		if introspect.Refused(ctx) {
			t.Error("refused before the first call")
		}
		return introspect.Basic("notes-api", secret)(ctx, form, header)
	})
	if c.header.Get("Authorization") == "" {
		t.Error("no credentials")
	}
}
