package main

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

// tour is a client of the stream, and prints what it gets.
type tour struct{ *show.Run }

func (t *tour) show(issuer *issuertest.Issuer) error {
	token := issuer.Token(map[string]any{"exp": time.Now().Add(2 * time.Second).Unix()})
	resp, err := t.connect(token)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	last := ""
	for events := bufio.NewScanner(resp.Body); events.Scan(); {
		if line := events.Text(); line != "" {
			t.Printf("    %s\n", line)
			if name, ok := strings.CutPrefix(line, "event: "); ok {
				last = name
			}
		}
	}
	if resp.StatusCode != http.StatusOK || last != "expired" {
		return fmt.Errorf("the stream was answered %s and ended with %q", resp.Status, last)
	}

	// The token is still within the clock skew that the verifier tolerates.
	again, err := t.connect(token)
	if err != nil {
		return err
	}
	defer again.Body.Close()
	challenge := again.Header.Get("WWW-Authenticate")
	t.Printf("    %s\n", challenge)
	if again.StatusCode != http.StatusUnauthorized || !strings.Contains(challenge, "expired") {
		return fmt.Errorf("connecting again was answered %s", again.Status)
	}
	t.Try("curl -iN -H '%s' %s/changes", show.Bearer(issuer.Token(map[string]any{"exp": time.Now().Add(time.Minute).Unix()})), t.URL)
	return nil
}

func (t *tour) connect(token string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(t.Context, http.MethodGet, t.URL+"/changes", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		t.Printf("GET /changes %d\n", resp.StatusCode)
	}
	return resp, err
}
