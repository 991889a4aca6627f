package issuertest

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"time"
)

const (
	// deviceLifetime is how long a person has to enter the user code.
	deviceLifetime = authorizationLifetime
	// pollInterval is how long a device waits between polls, at first; each poll
	// that comes too soon makes it slowDown longer (RFC 8628 §3.5).
	pollInterval = 5 * time.Second
	slowDown     = 5 * time.Second
)

// device is a device that waits for a decision. All but authorization and expires
// is guarded by grants.mu.
type device struct {
	authorization *Authorization
	expires       time.Time
	interval      time.Duration
	polled        time.Time // last; zero: never
	denied        bool
	family        *family // nil until approved
}

// deviceResponse is the answer to a device (RFC 8628 §3.2).
type deviceResponse struct {
	DeviceCode              string `json:"device_code"`
	UserCode                string `json:"user_code"`
	VerificationURI         string `json:"verification_uri"`
	VerificationURIComplete string `json:"verification_uri_complete"`
	ExpiresIn               int    `json:"expires_in"` // seconds
	Interval                int    `json:"interval"`   // seconds
}

// serveDeviceAuthorization is the device authorization endpoint (RFC 8628 §3.1).
func (i *Issuer) serveDeviceAuthorization(w http.ResponseWriter, r *http.Request) {
	uncacheable(w)
	answer, refused := i.authorizeDevice(r)
	if refused != nil {
		writeRefusal(w, refused)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (i *Issuer) authorizeDevice(r *http.Request) (*deviceResponse, *tokenError) {
	form, refused := readForm(r)
	if refused != nil {
		return nil, refused
	}
	c, refused := i.authenticate(r, form)
	if refused != nil {
		return nil, refused
	}
	if !c.may(GrantDeviceCode) {
		return nil, refuse("unauthorized_client", "the client may not use the device grant")
	}
	scopes, resources, refused := i.target(c, form.Get("scope"), form["resource"])
	if refused != nil {
		return nil, refused
	}
	userCode := newUserCode()
	shown := showUserCode(userCode)
	d := &device{expires: time.Now().Add(deviceLifetime), interval: pollInterval}
	d.authorization = &Authorization{
		ID: rand.Text(), ClientID: c.ID, ClientName: c.Name, UserCode: shown,
		Scopes: scopes, Resources: resources, issuer: i, device: d,
	}
	deviceCode := "device_" + rand.Text()
	i.grants.holdDevice(deviceCode, userCode, d)
	page := i.URL + EndpointVerification
	return &deviceResponse{
		DeviceCode: deviceCode, UserCode: shown,
		VerificationURI:         page,
		VerificationURIComplete: page + "?" + url.Values{"user_code": {shown}}.Encode(),
		ExpiresIn:               int(deviceLifetime.Seconds()),
		Interval:                int(pollInterval.Seconds()),
	}, nil
}

func (g *grants) holdDevice(deviceCode, userCode string, d *device) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting.put(d.authorization.ID, d.authorization, d.expires)
	g.users.put(userCode, d, d.expires)
	// Twice as long, to tell a device that polls late that its time is over.
	g.devices.put(deviceCode, d, d.expires.Add(deviceLifetime))
}

func (g *grants) approveDevice(d *device, f *family) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d.family = f
}

func (g *grants) denyDevice(d *device) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d.denied = true
}

// redeemDevice is the device code grant (RFC 8628 §3.4).
func (i *Issuer) redeemDevice(c *client, form url.Values) (*Tokens, *tokenError) {
	code := form.Get("device_code")
	if code == "" {
		return nil, invalidRequest("device_code is missing")
	}
	f, scopes, resources, refreshToken, refused := i.grants.poll(i.resources, c, code, form)
	if refused != nil {
		return nil, refused
	}
	return i.respond(c, f, scopes, resources, refreshToken, ""), nil
}

// poll answers a device (RFC 8628 §3.5). The one poll that gets the tokens takes
// the device code away.
func (g *grants) poll(rs *resources, c *client, code string, form url.Values) (f *family, scopes, resources []string, refreshToken string, refused *tokenError) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d, ok := g.devices.get(code)
	now := time.Now()
	switch {
	case !ok || d.authorization.ClientID != c.ID:
		return nil, nil, nil, "", invalidGrant("the device code is unknown, used or another client's")
	case !now.Before(d.expires):
		return nil, nil, nil, "", refuse("expired_token", "the device code has expired")
	case d.denied:
		return nil, nil, nil, "", refuse("access_denied", "the request was denied")
	case d.family == nil:
		early := !d.polled.IsZero() && now.Sub(d.polled) < d.interval
		d.polled = now
		if early {
			d.interval += slowDown
			return nil, nil, nil, "", refuse("slow_down", "the device polls too often: wait five seconds longer from now on")
		}
		return nil, nil, nil, "", refuse("authorization_pending", "the person has not decided yet")
	}
	if scopes, resources, refused = rs.ofFamily(d.family, "", form["resource"]); refused != nil {
		return nil, nil, nil, "", refused
	}
	g.devices.delete(code)
	return d.family, scopes, resources, g.begin(d.family, c.may(GrantRefreshToken)), nil
}
