package jwks_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// snapshotFile returns a name in a folder that only we can write.
func snapshotFile(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "as.json")
}

// saved leaves a snapshot file behind, as a process does that fetched s's keys.
// Call it in a bubble.
func saved(t *testing.T, s *server, discovering bool) (name string) {
	t.Helper()
	name = snapshotFile(t)
	must(started(t, s, discovering, jwks.RemoteOptions{Snapshot: name}).keys.Refresh(t.Context())) // which waits for the disk
	return name
}

// rewrite changes members of a snapshot file.
func rewrite(t *testing.T, name string, changes object) {
	t.Helper()
	content, err := os.ReadFile(name)
	must(err)
	var f object
	must(json.Unmarshal(content, &f))
	must(os.WriteFile(name, encode(changed(f, changes)), 0o600))
}

func TestSavedRestart(t *testing.T) {
	for weather, down := range map[string]http.HandlerFunc{
		"fails":          status(500),
		"hangs":          hang,
		"talks nonsense": document([]byte(`{"keys":[]}`)),
	} {
		for name, discovering := range map[string]bool{"Remote": false, "Discover": true} {
			t.Run(name+" restarts while the issuer "+weather, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newServer(all()...)
					file := saved(t, s, discovering)
					s.serve(rfcURL, down)
					s.serve(keysURL, down)
					before := s.count("")
					time.Sleep(20 * time.Hour)

					p := started(t, s, discovering, jwks.RemoteOptions{Snapshot: file})
					d := took(func() { each(20, func() { p.wants(t, rs().token(nil), "OK") }) })
					if d > 5*time.Second || s.count("") == before {
						t.Errorf("waited %v, asked the issuer %d times", d, s.count("")-before)
					}
					if got := p.events.reasonsOf(middleware.OpSnapshot); got != "ok" {
						t.Errorf("told of the snapshot: %s", got)
					}
					for _, e := range p.events.of(middleware.OpVerify) {
						if !e.Stale {
							t.Error("not said to be stale")
						}
					}
					// What these keys lack, only the issuer can tell.
					p.wants(t, other().token(nil), "503-U keys_unavailable")
					if d := took(func() { p.wants(t, rs().token(nil), "OK") }); d != 0 {
						t.Errorf("waited %v once the issuer is known to be down", d)
					}
					time.Sleep(4 * time.Hour)
					p.wants(t, rs().token(nil), "503-U keys_unavailable") // MaxStale

					s.serve(rfcURL, document(encode(object{"issuer": issuer, "jwks_uri": keysURL})))
					s.serve(keysURL, document(keySet(all()...)))
					time.Sleep(time.Minute)
					p.wants(t, rs().token(nil), "OK")
					synctest.Wait()
				})
			})
		}
	}
}

// The first request after a start asks for a kid that the file lacks: nobody
// knows whether the issuer has published it since.
func TestSavedUnknownKeyFirst(t *testing.T) {
	for name, age := range map[string]time.Duration{"a young file": time.Minute, "an old one": 20 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(rs().jwk(nil))
				file := saved(t, s, false)
				s.serve(keysURL, status(500))
				time.Sleep(age)
				p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
				each(20, func() { p.wants(t, es().token(nil), "503-U keys_unavailable") })
				p.wants(t, rs().token(nil), "OK")
			})
		})
	}
}

func TestSavedIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := snapshotFile(t)
		s := newServer(all()...)
		s.serve(keysURL, tagged(`"1"`, keySet(all()...)))
		p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
		must(p.keys.Refresh(t.Context())) // which waits for the disk
		first := content(t, file)
		info, err := os.Stat(file)
		must(err)
		if info.Mode() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}

		time.Sleep(time.Minute)
		must(p.keys.Refresh(t.Context())) // a 304
		second := content(t, file)
		if !second.Fetched.Equal(first.Fetched.Add(time.Minute)) || second.Document != first.Document {
			t.Error("not written again after a 304")
		}

		time.Sleep(time.Minute)
		s.serve(keysURL, document(keySet(es().jwk(nil))))
		must(p.keys.Refresh(t.Context()))
		third := content(t, file)
		if third.Document != string(keySet(es().jwk(nil))) || third.Issuer != issuer || third.URI != keysURL {
			t.Errorf("after a refresh: %+v", third)
		}

		for name, broken := range brokenSets() {
			time.Sleep(time.Minute)
			s.serve(keysURL, broken)
			if p.keys.Refresh(t.Context()) == nil {
				t.Errorf("no error from %s", name)
			}
			synctest.Wait()
			if got := content(t, file); got != third {
				t.Errorf("%s was saved", name)
			}
		}
		// Whole or not at all: nothing else is left in the folder.
		left, err := os.ReadDir(filepath.Dir(file))
		must(err)
		if len(left) != 1 {
			t.Errorf("%d files in the folder", len(left))
		}
		if got := p.events.reasonsOf(middleware.OpSnapshot); got != "" {
			t.Errorf("told of the snapshot: %s", got)
		}
	})
}

// A disk slower than the issuer: the last set is what remains, not the first.
func TestSavedIsTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, file := newServer(), snapshotFile(t)
		p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
		for range 20 {
			var last []byte
			for _, k := range []key{rs(), es(), ed(), other()} {
				last = keySet(k.jwk(nil))
				s.serve(keysURL, document(last))
				must(p.keys.Refresh(t.Context()))
			}
			if got := content(t, file).Document; got != string(last) {
				t.Fatal("an older set is saved than the one in use")
			}
		}
	})
}

// contentOf a snapshot file.
type contentOf struct {
	Issuer   string
	URI      string `json:"jwks_uri"`
	Fetched  time.Time
	Document string
}

func content(t *testing.T, name string) (f contentOf) {
	t.Helper()
	b, err := os.ReadFile(name)
	must(err)
	must(json.Unmarshal(b, &f))
	return f
}

// tagged serves a document with an ETag, and 304 to who has it.
func tagged(tag string, doc []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write(doc)
	}
}

// Keys in the file pass the checks that fetched ones do.
func TestSavedKeysAreJudged(t *testing.T) {
	private := object{"d": b64("x"), "p": b64("x")}
	secret := []byte("a secret of at least 32 bytes, really")
	oct := object{"kty": "oct", "kid": "rs", "k": b64(secret)}
	for name, row := range map[string]struct {
		document []byte
		want     string
		event    string
	}{
		"a key with private members": {keySet(rs().jwk(private)), "503-U", "snapshot_unusable"},
		"a symmetric key":            {keySet(oct), "503-U", "snapshot_unusable"},
		"a good key beside them":     {keySet(ed().jwk(private), oct, rs().jwk(nil)), "OK", "ok"},
		"a key for encryption":       {keySet(rs().jwk(object{"use": "enc"})), "503-U", "snapshot_unusable"},
		"no keys":                    {[]byte(`{"keys":[]}`), "503-U", "snapshot_unusable"},
		"no JWK Set":                 {[]byte(`<p>`), "503-U", "snapshot_unusable"},
		"the key of another issuer under the same ID": {keySet(other().jwk(object{"kid": "rs"})), "401-T bad_signature", "ok"},
	} {
		t.Run("R7517-07: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				file := saved(t, s, false)
				rewrite(t, file, object{"document": string(row.document)})
				s.serve(keysURL, status(500))
				p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
				p.wants(t, rs().token(nil), row.want)
				if got := p.events.reasonsOf(middleware.OpSnapshot); got != row.event {
					t.Errorf("told of the snapshot: %s", got)
				}
				for _, token := range []string{hs256("rs", secret), hs256("", secret), ed().token(nil)} {
					if got := p.get(token); got == "OK" {
						t.Error("a key that must not be used was")
					}
				}
			})
		})
	}
}
