package snippet

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Snippet is one block of Go in a page.
type Snippet struct {
	Page string // path from the root of the repository
	Line int    // of the first line of code
	Text string
}

// String says where s is.
func (s Snippet) String() string { return fmt.Sprintf("%s:%d", s.Page, s.Line) }

// Pages returns the pages of the repository at root whose Go is compiled.
func Pages(root string) ([]string, error) {
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		return nil, err
	}
	for i, page := range pages {
		if pages[i], err = filepath.Rel(root, page); err != nil {
			return nil, err
		}
	}
	return append([]string{"README.md"}, pages...), nil
}

// ReadAll returns the blocks of all pages of the repository at root.
func ReadAll(root string) ([]Snippet, error) {
	pages, err := Pages(root)
	if err != nil {
		return nil, err
	}
	var all []Snippet
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			return nil, err
		}
		some, err := Parse(filepath.ToSlash(page), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// Parse returns the blocks of the page with this text: what is fenced by three
// backticks and said to be go, in any case. A fence in another form could hide a
// block, and is an error.
func Parse(page, text string) ([]Snippet, error) {
	var all []Snippet
	var open *Snippet
	fenced, n := false, 0
	for line := range strings.Lines(text) {
		n++
		language, isFence := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "```")
		switch trimmed := strings.TrimLeft(line, " \t>"); {
		case isFence && fenced:
			if language != "" {
				return nil, fmt.Errorf("%s:%d: a fence within a block", page, n)
			}
			if open != nil {
				all = append(all, *open)
			}
			fenced, open = false, nil
		case isFence:
			fenced = true
			if strings.Contains(strings.ToLower(language), "go") {
				if language != "go" {
					return nil, fmt.Errorf("%s:%d: write ```go, not ```%s", page, n, language)
				}
				open = &Snippet{Page: page, Line: n + 1}
			}
		case open != nil:
			open.Text += line
		case !fenced && (strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~")):
			return nil, fmt.Errorf("%s:%d: a fence that does not begin its line with three backticks", page, n)
		}
	}
	if fenced {
		return nil, fmt.Errorf("%s: a block has no end", page)
	}
	return all, nil
}

// Imports returns the paths that s imports. It is an error if s is not a Go file
// from its package clause to its last import.
func (s Snippet) Imports() ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), s.String(), s.Text, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, i := range f.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		all = append(all, path)
	}
	return all, nil
}

// Code returns the text of a Go file from its first import on: what is left if
// package clauses differ.
func Code(text string) string {
	_, code, _ := strings.Cut("\n"+text, "\npackage ")
	_, code, _ = strings.Cut(code, "\n")
	return strings.TrimSpace(code)
}
