package browser_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// program builds examples/issuer once; TestMain removes it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "issuer")
	if err != nil {
		return "", err
	}
	atExit = append(atExit, func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "issuer")
	build := exec.Command("go", "build", "-o", path, "./examples/issuer")
	build.Dir = filepath.Join("..", "..") // a part of the main module
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

var issuerURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// newIssuer runs examples/issuer on a port that the system chooses, and returns
// its URL: the first line of what it prints says it.
func newIssuer(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, path, "-addr", "127.0.0.1:0")
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	var complaints bytes.Buffer
	c.Stderr = &complaints
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(stdout)
	first, err := reader.ReadString('\n')
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, reader) // to the end of the process
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		_ = c.Wait() // it was told to end
		if complaints.Len() > 0 {
			t.Errorf("the issuer complained: %s", &complaints)
		}
	})
	found := issuerURL.FindString(first)
	if err != nil || found == "" {
		t.Fatalf("the first line of the issuer is %q: %v", first, err)
	}
	return found
}
