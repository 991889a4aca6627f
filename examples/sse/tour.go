package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/warder-go/warder/issuertest"
)

// tour is a client of the stream, and prints what it gets.
type tour struct {
	ctx    context.Context
	out    io.Writer
	api    string // its URL
	issuer *issuertest.Issuer
}

func (t *tour) show() error {
	token := t.issuer.Token(map[string]any{"exp": time.Now().Add(2 * time.Second).Unix()})
	resp, err := t.connect(token)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	last := ""
	for events := bufio.NewScanner(resp.Body); events.Scan(); {
		if line := events.Text(); line != "" {
			fmt.Fprintln(t.out, "    "+line)
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
	fmt.Fprintln(t.out, "    "+challenge)
	if again.StatusCode != http.StatusUnauthorized || !strings.Contains(challenge, "expired") {
		return fmt.Errorf("connecting again was answered %s", again.Status)
	}
	fmt.Fprintf(t.out, "\nTry it:\n  curl -iN -H 'Authorization: Bearer %s' %s/changes\n",
		t.issuer.Token(map[string]any{"exp": time.Now().Add(time.Minute).Unix()}), t.api)
	return nil
}

func (t *tour) connect(token string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(t.ctx, http.MethodGet, t.api+"/changes", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		fmt.Fprintln(t.out, "GET /changes", resp.StatusCode)
	}
	return resp, err
}
