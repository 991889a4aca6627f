package warder_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/warder-go/warder/internal/snippet"
)

// blocks returns the Go of all pages.
func blocks(t *testing.T) []snippet.Snippet {
	t.Helper()
	all, err := snippet.ReadAll(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no Go in the pages")
	}
	return all
}

func knownTo(t *testing.T, dir string) snippet.Known {
	t.Helper()
	known, err := snippet.KnownTo(dir)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// Every block of Go is a file that readers can save and build as it stands.
// Those that import what the main module does not require are compiled by a
// test of a nested module that does.
func TestGoInPagesCompiles(t *testing.T) {
	main := knownTo(t, ".")
	nested := map[string]snippet.Known{}
	for _, dir := range modules(t) {
		if dir != "." && compilesPages(t, dir) {
			nested[dir] = knownTo(t, dir)
		}
	}
	here := map[string][]snippet.Snippet{} // by page
	elsewhere := map[string]int{}
	for _, s := range blocks(t) {
		if main.HasAll(s) {
			here[s.Page] = append(here[s.Page], s)
			continue
		}
		compiled := false
		for dir, known := range nested {
			if known.HasAll(s) {
				compiled = true
				elsewhere[dir]++
			}
		}
		if !compiled {
			t.Errorf("%s: no module compiles what this imports", s)
		}
	}
	for dir := range nested {
		if elsewhere[dir] == 0 {
			t.Errorf("%s compiles blocks of pages, and there are none for it", dir)
		}
	}
	for page, some := range here {
		t.Run(page, func(t *testing.T) {
			if err := snippet.Compile(".", some); err != nil {
				t.Error(err)
			}
		})
	}
}

// compilesPages reports whether the module in dir has a test that calls
// snippet.Compile.
func compilesPages(t *testing.T, dir string) bool {
	t.Helper()
	tests, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(tests, func(file string) bool {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Compile" {
				x, ok := s.X.(*ast.Ident)
				found = found || ok && x.Name == "snippet"
			}
			return true
		})
		return found
	})
}

func TestBrokenGoInPagesDoesNotCompile(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       string // part of the error; empty: it compiles
	}{
		{"a whole file", "package notes\n\nimport \"fmt\"\n\nfunc f() { fmt.Println() }", ""},
		{"a whole program", "package main\n\nfunc main() {}", ""},
		{"a test", "package notes\n\nimport (\n\t\"testing\"\n)\n\nfunc TestA(t *testing.T) {}", ""},
		{"no package clause", "func f() {}", "expected 'package'"},
		{"statements alone", "x := 1", "expected 'package'"},
		{"an import that is not used", "package notes\n\nimport \"fmt\"", `"fmt" imported and not used`},
		{"a package that is not imported", "package notes\n\nfunc f() { fmt.Println() }", "undefined: fmt"},
		{"a name of another block", "package notes\n\nvar _ = FromField", "undefined: FromField"},
		{"a package that readers cannot import", "package notes\n\nimport _ \"github.com/warder-go/warder/internal/wire\"", "use of internal package"},
		{"a module that is not required", "package notes\n\nimport _ \"github.com/go-chi/chi/v5\"", "chi/v5"},
		{"a program without main", "package main\n\nfunc run() {}", "function main is undeclared"},
		{"a field that is gone", "package notes\n\nimport \"github.com/warder-go/warder/jwks\"\n\nvar _ = jwks.Config{Leeway: 1}", "unknown field Leeway"},
		{"what vet finds", "package notes\n\nimport \"fmt\"\n\nfunc f() { fmt.Printf(\"%d\", \"a\") }", "wrong type"},
		{"a test with a wrong signature", "package notes\n\nimport (\n\t\"testing\"\n)\n\nfunc TestA(t *testing.B) {}", "wrong"},
	} {
		t.Run(row.name, func(t *testing.T) {
			page := "Words.\n\n```go\n" + row.text + "\n```\n"
			all, err := snippet.Parse("docs/page.md", page)
			if err != nil {
				t.Fatal(err)
			}
			err = snippet.Compile(".", all)
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
	if err := snippet.Compile(".", nil); err == nil {
		t.Error("no blocks compile")
	}
}

func TestGoInPagesIsFound(t *testing.T) {
	for _, row := range []struct {
		name, page string
		want       int // blocks; negative: an error
	}{
		{"Go and others", "```go\na\n```\n```sh\nb\n```\n```go\nc\n```\n", 2},
		{"none", "words\n\n    indented\n", 0},
		{"no end", "```go\na\n", -1},
		{"another name of Go", "```golang\na\n```\n", -1},
		{"Go with attributes", "```go title=a\na\n```\n", -1},
		{"a fence that is indented", "- b\n\n  ```go\n  a\n  ```\n", -1},
		{"a fence in a quotation", "> ```go\n> a\n> ```\n", -1},
		{"another kind of fence", "~~~go\na\n~~~\n", -1},
	} {
		all, err := snippet.Parse("page.md", row.page)
		if (err != nil) != (row.want < 0) || err == nil && len(all) != row.want {
			t.Errorf("%s: %d blocks, %v", row.name, len(all), err)
		}
	}
}

// shown are the files whose code pages show, from the first import on. Tests
// beside them run it, so what readers copy is tested.
var shown = map[string]string{
	"examples/recipes/field.go":        "docs/sources.md",
	"examples/recipes/handler_test.go": "docs/issuertest.md",
	"examples/recipes/issuer_test.go":  "docs/issuertest.md",
	"examples/recipes/issuers.go":      "docs/extending.md",
	"examples/recipes/metadata.go":     "docs/metadata.md",
	"examples/recipes/notes.go":        "docs/routers.md",
	"examples/recipes/opaque.go":       "docs/introspection.md",
	"examples/recipes/owntoken.go":     "docs/introspection.md",
	"examples/recipes/policy.go":       "docs/scopes.md",
	"examples/recipes/problem.go":      "docs/extending.md",
	"examples/recipes/secret.go":       "docs/introspection.md",
	"examples/recipes/service.go":      "docs/production.md",
	"examples/recipes/tenant.go":       "docs/extending.md",
	"examples/recipes/websocket.go":    "docs/sources.md",
	"examples/routers/chi.go":          "docs/routers.md",
	"examples/routers/cors.go":         "docs/cors.md",
	"examples/routers/echo.go":         "docs/routers.md",
	"examples/routers/echowrapped.go":  "docs/routers.md",
	"examples/routers/gin.go":          "docs/routers.md",
	"examples/mcp/tokeninfo.go":        "docs/metadata.md",
	"examples/sse/stream.go":           "docs/streams.md",
}

// testedElsewhere are the pages whose blocks other tests run: README.md by
// TestReadmeOutputIsReal, docs/providers.md by those of package jwks.
var testedElsewhere = []string{readme, "docs/providers.md"}

func TestGoInPagesIsTheCodeOfExamples(t *testing.T) {
	code := map[string][]string{} // by page
	for _, s := range blocks(t) {
		code[s.Page] = append(code[s.Page], snippet.Code(s.Text))
	}
	files := map[string]int{} // by page
	for file, page := range shown {
		files[page]++
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if c := snippet.Code(string(text)); c == "" || !slices.Contains(code[page], c) {
			t.Errorf("%s does not show %s as it is", page, file)
		}
	}
	for page, all := range code {
		if len(all) != files[page] && !slices.Contains(testedElsewhere, page) {
			t.Errorf("%s has %d blocks of Go, and shows %d files", page, len(all), files[page])
		}
	}
}

var (
	anyFence = regexp.MustCompile("(?ms)^```.*?^```$")
	anyCode  = regexp.MustCompile("`[^`\n]*`")
	anyLink  = regexp.MustCompile(`\]\(([^)\s]*)\)`)
	heading  = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
)

// anchors returns the fragments by which GitHub finds the headings of a page.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(anyFence.ReplaceAllString(text, ""), -1) {
		words := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(m[1], "$1")
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, words)
		unique := anchor
		for n := 1; all[unique]; n++ {
			unique = anchor + "-" + strconv.Itoa(n)
		}
		all[unique] = true
	}
	return all
}

