package jwks_test

import (
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/warder-go/warder/jwks"
)

// What is remembered of tokens keeps no key set alive: an issuer that publishes a
// megabyte every few minutes costs one of them.
func TestRecallKeepsNoKeysAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		p := recallingFrom(t, s, jwks.RemoteOptions{}, nil)
		const sets, large = 60, 512 << 10
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for n := range sets {
			s.serve(keysURL, func(w http.ResponseWriter, r *http.Request) {
				document(append(keySet(all()...), strings.Repeat(" ", large+n)...))(w, r)
			})
			if err := p.keys.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.is(t, ed().token(nil), "OK by signature")
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 10*large {
			t.Errorf("%d bytes after %d sets of %d", kept, sets, large)
		}
		runtime.KeepAlive(p)
	})
}

// Nothing that a Verifier holds has a piece of a token as it was sent: neither its
// signature nor what was signed.
func TestRecallKeepsNoToken(t *testing.T) {
	v := verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) })
	var secrets []string
	for _, k := range []key{rs(), es(), ed()} {
		token := k.token(nil)
		for range 2 {
			if _, err := v.Verify(t.Context(), token, nil); err != nil {
				t.Fatal(err)
			}
		}
		segments := strings.Split(token, ".")
		secrets = append(secrets, segments[1], segments[2], decoded(segments[2]))
	}
	texts := textsIn(reflect.ValueOf(v))
	found := false
	for _, text := range texts {
		found = found || strings.Contains(text, `"jti"`)
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("a text of %d bytes holds a segment of a token", len(text))
			}
		}
	}
	if !found {
		t.Error("the search did not come as far as what is remembered")
	}
}

// textsIn returns all strings and byte slices that v leads to.
func textsIn(v reflect.Value) (texts []string) {
	seen := map[any]bool{}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			texts = append(texts, v.String())
		case reflect.Pointer, reflect.Interface:
			if v.IsNil() {
				return
			}
			if v.Kind() == reflect.Pointer {
				at := [2]any{v.Pointer(), v.Type()}
				if seen[at] {
					return
				}
				seen[at] = true
			}
			walk(v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		case reflect.Slice, reflect.Array:
			if v.Type().Elem().Kind() == reflect.Uint8 {
				if v.Kind() == reflect.Slice {
					texts = append(texts, string(v.Bytes()))
				}
				return
			}
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Map:
			for each := v.MapRange(); each.Next(); {
				walk(each.Key())
				walk(each.Value())
			}
		}
	}
	walk(v)
	return texts
}
