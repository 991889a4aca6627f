package snippet

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Compile compiles and vets each of all as it stands, as a package of its own in a
// module that requires the one in dir and what that one requires. The error has
// what the go command says.
func Compile(dir string, all []Snippet) error {
	if len(all) == 0 {
		return errors.New("no blocks to compile")
	}
	temp, err := os.MkdirTemp("", "snippet")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := requireAs(dir, temp); err != nil {
		return err
	}
	for _, s := range all {
		// The name says which block it is.
		name := fmt.Sprintf("%s_%d", strings.NewReplacer("/", "_", ".", "_").Replace(s.Page), s.Line)
		file := "block.go"
		if strings.Contains(s.Text, "\t\"testing\"\n") {
			file = "block_test.go" // or vet would not look at tests
		}
		if err := os.Mkdir(filepath.Join(temp, name), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(temp, name, file), []byte(s.Text), 0o600); err != nil {
			return err
		}
	}
	if _, err := run(temp, "vet", "-mod=readonly", "./..."); err != nil {
		return err
	}
	// Only build misses a func main.
	_, err = run(temp, "build", "-mod=readonly", "-o", os.DevNull, "./...")
	return err
}

// requireAs makes a module in temp that requires what the one in dir does, and the
// one in dir.
func requireAs(dir, temp string) error {
	mod, err := readModule(dir)
	if err != nil {
		return err
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(temp, file), text, 0o600); err != nil {
			return err
		}
	}
	at, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	path := mod.Module.Path
	edits := []string{"mod", "edit", "-module=example.com/snippets", "-require=" + path + "@v0.0.0", "-replace=" + path + "=" + at}
	for _, r := range mod.Replace {
		if strings.HasPrefix(r.New.Path, ".") {
			edits = append(edits, "-replace="+r.Old.Path+"="+filepath.Join(at, r.New.Path))
		}
	}
	_, err = run(temp, edits...)
	return err
}

// run returns what the go command prints in dir.
func run(dir string, args ...string) ([]byte, error) {
	c := exec.Command("go", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOWORK=off")
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, &stderr)
	}
	return out, nil
}