// brokenLinks returns the links of a page that lead nowhere. read returns a
// file's text, and reports whether it is there; folders have none.
func brokenLinks(page, text string, read func(string) (string, bool)) []string {
	var broken []string
	prose := anyCode.ReplaceAllString(anyFence.ReplaceAllString(text, ""), "")
	for _, m := range anyLink.FindAllStringSubmatch(prose, -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		file, fragment, hasFragment := strings.Cut(m[1], "#")
		target := page
		if file != "" {
			target = path.Join(path.Dir(page), file)
		}
		there, ok := read(target)
		if !ok || hasFragment && !anchors(there)[fragment] {
			broken = append(broken, m[1])
		}
	}
	return broken
}

func TestLinksOfPagesLeadSomewhere(t *testing.T) {
	read := func(file string) (string, bool) {
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			return "", true
		}
		text, err := os.ReadFile(file)
		return string(text), err == nil
	}
	found := 0
	walk(t, func(file string) {
		if !strings.HasSuffix(file, ".md") || strings.Contains(file, "/testdata/") || strings.Contains(file, "node_modules/") {
			return
		}
		text, _ := read(file)
		found += strings.Count(text, "](")
		for _, link := range brokenLinks(file, text, read) {
			t.Errorf("%s: %s leads nowhere", file, link)
		}
	})
	if found == 0 {
		t.Error("no links found")
	}
	if b := brokenLinks("docs/a.md", "# A b\n[1](#a-b) [2](#b) [3](../c.md) [4](../d.md#x) `[5](e)`", func(file string) (string, bool) {
		return "# A b\n# X\n", file == "docs/a.md" || file == "d.md"
	}); !slices.Equal(b, []string{"#b", "../c.md"}) {
		t.Errorf("broken: %q", b)
	}
}

// Every page can be found from the index, and the index from the README.
func TestTheIndexNamesEveryPage(t *testing.T) {
	index, err := os.ReadFile("docs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	front, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if name := filepath.Base(page); name != "README.md" && !strings.Contains(string(index), "]("+name+")") {
			t.Errorf("docs/README.md does not name %s", name)
		}
	}
	if !strings.Contains(string(front), "](docs/README.md)") {
		t.Error("the README does not name docs/README.md")
	}
}
