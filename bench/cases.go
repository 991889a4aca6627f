package main

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

// A request is what is measured: one Authorization field and the status that a
// correct guard answers.
type request struct {
	name   string
	token  string // empty: no Authorization field
	status int
	target string // empty: /notes
}

// requests are the columns of the tables.
func (is *issuer) requests(alg string) []request {
	header, claims := is.header(alg), is.claims()
	good := is.token(alg, header, claims)

	// The signature of another token of the same kind and length: as costly to
	// check as a good one.
	other := is.token(alg, header, with(claims, "sub", "248289761002"))
	input := good[:strings.LastIndexByte(good, '.')]
	forged := input + other[strings.LastIndexByte(other, '.'):]

	return []request{
		{name: "accepted", token: good, status: http.StatusOK},
		{name: "expired", token: is.token(alg, header, with(claims, "exp", time.Now().Unix()-3600)), status: http.StatusUnauthorized},
		{name: "forged", token: forged, status: http.StatusUnauthorized},
		{name: "unknown kid", token: is.token(alg, with(header, "kid", encode(make([]byte, 32))), claims), status: http.StatusUnauthorized},
		{name: "garbage", token: garbage(good), status: http.StatusUnauthorized},
		{name: "no token", token: "", status: http.StatusUnauthorized},
	}
}

// garbage has the shape of good and the segments of nothing.
func garbage(good string) string {
	b := []byte(good)
	for i, c := range b {
		if c != '.' {
			b[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[(i*37+11)%64]
		}
	}
	return string(b)
}

// call returns a function that sends req to h once. It reuses the request and
// a response that nobody reads, so that what is measured is the guard. Each
// goroutine needs a call of its own.
func call(h http.Handler, req request) (do func(), status func() int) {
	r, w := exchange(req.target)
	if req.token != "" {
		r.Header.Set("Authorization", "Bearer "+req.token)
	}
	return func() {
		w.reset()
		h.ServeHTTP(w, r)
	}, func() int { return w.status }
}

// exchange returns a request without a token and what its answer goes to.
func exchange(target string) (*http.Request, *response) {
	r, err := http.NewRequest(http.MethodGet, "https://api.example.com"+cmp.Or(target, "/notes"), nil)
	if err != nil {
		panic(err)
	}
	return r, &response{header: http.Header{}}
}

// response keeps the status and drops the rest.
type response struct {
	header http.Header
	status int
}

func (w *response) reset() {
	clear(w.header)
	w.status = 0
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(b), nil
}

// WriteString spares a copy, as the response of net/http does.
func (w *response) WriteString(s string) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(s), nil
}
