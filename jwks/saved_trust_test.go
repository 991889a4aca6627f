package jwks_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// unusable starts a process with a snapshot file that it must not use, while
// the issuer is down, and lets it recover.
func unusable(t *testing.T, s *server, discovering bool, file string) {
	t.Helper()
	s.serve(keysURL, status(500))
	p := started(t, s, discovering, jwks.RemoteOptions{Snapshot: file})
	each(10, func() { p.wants(t, rs().token(nil), "503-U keys_unavailable") })
	if got := p.events.reasonsOf(middleware.OpSnapshot); got != "snapshot_unusable" {
		t.Errorf("told of the snapshot: %q", got)
	}
	for _, e := range p.events.of(middleware.OpSnapshot) {
		if e.Err == nil || strings.Contains(e.Err.Error(), filepath.Dir(file)) {
			t.Errorf("the event says %v", e.Err)
		}
	}
	s.serve(keysURL, document(keySet(all()...)))
	time.Sleep(time.Second)
	p.wants(t, rs().token(nil), "OK")
	synctest.Wait()
}

func TestSavedDamaged(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"nothing in it":     func([]byte) []byte { return nil },
		"half of it":        func(b []byte) []byte { return b[:len(b)/2] },
		"all but the end":   func(b []byte) []byte { return b[:len(b)-1] },
		"more behind it":    func(b []byte) []byte { return append(b, "{}"...) },
		"no JSON":           func([]byte) []byte { return []byte("<p>") },
		"an array":          func([]byte) []byte { return []byte("[]") },
		"an issuer twice":   func(b []byte) []byte { return bytes.Replace(b, []byte("{"), []byte(`{"issuer":"x",`), 1) },
		"a document twice":  func(b []byte) []byte { return bytes.Replace(b, []byte("{"), []byte(`{"document":"{}",`), 1) },
		"names in capitals": func(b []byte) []byte { return bytes.Replace(b, []byte(`"issuer"`), []byte(`"ISSUER"`), 1) },
		"invalid UTF-8":     func(b []byte) []byte { return bytes.Replace(b, []byte("{"), []byte("{\"\xff\":1,"), 1) },
		"16 MB of spaces":   func(b []byte) []byte { return append(b, strings.Repeat(" ", 16<<20)...) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				file := saved(t, s, false)
				b, err := os.ReadFile(file)
				must(err)
				must(os.WriteFile(file, damage(b), 0o600))
				unusable(t, s, false, file)
			})
		})
	}
}

func TestSavedOfAnother(t *testing.T) {
	for name, changes := range map[string]object{
		"another issuer":        {"issuer": "https://b.example"},
		"a slash more":          {"issuer": issuer + "/"},
		"no issuer":             {"issuer": nil},
		"an issuer that is 1":   {"issuer": 1},
		"another jwks_uri":      {"jwks_uri": "https://as.example/others"},
		"no jwks_uri":           {"jwks_uri": nil},
		"no document":           {"document": nil},
		"a document as it is":   {"document": object{"keys": all()}},
		"no time":               {"fetched": nil},
		"a time that is a text": {"fetched": "today"},
		"a time that is 1":      {"fetched": 1},
		"the future":            {"fetched": "2000-01-01T00:00:01Z"}, // a bubble begins at midnight
		"the far future":        {"fetched": "9999-12-31T23:59:59Z"},
		"MaxStale ago":          {"fetched": "1999-12-31T00:00:00Z"},
		"the year 0":            {"fetched": "0000-01-01T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				file := saved(t, s, false)
				rewrite(t, file, changes)
				unusable(t, s, false, file)
			})
		})
	}
	t.Run("a moment less than MaxStale ago is used", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			file := saved(t, s, false)
			rewrite(t, file, object{"fetched": "1999-12-31T00:00:00.000000001Z"})
			s.serve(keysURL, status(500))
			p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
			p.wants(t, rs().token(nil), "OK")
			time.Sleep(time.Second)
			p.wants(t, rs().token(nil), "503-U")
		})
	})
	t.Run("a moved jwks_uri", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			file := saved(t, s, true)
			// The metadata is there and names others: these keys are past.
			const moved = "https://as.example/moved"
			s.serve(rfcURL, document(encode(object{"issuer": issuer, "jwks_uri": moved})))
			s.serve(moved, status(500))
			p := started(t, s, true, jwks.RemoteOptions{Snapshot: file})
			each(10, func() { p.wants(t, rs().token(nil), "503-U keys_unavailable") })
			if got := p.events.reasonsOf(middleware.OpSnapshot); !strings.Contains(got, "snapshot_unusable") {
				t.Errorf("told of the snapshot: %q", got)
			}
			s.serve(moved, document(keySet(all()...)))
			time.Sleep(time.Second)
			p.wants(t, rs().token(nil), "OK")
			synctest.Wait()
		})
	})
	t.Run("there is none", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			s.serve(keysURL, status(500))
			p := started(t, s, false, jwks.RemoteOptions{Snapshot: snapshotFile(t)})
			p.wants(t, rs().token(nil), "503-U")
			if got := p.events.reasonsOf(middleware.OpSnapshot); got != "" {
				t.Errorf("told of the snapshot: %q", got)
			}
		})
	})
	t.Run("MaxStale is off", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			file := saved(t, s, false)
			s.serve(keysURL, status(500))
			p := started(t, s, false, jwks.RemoteOptions{Snapshot: file, MaxStale: -1})
			p.wants(t, rs().token(nil), "503-U")
		})
	})
}

// A disk that takes nothing costs the next restart, not this process.
func TestSavedNowhere(t *testing.T) {
	for name, spoil := range map[string]func(file string){
		"no folder":                        func(file string) { must(os.Remove(filepath.Dir(file))) },
		"a folder that others can write":   func(file string) { must(os.Chmod(filepath.Dir(file), 0o770)) },
		"a folder with the name of a file": func(file string) { must(os.MkdirAll(filepath.Join(file, "x"), 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				file := snapshotFile(t)
				spoil(file)
				p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
				for range 3 {
					p.wants(t, rs().token(nil), "OK")
					must(p.keys.Refresh(t.Context()))
				}
				told := p.events.of(middleware.OpSnapshot)
				if len(told) < 3 {
					t.Errorf("told of the snapshot %d times", len(told))
				}
				for _, e := range told {
					if e.Reason != middleware.ReasonSnapshotUnusable || e.Err == nil || strings.Contains(e.Err.Error(), filepath.Dir(file)) {
						t.Errorf("told %v, %v", e.Reason, e.Err)
					}
				}
				for _, e := range p.events.of(middleware.OpFetch) {
					if e.Reason != middleware.ReasonOK {
						t.Errorf("a fetch is said to fail: %v", e.Err)
					}
				}
				if left, _ := os.ReadDir(filepath.Dir(file)); len(left) > 1 {
					t.Errorf("%d files are left", len(left))
				}
			})
		})
	}
}
