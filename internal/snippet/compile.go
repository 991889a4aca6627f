package snippet

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// folder is where the blocks of a module seem to be. Nothing is written there:
// the go command is told of the files by an overlay.
const folder = "snippets_of_docs"

// Known are the modules that a module may import: itself and what it requires.
type Known []string

// KnownTo reads the go.mod in dir.
func KnownTo(dir string) (Known, error) {
	c := exec.Command("go", "mod", "edit", "-json")
	c.Dir = dir
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go mod edit in %s: %w", dir, err)
	}
	var mod struct {
		Module  struct{ Path string }
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return nil, err
	}
	known := Known{mod.Module.Path}
	for _, r := range mod.Require {
		if !r.Indirect {
			known = append(known, r.Path)
		}
	}
	return known, nil
}

// Has reports whether path is of the standard library or of one of k.
func (k Known) Has(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") {
		return true
	}
	for _, module := range k {
		if path == module || strings.HasPrefix(path, module+"/") {
			return true
		}
	}
	return false
}

// HasAll reports whether k has whatever s imports. A block that cannot be read is
// everybody's: whoever compiles it says why.
func (k Known) HasAll(s Snippet) bool {
	imports, err := s.Imports()
	if err != nil {
		return true
	}
	for _, path := range imports {
		if !k.Has(path) {
			return false
		}
	}
	return true
}

// Compile compiles and vets each of all as it stands, as a package of its own in
// the module in dir. The error has what the go command says.
func Compile(dir string, all []Snippet) error {
	if len(all) == 0 {
		return errors.New("no blocks to compile")
	}
	temp, err := os.MkdirTemp("", "snippet")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	replace := map[string]string{}
	var code, tests []string
	for i, s := range all {
		name := fmt.Sprintf("%s_%d", strings.NewReplacer("/", "_", ".", "_").Replace(s.Page), s.Line)
		file := name + ".go"
		// Only the go command's own names for tests tell them apart.
		if isTest := strings.Contains(s.Text, "\t\"testing\"\n"); isTest {
			file = name + "_test.go"
			tests = append(tests, "./"+folder+"/"+name)
		} else {
			code = append(code, "./"+folder+"/"+name)
		}
		at := filepath.Join(temp, fmt.Sprint(i)+".go")
		if err := os.WriteFile(at, []byte(s.Text), 0o600); err != nil {
			return err
		}
		replace[filepath.Join(dir, folder, name, file)] = at
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	list := filepath.Join(temp, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return err
	}
	// vet reads all of them; only build misses a func main.
	if err := run(dir, append([]string{"vet", "-overlay", list}, append(code, tests...)...)); err != nil {
		return err
	}
	if len(code) == 0 {
		return nil
	}
	return run(dir, append([]string{"build", "-o", os.DevNull, "-overlay", list}, code...))
}

func run(dir string, args []string) error {
	c := exec.Command("go", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", args[0], err, out)
	}
	return nil
}
