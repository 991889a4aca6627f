package warder_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// unwanted are words that say too little or that the RFCs use for something
// else. One thing has one name: that of its RFC.
var unwanted = []string{
	"principal", "authority", "session", "provider", "manager", "validator", "extractor", "helper", "util", "core",
}

// published reports whether a file is part of what users import.
func published(file string) bool {
	for _, dir := range []string{"internal", "examples", "bench"} {
		if within(file, dir) {
			return false
		}
	}
	return strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") && !strings.Contains(file, "testdata/")
}

func TestEveryExportedNameIsDocumentedAndWellChosen(t *testing.T) {
	documented := map[string]bool{} // folders of packages, by whether there is a package comment
	files := token.NewFileSet()
	walk(t, func(file string) {
		if !published(file) {
			return
		}
		f, err := parser.ParseFile(files, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		documented[path.Dir(file)] = documented[path.Dir(file)] || f.Doc != nil
		for _, complaint := range complaints(f) {
			t.Errorf("%s: %s", file, complaint)
		}
	})
	if len(documented) == 0 {
		t.Fatal("no packages found")
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

// complaints returns what is wrong with the exported names of f.
func complaints(f *ast.File) []string {
	var wrong []string
	named := func(name *ast.Ident, docs ...*ast.CommentGroup) {
		if !name.IsExported() {
			return
		}
		if !slices.ContainsFunc(docs, func(d *ast.CommentGroup) bool { return d.Text() != "" }) {
			wrong = append(wrong, name.Name+" has no doc comment")
		}
		if w := unwantedIn(name.Name); w != "" {
			wrong = append(wrong, fmt.Sprintf("%s holds the word %q", name.Name, w))
		}
	}
	// Members share a comment more often than not; only their names are judged.
	members := func(fields *ast.FieldList) {
		for _, field := range fields.List {
			for _, name := range field.Names {
				if w := unwantedIn(name.Name); name.IsExported() && w != "" {
					wrong = append(wrong, fmt.Sprintf("%s holds the word %q", name.Name, w))
				}
			}
		}
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type)) {
				named(d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range s.Names {
						named(name, s.Doc, s.Comment, d.Doc)
					}
				case *ast.TypeSpec:
					named(s.Name, s.Doc, d.Doc)
					if !s.Name.IsExported() {
						continue
					}
					switch of := s.Type.(type) {
					case *ast.StructType:
						members(of.Fields)
					case *ast.InterfaceType:
						members(of.Methods)
					}
				}
			}
		}
	}
	return wrong
}

// receiver returns the name of a receiver's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// unwantedIn returns the unwanted word in a name, or "".
func unwantedIn(name string) string {
	for _, word := range words(name) {
		for _, u := range unwanted {
			plural := u + "s"
			if stem, ok := strings.CutSuffix(u, "y"); ok {
				plural = stem + "ies"
			}
			if word == u || word == plural {
				return u
			}
		}
	}
	return ""
}

// words splits a name into its words in lower case: HTTPClient is http and
// client.
func words(name string) []string {
	var all []string
	runes, start := []rune(name), 0
	for i := 1; i <= len(runes); i++ {
		ends := i == len(runes) || runes[i] == '_' ||
			unicode.IsUpper(runes[i]) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if ends {
			all = append(all, strings.Trim(strings.ToLower(string(runes[start:i])), "_"))
			start = i
		}
	}
	return all
}

func TestNoTestSleepsInRealTime(t *testing.T) {
	files := token.NewFileSet()
	walk(t, func(file string) {
		if !strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(files, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, pos := range sleeps(f) {
			t.Errorf("%s: a sleep in real time: wait for what happens instead", files.Position(pos))
		}
	})
}

// sleeps returns where f calls the clock's Sleep. Files whose tests run in
// bubbles of testing/synctest are spared: there, a sleep takes no time and is
// exact.
func sleeps(f *ast.File) []token.Pos {
	var found []token.Pos
	for _, i := range f.Imports {
		if i.Path.Value == `"testing/synctest"` {
			return nil
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Sleep" {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
				found = append(found, n.Pos())
			}
		}
		return true
	})
	return found
}

func TestTheRulesForNamesCanFail(t *testing.T) {
	for _, row := range []struct {
		name, source string
		want         []string
	}{
		{"documented", "// A is.\ntype A struct{ b int }\n// C does.\nfunc (a A) C() {}", nil},
		{"a group with one comment", "// The codes.\nconst (\nA = 1\nB = 2\n)", nil},
		{"a comment at the end of the line", "var (\nA = 1 // one\n)", nil},
		{"unexported", "type a struct{}\nfunc (a) String() string { return \"\" }\nfunc b() {}", nil},
		{"a function", "func A() {}", []string{"A has no doc comment"}},
		{"a method of a generic type", "// A is.\ntype A[T any] struct{}\nfunc (a *A[T]) B() {}", []string{"B has no doc comment"}},
		{"one of two constants", "const (\n// A is.\nA = 1\nB = 2\n)", []string{"B has no doc comment"}},
		{"a directive alone", "//go:noinline\nfunc A() {}", []string{"A has no doc comment"}},
		{"a field's name", "// A is.\ntype A struct{ KeyProvider int }", []string{`KeyProvider holds the word "provider"`}},
		{"a method's name in an interface", "// A is.\ntype A interface{ HTTPSessions() }", []string{`HTTPSessions holds the word "session"`}},
		{"a plural", "// Authorities are.\nfunc Authorities() {}", []string{`Authorities holds the word "authority"`}},
		{"only a part of a word", "// Score is.\nfunc Score() {}", nil},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a\n"+row.source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if got := complaints(f); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}

	for imports, want := range map[string]int{"time": 2, "testing/synctest": 0} {
		source := "package a\nimport \"" + imports + "\"\nfunc a() { time.Sleep(1); after(time.Sleep) }"
		f, err := parser.ParseFile(token.NewFileSet(), "a_test.go", source, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(sleeps(f)); n != want {
			t.Errorf("with %s imported: %d sleeps, want %d", imports, n, want)
		}
	}
}
