package jwks_test

import (
	"bufio"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// vector is one token of the attack corpus in testdata/vectors. A vector is a
// paragraph: its name, and lines of "field: text".
//
//	expect   the outcome
//	header   the JOSE header, byte by byte; default a valid one
//	payload  likewise; $STD is the members of a valid one, $STD-aud-sub those
//	         but aud and sub
//
// A field name that ends in -quoted takes a Go string literal, for bytes that
// are no text. Each vector is validly signed with RS256.
type vector struct{ name, expect, header, payload string }

const (
	stdHeader  = `{"typ":"at+jwt","alg":"RS256","kid":"rs"}`
	stdPayload = `{$STD}`
)

// The members of $STD. The corpus has no clock: these dates are good for long.
var std = [][2]string{
	{"iss", `"https://as.example/t1"`}, {"sub", `"alice"`}, {"aud", `"https://rs.example/api"`},
	{"client_id", `"app"`}, {"jti", `"1"`}, {"iat", "1700000000"}, {"exp", "4102444800"}, {"scope", `"read"`},
}

var stdUse = regexp.MustCompile(`\$STD((?:-[a-z_]+)*)`)

func (v vector) withStd(payload string) string {
	return stdUse.ReplaceAllStringFunc(payload, func(use string) string {
		var members []string
		for _, m := range std {
			if !strings.Contains(use+"-", "-"+m[0]+"-") {
				members = append(members, strconv.Quote(m[0])+":"+m[1])
			}
		}
		return strings.Join(members, ",")
	})
}

// vectors reads the corpus.
func vectors(t testing.TB) []vector {
	t.Helper()
	files, err := filepath.Glob("testdata/vectors/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no vectors: ", err)
	}
	var all []vector
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var v vector
		end := func() {
			if v.name != "" && v.expect == "" {
				t.Fatalf("%s: %q expects nothing", name, v.name)
			}
			if v.name != "" {
				v.payload = v.withStd(v.payload)
				all = append(all, v)
			}
			v = vector{}
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			line := lines.Text()
			field, text, _ := strings.Cut(line, ": ")
			field, quoted := strings.CutSuffix(field, "-quoted")
			if quoted {
				if text, err = strconv.Unquote(text); err != nil {
					t.Fatalf("%s: %q: %v", name, line, err)
				}
			}
			switch {
			case strings.HasPrefix(line, "#"):
			case line == "":
				end()
			case v.name == "":
				v = vector{name: line, header: stdHeader, payload: stdPayload}
			case field == "expect":
				v.expect = text
			case field == "header":
				v.header = text
			case field == "payload":
				v.payload = text
			default:
				t.Fatalf("%s: %q is no field", name, line)
			}
		}
		end()
	}
	return all
}

func TestVectors(t *testing.T) {
	a := knowing(t, all()...)
	for _, v := range vectors(t) {
		t.Run(v.name, func(t *testing.T) {
			a.wants(t, rs().sign("RS256", v.header, v.payload), v.expect)
		})
	}
}

// Whatever is wrong with a claim, the client is told that the token is invalid.
func TestClaimsAreInvalidTokens(t *testing.T) {
	a := knowing(t, all()...)
	failing := 0
	for _, v := range vectors(t) {
		if v.header != stdHeader || !strings.HasPrefix(v.expect, "401-T") {
			continue
		}
		failing++
		t.Run("R9068-06: "+v.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/api/r", nil)
			r.Header.Set("Authorization", "Bearer "+rs().sign("RS256", v.header, v.payload))
			_, answer := a.do(r)
			if challenge := answer.Header.Get("WWW-Authenticate"); answer.StatusCode != 401 || !strings.Contains(challenge, `error="invalid_token"`) {
				t.Errorf("%d, %s", answer.StatusCode, challenge)
			}
		})
	}
	if failing < 50 {
		t.Errorf("only %d failing claims", failing)
	}
}
