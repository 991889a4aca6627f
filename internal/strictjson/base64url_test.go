package strictjson_test

import (
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/strictjson"
)

func TestBase64URL(t *testing.T) {
	for _, tt := range []struct {
		name, encoded, want string
		ok                  bool
	}{
		{"nothing", "", "", true},
		{"one octet", "_w", "\xff", true},
		{"two octets", "__8", "\xff\xff", true},
		{"three octets", "-_-_", "\xfb\xff\xbf", true},
		{"padding (R7515-02)", "_w==", "", false},
		{"one padding character", "__8=", "", false},
		{"the standard alphabet (R7515-02)", "+/+/", "", false},
		{"a length of one (R7515-02)", "A", "", false},
		{"a length of five", "AAAAA", "", false},
		{"a line feed inside (R7515-03)", "AA\nAA", "", false},
		{"a line feed at the end", "AAAA\n", "", false},
		{"a carriage return at the start", "\rAAAA", "", false},
		{"line breaks alone", "\r\n", "", false},
		{"a space", "AA AA", "", false},
		{"four unused bits that are not zero (R7515-04)", "_x", "", false},
		{"two unused bits that are not zero (R7515-04)", "__9", "", false},
		{"a byte past ASCII", "AA\xffA", "", false},
		{"a dot", "AAA.", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := strictjson.Base64URL(tt.encoded)
			if (err == nil) != tt.ok || string(got) != tt.want {
				t.Errorf("%q, %v", got, err)
			}
			if err != nil && err.Error() != "strictjson: not canonical base64url" {
				t.Errorf("error %q", err)
			}
		})
	}
}

// R7515-04: among all spellings of one octet, one is accepted.
func TestBase64URLHasOneSpelling(t *testing.T) {
	accepted := 0
	for a := range 256 {
		for b := range 256 {
			if got, err := strictjson.Base64URL(string([]byte{byte(a), byte(b)})); err == nil {
				accepted++
				if len(got) != 1 {
					t.Errorf("%d octets", len(got))
				}
			}
		}
	}
	if accepted != 256 {
		t.Errorf("%d spellings of 256 octets", accepted)
	}
}

func TestBase64URLAllocatesOnce(t *testing.T) {
	s := strings.Repeat("eyJh", 200)
	if n := testing.AllocsPerRun(100, func() { strictjson.Base64URL(s) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
