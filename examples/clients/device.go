package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// authorizeDevice is the device grant (RFC 8628): show tells the person where to
// go with which code, then the device polls at the pace that the issuer sets.
// A confidential client's c has AuthStyleInHeader or AuthStyleInParams, never
// AuthStyleAutoDetect.
func authorizeDevice(ctx context.Context, c *oauth2.Config, show func(*oauth2.DeviceAuthResponse)) (*oauth2.Token, error) {
	var secret []oauth2.AuthCodeOption
	if c.ClientSecret != "" {
		secret = append(secret, oauth2.SetAuthURLParam("client_secret", c.ClientSecret))
	}
	device, err := c.DeviceAuth(ctx, secret...)
	if err != nil {
		return nil, err
	}
	show(device)
	return c.DeviceAccessToken(ctx, device)
}

// enter is the person with another device, who enters the user code.
func enter(ctx context.Context, client *http.Client, device *oauth2.DeviceAuthResponse) error {
	form := url.Values{"user_code": {device.UserCode}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, device.VerificationURI, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the verification page answered %s", response.Status)
	}
	return nil
}
