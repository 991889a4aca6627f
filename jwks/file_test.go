package jwks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// filed is an API whose keys are in a file of the caller's.
func filed(t *testing.T, name string, opts *jwks.RemoteOptions) (api, *jwks.KeySet) {
	t.Helper()
	keys, err := jwks.File(name, opts)
	if err != nil {
		t.Fatal(err)
	}
	return newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = keys })), keys
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// replace puts content in the place of the file, as a whole.
func replace(t *testing.T, name string, content []byte) {
	t.Helper()
	write(t, name+".new", content)
	must(os.Rename(name+".new", name))
}

func TestFile(t *testing.T) {
	t.Run("is read when a token needs it, and not before", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "keys.json")
			a, _ := filed(t, name, nil)
			a.wants(t, rs().token(nil), "503-U keys_unavailable")
			write(t, name, keySet(rs().jwk(nil)))
			time.Sleep(time.Second)
			a.wants(t, rs().token(nil), "OK")
		})
	})
	t.Run("replaced: a new key is good at once, the old one bad within RefreshAfter", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "keys.json")
			write(t, name, keySet(rs().jwk(nil)))
			a, _ := filed(t, name, nil)
			a.wants(t, rs().token(nil), "OK")
			time.Sleep(2 * time.Second)
			replace(t, name, keySet(other().jwk(nil)))
			a.wants(t, other().token(nil), "OK")
			a.wants(t, rs().token(nil), "401-T unknown_key") // remembered, but its key is gone
			time.Sleep(2 * time.Second)
			replace(t, name, keySet(es().jwk(nil)))
			time.Sleep(11 * time.Second)
			a.wants(t, es().token(nil), "OK")
			time.Sleep(2 * time.Second)
			a.wants(t, other().token(nil), "401-T unknown_key")
		})
	})
	t.Run("a mounted secret: a link to a folder changes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			for folder, k := range map[string]key{"1": rs(), "2": other()} {
				must(os.Mkdir(filepath.Join(dir, folder), 0o755))
				write(t, filepath.Join(dir, folder, "keys.json"), keySet(k.jwk(nil)))
			}
			must(os.Symlink("1", filepath.Join(dir, "..data")))
			name := filepath.Join(dir, "keys.json")
			must(os.Symlink("..data/keys.json", name))
			a, _ := filed(t, name, nil)
			a.wants(t, rs().token(nil), "OK")
			must(os.Symlink("2", filepath.Join(dir, "..data.new")))
			must(os.Rename(filepath.Join(dir, "..data.new"), filepath.Join(dir, "..data")))
			a.wants(t, other().token(nil), "OK")
		})
	})
	for what, content := range map[string]string{
		"half-written":          string(keySet(rs().jwk(nil))[:100]),
		"empty":                 "",
		"without keys":          `{"keys":[]}`,
		"something else":        "-----BEGIN PUBLIC KEY-----",
		"longer than a key set": string(keySet(rs().jwk(nil))) + strings.Repeat(" ", 1<<20),
	} {
		t.Run(what+": the last keys stay, and the next good file counts", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				name := filepath.Join(t.TempDir(), "keys.json")
				write(t, name, keySet(rs().jwk(nil)))
				a, keys := filed(t, name, nil)
				a.wants(t, rs().token(nil), "OK")
				write(t, name, []byte(content))
				for range 10 {
					time.Sleep(time.Minute)
					a.wants(t, rs().token(nil), "OK")
				}
				if err := keys.Refresh(t.Context()); err == nil || strings.Contains(err.Error(), name) {
					t.Errorf("Refresh says %v", err)
				}
				write(t, name, keySet(other().jwk(nil)))
				must(keys.Refresh(t.Context()))
				a.wants(t, other().token(nil), "OK")
			})
		})
	}
	t.Run("a key that is gone is bad for the first request, however long nobody came", func(t *testing.T) {
		for _, idle := range []time.Duration{11 * time.Second, time.Minute, 9 * time.Minute, 2 * time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				name := filepath.Join(t.TempDir(), "keys.json")
				write(t, name, keySet(rs().jwk(nil)))
				a, _ := filed(t, name, nil)
				a.wants(t, rs().token(nil), "OK")
				replace(t, name, keySet(other().jwk(nil)))
				time.Sleep(idle)
				a.wants(t, rs().token(nil), "401-T")
				a.wants(t, other().token(nil), "OK")
			})
		}
	})
	t.Run("a file that is good again is read within a second or two, however long it was bad", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "keys.json")
			write(t, name, keySet(rs().jwk(nil)))
			a, _ := filed(t, name, nil)
			a.wants(t, rs().token(nil), "OK")
			write(t, name, []byte("{"))
			for range 600 {
				time.Sleep(time.Second)
				a.wants(t, rs().token(nil), "OK")
			}
			write(t, name, keySet(other().jwk(nil)))
			time.Sleep(2 * time.Second)
			a.get(rs().token(nil))
			synctest.Wait()
			a.wants(t, other().token(nil), "OK")
			a.wants(t, rs().token(nil), "401-T")
		})
	})
	t.Run("gone: the last keys stay for MaxStale", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "keys.json")
			write(t, name, keySet(rs().jwk(nil)))
			a, _ := filed(t, name, &jwks.RemoteOptions{MaxStale: time.Hour})
			a.wants(t, rs().token(nil), "OK")
			must(os.Remove(name))
			time.Sleep(time.Hour - time.Minute)
			a.wants(t, rs().token(nil), "OK")
			time.Sleep(2 * time.Minute)
			a.wants(t, rs().token(nil), "503-U keys_unavailable")
		})
	})
	t.Run("an unchanged file is no new set, and made-up kids have it read once a second", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "keys.json")
			write(t, name, keySet(rs().jwk(nil)))
			keys, err := jwks.File(name, nil)
			must(err)
			told := &events{}
			a := newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = keys }), middleware.Options{Observe: told.observe})
			token := rs().token(nil)
			a.wants(t, token, "OK")
			for range 100 {
				a.get(other().token(nil))
				time.Sleep(100 * time.Millisecond)
			}
			synctest.Wait()
			if n := len(told.of(middleware.OpFetch)); n < 9 || n > 12 {
				t.Errorf("read %d times in ten seconds", n)
			}
			a.wants(t, token, "OK")
			if verdicts := told.of(middleware.OpVerify); verdicts[len(verdicts)-1].Via != middleware.ViaCache {
				t.Errorf("%+v", verdicts[len(verdicts)-1])
			}
		})
	})
}

