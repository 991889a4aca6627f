package middleware_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/middleware"
)

// plain writes records without their time.
func plain(w *bytes.Buffer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

func TestLog(t *testing.T) {
	type event = middleware.Event
	for _, row := range []struct {
		name string
		e    event
		want string
	}{
		{"an accepted request", event{Op: middleware.OpAuthenticate, Issuer: issuer, Reason: middleware.ReasonOK, Duration: time.Millisecond},
			`level=DEBUG msg=warder op=authenticate reason=ok issuer=https://as.example/t1 duration=1ms`},
		{"a refused request", event{Op: middleware.OpAuthenticate, Route: "GET /notes", Reason: middleware.ReasonExpired, Err: errors.New("exp is past")},
			`level=INFO msg=warder op=authenticate reason=expired route="GET /notes" duration=0s err="exp is past"`},
		{"a client that is gone", event{Op: middleware.OpAuthenticate, Reason: middleware.ReasonCanceled},
			`level=DEBUG msg=warder op=authenticate reason=canceled duration=0s`},
		{"an issuer that does not answer", event{Op: middleware.OpAuthenticate, Reason: middleware.ReasonKeysUnavailable},
			`level=WARN msg=warder op=authenticate reason=keys_unavailable duration=0s`},
		{"a Verifier's fault", event{Op: middleware.OpAuthenticate, Reason: middleware.ReasonVerifierFault},
			`level=ERROR msg=warder op=authenticate reason=verifier_fault duration=0s`},
		{"a Verifier's word, which the request's own event repeats", event{Op: middleware.OpVerify, Reason: middleware.ReasonExpired, Via: middleware.ViaCache},
			`level=DEBUG msg=warder op=verify reason=expired via=cache duration=0s`},
		{"a refused scope", event{Op: middleware.OpAuthorize, Reason: middleware.ReasonInsufficientScope},
			`level=INFO msg=warder op=authorize reason=insufficient_scope duration=0s`},
		{"a route without a policy", event{Op: middleware.OpAuthorize, Reason: middleware.ReasonNoPolicy},
			`level=ERROR msg=warder op=authorize reason=no_policy duration=0s`},
		{"an issuer that refuses us", event{Op: middleware.OpIntrospect, Reason: middleware.ReasonIssuerRefusedUs},
			`level=ERROR msg=warder op=introspect reason=issuer_refused_us duration=0s`},
		{"a fetch says how many keys there are, none included", event{Op: middleware.OpFetch, Reason: middleware.ReasonKeysUnavailable},
			`level=WARN msg=warder op=fetch reason=keys_unavailable keys=0 duration=0s`},
		{"a snapshot that had to be used", event{Op: middleware.OpSnapshot, Reason: middleware.ReasonOK},
			`level=WARN msg=warder op=snapshot reason=ok duration=0s`},
		{"a nil *Error as the cause", event{Op: middleware.OpVerify, Reason: middleware.ReasonOther, Err: (*middleware.Error)(nil)},
			`level=DEBUG msg=warder op=verify reason=other duration=0s err="middleware: could not decide"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			var b bytes.Buffer
			middleware.Log(plain(&b, slog.LevelDebug))(t.Context(), row.e)
			equal(t, strings.TrimSuffix(b.String(), "\n"), row.want)
		})
	}
}

func TestLogKeepsToTheLevelOfItsLogger(t *testing.T) {
	var b bytes.Buffer
	middleware.Log(plain(&b, slog.LevelWarn))(t.Context(), middleware.Event{Op: middleware.OpAuthenticate, Reason: middleware.ReasonExpired})
	equal(t, b.String(), "")
}

func TestLogWithoutALoggerUsesTheDefault(t *testing.T) {
	old := slog.Default()
	defer slog.SetDefault(old)
	observe := middleware.Log(nil)
	var b bytes.Buffer
	slog.SetDefault(plain(&b, slog.LevelInfo)) // after Log: it asks at every event
	observe(t.Context(), middleware.Event{Op: middleware.OpAuthenticate, Reason: middleware.ReasonExpired})
	equal(t, b.String(), "level=INFO msg=warder op=authenticate reason=expired duration=0s\n")
}

// What is logged of a token says nothing personal.
func TestTokenLogValue(t *testing.T) {
	token := &middleware.Token{
		Issuer: issuer, Subject: "alice", ClientID: "app", ID: "1",
		Audience: []string{"rs"}, Scopes: []string{"read"}, Raw: []byte(`{"email":"a@example"}`),
	}
	var b bytes.Buffer
	log := plain(&b, slog.LevelInfo)
	log.Info("x", "token", token)
	log.Info("x", "token", (*middleware.Token)(nil))
	equal(t, b.String(), `level=INFO msg=x token.iss=https://as.example/t1 token.client_id=app token.jti=1
level=INFO msg=x token=<nil>
`)
}

// Keys that cannot be used are told once, and again when they are others: a set is
// fetched every few minutes.
func TestUnusableKeysAreLoggedOnce(t *testing.T) {
	var out bytes.Buffer
	observe := middleware.Log(slog.New(slog.NewTextHandler(&out, nil)))
	fetched := func(issuer string, keys ...string) {
		e := middleware.Event{Op: middleware.OpFetch, Issuer: issuer, Reason: middleware.ReasonOK, Keys: 1}
		for _, key := range keys {
			e.Unusable = append(e.Unusable, errors.New(key))
		}
		observe(t.Context(), e)
	}
	for range 10 {
		fetched("https://a.example", "key 1: x", "key 2: y")
		fetched("https://b.example", "key 1: x")
		fetched("https://c.example")
	}
	fetched("https://b.example", "key 3: z")
	fetched("https://a.example", strings.Split(strings.Repeat("key: w,", 19)+"key: w", ",")...)
	if n := strings.Count(out.String(), "\n"); n != 4 {
		t.Errorf("%d lines:\n%s", n, &out)
	}
	for _, want := range []string{`unusable="key 1: x; key 2: y"`, `unusable="key 3: z"`, "; and 12 more"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, &out)
		}
	}
}
