package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// overrides are the fields by which some frameworks take another method or path
// than those that were judged.
var overrides = []string{"X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "X-Original-URL", "X-Rewrite-URL"}

// settings returns a configuration file without its comments.
func settings(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)(^|\s)#.*$`).ReplaceAllString(string(text), "")
}

// Not every proxy runs here, so this reads what they are told: the token and
// the overrides are for the API under no proxy.
func TestEveryProxyDropsWhatTheAPIMustNotGet(t *testing.T) {
	for file, drops := range map[string]func(name string) string{
		"nginx.conf":  func(name string) string { return `proxy_set_header ` + name + `\s+"";` },
		"traefik.yml": func(name string) string { return `customRequestHeaders:(\s+[\w-]+: "")*\s+` + name + `: ""\s` },
		"envoy.yaml": func(name string) string {
			return `request_headers_to_remove:(\s+- [\w-]+ *\n)*\s+- ` + strings.ToLower(name) + ` *\n`
		},
	} {
		text := settings(t, file)
		for _, name := range append([]string{"Authorization"}, overrides...) {
			if !regexp.MustCompile(drops(name)).MatchString(text) {
				t.Errorf("%s does not drop %s", file, name)
			}
		}
	}
}

// To an API that reads fields as CGI does, X_Auth_Subject and X.Auth.Subject are
// X-Auth-Subject, and no proxy overwrites them under these names.
func TestProxiesRefuseOtherSpellings(t *testing.T) {
	for file, wants := range map[string][]string{
		"nginx.conf":  {"underscores_in_headers off;", "ignore_invalid_headers on;"},
		"traefik.yml": {"aliasHeadersStrategy: reject", "- as-judged@file", "    as-judged:"},
		"envoy.yaml":  {"headers_with_underscores_action: REJECT_REQUEST", `string.find(name, "[^%w:-]")`},
	} {
		text := settings(t, file)
		for _, want := range wants {
			if strings.Count(text, want) != 1 {
				t.Errorf("%s has %s %d times, want once", file, want, strings.Count(text, want))
			}
		}
	}
	// What refuses stands before what asks.
	if text := settings(t, "envoy.yaml"); strings.Index(text, "filters.http.lua") > strings.Index(text, "filters.http.ext_authz") {
		t.Error("envoy.yaml looks at names after the check")
	}
}