func TestFileMistakes(t *testing.T) {
	for what, row := range map[string]struct {
		name string
		opts *jwks.RemoteOptions
		want string
	}{
		"no name":       {"", nil, "jwks: File without a name"},
		"a snapshot":    {"k", &jwks.RemoteOptions{Snapshot: "s"}, "jwks: File takes no Snapshot"},
		"metadata":      {"k", &jwks.RemoteOptions{MetadataURL: "https://as.example"}, "jwks: File takes no Snapshot"},
		"a client":      {"k", &jwks.RemoteOptions{HTTPClient: newServer().client()}, "jwks: File takes no Snapshot"},
		"no unit":       {"k", &jwks.RemoteOptions{RefreshAfter: 300}, "jwks: RefreshAfter 300ns: is its unit missing?"},
		"expired first": {"k", &jwks.RemoteOptions{MaxStale: 9 * time.Second}, "jwks: MaxStale 9s is below RefreshAfter 10s"},
		"no end":        {"k", &jwks.RemoteOptions{Timeout: -1}, "jwks: Timeout is negative"},
		"several of it": {"", &jwks.RemoteOptions{Timeout: -1, InsecureAllowHTTP: true}, "jwks: File takes no Snapshot"},
	} {
		if s, err := jwks.File(row.name, row.opts); s != nil || err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
