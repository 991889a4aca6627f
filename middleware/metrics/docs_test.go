package metrics_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// rows returns the cells of the rows of the tables in a document, without
// those of the heading.
func rows(t *testing.T, file string) [][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "| `") {
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			all = append(all, cells)
		}
	}
	return all
}

func TestTheDocumentNamesEveryMetricAndLabel(t *testing.T) {
	var documented, labels []string
	for _, cells := range rows(t, "../../docs/metrics.md") {
		name := strings.Trim(cells[0], "`")
		if !strings.HasPrefix(name, "warder_") {
			labels = append(labels, name)
			continue
		}
		names := strings.Split(strings.ReplaceAll(cells[2], "`", ""), ", ")
		slices.Sort(names)
		documented = append(documented, fmt.Sprint(name, " ", cells[1], " ", names))
	}

	families, err := everything(t).Gather()
	if err != nil {
		t.Fatal(err)
	}
	var exported, used []string
	for _, f := range families {
		var names []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			names = append(names, l.GetName())
		}
		slices.Sort(names)
		used = append(used, names...)
		exported = append(exported, fmt.Sprint(f.GetName(), " ", strings.ToLower(f.GetType().String()), " ", names))
	}

	for _, lists := range []struct {
		what      string
		got, want []string
	}{
		{"metrics", documented, exported},
		{"labels", labels, used},
	} {
		slices.Sort(lists.got)
		slices.Sort(lists.want)
		if want := slices.Compact(lists.want); !slices.Equal(lists.got, want) {
			t.Errorf("%s in docs/metrics.md:\n%s\nexported:\n%s", lists.what,
				strings.Join(lists.got, "\n"), strings.Join(want, "\n"))
		}
	}
}
