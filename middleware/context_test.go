package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func TestFromContext(t *testing.T) {
	token := new(middleware.Token)
	if got, found := middleware.FromContext(t.Context()); got != nil || found {
		t.Errorf("no guard: %v, %t", got, found)
	}
	if got, found := middleware.FromContext(middleware.NewContext(t.Context(), token)); got != token || !found {
		t.Errorf("NewContext: %v, %t", got, found)
	}
	if got, found := middleware.FromContext(middleware.NewContext(t.Context(), nil)); got != nil || found {
		t.Errorf("an anonymous request: %v, %t", got, found)
	}
	inner := middleware.NewContext(middleware.NewContext(t.Context(), token), nil)
	if got, found := middleware.FromContext(inner); got != nil || found {
		t.Errorf("the innermost counts, anonymous or not: %v, %t", got, found)
	}
}

// With NewContext, handlers and requirements answer as behind New(v, nil).
func TestNewContextAnswersAsInProduction(t *testing.T) {
	token := &middleware.Token{Issuer: issuer, Scopes: []string{"read"}}
	production := newGuard(nil, func() (*middleware.Token, error) { return token, nil })
	for _, row := range []struct {
		name    string
		handler http.Handler
	}{
		{"a requirement that is met", scopes.Require("read")(ok)},
		{"a requirement that is not", scopes.Require("write")(unreachable(t))},
		{"a handler that denies", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			middleware.Deny(w, r, &middleware.Error{Code: middleware.InsufficientScope, Scope: "owner"})
		})},
		{"a handler that cannot decide", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			middleware.Deny(w, r, errors.New("x"))
		})},
	} {
		t.Run(row.name, func(t *testing.T) {
			want, got := httptest.NewRecorder(), httptest.NewRecorder()
			production.Handler(row.handler).ServeHTTP(want, bearer("a"))
			r := httptest.NewRequest("GET", "/api/r", nil)
			row.handler.ServeHTTP(got, r.WithContext(middleware.NewContext(r.Context(), token)))
			equal(t, got.Code, want.Code)
			equal(t, got.Header(), want.Header())
			equal(t, got.Body.String(), want.Body.String())
		})
	}
	t.Run("an anonymous request", func(t *testing.T) {
		r := httptest.NewRequest("GET", "/api/r", nil)
		w := httptest.NewRecorder()
		scopes.Require("read")(unreachable(t)).ServeHTTP(w, r.WithContext(middleware.NewContext(r.Context(), nil)))
		equal(t, w.Code, 401)
		equal(t, w.Header()["Www-Authenticate"], []string{`Bearer realm="api", scope="read"`})
	})
}

// Below a guard, NewContext replaces the token and keeps the guard.
func TestNewContextBelowAGuard(t *testing.T) {
	v := newFakeVerifier()
	g := middleware.New(v, &middleware.Options{Realm: "notes"})
	other := &middleware.Token{Subject: "bob"}
	w := httptest.NewRecorder()
	g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(middleware.NewContext(r.Context(), other))
		g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if token, _ := middleware.FromContext(r.Context()); token != other {
				t.Errorf("token %v", token)
			}
			middleware.Deny(w, r, middleware.InvalidToken)
		})).ServeHTTP(w, r)
	})).ServeHTTP(w, bearer("good"))
	equal(t, v.calls.Load(), 1)
	equal(t, w.Header()["Www-Authenticate"], []string{`Bearer realm="notes", error="invalid_token"`})
}

// A context of NewContext is no pass for a real guard.
func TestNewContextDoesNotPassAGuard(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r = r.WithContext(middleware.NewContext(r.Context(), new(middleware.Token)))
	w := httptest.NewRecorder()
	middleware.New(newFakeVerifier(), nil).Handler(unreachable(t)).ServeHTTP(w, r)
	equal(t, w.Code, 401)
}

func TestDenyWithoutAGuardIs500(t *testing.T) {
	w := httptest.NewRecorder()
	middleware.Deny(w, httptest.NewRequest("GET", "/", nil), middleware.InvalidToken)
	equal(t, w.Code, 500)
	if c := w.Header().Get("WWW-Authenticate"); c != "" {
		t.Errorf("challenge %q", c)
	}
	equal(t, w.Header().Get("Cache-Control"), "no-store")
}

func TestWithExpiry(t *testing.T) {
	t.Run("ends when the token does", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			exp := time.Now().Add(time.Minute)
			ctx, cancel := middleware.WithExpiry(middleware.NewContext(t.Context(), &middleware.Token{Expiry: exp}))
			defer cancel()
			time.Sleep(time.Minute - time.Nanosecond)
			synctest.Wait()
			if ctx.Err() != nil {
				t.Fatal("it ended too early")
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if cause := context.Cause(ctx); !errors.Is(cause, middleware.InvalidToken) {
				t.Errorf("cause %v, want one that is invalid_token", cause)
			}
			if _, found := middleware.FromContext(ctx); !found {
				t.Error("the token is lost")
			}
		})
	})
	t.Run("has ended where the token has", func(t *testing.T) {
		ctx, cancel := middleware.WithExpiry(middleware.NewContext(t.Context(), &middleware.Token{Expiry: time.Unix(1, 0)}))
		defer cancel()
		if !errors.Is(context.Cause(ctx), middleware.InvalidToken) {
			t.Errorf("cause %v", context.Cause(ctx))
		}
	})
	for name, token := range map[string]*middleware.Token{"a token without exp": {}, "no token": nil} {
		t.Run("ends with its parent for "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				parent, cancelParent := context.WithCancel(middleware.NewContext(t.Context(), token))
				ctx, cancel := middleware.WithExpiry(parent)
				defer cancel()
				time.Sleep(1000 * time.Hour)
				synctest.Wait()
				if ctx.Err() != nil {
					t.Fatal("it ended")
				}
				cancelParent()
				if context.Cause(ctx) != context.Canceled {
					t.Errorf("cause %v", context.Cause(ctx))
				}
			})
		})
	}
	t.Run("ends with its parent's deadline if that is sooner", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			parent, cancelParent := context.WithTimeout(t.Context(), time.Second)
			defer cancelParent()
			ctx, cancel := middleware.WithExpiry(middleware.NewContext(parent, &middleware.Token{Expiry: time.Now().Add(time.Minute)}))
			defer cancel()
			<-ctx.Done()
			if context.Cause(ctx) != context.DeadlineExceeded {
				t.Errorf("cause %v", context.Cause(ctx))
			}
		})
	})
}
