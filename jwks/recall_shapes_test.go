package jwks_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// fitting returns the value that make makes of the largest n with which a token is not
// longer than one may be.
func fitting(claim string, make func(n int) any) object {
	least, most := 1, 16<<10
	for least < most {
		n := (least + most + 1) / 2
		if len(ed().token(object{"n": 1e6, claim: make(n)})) <= 16<<10 {
			least = n
		} else {
			most = n - 1
		}
	}
	return object{claim: make(least)}
}

// list is an array of n times this text, after the first one.
func list(first, each string) func(n int) any {
	return func(n int) any {
		return json.RawMessage("[" + first + strings.Repeat(","+each, n) + "]")
	}
}

func quoted(each string) func(n int) any {
	return func(n int) any { return json.RawMessage(`"` + strings.Repeat(each, n) + `"`) }
}

// What is remembered takes no more than CacheSize says, 4 KiB each, whatever somebody with
// good tokens has written into them.
func TestRecallIsBoundedForEveryShapeOfToken(t *testing.T) {
	const size, limit = 256, 256 * 4 << 10
	const ours = `"` + resource + `"`
	lists := func(c *jwks.Config) { c.PreRFC9068, c.ScopeClaims = true, []string{"scp", "roles", "groups"} }
	elsewhere := func(c *jwks.Config) { c.PreRFC9068, c.AudienceClaim = true, "resources" }
	members := func(value string) func(n int) any {
		return func(n int) any {
			var all strings.Builder
			for i := range n {
				fmt.Fprintf(&all, `,"%x":%s`, i, value)
			}
			return json.RawMessage(`{"jkt":"x"` + all.String() + `}`)
		}
	}
	small := object{}
	for n := range 900 {
		small[fmt.Sprint("m", n)] = n
	}
	null := json.RawMessage("null")
	text := func(n int) string { return strings.Repeat("x", n) }
	for _, row := range []struct {
		name   string
		claims object
		change func(*jwks.Config)
	}{
		{"an ordinary token", nil, nil},
		{"one of 1 KiB", object{"x": text(800)}, nil},
		{"one just within what all may have", object{"x": text(1300)}, nil},
		{"a long subject", fitting("sub", quoted("x")), nil},
		{"a long claim that nobody reads", fitting("x", quoted("x")), nil},
		{"claims of a little above a size that memory comes in", object{"x": text(8192 - 200)}, nil},
		{"many small claims", small, nil},
		{"a subject of escapes", fitting("sub", quoted(`\n`)), nil},
		{"a subject of long escapes", fitting("sub", quoted(`\u0041`)), nil},
		{"a subject of escapes that grow", fitting("sub", quoted(`\uffe6`)), nil},
		{"escapes in every text", object{
			"sub": quoted(`\n`)(1000), "client_id": quoted(`\n`)(1000), "jti": quoted(`\n`)(1000), "acr": quoted(`\n`)(1000),
		}, nil},
		{"a scope of 256 spaces", object{"scope": text(1) + strings.Repeat(" ", 256)}, nil},
		{"a scope of spaces", fitting("scope", quoted(" ")), nil},
		{"a scope of spaces and one word", fitting("scope", func(n int) any { return strings.Repeat(" ", n) + "a" }), nil},
		{"thousands of scopes in a text", fitting("scope", quoted("a ")), nil},
		{"thousands of words that are none", fitting("scope", quoted(`\u00e9 `)), nil},
		{"scopes and junk in turn", fitting("scope", quoted(`a \" `)), nil},
		{"scopes between escapes", fitting("scope", quoted(`a\u0020`)), nil},
		{"thousands of scopes in a list", fitting("scp", list(`"a"`, `"a"`)), lists},
		{"thousands of scopes in three lists", object{
			"scp": list(`"a"`, `"a"`)(900), "roles": list(`"a"`, `"a"`)(900), "groups": list(`"a"`, `"a"`)(900),
		}, lists},
		{"a list of empty scopes", fitting("scp", list(`"a"`, `""`)), lists},
		{"a list of nothing but empty scopes", fitting("scp", list(`""`, `""`)), lists},
		{"a list of junk", fitting("scp", list(`"a b"`, `" "`)), lists},
		{"a list of scopes and as much junk", fitting("scp", list(`"a"`, `"a",""`)), lists},
		{"a list of scopes and a little more junk", fitting("scp", list(`"",""`, `"a",""`)), lists},
		{"a list of junk, then a list of scopes", object{"scp": list(`""`, `""`)(2000), "roles": list(`"a"`, `"a"`)(900)}, lists},
		{"a list of one scope, then a list of junk", object{"scp": list(`"a"`, `"a"`)(1), "roles": list(`""`, `""`)(3000)}, lists},
		{"a list of scopes with escapes", fitting("scp", list(`"a"`, `"\u0041"`)), lists},
		{"thousands of audiences", fitting("aud", list(ours, `"a"`)), nil},
		{"thousands of empty audiences", fitting("aud", list(ours, `""`)), nil},
		{"audiences with escapes", fitting("aud", list(ours, `"\n"`)), nil},
		{"audiences with long escapes", fitting("aud", list(ours, `"\u0041\u0041"`)), nil},
		{"audiences of nine letters, one an escape", fitting("aud", list(ours, `"\nxxxxxxxx"`)), nil},
		{"audiences of seventeen letters, one an escape", fitting("aud", list(ours, `"\nxxxxxxxxxxxxxxxx"`)), nil},
		{"audiences in two claims", object{"aud": list(ours, `"a"`)(1200), "resources": list(ours, `"a"`)(1200)}, elsewhere},
		{"an empty aud and thousands of others", object{"aud": []string{}, "resources": list(ours, `"\n"`)(2000)}, elsewhere},
		{"a cnf of one member", object{"cnf": object{"jkt": text(43)}}, nil},
		{"a cnf of many members", fitting("cnf", members("0")), nil},
		{"a cnf of a few members more than its map had room for", object{"cnf": members("0")(900)}, nil},
		{"a cnf of eight members", object{"cnf": members("0")(8)}, nil},
		{"a cnf of members with escapes", fitting("cnf", members(`"\n"`)), nil},
		{"claims that are null", object{
			"nbf": null, "jti": null, "client_id": null, "sub": null, "iat": null, "auth_time": null, "acr": null, "x": text(900),
		},
			func(c *jwks.Config) { c.PreRFC9068 = true }},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := verifier(t, func(c *jwks.Config) {
				c.KeySet, c.CacheSize = parsed(t, all()...), size
				if row.change != nil {
					row.change(c)
				}
			})
			verify := func(n int) {
				if _, err := v.Verify(t.Context(), ed().token(changed(object{"n": 1e6 + n}, row.claims)), nil); err != nil {
					t.Fatal(err)
				}
			}
			verify(0) // what every Verifier keeps, whatever it remembers
			before := heap()
			for n := range size + size/8 {
				verify(1 + n)
			}
			if kept := heap() - before; kept > limit {
				t.Errorf("%d bytes, want %d at most", kept, limit)
			} else if kept < limit/5 {
				t.Errorf("%d bytes: hardly anything is remembered", kept)
			}
			runtime.KeepAlive(v)
		})
	}
}

// As many as CacheSize says are remembered where their claims take 1 KiB.
func TestRecallHoldsAsManyOrdinaryTokensAsItSays(t *testing.T) {
	const size = 4096
	p := recalling(t, parsed(t, all()...), nil) // the default
	payload := func(n int, x string) object {
		return changed(claims(), object{"scope": "openid profile email read write admin notes tasks mail files", "n": 1e6 + n, "x": x})
	}
	x := strings.Repeat("x", 1<<10-len(encode(payload(0, ""))))
	tokens := make([]string, size)
	for n := range tokens {
		tokens[n] = ed().token(payload(n, x))
	}
	for range 2 {
		for _, token := range tokens {
			p.wants(t, token, "OK")
		}
	}
	verified := map[middleware.Via]int{}
	for _, e := range p.events.of(middleware.OpVerify) {
		verified[e.Via]++
	}
	if verified[middleware.ViaCache] != size || verified[middleware.ViaSignature] != size {
		t.Errorf("verified by %v, want %d by signature and then all by cache", verified, size)
	}
}
