package main

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/warder-go/warder/issuertest"
)

func deny(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) { a.Deny(w) }

// leave shows a page, which nobody reads.
func leave(http.ResponseWriter, *http.Request, *issuertest.Authorization) {}

func TestDevice(t *testing.T) {
	for _, way := range ways {
		if way.name == "a secret, style found out" {
			continue // TestADeviceThatFindsOutTheStyle
		}
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, with(func(f *fixture) {
				ctx, c := way.client(f)
				began := time.Now()
				token, err := authorizeDevice(ctx, c, func(device *oauth2.DeviceAuthResponse) {
					if device.Interval != 5 || device.Expiry.Sub(began) != 10*time.Minute || device.VerificationURIComplete == "" {
						t.Errorf("interval %d, expires %s, complete %t", device.Interval, device.Expiry, device.VerificationURIComplete != "")
					}
					go func() {
						time.Sleep(12 * time.Second)
						if err := enter(f.ctx, f.client, device); err != nil {
							t.Error(err)
						}
					}()
				})
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != 15*time.Second { // the third poll
					t.Errorf("took %s", took)
				}
				f.admits(token.AccessToken, 200, 200)
				refreshed, err := c.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
				if err != nil {
					t.Fatal(err)
				}
				f.admits(refreshed.AccessToken, 200, 200)
			}))
		})
	}
}

func TestADeviceThatPollsTooFast(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		_, app, _ := configs(f.provider, "read")
		device, err := app.DeviceAuth(f.ctx)
		if err != nil {
			t.Fatal(err)
		}
		device.Interval = 3
		go func() {
			time.Sleep(20 * time.Second)
			if err := enter(f.ctx, f.client, device); err != nil {
				t.Error(err)
			}
		}()
		began := time.Now()
		token, err := app.DeviceAccessToken(f.ctx, device)
		if err != nil {
			t.Fatal(err)
		}
		// Polls after 3 s, 6 s, which is too soon, then 8 s later, which is too, then
		// 13 s later.
		if took := time.Since(began); took != 27*time.Second {
			t.Errorf("took %s: slow_down was not said or not heard", took)
		}
		f.admits(token.AccessToken, 200, 200)
	}))
}

// x/oauth2 sends what was refused once more, with the secret elsewhere: to the
// issuer that is a second poll, at once.
func TestADeviceThatFindsOutTheStyle(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		web, _, _ := configs(f.provider, "read")
		web.Endpoint.AuthStyle = oauth2.AuthStyleAutoDetect
		began := time.Now()
		token, err := authorizeDevice(f.ctx, web, func(device *oauth2.DeviceAuthResponse) {
			go func() {
				time.Sleep(16 * time.Second)
				if err := enter(f.ctx, f.client, device); err != nil {
					t.Error(err)
				}
			}()
		})
		if err != nil {
			t.Fatal(err)
		}
		// After 5 s, 10 s later, 15 s later; a device with a style has its token after
		// 20 s.
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("took %s: x/oauth2 does not poll twice any more, so doc.go is wrong", took)
		}
		f.admits(token.AccessToken, 200, 200)
	}))
}

func TestADeviceIsRefused(t *testing.T) {
	for _, row := range []struct {
		name   string
		device func(f *fixture, app *oauth2.Config, device *oauth2.DeviceAuthResponse) error
		status int
		code   string
	}{
		{"by the person", func(f *fixture, app *oauth2.Config, device *oauth2.DeviceAuthResponse) error {
			f.issuer.Interact(deny)
			if err := enter(f.ctx, f.client, device); err != nil {
				return err
			}
			_, err := app.DeviceAccessToken(f.ctx, device)
			return err
		}, 400, "access_denied"},
		{"when its time is over", func(f *fixture, app *oauth2.Config, device *oauth2.DeviceAuthResponse) error {
			device.Expiry = time.Time{} // x/oauth2 would give up first
			_, err := app.DeviceAccessToken(f.ctx, device)
			return err
		}, 400, "expired_token"},
		{"with another device's code", func(f *fixture, app *oauth2.Config, device *oauth2.DeviceAuthResponse) error {
			device.DeviceCode = "another"
			_, err := app.DeviceAccessToken(f.ctx, device)
			return err
		}, 400, "invalid_grant"},
		{"the second time", func(f *fixture, app *oauth2.Config, device *oauth2.DeviceAuthResponse) error {
			if err := enter(f.ctx, f.client, device); err != nil {
				return err
			}
			if _, err := app.DeviceAccessToken(f.ctx, device); err != nil {
				return err
			}
			_, err := app.DeviceAccessToken(f.ctx, device)
			return err
		}, 400, "invalid_grant"},
		{"without the secret that it has", func(f *fixture, _ *oauth2.Config, _ *oauth2.DeviceAuthResponse) error {
			web, _, _ := configs(f.provider, "read")
			_, err := web.DeviceAuth(f.ctx)
			return err
		}, 401, "invalid_client"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, with(func(f *fixture) {
				_, app, _ := configs(f.provider, "read")
				device, err := app.DeviceAuth(f.ctx)
				if err != nil {
					t.Fatal(err)
				}
				f.refused(row.device(f, app, device), row.status, row.code)
			}))
		})
	}
	t.Run("and gives up by itself", func(t *testing.T) {
		synctest.Test(t, with(func(f *fixture) {
			_, app, _ := configs(f.provider, "read")
			began := time.Now()
			device, err := app.DeviceAuth(f.ctx)
			if err != nil {
				t.Fatal(err)
			}
			device.Interval = 7 // no poll at the very end
			_, err = app.DeviceAccessToken(f.ctx, device)
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Minute {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
		}))
	})
}
