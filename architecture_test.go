package warder_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/warder-go/warder"

// The libraries that one place each may know.
const (
	jwx        = "github.com/lestrrat-go/jwx"
	prometheus = "github.com/prometheus/client_golang"
	cmp        = "github.com/google/go-cmp"
)

// mayDepend are the direct dependencies that the main module may have.
var mayDepend = []string{
	jwx + "/v2", prometheus,
	"github.com/hashicorp/golang-lru/v2", "golang.org/x/sync",
	cmp, // tests only
}

// pkg is a package as go list tells of it. Imports are those of its code,
// not of its tests.
type pkg struct {
	ImportPath string
	Imports    []string
	nested     bool // belongs to a nested module
}

// ours returns the path of p inside the repository, and whether it is there.
func ours(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// within reports whether path is dir or lies below it. It fits import paths.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}

// violations returns the imports of p that the architecture does not allow.
func violations(p pkg) []string {
	var wrong []string
	self, _ := ours(p.ImportPath)
	isBench, isExample := within(self, "bench"), within(self, "examples")
	for _, path := range p.Imports {
		no := func(why string) {
			wrong = append(wrong, fmt.Sprintf("%s imports %s: %s", self, path, why))
		}
		switch {
		case isBench: // measures all of them side by side
		case within(path, jwx) && self != "internal/jose" && !within(self, "issuertest"):
			no("jwx is known to internal/jose and issuertest alone")
		case within(path, prometheus) && self != "middleware/metrics" && !isExample:
			no("client_golang is known to middleware/metrics alone")
		case within(path, cmp) && !isExample:
			no("go-cmp is for tests")
		}

		imported, ok := ours(path)
		if !ok {
			if (self == "middleware" || self == "internal/strictjson") && strings.Contains(path, ".") {
				no("it needs the standard library alone")
			}
			continue
		}
		toInternal := within(imported, "internal")
		switch {
		case within(imported, "examples/internal"):
			if !isExample {
				no("what the examples share is for examples alone")
			}
		case isBench || isExample:
			if toInternal {
				no("what users are to copy uses what users have")
			}
		case p.nested && toInternal:
			no("a published nested module may not depend on internal packages")
		case self == "internal/strictjson":
			no("it needs the standard library alone")
		case self == "middleware":
			if imported != "internal/strictjson" {
				no("the hub points at nothing but internal/strictjson")
			}
		case within(self, "issuertest"):
			if !within(imported, "issuertest") {
				no("what tests all of ours imports none of ours")
			}
		case imported == "middleware", toInternal, within(self, imported):
			// Everyone may import the hub, and what it is a part of.
		case self == "middleware/verifiertest" && imported == "issuertest":
		case within(self, "internal"):
			no("internal packages know none of those that they serve")
		default:
			no("siblings do not know each other")
		}
	}
	return wrong
}

func TestImportsPointInward(t *testing.T) {
	imports := 0
	for _, dir := range modules(t) {
		for _, p := range list(t, dir) {
			imports += len(p.Imports)
			for _, v := range violations(p) {
				t.Error(v)
			}
		}
	}
	if imports == 0 {
		t.Error("no imports found: nothing was judged")
	}
}

func TestTheHubDependsOnTheStandardLibraryAlone(t *testing.T) {
	out := run(t, ".", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./middleware")
	for path := range strings.FieldsSeq(string(out)) {
		if path != module+"/middleware" && path != module+"/internal/strictjson" {
			t.Errorf("middleware depends on %s", path)
		}
	}
}

func TestTheRulesForImportsCanFail(t *testing.T) {
	own := func(path string) string { return module + "/" + path }
	for _, row := range []struct {
		name    string
		p       pkg
		allowed bool
	}{
		{"the hub reads JSON", pkg{ImportPath: own("middleware"), Imports: []string{"net/http", own("internal/strictjson")}}, true},
		{"the hub takes a library", pkg{ImportPath: own("middleware"), Imports: []string{"golang.org/x/sync/errgroup"}}, false},
		{"the hub points outward", pkg{ImportPath: own("middleware"), Imports: []string{own("jwks")}}, false},
		{"the hub takes another internal package", pkg{ImportPath: own("middleware"), Imports: []string{own("internal/wire")}}, false},
		{"strictjson takes a library", pkg{ImportPath: own("internal/strictjson"), Imports: []string{"github.com/goccy/go-json"}}, false},
		{"strictjson knows the hub", pkg{ImportPath: own("internal/strictjson"), Imports: []string{own("middleware")}}, false},
		{"jwks uses hub and internals", pkg{ImportPath: own("jwks"), Imports: []string{own("middleware"), own("internal/jose"), "github.com/hashicorp/golang-lru/v2"}}, true},
		{"jwks knows its sibling", pkg{ImportPath: own("jwks"), Imports: []string{own("introspect")}}, false},
		{"jwks knows jwx", pkg{ImportPath: own("jwks"), Imports: []string{jwx + "/v2/jws"}}, false},
		{"jose knows jwx", pkg{ImportPath: own("internal/jose"), Imports: []string{jwx + "/v2/jws", own("internal/strictjson")}}, true},
		{"an internal package knows whom it serves", pkg{ImportPath: own("internal/flight"), Imports: []string{own("jwks")}}, false},
		{"scopes counts for itself", pkg{ImportPath: own("scopes"), Imports: []string{prometheus + "/prometheus"}}, false},
		{"metrics counts", pkg{ImportPath: own("middleware/metrics"), Imports: []string{prometheus + "/prometheus", own("middleware")}}, true},
		{"dpop knows mtls", pkg{ImportPath: own("middleware/dpop"), Imports: []string{own("middleware/mtls")}}, false},
		{"the issuer signs", pkg{ImportPath: own("issuertest"), Imports: []string{jwx + "/v2/jwt"}}, true},
		{"the issuer knows what it tests", pkg{ImportPath: own("issuertest"), Imports: []string{own("internal/jose")}}, false},
		{"the kit uses the issuer", pkg{ImportPath: own("middleware/verifiertest"), Imports: []string{own("middleware"), own("issuertest")}}, true},
		{"another package uses the issuer", pkg{ImportPath: own("jwks"), Imports: []string{own("issuertest")}}, false},
		{"a nested module uses its parent", pkg{ImportPath: own("middleware/dpop/redisreplay"), Imports: []string{own("middleware/dpop"), "example.org/redis"}, nested: true}, true},
		{"a nested module reaches inside", pkg{ImportPath: own("middleware/dpop/redisreplay"), Imports: []string{own("internal/flight")}, nested: true}, false},
		{"an example shows them together", pkg{ImportPath: own("examples/quickstart"), Imports: []string{own("jwks"), own("issuertest"), prometheus + "/prometheus/promhttp"}}, true},
		{"an example knows jwx", pkg{ImportPath: own("examples/quickstart"), Imports: []string{jwx + "/v2/jwk"}}, false},
		{"an example reaches inside", pkg{ImportPath: own("examples/quickstart"), Imports: []string{own("internal/wire")}}, false},
		{"what examples share reaches inside", pkg{ImportPath: own("examples/internal/show"), Imports: []string{own("internal/wire")}}, false},
		{"an example uses what examples share", pkg{ImportPath: own("examples/quickstart"), Imports: []string{own("examples/internal/show")}}, true},
		{"so does an example that is a module", pkg{ImportPath: own("examples/mcp"), Imports: []string{own("examples/internal/show")}, nested: true}, true},
		{"a published package uses what examples share", pkg{ImportPath: own("jwks"), Imports: []string{own("examples/internal/show")}}, false},
		{"the benchmark uses what examples share", pkg{ImportPath: own("bench"), Imports: []string{own("examples/internal/show")}, nested: true}, false},
		{"the benchmark knows all", pkg{ImportPath: own("bench"), Imports: []string{jwx + "/v2/jwt", own("jwks")}, nested: true}, true},
		{"code compares like a test", pkg{ImportPath: own("jwks"), Imports: []string{cmp + "/cmp"}}, false},
	} {
		if got := violations(row.p); (len(got) == 0) != row.allowed {
			t.Errorf("%s: allowed is %t, violations %q", row.name, row.allowed, got)
		}
	}
}

func TestDirectDependencies(t *testing.T) {
	var mod struct {
		Go      string
		Replace []any
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(run(t, ".", "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if !r.Indirect && !slices.Contains(mayDepend, r.Path) {
			t.Errorf("the main module depends on %s", r.Path)
		}
	}
	if len(mod.Replace) != 0 {
		t.Errorf("the main module replaces modules, which its users would not: %v", mod.Replace)
	}
	if len(mod.Require) == 0 || !strings.HasPrefix(mod.Go, "1.26") {
		t.Errorf("go.mod is for Go %q and requires %d modules", mod.Go, len(mod.Require))
	}
}

// modules returns the folders of all modules in the repository, its root
// first.
func modules(t *testing.T) []string {
	t.Helper()
	var dirs []string
	walk(t, func(path string) {
		if filepath.Base(path) == "go.mod" {
			dirs = append(dirs, filepath.Dir(path))
		}
	})
	if !slices.Contains(dirs, ".") {
		t.Fatal("no go.mod in the root")
	}
	return dirs
}

// list returns the packages of the module in dir.
func list(t *testing.T, dir string) []pkg {
	t.Helper()
	// -e, as what a nested module depends on may not be downloaded.
	d := json.NewDecoder(bytes.NewReader(run(t, dir, "list", "-e", "-json=ImportPath,Imports", "./...")))
	var all []pkg
	for {
		p := pkg{nested: dir != "."}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if _, ok := ours(p.ImportPath); !ok {
			t.Errorf("the module in %s is called %s", dir, p.ImportPath)
		}
		all = append(all, p)
	}
}

// run returns what the go command prints.
func run(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOWORK=off")
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go %s in %s: %v\n%s", strings.Join(args, " "), dir, err, &stderr)
	}
	return out
}

// walk calls each with every file of the repository, hidden folders aside.
func walk(t *testing.T, each func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != "." && strings.HasPrefix(d.Name(), ".") {
				return filepath.SkipDir
			}
			return nil
		}
		each(filepath.ToSlash(path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
