package introspect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// FuzzAnswer: whatever an issuer answers, there is a token only if active is
// exactly true, the error says how to answer, and its text has no piece of the
// answer.
func FuzzAnswer(f *testing.F) {
	good := active(nil)
	for _, seed := range []string{
		good, inactive, "", "null", "true", "[" + good + "]", good + "\n", good + good,
		`{"active":"true"}`, `{"Active":true}`, `{"\u0061ctive":true,"aud":"` + resource + `"}`,
		strings.Replace(good, "true", "true,\"active\":false", 1),
		active(object{"exp": "1", "cnf": object{"jkt": "x"}}),
		active(object{"aud": []string{resource}, "exp": 1.5e9, "scope": "a b \u00fc"}),
		active(object{"exp": nil, "token_type": "DPoP"}),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		got, err := verifier(t, newServer(says(doc)), nil).Verify(t.Context(), "x", nil)
		var said map[string]json.RawMessage // the last of equal names, of any case
		isActive := json.Unmarshal([]byte(doc), &said) == nil && string(said["active"]) == "true"
		var e *middleware.Error
		switch {
		case err == nil && (got == nil || !isActive):
			t.Fatalf("%+v for %q", got, doc)
		case err == nil:
			if got.Issuer != issuer || len(got.Audience) == 0 || len(doc) > 64<<10 {
				t.Errorf("%+v for %q", got, doc)
			}
			return
		case got != nil || !errors.As(err, &e) || e.Code != "" && e.Code != middleware.InvalidToken || e.Reason == "":
			t.Fatalf("%+v, %v for %q", got, err, doc)
		}
		configured := fmt.Sprintf("the Issuer %q, byte for byte; the Audience %q", issuer, []string{resource})
		text := fmt.Sprintf("%v %+v %v %v", err, e.Err, e.Description, e.Params)
		for i := range max(0, len(doc)-23) {
			if piece := doc[i : i+24]; strings.Contains(text, piece) && !strings.Contains(configured, piece) {
				t.Errorf("%q is in %q", piece, text)
			}
		}
	})
}
