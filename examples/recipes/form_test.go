package recipes_test

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/middleware"
)

func formAPI(t *testing.T) api {
	return newAPI(t, &middleware.Options{Sources: []middleware.Source{middleware.FromHeader, recipes.FromForm}}, nil,
		func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "x=", r.PostFormValue("x")) })
}

// The rows of RFC 6750 §2.2, with the form source on beside the header.
func TestFromForm(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	a := formAPI(t)
	token := a.issuer.Token(nil)
	good := "access_token=" + token + "&x=1"

	var parts strings.Builder
	mw := multipart.NewWriter(&parts)
	mw.WriteField("access_token", token)
	mw.Close()

	for _, row := range []struct {
		name, method, path, contentType, body string
		authorization                         string
		want                                  string
	}{
		{"R6750-06 a form that is posted is read", "POST", "/", form, good, "", "200"},
		{"R6750-06 so is one that is put", "PUT", "/", form, good, "", "200"},
		{"R6750-06 so is one that patches", "PATCH", "/", form, good, "", "200"},
		{"R6750-06 the media type may have parameters, in any case", "POST", "/", "Application/X-WWW-Form-Urlencoded; charset=utf-8", good, "", "200"},
		{"R6750-06 GET has no form", "GET", "/", form, good, "", "401 no error"},
		{"R6750-06 HEAD has no form", "HEAD", "/", form, good, "", "401 no error"},
		{"R6750-06 DELETE has no form", "DELETE", "/", form, good, "", "401 no error"},
		{"R6750-06 JSON is no form", "POST", "/", "application/json", `{"access_token":"` + token + `"}`, "", "401 no error"},
		{"R6750-06 a form of several parts is none of ours", "POST", "/", mw.FormDataContentType(), parts.String(), "", "401 no error"},
		{"R6750-06 a form without a type is no form", "POST", "/", "", good, "", "401 no error"},
		{"a parameter in the URL does not count", "POST", "/?access_token=" + token, form, "x=1", "", "401 no error"},
		{"R6750-07 raw non-ASCII is refused", "POST", "/", form, "x=\xe9", "", "400 invalid_request"},
		{"R6750-07 raw non-ASCII is refused beside a good token", "POST", "/", form, good + "&y=\xe9", "", "400 invalid_request"},
		{"R6750-07 percent-encoded non-ASCII is fine", "POST", "/", form, good + "&y=%C3%A9", "", "200"},
		{"R6750-08 a token in the header and in the form is refused, equal or not", "POST", "/", form, good, "Bearer " + token, "400 invalid_request"},
		{"R6750-08 a token in the header beside a form without one is fine", "POST", "/", form, "x=1", "Bearer " + token, "200"},
		{"R6750-09 two tokens are refused", "POST", "/", form, good + "&access_token=" + token, "", "400 invalid_request"},
		{"R6750-09 two tokens are refused however the name is spelled", "POST", "/", form, good + "&access%5Ftoken=" + token, "", "400 invalid_request"},
		{"R6750-09 an empty second token is a second token", "POST", "/", form, good + "&access_token=", "", "400 invalid_request"},
		{"a form without a token is a request without one", "POST", "/", form, "x=1", "", "401 no error"},
		{"an empty token is a malformed one", "POST", "/", form, "access_token=", "", "400 invalid_request"},
		{"a bad token is a bad token", "POST", "/", form, "access_token=abc.def", "", "401 invalid_token"},
		{"a broken escape is refused", "POST", "/", form, good + "&y=%zz", "", "400 invalid_request"},
		{"a form of 64 KiB is read", "POST", "/", form, padded(good, 64<<10), "", "200"},
		{"a longer one is refused", "POST", "/", form, padded(good, 64<<10+1), "", "400 invalid_request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var fields []string
			if row.contentType != "" {
				fields = append(fields, "Content-Type", row.contentType)
			}
			if row.authorization != "" {
				fields = append(fields, "Authorization", row.authorization)
			}
			got := a.send(row.method, row.path, row.body, fields...)
			if outcome(got) != row.want {
				t.Errorf("got %s, want %s", outcome(got), row.want)
			}
			if row.want == "200" && got.body != "x=1" {
				t.Errorf("the handler read %q of the form", got.body)
			}
			if strings.Contains(got.body+fmt.Sprint(got.Header), token) {
				t.Error("the answer quotes the token")
			}
		})
	}
}

func padded(form string, size int) string {
	form += "&y="
	return form + strings.Repeat("y", size-len(form))
}

// Routers that take no http.Handler have only the request that they gave.
func TestFromFormPutsTheBodyBackForAuthenticate(t *testing.T) {
	accept := middleware.VerifierFunc(func(_ context.Context, token string, _ *http.Request) (*middleware.Token, error) {
		return &middleware.Token{ID: token}, nil
	})
	guard := middleware.New(accept, &middleware.Options{Sources: []middleware.Source{recipes.FromForm}})
	r := httptest.NewRequest("POST", "/", strings.NewReader("access_token=abc&x=1"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	token, err := guard.Authenticate(r)
	if err != nil || token.ID != "abc" {
		t.Fatalf("%v, %v", token, err)
	}
	if x := r.PostFormValue("x"); x != "1" {
		t.Errorf("the handler read %q of the form", x)
	}
}

// The form is what net/url makes of it, for every form that is read.
func FuzzFromForm(f *testing.F) {
	for _, body := range []string{
		"", "access_token=abc", "access_token=a%62c&x=1", "access%5ftoken=a+b", "acces%73_token", "access_token=a=b", "=&&=",
		"access_token=a&access%5Ftoken=b", "x=%zz", "%=1", "a%2=1", "x;y=1", "access_token;=1", "access_token%00=1", "access_token+=1", "y=\xe9",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Count(body, "&") > 1000 {
			t.Skip("net/url has a limit of its own")
		}
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		got, err := recipes.FromForm(r)
		form, malformed := url.ParseQuery(body)
		ascii := !strings.ContainsFunc(body, func(r rune) bool { return r >= 0x80 })
		tokens := form["access_token"]
		if refused := malformed != nil || !ascii || len(tokens) > 1; refused != (err != nil) {
			t.Fatalf("error %v, want one: %t", err, refused)
		}
		if err == nil && len(tokens) == 1 != (got.Scheme == "Bearer") || err == nil && len(tokens) == 1 && got.Token != tokens[0] {
			t.Fatalf("%+v, want the tokens %q", got, tokens)
		}
		if rest, readErr := io.ReadAll(r.Body); string(rest) != body || readErr != nil {
			t.Fatalf("the handler would read %q, %v", rest, readErr)
		}
	})
}

// What a stranger sends costs what it weighs, not a table of its parameters.
func TestAFormOfManyParametersIsCheap(t *testing.T) {
	many := strings.Repeat("%61=1&", (64<<10)/6)
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	allocs := testing.AllocsPerRun(5, func() {
		r.Body = io.NopCloser(strings.NewReader(many))
		if _, err := recipes.FromForm(r); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 50 { // the body is read in growing pieces
		t.Errorf("%v allocations", allocs)
	}
}
