package snippet

import (
	"encoding/json"
	"strings"
)

// Known are the modules that a module may import: itself and what it requires.
type Known []string

// KnownTo reads the go.mod in dir.
func KnownTo(dir string) (Known, error) {
	mod, err := readModule(dir)
	if err != nil {
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

// module is a go.mod as go mod edit -json tells of it.
type module struct {
	Module  struct{ Path string }
	Require []struct {
		Path     string
		Indirect bool
	}
	Replace []struct{ Old, New struct{ Path string } }
}

func readModule(dir string) (module, error) {
	var mod module
	out, err := run(dir, "mod", "edit", "-json")
	if err != nil {
		return mod, err
	}
	return mod, json.Unmarshal(out, &mod)
}
