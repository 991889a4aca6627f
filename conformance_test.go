package warder_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what tests write in docs: the statuses in conformance.md, the log lines in reasons.md")

const (
	conformance = "docs/conformance.md"

	// The ledger's size: a row that is deleted by mistake is missed.
	rowsRS, rowsAS = 230, 90
)

// ledgerRow is one row of docs/conformance.md.
type ledgerRow struct {
	group                           string
	id, side, strength, requirement string
	section, adopted, status        string
}

var ledgerID = regexp.MustCompile(`\b[A-Z][A-Z0-9]*-\d{2}\b`)

// parseLedger reads the rows of a ledger, whose columns are those of this
// repository's or, in front, at least the first five of them.
func parseLedger(text string) []ledgerRow {
	var rows []ledgerRow
	group := ""
	for line := range strings.Lines(text) {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			group = strings.TrimSpace(heading)
		}
		cells := cellsOf(line)
		if len(cells) < 6 || ledgerID.FindString(cells[0]) != cells[0] {
			continue
		}
		row := ledgerRow{group: group, id: cells[0], side: cells[1], strength: cells[2], requirement: cells[3], section: cells[4]}
		if len(cells) == 7 {
			row.adopted, row.status = cells[5], cells[6]
		}
		rows = append(rows, row)
	}
	return rows
}

