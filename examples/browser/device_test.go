package browser_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// device is one without a keyboard: it shows a code and polls (RFC 8628).
type device struct {
	issuer, id string

	Code     string `json:"device_code"`
	UserCode string `json:"user_code"`
	URL      string `json:"verification_uri"`
	FullURL  string `json:"verification_uri_complete"`
	Interval int    `json:"interval"` // seconds
}

// newDevice asks for a code.
func newDevice(t *testing.T, issuer, id, scope string) *device {
	t.Helper()
	d := &device{issuer: issuer, id: id}
	status, body, err := post(t.Context(), issuer+"/device_authorization", url.Values{"client_id": {id}, "scope": {scope}})
	if err == nil {
		err = json.Unmarshal(body, d)
	}
	if err != nil || status != 200 || d.Interval < 1 {
		t.Fatalf("the device authorization endpoint answered %d, %v", status, err)
	}
	return d
}

// poll asks for the token once: it returns that or the error code.
func (d *device) poll(ctx context.Context) (token, refusal string, err error) {
	_, body, err := post(ctx, d.issuer+"/token", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {d.Code}, "client_id": {d.id},
	})
	if err != nil {
		return "", "", err
	}
	var answer struct {
		Token   string `json:"access_token"`
		Refusal string `json:"error"`
	}
	err = json.Unmarshal(body, &answer)
	return answer.Token, answer.Refusal, err
}

// wait polls until there is an answer, as often as it may (RFC 8628 §3.5), and
// tells pending of each time that there is none.
func (d *device) wait(ctx context.Context, pending chan<- string) (token, refusal string, err error) {
	interval := time.Duration(d.Interval) * time.Second
	for {
		token, refusal, err = d.poll(ctx)
		switch refusal {
		case "slow_down":
			interval += 5 * time.Second
		case "authorization_pending":
		default:
			return token, refusal, err
		}
		select {
		case pending <- refusal:
		default: // told often enough
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return "", "", ctx.Err()
		}
	}
}

// post sends a form and reads the answer.
func post(ctx context.Context, url string, form url.Values) (status int, body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(r)
}

// R8628-02, R8628-08: however the code is typed, it is shown as the device has it.
func TestAPersonConnectsADevice(t *testing.T) {
	s := newStory(t)
	d := newDevice(t, s.issuer, "tv", "notes:read")
	type end struct {
		token, refusal string
		err            error
	}
	pending, ended := make(chan string, 1), make(chan end, 1)
	go func() {
		token, refusal, err := d.wait(t.Context(), pending)
		ended <- end{token, refusal, err}
	}()
	if got := <-pending; got != "authorization_pending" {
		t.Errorf("the device was answered %q", got)
	}

	s.open(d.URL)
	s.picture("device")
	enter := func(code string) {
		s.follow(
			chromedp.Clear(chromedp.ID("user_code")),
			chromedp.SendKeys(chromedp.ID("user_code"), code),
			chromedp.Click(chromedp.ID("continue")),
		)
	}
	enter("wrong code")
	s.says("#error", "No device shows this code")
	s.picture("device-error")
	enter(strings.ToLower(strings.ReplaceAll(d.UserCode, "-", "")))
	s.signIn("alice", "wonderland")
	s.at("/consent")
	s.says("#client", "Notebook on TV")
	s.says("#user_code", d.UserCode) // once more, to compare
	s.picture("device-consent")
	s.press("allow")
	s.says("h1", "Your device is connected")
	s.picture("device-done")

	got := <-ended
	if got.err != nil || got.token == "" {
		t.Fatalf("the device was answered %q, %v", got.refusal, got.err)
	}
	for method, want := range map[string]int{"GET": 200, "POST": 403} {
		r, err := http.NewRequestWithContext(t.Context(), method, s.api+"/notes", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+got.token)
		if status, body, err := send(r); status != want || err != nil {
			t.Errorf("the API answered %s with %d %s, %v", method, status, body, err)
		}
	}
}

// R8628-08: a link that holds the code leads to a question, as somebody else may have sent
// it (RFC 8628 §5.4).
func TestAPersonRefusesADevice(t *testing.T) {
	s := newStory(t)
	d := newDevice(t, s.issuer, "tv", "notes:read")
	s.open(d.FullURL)
	s.says("#client", "Notebook on TV")
	s.says("#user_code", d.UserCode)
	s.picture("device-confirm")
	s.press("cancel") // not my device
	s.at("/device")

	s.open(d.FullURL)
	s.press("continue")
	s.signIn("alice", "wonderland")
	s.press("deny")
	s.says("h1", "Your device was refused")
	s.picture("device-refused")
	if token, refusal, err := d.poll(t.Context()); token != "" || refusal != "access_denied" || err != nil {
		t.Errorf("the device was answered %q, %v", refusal, err)
	}
}
