//go:build unix

package jwks_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// To open a pipe would wait for its writer.
func TestFileIsNoPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	_, keys := filed(t, name, nil)
	if err := keys.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("%v", err)
	}
	must(os.Remove(name))
	write(t, name, keySet(rs().jwk(nil)))
	must(keys.Refresh(t.Context()))
	for _, other := range []string{filepath.Dir(name), "/dev/zero"} {
		_, keys := filed(t, other, nil)
		if err := keys.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", other, err)
		}
	}
}
