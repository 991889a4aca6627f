package wire_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/wire"
)

// web answers every URL from a table of redirects; what is not in it is "ok".
func web(t *testing.T, redirects map[string]string, seen func(*http.Request)) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if seen != nil {
			seen(r)
		}
		if r.Body != nil {
			r.Body.Close()
		}
		to, ok := redirects[r.URL.Scheme+"://"+r.URL.Host+r.URL.Path]
		resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}
		if ok {
			status, location, _ := strings.Cut(to, " ")
			resp.StatusCode, _ = strconv.Atoi(status)
			resp.Header.Set("Location", location)
		}
		return resp, nil
	})}
}

func TestRedirect(t *testing.T) {
	loop := map[string]string{
		"https://a.example/1": "302 /2",
		"https://a.example/2": "302 /1",
	}
	chain := map[string]string{
		"https://a.example/0": "301 /1",
		"https://a.example/1": "302 /2",
		"https://a.example/2": "307 /3",
		"https://a.example/3": "308 /4",
	}
	one := func(from, to string) map[string]string { return map[string]string{from: "302 " + to} }
	tests := []struct {
		name   string
		method string
		hops   map[string]string
		url    string
		max    int
		ok     bool
	}{
		{"R9111-08: https to http is refused", "GET", one("https://a.example/", "http://a.example/"), "https://a.example/", 3, false},
		{"R9111-08: https to http is refused on the second hop too", "GET", map[string]string{
			"http://a.example/":  "302 https://a.example/",
			"https://a.example/": "302 http://a.example/x",
		}, "http://a.example/", 3, false},
		{"R9111-08: a loop is refused", "GET", loop, "https://a.example/1", 3, false},
		{"three redirects are followed", "GET", chain, "https://a.example/1", 3, true},
		{"four redirects are refused", "GET", chain, "https://a.example/0", 3, false},
		{"none is followed where none is allowed", "GET", one("https://a.example/", "/x"), "https://a.example/", 0, false},
		{"http to https is followed", "GET", one("http://a.example/", "https://a.example/x"), "http://a.example/", 3, true},
		{"http to http is followed", "GET", one("http://a.example/", "http://b.example/"), "http://a.example/", 3, true},
		{"https to another host is followed", "GET", one("https://a.example/", "https://b.example/"), "https://a.example/", 3, true},
		{"HEAD is followed", "HEAD", one("https://a.example/", "/x"), "https://a.example/", 3, true},
		{"POST is not followed, not even as GET", "POST", one("https://a.example/", "/x"), "https://a.example/", 3, false},
		{"another scheme is refused", "GET", one("https://a.example/", "ftp://a.example/"), "https://a.example/", 3, false},
		{"a file is refused", "GET", one("http://a.example/", "file:///etc/passwd"), "http://a.example/", 3, false},
		{"credentials in the target are refused", "GET", one("https://a.example/", "https://u:p@b.example/"), "https://a.example/", 3, false},
		{"loopback is refused", "GET", one("https://a.example/", "https://127.0.0.1/"), "https://a.example/", 3, false},
		{"localhost is refused", "GET", one("https://a.example/", "https://LocalHost./"), "https://a.example/", 3, false},
		{"link-local is refused", "GET", one("http://a.example/", "http://169.254.169.254/"), "http://a.example/", 3, false},
		{"mapped link-local is refused", "GET", one("http://a.example/", "http://[::ffff:169.254.169.254]/"), "http://a.example/", 3, false},
		{"the unspecified address is refused", "GET", one("http://a.example/", "http://0.0.0.0/"), "http://a.example/", 3, false},
		{"loopback is followed from loopback", "GET", one("http://127.0.0.1:1/", "http://[::1]:2/"), "http://127.0.0.1:1/", 3, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tt.method, tt.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			hops := 0
			c := web(t, tt.hops, func(*http.Request) { hops++ })
			resp, err := wire.NewClient(c, tt.max).Do(req, limit)
			if hops > tt.max+1 {
				t.Errorf("%d requests were sent", hops)
			}
			if !tt.ok {
				class(t, err, wire.Redirect, hostOf(t, tt.url))
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != 200 {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}

	t.Run("a Location that is no URL is not quoted", func(t *testing.T) {
		c := web(t, one("https://a.example/", "https://secret%zz/"), nil)
		_, err := wire.NewClient(c, 3).Get(t.Context(), "https://a.example/", "", limit)
		class(t, err, wire.Broken, "a.example")
	})
	t.Run("a redirect without Location is an answer", func(t *testing.T) {
		c := web(t, one("https://a.example/", ""), nil)
		resp, err := wire.NewClient(c, 3).Get(t.Context(), "https://a.example/", "", limit)
		if err != nil || resp.StatusCode != 302 {
			t.Errorf("got %v, %v", resp, err)
		}
	})
}

func TestNothingSecretGoesToAnotherHost(t *testing.T) {
	for _, target := range []string{
		"https://b.example/", "https://sub.a.example/", "https://a.example:8443/", "http://a.example/",
	} {
		t.Run("from a.example to "+target, func(t *testing.T) {
			from := "https://a.example/"
			if strings.HasPrefix(target, "http:") {
				from, target = target, from // the one allowed direction
			}
			var sent []http.Header
			c := web(t, map[string]string{from: "302 " + target + "x"}, func(r *http.Request) {
				sent = append(sent, r.Header.Clone())
			})
			req, err := http.NewRequestWithContext(t.Context(), "GET", from+"?q=secret", nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "Proxy-Authorization", "DPoP", "Referer"} {
				req.Header.Set(name, "secret")
			}
			req.Header.Set("Accept", "application/json")
			req.Header.Set("If-None-Match", `"1"`)
			if _, err := wire.NewClient(c, 3).Do(req, limit); err != nil {
				t.Fatal(err)
			}
			if len(sent) != 2 {
				t.Fatalf("%d requests", len(sent))
			}
			names := make([]string, 0, len(sent[1]))
			for name := range sent[1] {
				names = append(names, name)
			}
			slices.Sort(names)
			if got := fmt.Sprint(names); got != "[Accept If-None-Match]" {
				t.Errorf("the other host was sent %s", got)
			}
			if sent[0].Get("X-Api-Key") != "secret" {
				t.Error("the configured host was not sent what it should be")
			}
		})
	}

	t.Run("the same host is sent the same fields and no Referer", func(t *testing.T) {
		var sent []http.Header
		c := web(t, map[string]string{"https://a.example/": "302 /x"}, func(r *http.Request) {
			sent = append(sent, r.Header.Clone())
		})
		req, err := http.NewRequestWithContext(t.Context(), "GET", "https://a.example/?code=secret", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "secret")
		if _, err := wire.NewClient(c, 3).Do(req, limit); err != nil {
			t.Fatal(err)
		}
		if sent[1].Get("Authorization") != "secret" || sent[1].Get("Referer") != "" {
			t.Errorf("the second request carried %v", sent[1])
		}
	})
}

func TestLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "api.localhost": true, "127.8.9.10": true, "::1": true, "fe80::1%eth0": true,
		"169.254.1.1": true, "::": true, "ff02::1": true, "issuer.example": false, "10.0.0.1": false,
		"notlocalhost": false, "": false, "2001:db8::1": false,
	} {
		if got := wire.Local(host); got != want {
			t.Errorf("Local(%q) = %t", host, got)
		}
	}
}
