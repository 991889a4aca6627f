package main

import (
	"net"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/internal/show"
)

// The story's own expectations are the test: run fails when one is not met.
func TestOnce(t *testing.T) {
	out, err := show.Once(t.Context(), run)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"    GET /notes                       200            401\n",
		`Bearer realm="api", error="insufficient_scope"`, `scope="notes:write"`, `error="invalid_token"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}

func TestServesUntilInterrupted(t *testing.T) {
	err := show.Interrupted(t.Context(), run, func(printed string) {
		if !strings.HasPrefix(printed, "Open http://127.0.0.1:") {
			t.Errorf("nothing to open:\n%s", printed)
		}
	})
	if err != nil {
		t.Errorf("the end: %v", err)
	}
}

// at tells the story at an address.
func at(t *testing.T, addr string) (printed string, err error) {
	var out strings.Builder
	err = run(&show.Run{Context: t.Context(), Out: &out, Addr: addr, Once: true})
	return out.String(), err
}

func TestWhereTheApplicationListens(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "localhost:0", "[::1]:0"} {
		t.Run("loopback "+addr, func(t *testing.T) {
			l, err := net.Listen("tcp", addr)
			if err != nil {
				t.Log("this machine lacks it")
				return
			}
			l.Close()
			if out, err := at(t, addr); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "127.0.0.2:0", "192.0.2.1:0", "[::1%1]:0"} {
		t.Run("not "+addr, func(t *testing.T) {
			if _, err := at(t, addr); err == nil || !strings.Contains(err.Error(), "-addr: ") {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("no address", func(t *testing.T) {
		if _, err := at(t, "nowhere"); err == nil {
			t.Error("no error")
		}
	})
}
