package jose_test

import (
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/jose"
)

func TestParseHeader(t *testing.T) {
	long := strings.Repeat("k", jose.MaxKeyID)
	for _, tt := range []struct {
		name, json string
		want       jose.Header
	}{
		{"alg, typ and kid", `{"alg":"RS256","typ":"at+jwt","kid":"1"}`, jose.Header{Algorithm: "RS256", Type: "at+jwt", KeyID: "1"}},
		{"alg alone", `{"alg":"ES256"}`, jose.Header{Algorithm: "ES256"}},
		{"an empty kid, which counts as absent", `{"alg":"RS256","kid":""}`, jose.Header{Algorithm: "RS256"}},
		{"a kid as long as allowed", `{"alg":"RS256","kid":"` + long + `"}`, jose.Header{Algorithm: "RS256", KeyID: long}},
		{"letter case is kept (R7515-07, R7515-13)", `{"alg":"rs256","typ":"AT+JWT","kid":"K1"}`, jose.Header{Algorithm: "rs256", Type: "AT+JWT", KeyID: "K1"}},
		{"names in another case are other names", `{"alg":"RS256","ALG":"none","Kid":"2"}`, jose.Header{Algorithm: "RS256"}},
		{"an unknown member (R7515-10)", `{"alg":"RS256","foo":1,"bar":{"crit":["x"],"b64":false}}`, jose.Header{Algorithm: "RS256"}},
		{"whitespace, odd order and escapes (R7515-12)", " {\n\"kid\" : \"\\u0031\" ,\t\"\\u0061lg\":\"RS256\" } ", jose.Header{Algorithm: "RS256", KeyID: "1"}},
		{"keys and addresses of keys are ignored (R7515-11)",
			`{"alg":"RS256","jwk":{"kty":"oct","k":"AA"},"jku":"https://evil.example","x5u":"https://evil.example","x5c":["AA"]}`, jose.Header{Algorithm: "RS256"}},
		{"none is a name that no key fits (R7518-01)", `{"alg":"none"}`, jose.Header{Algorithm: "none"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := jose.ParseHeader(encode([]byte(tt.json)))
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestParseHeaderRefuses(t *testing.T) {
	const (
		object    = "jose: header is not a JSON object in base64url"
		member    = "jose: header member missing or of the wrong type: "
		extension = "jose: header demands an extension: "
	)
	for _, tt := range []struct{ name, json, want string }{
		{"nothing", ``, object},
		{"an array (R7515-05)", `[]`, object},
		{"a string (R7515-05)", `"x"`, object},
		{"bytes after the object (R7515-05)", `{"alg":"RS256"}x`, object},
		{"invalid UTF-8 (R7515-05)", "{\"alg\":\"RS256\",\"x\":\"\xff\"}", object},
		{"a comma too many (R7515-05)", `{"alg":"RS256",}`, object},
		{"a name twice (R7515-06)", `{"alg":"RS256","alg":"RS256","typ":"at+jwt"}`, object},
		{"a name twice, once escaped (R7515-06)", `{"alg":"RS256","\u0061lg":"none"}`, object},
		{"a header over the limit", `{"alg":"RS256","x":"` + strings.Repeat("x", jose.MaxHeader) + `"}`, "jose: the header is longer than 4 KiB"},
		{"no alg (R7515-07)", `{"typ":"at+jwt"}`, member + "alg"},
		{"an empty alg", `{"alg":""}`, member + "alg"},
		{"an array for alg (R7515-07)", `{"alg":["RS256"]}`, member + "alg"},
		{"null for alg", `{"alg":null}`, member + "alg"},
		{"only ALG", `{"ALG":"RS256"}`, member + "alg"},
		{"a number for typ", `{"alg":"RS256","typ":1}`, member + "typ"},
		{"null for typ", `{"alg":"RS256","typ":null}`, member + "typ"},
		{"a number for kid (R7515-13)", `{"alg":"RS256","kid":1}`, member + "kid"},
		{"null for kid", `{"alg":"RS256","kid":null}`, member + "kid"},
		{"a kid over the limit", `{"alg":"RS256","kid":"` + strings.Repeat("k", jose.MaxKeyID+1) + `"}`, "jose: kid is longer than 256 bytes"},
		{"an unknown extension (R7515-08)", `{"alg":"RS256","crit":["x"],"x":1}`, extension + "crit"},
		{"an empty crit (R7515-09)", `{"alg":"RS256","crit":[]}`, extension + "crit"},
		{"a string for crit (R7515-09)", `{"alg":"RS256","crit":"x"}`, extension + "crit"},
		{"null for crit", `{"alg":"RS256","crit":null}`, extension + "crit"},
		{"crit that names alg (R7515-09)", `{"alg":"RS256","crit":["alg"]}`, extension + "crit"},
		{"crit that names what is not there (R7515-09)", `{"alg":"RS256","crit":["y"]}`, extension + "crit"},
		{"crit that names one thing twice (R7515-09)", `{"alg":"RS256","crit":["x","x"],"x":1}`, extension + "crit"},
		{"an unencoded payload (R7797-01)", `{"alg":"RS256","b64":false,"crit":["b64"]}`, extension + "b64"},
		{"an unencoded payload without crit (R7797-01)", `{"alg":"RS256","b64":false}`, extension + "b64"},
		{"b64 that changes nothing", `{"alg":"RS256","b64":true}`, extension + "b64"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := jose.ParseHeader(encode([]byte(tt.json)))
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if got != (jose.Header{}) {
				t.Errorf("%+v beside an error", got)
			}
		})
	}
}

func TestParseHeaderRefusesOtherSpellings(t *testing.T) {
	const json = `{"alg":"RS256","typ":"JWT"}`
	good := encode([]byte(json)) // 27 octets: no unused bits
	ragged := encode([]byte(json + " "))
	for _, tt := range []struct{ name, segment string }{
		{"padding (R7515-02)", ragged + "=="},
		{"a line break (R7515-03)", good[:8] + "\n" + good[8:]},
		{"a carriage return at the end (R7515-03)", good + "\r"},
		{"a length of one modulo four (R7515-02)", good + "A"},
		{"unused bits (R7515-04)", ragged[:len(ragged)-1] + "B"},
		{"the JSON itself", json},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := jose.ParseHeader(tt.segment); err == nil {
				t.Errorf("accepted: %+v", got)
			}
		})
	}
	for _, segment := range []string{good, ragged} {
		if _, err := jose.ParseHeader(segment); err != nil {
			t.Error(err)
		}
	}
}

func TestParseHeaderAtTheLimit(t *testing.T) {
	json := `{"alg":"RS256","x":""}`
	json = strings.Replace(json, `""`, `"`+strings.Repeat("x", jose.MaxHeader/4*3-len(json))+`"`, 1)
	segment := encode([]byte(json))
	if len(segment) != jose.MaxHeader {
		t.Fatalf("%d bytes", len(segment))
	}
	if _, err := jose.ParseHeader(segment); err != nil {
		t.Error(err)
	}
	if _, err := jose.ParseHeader(encode([]byte(json + " "))); err == nil {
		t.Error("accepted over the limit")
	}
}
