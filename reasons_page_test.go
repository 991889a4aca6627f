package warder_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

const (
	reasonsPage = "docs/reasons.md"

	// What follows it on the page is written by this test.
	linesBegin = "<!-- The rest of this page is written by: go test -run Reasons -update . -->\n"
)

// staged is a reason, and requests that come to it.
type staged struct {
	reason middleware.Reason
	name   string        // a sentence for the page, without its full stop
	only   middleware.Op // whose lines the page shows; empty: all
	act    func(*scene)
}

// stagedReasons are in the order of the page: that of middleware.Reasons, then this.
func stagedReasons() []staged {
	return slices.Concat(requestReasons(), tokenReasons(), keyReasons(), bindingReasons(), requirementReasons(), introspectionReasons(), verifierReasons())
}

// Whoever reads a line of a log finds it on the page as Log writes it. It fails when a
// line loses the name of its claim, its scope or its option.
func TestReasonsHaveTheirLogLines(t *testing.T) {
	text, err := os.ReadFile(reasonsPage)
	if err != nil {
		t.Fatal(err)
	}
	written, before, found := "", "", false
	if before, written, found = strings.Cut(string(text), linesBegin); !found {
		t.Fatalf("%s lacks the line %q", reasonsPage, linesBegin)
	}
	iss := newLogin(t)
	sections := map[middleware.Reason]string{}
	for _, row := range stagedReasons() {
		t.Run(string(row.reason)+"/"+row.name, func(t *testing.T) {
			s := newScene(t, iss)
			row.act(s)
			lines := s.lines(row.only)
			if len(lines) == 0 {
				t.Fatal("no line was written")
			}
			for _, line := range lines {
				checkNothingQuoted(t, line, s.sent)
			}
			last := lines[len(lines)-1]
			if !strings.Contains(last, " reason="+string(row.reason)+" ") && row.reason != middleware.ReasonOther {
				t.Errorf("the last line is of another reason: %s", last)
			}
			sections[row.reason] += fmt.Sprintf("%s:\n\n```text\n%s\n```\n\n", row.name, strings.Join(lines, "\n"))
		})
	}
	if t.Failed() {
		return
	}

	var page strings.Builder
	for _, r := range middleware.Reasons() {
		lines := sections[r]
		switch {
		case r == middleware.ReasonNoGuard:
			lines = "There is no line: a requirement without a guard has no Observer to tell. The client gets 500.\n\n"
		case lines == "":
			t.Errorf("%s has no line", r)
		}
		fmt.Fprintf(&page, "\n### %s\n\n%s", r, strings.TrimSuffix(lines, "\n"))
	}
	if example := durations.ReplaceAllString(exampleLine(before), "duration=…"); example == "" || !strings.Contains(page.String(), "\n"+example+"\n") {
		t.Errorf("%s explains a line that nobody logs: %q", reasonsPage, example)
	}
	for _, key := range attributes(page.String()) {
		if !strings.Contains(before, "\n| `"+key+"` | ") {
			t.Errorf("%s does not say what the attribute %s is", reasonsPage, key)
		}
	}
	if *update {
		if err := os.WriteFile(reasonsPage, []byte(before+linesBegin+page.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if page.String() != written {
		t.Errorf("%s does not show what is logged: go test -run Reasons -update .\n%s", reasonsPage, firstDifference(written, page.String()))
	}
}

// exampleLine is the first block of text on the page.
func exampleLine(page string) string {
	_, block, _ := strings.Cut(page, "\n```text\n")
	line, _, _ := strings.Cut(block, "\n")
	return line
}

var quoted, attribute = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`), regexp.MustCompile(` (\w+)=`)

// attributes are the keys in the lines of a log but for those that slog itself writes.
func attributes(lines string) []string {
	var keys []string
	for line := range strings.Lines(lines) {
		if strings.HasPrefix(line, "level=") {
			for _, m := range attribute.FindAllStringSubmatch(quoted.ReplaceAllString(line, ""), -1) {
				keys = append(keys, m[1])
			}
		}
	}
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == "msg" })
}

// firstDifference shows where two texts differ first.
func firstDifference(page, logged string) string {
	was, is := strings.Split(page, "\n"), strings.Split(logged, "\n")
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			return fmt.Sprintf("the page has\n%s\nand the log\n%s", was[i], is[i])
		}
	}
	return fmt.Sprintf("the page has %d lines, the log %d", len(was), len(is))
}

// made is in every value that a client or an upstream makes up here.
const made = "marker"

// checkNothingQuoted fails where line holds what a client or an upstream chose, or a
// piece of one of these tokens.
func checkNothingQuoted(t *testing.T, line string, tokens []string) {
	t.Helper()
	if complaint := quotes(line, tokens); complaint != "" {
		t.Errorf("%s: %s", complaint, line)
	}
}

func quotes(line string, tokens []string) string {
	if strings.Contains(strings.ToLower(line), made) {
		return "a value that was sent is quoted"
	}
	for _, token := range tokens {
		for piece := range strings.SplitSeq(token, ".") {
			if len(piece) > 8 && strings.Contains(line, piece) {
				return "a piece of the token is quoted"
			}
			if decoded, err := base64.RawURLEncoding.DecodeString(piece); err == nil && len(decoded) > 8 && strings.Contains(line, string(decoded)) {
				return "a decoded piece of the token is quoted"
			}
		}
		for _, value := range ownValues(token) {
			if strings.Contains(line, value) {
				return "a value of the token is quoted"
			}
		}
	}
	return ""
}

var texts = regexp.MustCompile(`"(?:kid|jti|sub|client_id)":"([^"]{4,})"`)

// ownValues are the texts in a JWT that are the token's alone.
func ownValues(token string) []string {
	var values []string
	for piece := range strings.SplitSeq(token, ".") {
		decoded, err := base64.RawURLEncoding.DecodeString(piece)
		if err != nil {
			continue
		}
		for _, m := range texts.FindAllSubmatch(decoded, -1) {
			values = append(values, string(m[1]))
		}
	}
	return values
}

func TestTheRulesForReasonsLinesCanFail(t *testing.T) {
	iss := newLogin(t)
	token := iss.Token(claims{"jti": "8f0a61"})
	kid := iss.KeyID("RS256")
	for _, row := range []struct{ name, line, want string }{
		{"a good line", `reason=expired err="exp has passed"`, ""},
		{"the token", "err=" + token, "a piece of the token is quoted"},
		{"its signature alone", "err=" + token[strings.LastIndexByte(token, '.')+1:], "a piece of the token is quoted"},
		{"its kid", "err=" + kid, "a value of the token is quoted"},
		{"its jti", "err=8f0a61", "a value of the token is quoted"},
		{"a value that a test made up", "err=" + made, "a value that was sent is quoted"},
	} {
		if got := quotes(row.line, []string{token}); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

// claims are those by which a token differs from a good one.
type claims = map[string]any
