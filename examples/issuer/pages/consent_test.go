package pages_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/warder-go/warder/issuertest"
)

func TestConsent(t *testing.T) {
	inBubble(t, func(t *testing.T, v *visitor) {
		p := v.signIn(v.authorize("app"), "alice", "wonderland")
		same(v, "the boxes", scopesOf(v, p), []string{"openid", "read", "write"})
		for id, want := range map[string]string{
			"client": "The App", "client_id": "app", "user": "alice", "resources": issuertest.Audience, "redirect": "127.0.0.1:8080",
		} {
			if got := p.Text(id); got != want {
				t.Errorf("%s is %q, want %q", id, got, want)
			}
		}
		for _, want := range []string{"Read your notes", "Change your notes", "It learns who you are"} {
			if !strings.Contains(p.Body, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
	})
	for name, row := range map[string]struct {
		scope  string   // asked for
		fields []string // changes to the form
		want   string   // granted
	}{
		"all":                        {"openid read write", nil, "openid read write"},
		"a part":                     {"openid read write", []string{"scope", "openid", "scope", "read"}, "openid read"},
		"one of two":                 {"read write", []string{"scope", "write"}, "write"},
		"signing in alone":           {"openid", nil, "openid"},
		"a box that was not there":   {"read", []string{"scope", "read", "scope", "write"}, "read"},
		"a scope that nobody knows":  {"read", []string{"scope", "read", "scope", "admin"}, "read"},
		"a scope that has no words":  {"email", nil, "email"},
		"a scope twice in the form":  {"read", []string{"scope", "read", "scope", "read"}, "read"},
		"with a different client id": {"read", []string{"client_id", "web", "redirect_uri", "https://evil.example"}, "read"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *visitor) {
				p := v.signIn(v.authorize("app", "scope", row.scope), "alice", "wonderland")
				if got := v.tokens("app", v.press(p, "allow", row.fields...)).Scope; got != row.want {
					t.Errorf("granted %q, want %q", got, row.want)
				}
			})
		})
	}
	t.Run("none of them", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			p := v.signIn(v.authorize("app", "scope", "read write"), "alice", "wonderland")
			p = v.sees(v.press(p, "allow", "scope", ""), 400, "Error: Allow access?")
			if p.Text("error") == "" || len(scopesOf(v, p)) > 0 {
				t.Error("it is not said what is wrong, or boxes are ticked again")
			}
			v.left(v.press(p, "allow", "scope", "read"), "")
		})
	})
	t.Run("denied", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			p := v.signIn(v.authorize("app"), "alice", "wonderland")
			v.left(v.press(p, "deny"), "access_denied")
			v.sees(v.press(p, "allow"), 400, "This request is over")
		})
	})
	for name, decision := range map[string]string{"no decision": "", "another one": "maybe", "in capitals": "ALLOW"} {
		t.Run(name+" is no", func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *visitor) {
				p := v.signIn(v.authorize("app"), "alice", "wonderland")
				v.left(v.press(p, "allow", "decision", decision), "access_denied")
			})
		})
	}
	t.Run("before signing in", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			p := v.authorize("app")
			consent := v.iss.URL + "/consent"
			_, form, err := p.Form("sign-in")
			if err != nil {
				t.Fatal(err)
			}
			form.Set("decision", "allow")
			form["scope"] = []string{"read"}
			v.sees(v.must(v.Post(t.Context(), consent, form)), 200, "Sign in")
			v.sees(v.must(v.Post(t.Context(), v.iss.URL+"/second", form)), 200, "Sign in")
		})
	})
	t.Run("too late", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			p := v.signIn(v.authorize("app"), "alice", "wonderland")
			v.later(10 * time.Minute)
			v.sees(v.press(p, "allow"), 400, "This request is over")
		})
	})
	t.Run("by two tabs at once", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			p := v.signIn(v.authorize("app"), "alice", "wonderland")
			action, form, err := p.Form("allow")
			if err != nil {
				t.Fatal(err)
			}
			h := http.Header{"Cookie": {v.cookie().String()}, "Content-Type": {"application/x-www-form-urlencoded"}}
			codes := make(chan string, 8)
			var wg sync.WaitGroup
			for range cap(codes) {
				wg.Go(func() {
					if status, location := send(v, action, form, h.Clone()); status == 303 && strings.Contains(location, "code=") {
						codes <- location
					}
				})
			}
			wg.Wait()
			if len(codes) != 1 {
				t.Errorf("%d codes", len(codes))
			}
		})
	})
	t.Run("what the userinfo endpoint tells", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			tokens := v.tokens("app", v.press(v.signIn(v.authorize("app", "scope", "openid email"), "alice", "wonderland"), "allow"))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.iss.URL+issuertest.EndpointUserInfo, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+tokens.AccessToken)
			resp, err := v.iss.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var info map[string]any
			if err := decode(resp, &info); err != nil || info["sub"] != "user-1" || info["email"] != "alice@example.com" {
				t.Errorf("%v %v", info, err)
			}
		})
	})
}

func TestConsentIsRemembered(t *testing.T) {
	inBubble(t, func(t *testing.T, v *visitor) {
		part := []string{"scope", "openid", "scope", "read"}
		p := v.signIn(v.authorize("web"), "alice", "wonderland")
		v.left(v.press(p, "allow", part...), "")
		v.left(v.authorize("web", "scope", "openid read"), "")                                                 // all of it
		v.left(v.authorize("web", "scope", "read"), "")                                                        // less
		v.sees(v.authorize("web"), 200, "Allow access?")                                                       // more
		v.sees(v.authorize("web", "scope", "read", "prompt", "consent"), 200, "Allow access?")                 // asked to ask
		v.sees(v.authorize("web", "scope", "read", "prompt", "login"), 200, "Sign in")                         //
		v.left(v.authorize("web", "scope", "openid read", "resource", issuertest.Audience), "")                // the same by its name
		v.iss.AddResource(issuertest.Resource{URI: "https://other.example"})                                   //
		v.sees(v.authorize("web", "scope", "read", "resource", "https://other.example"), 200, "Allow access?") // elsewhere

		other := visit(t, v.iss)
		other.sees(other.signIn(other.authorize("web", "scope", "read"), "bob", "builder"), 200, "Allow access?")
		other = visit(t, v.iss)
		other.left(other.signIn(other.authorize("web", "scope", "read"), "alice", "wonderland"), "") // alice in another browser

		p = v.sees(v.authorize("web", "prompt", "consent"), 200, "Allow access?")
		v.left(v.press(p, "allow", "scope", "openid", "scope", "write"), "") // changed her mind
		v.sees(v.authorize("web", "scope", "read"), 200, "Allow access?")
		v.left(v.authorize("web", "scope", "openid write"), "")

		p = v.sees(v.authorize("web"), 200, "Allow access?")
		v.left(v.press(p, "deny"), "access_denied")
		v.sees(v.authorize("web", "scope", "write"), 200, "Allow access?")
	})
}
