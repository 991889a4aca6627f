package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/internal/show"
)

// direct is the issuer without a proxy.
func direct(r *show.Run) error { return run(r, "") }

// The tour's own expectations are the test: run fails when one is not met.
func TestOnce(t *testing.T) {
	out, err := show.Once(t.Context(), direct)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"alice      password wonderland", "error=access_denied", "unsupported_response_type", "Your device is connected"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}

// Programs that run this one read its first line.
func TestServesUntilInterrupted(t *testing.T) {
	err := show.Interrupted(t.Context(), direct, func(printed string) {
		first, _, _ := strings.Cut(printed, "\n")
		resp, err := http.Get(first + "/.well-known/oauth-authorization-server")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("the metadata: %s", resp.Status)
		}
	})
	if err != nil {
		t.Errorf("the end: %v", err)
	}
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	for name, row := range map[string]struct {
		addr, identifier string
		once             bool
	}{
		"an address that is none": {addr: "nowhere"},
		"an issuer with a path":   {addr: "127.0.0.1:0", identifier: "https://login.example/realm"},
		"an issuer with a slash":  {addr: "127.0.0.1:0", identifier: "https://login.example/"},
		"an issuer without host":  {addr: "127.0.0.1:0", identifier: "https://"},
		"another scheme":          {addr: "127.0.0.1:0", identifier: "ftp://login.example"},
		"no URL":                  {addr: "127.0.0.1:0", identifier: "%"},
		"a tour through a proxy":  {addr: "127.0.0.1:0", identifier: "https://login.example", once: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			r := &show.Run{Context: ctx, Out: io.Discard, Addr: row.addr, Once: row.once}
			if err := run(r, row.identifier); err == nil {
				t.Error("no error")
			}
		})
	}
}

// Everybody knows the passwords.
func TestServesThisMachineAlone(t *testing.T) {
	var out strings.Builder
	if err := direct(&show.Run{Context: t.Context(), Out: &out, Addr: ":0"}); err == nil || out.Len() != 0 {
		t.Errorf("%v\n%s", err, out.String())
	}
}
