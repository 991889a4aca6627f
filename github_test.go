package warder_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Dependabot updates every module, and no folder that is not there.
func TestDependabotKnowsEveryModule(t *testing.T) {
	text, err := os.ReadFile(".github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"gomod": modules(t), "github-actions": {"."}}
	walk(t, func(file string) {
		if path.Base(file) == "package-lock.json" && !strings.Contains(file, "node_modules/") {
			want["npm"] = append(want["npm"], path.Dir(file))
		}
	})
	if len(want["npm"]) == 0 {
		t.Error("no package-lock.json found")
	}
	for _, complaint := range differences(watched(string(text)), want) {
		t.Error(complaint)
	}
}

// watched returns the folders of a dependabot.yml by ecosystem, as paths within
// the repository. It reads the lists that are written one folder a line.
func watched(text string) map[string][]string {
	all := map[string][]string{}
	ecosystem, inList := "", false
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, " #")
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch {
		case key == "- package-ecosystem":
			ecosystem, inList = value, false
		case key == "directories":
			inList = true
		case inList && strings.HasPrefix(key, "- /"):
			folder := path.Clean("." + strings.TrimPrefix(key, "- "))
			all[ecosystem] = append(all[ecosystem], folder)
		case key != "" && key[0] != '#':
			inList = false
		}
	}
	return all
}

// differences lists what got lacks of want, and what it has beside it.
func differences(got, want map[string][]string) []string {
	var wrong []string
	compare := func(a, b map[string][]string, format string) {
		for ecosystem, folders := range a {
			for _, f := range folders {
				if !slices.Contains(b[ecosystem], f) {
					wrong = append(wrong, fmt.Sprintf(format, ecosystem, f))
				}
			}
		}
	}
	compare(want, got, "dependabot.yml: %s: %s is missing")
	compare(got, want, "dependabot.yml: %s: there is nothing in %s")
	slices.Sort(wrong)
	return wrong
}

// What runs on GitHub is what runs here.
func TestWorkflowsRunTheScripts(t *testing.T) {
	for workflow, script := range map[string]string{"ci": ".ci/run", "vuln": ".ci/vuln"} {
		text, err := os.ReadFile(".github/workflows/" + workflow + ".yml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(script); err != nil {
			t.Error(err)
		}
		if got := commands(string(text)); !slices.Equal(got, []string{"bash " + script}) {
			t.Errorf("%s.yml runs %q, want %s alone", workflow, got, script)
		}
		if m := regexp.MustCompile(`(?m)^ *(- )?(if|continue-on-error|paths|paths-ignore|shell|working-directory):`).Find(text); m != nil {
			t.Errorf("%s.yml has%s: a check that is left out, or whose failure does not count", workflow, m)
		}
	}

	ci, err := os.ReadFile(".github/workflows/ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`go: \[stable, oldstable\]`, `go-version: \$\{\{ matrix\.go \}\}`, `  pull_request:`} {
		if !regexp.MustCompile(`(?m)^ *` + line + `( #.*)?$`).Match(ci) {
			t.Errorf("ci.yml has no line %s", line)
		}
	}
}

// commands returns what the steps of a workflow run.
func commands(workflow string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^ *(?:- )?run: *(.*)$`).FindAllStringSubmatch(workflow, -1) {
		all = append(all, m[1])
	}
	return all
}

// The forms send people to pages that are there.
func TestIssueFormsLeadSomewhere(t *testing.T) {
	forms, err := filepath.Glob(".github/ISSUE_TEMPLATE/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`https://` + module + `/blob/main/([^)#\s]+)`)
	links := 0
	for _, form := range forms {
		text, err := os.ReadFile(form)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllSubmatch(text, -1) {
			links++
			if _, err := os.Stat(string(m[1])); err != nil {
				t.Errorf("%s: %v", form, err)
			}
		}
	}
	if links == 0 {
		t.Error("no links found")
	}
}

func TestTheRulesForGitHubCanFail(t *testing.T) {
	const complete = `
updates:
  - package-ecosystem: gomod
    directories: # all
      - /
      # the comparison
      - /bench
    groups:
      go:
        patterns: ["*"]
  - package-ecosystem: npm
    directories:
      - /client
    labels:
      - /bench
`
	want := map[string][]string{"gomod": {".", "bench"}, "npm": {"client"}}
	for _, row := range []struct {
		name, old, new string
		complaints     []string
	}{
		{"complete", "", "", nil},
		{"a module is missing", "      - /bench\n    groups", "    groups", []string{"dependabot.yml: gomod: bench is missing"}},
		{"a module in a comment", "      - /bench\n    groups", "      # - /bench\n    groups", []string{"dependabot.yml: gomod: bench is missing"}},
		{"a module that is gone", "- /client", "- /client\n      - /gone", []string{"dependabot.yml: npm: there is nothing in gone"}},
		{"another ecosystem", "npm", "pip", []string{"dependabot.yml: npm: client is missing", "dependabot.yml: pip: there is nothing in client"}},
	} {
		got := differences(watched(strings.Replace(complete, row.old, row.new, 1)), want)
		if !slices.Equal(got, row.complaints) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.complaints)
		}
	}

	for workflow, want := range map[string][]string{
		"      - run: bash .ci/run\n":                                {"bash .ci/run"},
		"      - name: a\n        run: go test ./...\n":              {"go test ./..."},
		"      - run: |\n          bash .ci/run\n":                   {"|"},
		"    name: .ci/run\n    # run: bash .ci/run\n    runs-on: a": nil,
	} {
		if got := commands(workflow); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", workflow, got, want)
		}
	}
}
