package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

const table = `GET /notes                                           verified  introspected
x/oauth2: code and PKCE, public client               200       200
x/oauth2: client credentials                         200       200
x/oauth2: client credentials, private_key_jwt        200       200
go-oidc: login                                       200       200
  its ID token, as if it were an access token        401       401
  refreshed, still for ada                           200       200
  revoked                                            200       401

openid-client`

func TestRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := show.Once(ctx, run)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.HasPrefix(out, table) {
		t.Errorf("got\n%s\nwant\n%s", out, table)
	}
}

// The flows of client.js. What each of them asserts stands there.
var flows = []string{
	"discovery", "code", "code of a public client", "code with client_secret_post", "ID tokens of every algorithm",
	"max_age and acr", "iss in the answer", "client credentials", "private_key_jwt", "refresh", "device",
	"introspection", "signed introspection", "revocation", "userinfo", "refusals",
}

func TestOpenIDClient(t *testing.T) {
	if why := noNode(); why != "" {
		t.Skip(why)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	register(issuer, key.Public())
	api, err := newAPI(issuer.URL, issuer.Client())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	defer server.Close()

	command, err := node(ctx, issuer, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	err = command.Run()
	done := strings.Split(out.String(), "\n")
	for i, flow := range flows {
		t.Run(flow, func(t *testing.T) {
			if i >= len(done) || done[i] != "ok  "+flow {
				t.Error("did not go as it should")
			}
		})
	}
	if err != nil || len(done) != len(flows)+1 {
		t.Errorf("node: %v, %d flows\n%s", err, len(done)-1, complaints.String())
	}
}