func cellsOf(line string) []string {
	line, ok := strings.CutPrefix(strings.TrimSpace(line), "|")
	if !ok {
		return nil
	}
	cells := strings.Split(strings.TrimSuffix(line, "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// namedRows returns a file for each ID that a test names: in a test's source
// or in its testdata.
func namedRows(t *testing.T) map[string]string {
	t.Helper()
	named := map[string]string{}
	walk(t, func(path string) {
		if !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "testdata/") {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ledgerID.FindAllString(string(text), -1) {
			if named[id] == "" {
				named[id] = path
			}
		}
	})
	return named
}

// statusOf returns the status that the row has to have.
func statusOf(row ledgerRow, named map[string]string) string {
	switch {
	case named[row.id] != "":
		return "tested"
	case strings.HasPrefix(row.adopted, "Not offered: "):
		return "refused"
	}
	return "later"
}

func TestConformanceStatuses(t *testing.T) {
	text, err := os.ReadFile(conformance)
	if err != nil {
		t.Fatal(err)
	}
	named := namedRows(t)
	want := withStatuses(string(text), named)
	if *update {
		if err := os.WriteFile(conformance, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		for _, row := range parseLedger(string(text)) {
			if status := statusOf(row, named); status != row.status {
				t.Errorf("%s is %q and has to be %q (named in %q)", row.id, row.status, status, named[row.id])
			}
		}
		t.Errorf("%s does not fit the tests: go test -run Conformance -update .", conformance)
	}

	known, groups := map[string]bool{}, map[string]bool{}
	for _, row := range parseLedger(want) {
		known[row.id] = true
		groups[prefixOf(row.id)] = true
	}
	for id, path := range named {
		if groups[prefixOf(id)] && !known[id] {
			t.Errorf("%s names %s, which is no row of the ledger", path, id)
		}
	}
	t.Logf("%d of %d rows are named by tests", strings.Count(want, " | tested |"), len(known))
}

func prefixOf(id string) string { return id[:strings.LastIndexByte(id, '-')] }

// withStatuses returns the document with every status, and the summary, as
// the tests have it.
func withStatuses(text string, named map[string]string) string {
	counts := map[string]map[string]int{"Total": {}} // by group: rows, sides, statuses
	for _, row := range parseLedger(text) {
		if counts[row.group] == nil {
			counts[row.group] = map[string]int{}
		}
		for _, g := range []string{row.group, "Total"} {
			counts[g]["rows"]++
			counts[g][row.side]++
			counts[g][statusOf(row, named)]++
		}
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		cells := cellsOf(line)
		if c := counts[first(cells)]; len(cells) == 7 && c != nil {
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d |\n", cells[0],
				c["rows"], c["RS"], c["AS"], c["tested"], c["later"], c["refused"])
			continue
		}
		if rows := parseLedger(line); len(rows) == 1 {
			before := line[:strings.LastIndex(strings.TrimRight(line, " |\n"), "|")]
			line = before + "| " + statusOf(rows[0], named) + " |\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

func first(cells []string) string {
	if len(cells) == 0 {
		return ""
	}
	return cells[0]
}

func TestConformanceRowsAreComplete(t *testing.T) {
	text, err := os.ReadFile(conformance)
	if err != nil {
		t.Fatal(err)
	}
	rows := parseLedger(string(text))
	sides, last := map[string]int{}, map[string]int{}
	for _, row := range rows {
		sides[row.side]++
		// Numbers run on within a group of IDs, so a gap or a repetition shows.
		prefix := prefixOf(row.id)
		last[prefix]++
		if want := fmt.Sprintf("%s-%02d", prefix, last[prefix]); row.id != want {
			t.Errorf("%s stands where %s should", row.id, want)
		}
		if !slices.Contains([]string{"MUST", "SHOULD", "MAY", "BCP"}, row.strength) || row.requirement == "" || row.section == "" {
			t.Errorf("%s is not filled in", row.id)
		}
		if !slices.Contains([]string{"tested", "later", "refused"}, row.status) {
			t.Errorf("%s has the status %q", row.id, row.status)
		}
		if row.status == "refused" && len(row.adopted) < len("Not offered: why") {
			t.Errorf("%s is refused without a reason", row.id)
		}
	}
	if sides["RS"] != rowsRS || sides["AS"] != rowsAS || len(rows) != rowsRS+rowsAS {
		t.Errorf("%d rows for resource servers and %d for issuers, want %d and %d", sides["RS"], sides["AS"], rowsRS, rowsAS)
	}
}

func TestConformanceStatusesFollowTheTests(t *testing.T) {
	// The IDs are made up at run time, or this file would name them.
	id := func(n int) string { return fmt.Sprintf("X%d-%02d", 1, n) }
	doc := func(counts string, statuses ...string) string {
		return fmt.Sprintf(`
| Group | Rows | RS | AS | Tested | Later | Refused |
|---|---|---|---|---|---|---|
| Some group | %[1]s |
| Total | %[1]s |

## Some group

| ID | Side | Strength | Requirement | Section | Adopted as | Status |
|---|---|---|---|---|---|---|
| %[2]s | RS | MUST | Do. | §1 | | %[5]s |
| %[3]s | AS | MAY | Leave. | §2 | Not offered: it is dangerous. | %[6]s |
| %[4]s | RS | MAY | Do the other thing. | §3 | Otherwise. | %[7]s |
`, counts, id(1), id(2), id(3), statuses[0], statuses[1], statuses[2])
	}
	for _, row := range []struct {
		name  string
		named map[string]string
		want  string
	}{
		{"no test names a row", nil, doc("3 | 2 | 1 | 0 | 2 | 1", "later", "refused", "later")},
		{"tests name two", map[string]string{id(1): "a_test.go", id(3): "b_test.go"}, doc("3 | 2 | 1 | 2 | 0 | 1", "tested", "refused", "tested")},
		{"a test shows a refusal", map[string]string{id(2): "a_test.go"}, doc("3 | 2 | 1 | 1 | 2 | 0", "later", "tested", "later")},
	} {
		for _, before := range []string{doc("0 | 0 | 0 | 0 | 0 | 0", "later", "later", "later"), doc("9 | 9 | 9 | 9 | 9 | 9", "tested", "tested", "tested")} {
			if got := withStatuses(before, row.named); got != row.want {
				t.Errorf("%s:\n%s\nwant\n%s", row.name, got, row.want)
			}
		}
	}
}
