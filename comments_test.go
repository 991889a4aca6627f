package warder_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/snippet"
)

// names are what packages export, by package: Config, and Config.Issuer for its
// members.
type names map[string]map[string]bool

// exportedNames reads the published packages. The comments are theirs.
func exportedNames(t *testing.T) (exported names, comments map[string]string) {
	t.Helper()
	exported, comments = names{}, map[string]string{}
	files := token.NewFileSet()
	walk(t, func(file string) {
		if !published(file) || path.Dir(file) == "." {
			return
		}
		f, err := parser.ParseFile(files, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		exported.add(f)
		comments[f.Name.Name] += f.Doc.Text()
	})
	if len(comments) == 0 {
		t.Fatal("no packages found")
	}
	return exported, comments
}

func (n names) add(f *ast.File) {
	own := n[f.Name.Name]
	if own == nil {
		own = map[string]bool{}
		n[f.Name.Name] = own
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				own[d.Name.Name] = true
			} else {
				own[receiver(d.Recv.List[0].Type)+"."+d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range s.Names {
						own[name.Name] = true
					}
				case *ast.TypeSpec:
					own[s.Name.Name] = true
					var members *ast.FieldList
					switch of := s.Type.(type) {
					case *ast.StructType:
						members = of.Fields
					case *ast.InterfaceType:
						members = of.Methods
					default:
						continue
					}
					for _, field := range members.List {
						for _, name := range field.Names {
							own[s.Name.Name+"."+name.Name] = true
						}
					}
				}
			}
		}
	}
}

// has reports whether the package called pkg exports name, or any package a
// member of that name.
func (n names) has(pkg, name string) bool { return ast.IsExported(name) && n[pkg][name] }

func (n names) hasAnywhere(name string) bool {
	for _, own := range n {
		for known := range own {
			if known == name || strings.HasSuffix(known, "."+name) {
				return true
			}
		}
	}
	return false
}

var (
	docLink   = regexp.MustCompile(`\[\*?([A-Za-z]\w*(?:\.[A-Z]\w*)*)\]`)
	qualified = regexp.MustCompile(`(?:^|[^\w./])([a-z]\w*)\.([A-Z]\w*(?:\.[A-Z]\w*)?)`)
	member    = regexp.MustCompile(`(?:^|[^\w.])([A-Z]\w*)\.([A-Z]\w*)`)
	mixedCase = regexp.MustCompile(`(?:^|[^\w.])([A-Z][a-z0-9]+[A-Z]\w*)`)
	inPackage = regexp.MustCompile(`\bpackage ([a-z]\w*)`)

	// notOurs are names in mixed case of others, and words after "package" that are
	// no names.
	notOurs = []string{"OpenID", "KiB", "ResponseWriter", "WebSocket"}
	noNames = []string{"of", "that", "has", "is", "and", "in", "for"}
)

// unknownIn returns the names in the comment of the package called pkg that nothing
// has.
func (n names) unknownIn(pkg, comment string) []string {
	var unknown []string
	miss := func(name string) {
		if !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	for line := range strings.Lines(comment) {
		isCode := strings.HasPrefix(line, "\t")
		for _, m := range qualified.FindAllStringSubmatch(line, -1) {
			if n[m[1]] != nil && !n.has(m[1], m[2]) {
				miss(m[1] + "." + m[2])
			}
		}
		if isCode {
			continue
		}
		for _, m := range docLink.FindAllStringSubmatch(line, -1) {
			first, rest, _ := strings.Cut(m[1], ".")
			if n[first] != nil && rest != "" {
				continue // qualified
			}
			if !n.has(pkg, m[1]) {
				miss(m[1])
			}
		}
		for _, m := range member.FindAllStringSubmatch(line, -1) {
			if n.has(pkg, m[1]) && !n.has(pkg, m[1]+"."+m[2]) {
				miss(m[1] + "." + m[2])
			}
		}
		for _, m := range mixedCase.FindAllStringSubmatch(line, -1) {
			if !n.hasAnywhere(m[1]) && !slices.Contains(notOurs, m[1]) {
				miss(m[1])
			}
		}
	}
	for _, m := range inPackage.FindAllStringSubmatch(strings.Join(strings.Fields(comment), " "), -1) {
		if n[m[1]] == nil && !slices.Contains(noNames, m[1]) {
			miss("package " + m[1])
		}
	}
	return unknown
}

func TestPackageCommentsNameWhatThereIs(t *testing.T) {
	exported, comments := exportedNames(t)
	for pkg, comment := range comments {
		for _, name := range exported.unknownIn(pkg, comment) {
			t.Errorf("the comment of package %s names %s, which is not there", pkg, name)
		}
	}
}

func TestTheRulesForPackageCommentsCanFail(t *testing.T) {
	const source = `package jwks
type Config struct{ ScopeClaims, hidden int }
type Verifier struct{}
func (v *Verifier) Verify() {}
func NewVerifier() {}
`
	f, err := parser.ParseFile(token.NewFileSet(), "a.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	exported := names{"middleware": {"Guard": true, "Guard.Deny": true}}
	exported.add(f)
	for _, row := range []struct {
		name, comment string
		want          []string
	}{
		{"names that are there", "A [Verifier] of [Config.ScopeClaims] and [NewVerifier], behind [middleware.Guard.Deny]; ScopeClaims; package middleware.", nil},
		{"names of others", "[net/http], http.ResponseWriter, OpenID, a package of tests", nil},
		{"a map in code is no link", "\tx := map[string]any{}", nil},
		{"a link", "See [Discover].", []string{"Discover"}},
		{"a member", "See [Config.Leeway] and Verifier.Close.", []string{"Config.Leeway", "Verifier.Close"}},
		{"a hidden member", "See [Config.hidden].", nil}, // no doc link, as the name is not exported
		{"a name of another package", "See [middleware.Filter] and middleware.Guard.Accept.", []string{"middleware.Filter", "middleware.Guard.Accept"}},
		{"a name in code", "\tjwks.New()", []string{"jwks.New"}},
		{"a bare option", "Set AllowLeeway.", []string{"AllowLeeway"}},
		{"a package", "It is made by package\ndpop.", []string{"package dpop"}},
	} {
		if got := exported.unknownIn("jwks", row.comment); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

// Pages name what there is, too: whatever they call by the name of a package.
func TestPagesNameWhatThereIs(t *testing.T) {
	exported, _ := exportedNames(t)
	pages, err := snippet.Pages(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range qualified.FindAllStringSubmatch(string(text), -1) {
			if exported[m[1]] == nil {
				continue
			}
			found++
			if !exported.has(m[1], m[2]) {
				t.Errorf("%s names %s.%s, which is not there", page, m[1], m[2])
			}
		}
	}
	if found == 0 {
		t.Error("the pages name nothing")
	}
}
