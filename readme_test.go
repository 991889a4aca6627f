package warder_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const readme = "README.md"

// section is what stands below one heading of the README.
type section struct {
	heading string
	blocks  []block
}

// block is one block of code: fenced, or indented, which has no language.
type block struct {
	language string
	lines    []string // without surrounding space
}

func (b block) text() string { return strings.Join(b.lines, "\n") }

func sections(t *testing.T) []section {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	all := []section{{}}
	var open *block
	fenced, before := false, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		in := &all[len(all)-1]
		switch language, isFence := strings.CutPrefix(line, "```"); {
		case isFence && fenced:
			fenced, open = false, nil
		case isFence:
			in.blocks = append(in.blocks, block{language: language})
			fenced, open = true, &in.blocks[len(in.blocks)-1]
		case fenced:
			open.lines = append(open.lines, strings.TrimSpace(line))
		case strings.HasPrefix(line, "#"):
			all = append(all, section{heading: strings.TrimLeft(line, "# ")})
		case strings.HasPrefix(line, "    ") && before == "":
			in.blocks = append(in.blocks, block{lines: []string{strings.TrimSpace(line)}})
		}
		before = line
	}
	if fenced {
		t.Fatal("a block of code in the README has no end")
	}
	return all
}

// A block whose language nobody checks could hold anything.
func TestReadmeBlocksHaveALanguage(t *testing.T) {
	for _, s := range sections(t) {
		for _, b := range s.blocks {
			if !slices.Contains([]string{"go", "sh", "text", "mermaid", ""}, b.language) || len(b.lines) == 0 || b.lines[0] == "" {
				t.Errorf("under %q, language %q:\n%s", s.heading, b.language, b.text())
			}
		}
	}
}

// The two commands of the README are those that .ci/run runs.
func TestReadmeCommandsAreChecked(t *testing.T) {
	ci, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	for heading, c := range map[string]struct{ command, runs string }{
		"Run it":  {"go run ./examples/quickstart", `go run \./examples/quickstart -once`},
		"Test it": {"go test ./...", `tested \. -race -shuffle=on \./\.\.\.`},
	} {
		i := slices.IndexFunc(sections(t), func(s section) bool { return s.heading == heading })
		if i < 0 {
			t.Fatalf("no section %q", heading)
		}
		var commands []string
		for _, b := range sections(t)[i].blocks {
			if b.language == "" {
				commands = append(commands, b.lines...)
			}
		}
		if !slices.Equal(commands, []string{c.command}) {
			t.Errorf("%s: %q, want %q alone", heading, commands, c.command)
		}
		if !regexp.MustCompile(`(?m)^[^#\n]*` + c.runs).Match(ci) {
			t.Errorf(".ci/run does not run %s", c.command)
		}
	}
}

// changing is what differs between two runs.
var changing = []struct {
	pattern *regexp.Regexp
	same    string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:1"},
	{regexp.MustCompile(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d`), "2026/01/01 00:00:00"},
	{regexp.MustCompile(`\bduration=\S+`), "duration=1µs"},
	{regexp.MustCompile(`eyJ[\w.-]*…?`), "eyJ…"}, // tokens; a page may cut them short
}

// settled returns a line without what changes and without surrounding space.
func settled(line string) string {
	for _, c := range changing {
		line = c.pattern.ReplaceAllString(line, c.same)
	}
	return strings.TrimSpace(line)
}

// What the README shows is what is printed: by the quick start with -once, by
// what it adds without, where there is a server left to try, and by the program of
// the README itself.
func TestReadmeOutputIsReal(t *testing.T) {
	const try, serving = "Try it:", "Serving until Ctrl-C."
	quickstart := filepath.Join(t.TempDir(), "quickstart")
	run(t, ".", "build", "-o", quickstart, "./examples/quickstart")
	once, err := exec.CommandContext(t.Context(), quickstart, "-once").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, once)
	}
	printed := map[string]bool{}
	for line := range strings.Lines(string(once)) {
		printed[settled(line)] = true
	}
	if printed[try] || printed[serving] {
		t.Errorf("-once leaves nothing to try:\n%s", once)
	}

	served := exec.CommandContext(t.Context(), quickstart)
	out, err := served.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := served.Start(); err != nil {
		t.Fatal(err)
	}
	trying := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := settled(lines.Text())
		if trying = trying || line == try; trying {
			printed[line] = true
		}
		if line == serving {
			if err := served.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := served.Wait(); err != nil || !printed[try] || !printed[serving] {
		t.Errorf("%v, something to try: %t, served: %t", err, printed[try], printed[serving])
	}

	for line := range strings.Lines(logOfTheProgram(t)) {
		printed[settled(line)] = true
	}

	checked := 0
	for _, s := range sections(t) {
		for _, b := range s.blocks {
			if b.language != "text" {
				continue
			}
			for _, line := range b.lines {
				if line == "…" {
					continue
				}
				checked++
				if !printed[settled(line)] {
					t.Errorf("not printed: %s", line)
				}
			}
		}
	}
	if checked == 0 {
		t.Error("no output in the README")
	}
}

// specifications is the page that says what is covered.
const specifications = "docs/specifications.md"

// covered are the groups of the ledger that the page calls covered: what is not
// tested in them has a reason there.
var covered = []string{
	"R6750", "R9110", "R6749", "R7515", "R7797", "R7517", "R7518", "R8037", "R9864",
	"R7519", "R8725", "R9068", "R7800", "R7638", "R8414", "ODISC",
	"R7662", "R9701", "R8707", "R9728", "R9470", "R9396", "R8693", "R9700", "O21", "MCP",
}

func TestThePageNamesEveryRowThatIsNotCovered(t *testing.T) {
	text, err := os.ReadFile(specifications)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := os.ReadFile(conformance)
	if err != nil {
		t.Fatal(err)
	}
	listed := ledgerID.FindAllString(string(text), -1)
	named, open := namedRows(t), map[string]bool{}
	for _, row := range parseLedger(string(ledger)) {
		if row.side != "RS" || named[row.id] != "" || !slices.Contains(covered, prefixOf(row.id)) {
			continue
		}
		open[row.id] = true
		if !slices.Contains(listed, row.id) {
			t.Errorf("no test names %s, and %s gives no reason", row.id, specifications)
		}
	}
	for _, id := range listed {
		if !open[id] {
			t.Errorf("%s lists %s as not covered, but a test names it, or there is no such row", specifications, id)
		}
	}
}
