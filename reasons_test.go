package warder_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

func TestTheDocumentExplainsEveryReason(t *testing.T) {
	text, err := os.ReadFile("docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	// The page has other tables too.
	_, table, _ := strings.Cut(string(text), "\n## The table\n")
	table, _, _ = strings.Cut(table, "\n## ")
	// Reason, meaning, usual cause, what to do, whose fault.
	row := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| [^|]+ \\| [^|]+ \\| [^|]+ \\| (client|issuer|operator|us|nobody) \\|$")
	var documented []middleware.Reason
	for _, m := range row.FindAllStringSubmatch(table, -1) {
		documented = append(documented, middleware.Reason(m[1]))
	}
	if want := middleware.Reasons(); !slices.Equal(documented, want) {
		t.Errorf("docs/reasons.md explains, in this order,\n%q\nmiddleware.Reasons() has\n%q", documented, want)
	}
	// A line that is nearly a row would otherwise be overlooked.
	if lines := regexp.MustCompile("(?m)^\\| `").FindAllString(table, -1); len(lines) != len(documented) {
		t.Errorf("%d lines look like rows, %d are", len(lines), len(documented))
	}
}

// Whoever adds a reason adds it to Reasons: the metrics prepare a series for each
// of those, and count all others as other.
func TestReasonsHasEveryConstant(t *testing.T) {
	declared := declaredReasons(t, "middleware")
	if len(declared) == 0 {
		t.Fatal("no reasons found in package middleware")
	}
	for _, complaint := range unlisted(declared, middleware.Reasons()) {
		t.Error(complaint)
	}
}

// declaredReasons returns the constants of type Reason that the package in dir
// declares, by their names.
func declaredReasons(t *testing.T, dir string) map[string]middleware.Reason {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]middleware.Reason{}
	for _, file := range sources {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if err := addReasons(declared, f); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	return declared
}

// addReasons adds the constants of f that are called Reason… or are of type
// Reason. Each has to be written with its type and its text, so that this reads
// all of them.
func addReasons(declared map[string]middleware.Reason, f *ast.File) error {
	for _, decl := range f.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			s := spec.(*ast.ValueSpec)
			of, _ := s.Type.(*ast.Ident)
			for i, name := range s.Names {
				isReason := of != nil && of.Name == "Reason"
				if !isReason && !strings.HasPrefix(name.Name, "Reason") {
					continue
				}
				if !isReason || i >= len(s.Values) {
					return fmt.Errorf("%s is not written as a constant of type Reason with its text", name.Name)
				}
				literal, _ := s.Values[i].(*ast.BasicLit)
				if literal == nil {
					return fmt.Errorf("%s is not a text", name.Name)
				}
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					return fmt.Errorf("%s: %w", name.Name, err)
				}
				declared[name.Name] = middleware.Reason(text)
			}
		}
	}
	return nil
}

// unlisted returns how the declared reasons and the listed ones differ.
func unlisted(declared map[string]middleware.Reason, listed []middleware.Reason) []string {
	var wrong []string
	times := map[middleware.Reason]int{}
	for _, r := range listed {
		times[r]++
	}
	named := map[middleware.Reason]string{}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		r := declared[name]
		if n := times[r]; n != 1 {
			wrong = append(wrong, fmt.Sprintf("%s is %d times in Reasons, want once", name, n))
		}
		if other := named[r]; other != "" {
			wrong = append(wrong, fmt.Sprintf("%s and %s are both %q", other, name, r))
		}
		named[r] = name
	}
	for _, r := range listed {
		if named[r] == "" {
			wrong = append(wrong, fmt.Sprintf("%q is in Reasons and no constant", r))
		}
	}
	return wrong
}

func TestTheRulesForReasonsCanFail(t *testing.T) {
	for _, row := range []struct {
		name, source string
		listed       []middleware.Reason
		want         []string
	}{
		{"all there", "const (\nReasonA Reason = \"a\"\nReasonB Reason = \"b\"\n)\nconst c = 1", []middleware.Reason{"a", "b"}, nil},
		{"one forgotten", "const (\nReasonA Reason = \"a\"\nReasonB Reason = \"b\"\n)", []middleware.Reason{"a"}, []string{"ReasonB is 0 times in Reasons, want once"}},
		{"one alone, forgotten", "const ReasonA Reason = \"a\"", nil, []string{"ReasonA is 0 times in Reasons, want once"}},
		{"two in a line, one forgotten", "const ReasonA, ReasonB Reason = \"a\", \"b\"", []middleware.Reason{"a"}, []string{"ReasonB is 0 times in Reasons, want once"}},
		{"an unexported one, forgotten", "const hidden Reason = \"a\"", nil, []string{"hidden is 0 times in Reasons, want once"}},
		{"one listed twice", "const ReasonA Reason = \"a\"", []middleware.Reason{"a", "a"}, []string{"ReasonA is 2 times in Reasons, want once"}},
		{"one text for two", "const ReasonA, ReasonB Reason = \"a\", \"a\"", []middleware.Reason{"a"}, []string{`ReasonA and ReasonB are both "a"`}},
		{"one that is no constant", "const ReasonA Reason = \"a\"", []middleware.Reason{"a", "b"}, []string{`"b" is in Reasons and no constant`}},
		{"without a type", "const ReasonA = \"a\"", nil, []string{"ReasonA is not written as a constant of type Reason with its text"}},
		{"without a text of its own", "const (\nReasonA Reason = \"a\"\nReasonB\n)", []middleware.Reason{"a"}, []string{"ReasonB is not written as a constant of type Reason with its text"}},
		{"made of others", "const ReasonA Reason = \"a\" + \"b\"", nil, []string{"ReasonA is not a text"}},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a\n"+row.source, 0)
		if err != nil {
			t.Fatal(err)
		}
		declared := map[string]middleware.Reason{}
		var got []string
		if err := addReasons(declared, f); err != nil {
			got = append(got, err.Error())
		}
		got = append(got, unlisted(declared, row.listed)...)
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}
