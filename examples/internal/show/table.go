package show

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Table prints a row for each request that it sends.
type Table struct {
	run           *Run
	what, request int // widths of the columns
}

// Table returns a table with columns of these widths.
func (r *Run) Table(what, request int) *Table { return &Table{r, what, request} }

// Send sends a request such as "GET /notes", prints a row with the status, and
// below it what Refusal prints. A body may follow the path, after a space.
// Fields are those of the header, such as Bearer(token).
func (t *Table) Send(what, request string, want int, fields ...string) {
	answer := t.run.Ask(request, Header(fields...))
	method, path, _ := split(request)
	t.run.Row(fmt.Sprintf("%-*s %-*s ", t.what, what, t.request, method+" "+path), answer, want)
	t.run.Refusal(answer)
}

// Bearer is the header field with an access token (RFC 6750 §2.1).
func Bearer(token string) string { return "Authorization: Bearer " + token }

// Header holds these fields.
func Header(fields ...string) http.Header {
	header := http.Header{}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		header.Add(name, value)
	}
	return header
}

// Row prints cells and then got. If that is not printed as want is, it marks
// the row and counts it.
func (r *Run) Row(cells string, got, want any) {
	text, expected := fmt.Sprint(got), fmt.Sprint(want)
	r.Printf("%s%s", cells, text)
	if text == expected {
		r.Printf("\n")
		return
	}
	r.Wrong("expected %s", expected)
}

// Wrong ends a line with a mark, and counts it as not as expected.
func (r *Run) Wrong(format string, args ...any) {
	r.wrong++
	r.Printf("   <- %s\n", fmt.Sprintf(format, args...))
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Err    error // why nothing came back
}

// String is the status.
func (a Answer) String() string {
	if a.Err != nil {
		return "failed: " + a.Err.Error()
	}
	return strconv.Itoa(a.Status)
}

// Ask sends a request, as Send does, and prints nothing.
func (r *Run) Ask(request string, header http.Header) Answer {
	// A stream that should have been refused must not hold up the tour.
	ctx, cancel := context.WithTimeout(r.Context, 10*time.Second)
	defer cancel()
	method, path, body := split(request)
	req, err := http.NewRequestWithContext(ctx, method, r.URL+path, strings.NewReader(body))
	if err != nil {
		return Answer{Err: err}
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return Answer{Err: err}
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(read), Err: err}
}

// Refusal prints the challenges of an answer (RFC 9110 §11.6.1) and Retry-After.
func (r *Run) Refusal(a Answer) {
	for _, challenge := range a.Header.Values("WWW-Authenticate") {
		r.Printf("    %s\n", challenge)
	}
	for _, after := range a.Header.Values("Retry-After") {
		r.Printf("    Retry-After: %s\n", after)
	}
}

// split returns the parts of a request: method, path and body.
func split(request string) (method, path, body string) {
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ = strings.Cut(rest, " ")
	return method, path, body
}
