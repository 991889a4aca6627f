package issuertest_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/issuertest"
)

func TestAStoreIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 10
		soon := func() time.Time { return time.Now().Add(time.Minute) }
		has := func(s *issuertest.Store, key string) bool { _, ok := issuertest.StoreGet(s, key); return ok }

		s := issuertest.NewStore(most)
		for n := range 1000 {
			issuertest.StorePut(s, strconv.Itoa(n), n, soon())
			if n%2 == 0 {
				issuertest.StoreDel(s, strconv.Itoa(n))
			}
			if items, order := issuertest.StoreSize(s); items > most || order > 2*most+64 {
				t.Fatalf("%d items, %d in order", items, order)
			}
		}
		if !has(s, "999") || has(s, "998") || !has(s, "981") || has(s, "979") {
			t.Error("not the ten latest are there")
		}
		issuertest.StorePut(s, "999", 1, soon()) // again: nobody has to make room
		if !has(s, "981") {
			t.Error("a value that is put again takes room")
		}
		time.Sleep(time.Minute)
		if has(s, "999") {
			t.Error("a value outlives its time")
		}

		// What is used goes on: it is what has expired that makes room, and then what
		// was put longest ago.
		s = issuertest.NewStore(3)
		issuertest.StorePut(s, "used", 1, soon().Add(time.Hour))
		issuertest.StorePut(s, "short", 1, soon())
		issuertest.StorePut(s, "long", 1, soon().Add(time.Hour))
		time.Sleep(time.Minute)
		issuertest.StorePut(s, "new", 1, soon().Add(time.Hour))
		if items, _ := issuertest.StoreSize(s); items != 3 || !has(s, "used") || !has(s, "long") {
			t.Error("something made room beside what has expired")
		}
		issuertest.StorePut(s, "used", 1, soon().Add(time.Hour))
		issuertest.StorePut(s, "newer", 1, soon().Add(time.Hour))
		if !has(s, "used") || has(s, "long") || !has(s, "new") {
			t.Error("not what was put longest ago has made room")
		}
		for n := range 1000 {
			issuertest.StorePut(s, "used", n, soon())
		}
		if items, order := issuertest.StoreSize(s); items != 3 || order > 2*3+64 {
			t.Errorf("%d items, %d in order", items, order)
		}

		s = issuertest.NewStore(most)
		for n := range most {
			if !issuertest.StoreAdd(s, strconv.Itoa(n), n, soon()) {
				t.Fatal("no room")
			}
		}
		if issuertest.StoreAdd(s, "more", 0, soon()) || !has(s, "0") || has(s, "more") {
			t.Error("something was forgotten that must not be, or remembered where there is no room")
		}
		if !issuertest.StoreAdd(s, "0", 0, soon().Add(time.Hour)) {
			t.Error("no room for what is there already")
		}
		time.Sleep(time.Minute)
		if !issuertest.StoreAdd(s, "more", 0, soon()) || !has(s, "0") || !has(s, "more") {
			t.Error("what has expired takes room")
		}
	})
}
