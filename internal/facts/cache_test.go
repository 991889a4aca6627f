package facts_test

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/internal/facts"
)

func key(n int) facts.Key { return facts.KeyOf("", fmt.Sprint(n)) }

// holds reports which of these numbers c knows, oldest use first.
func holds(c *facts.Cache[int], numbers ...int) string {
	var known []string
	for _, n := range numbers {
		if f, ok := c.Get(key(n)); ok {
			known = append(known, fmt.Sprint(f))
		}
	}
	return strings.Join(known, " ")
}

func TestCache(t *testing.T) {
	add := func(n, size int) func(*facts.Cache[int]) {
		return func(c *facts.Cache[int]) { c.Add(key(n), n, size) }
	}
	get := func(n int) func(*facts.Cache[int]) { return func(c *facts.Cache[int]) { c.Get(key(n)) } }
	remove := func(n int) func(*facts.Cache[int]) { return func(c *facts.Cache[int]) { c.Remove(key(n)) } }
	for _, row := range []struct {
		name        string
		count, mean int
		steps       []func(*facts.Cache[int])
		want        string
	}{
		{"nothing is known at first", 3, 10, nil, ""},
		{"what was added is known", 3, 10, []func(*facts.Cache[int]){add(1, 1), add(2, 1)}, "1 2"},
		{"one more than its count forgets the oldest", 3, 10, []func(*facts.Cache[int]){add(1, 1), add(2, 1), add(3, 1), add(4, 1)}, "2 3 4"},
		{"the oldest is the one not used for longest", 3, 10, []func(*facts.Cache[int]){add(1, 1), add(2, 1), add(3, 1), get(1), add(4, 1)}, "1 3 4"},
		{"all of its size may be used", 3, 10, []func(*facts.Cache[int]){add(1, 10), add(2, 10), add(3, 10)}, "1 2 3"},
		{"one byte more forgets the oldest", 3, 10, []func(*facts.Cache[int]){add(1, 10), add(2, 10), add(3, 11)}, "2 3"},
		{"a large one forgets as many as it takes", 4, 10, []func(*facts.Cache[int]){add(1, 10), add(2, 10), add(3, 10), add(4, 25)}, "3 4"},
		{"one of the size of all is known alone", 3, 10, []func(*facts.Cache[int]){add(1, 1), add(2, 30)}, "2"},
		{"one that is larger than all costs no other its place", 3, 10, []func(*facts.Cache[int]){add(1, 1), add(2, 31), add(3, 1)}, "1 3"},
		{"one that grew larger than all is forgotten alone", 3, 10, []func(*facts.Cache[int]){add(1, 1), add(2, 1), add(2, 31)}, "1"},
		{"a size is counted once when replaced", 3, 10, []func(*facts.Cache[int]){add(1, 10), add(2, 10), add(2, 10), add(2, 10), add(3, 10)}, "1 2 3"},
		{"the size of what left by count is free again", 2, 10, []func(*facts.Cache[int]){add(1, 10), add(2, 10), add(3, 10), add(4, 10)}, "3 4"},
		{"the size of what was removed is free again", 2, 10, []func(*facts.Cache[int]){add(1, 20), remove(1), add(2, 10), add(3, 10)}, "2 3"},
		{"what was removed is not known", 3, 10, []func(*facts.Cache[int]){add(1, 1), add(2, 1), remove(1), remove(1), remove(7)}, "2"},
		{"a count of one", 1, 10, []func(*facts.Cache[int]){add(1, 1), add(2, 1)}, "2"},
		{"the largest count there is", math.MaxInt, 10, []func(*facts.Cache[int]){add(1, 1), add(2, 1<<40)}, "1 2"},
		{"a count of nothing", 0, 10, []func(*facts.Cache[int]){add(1, 1), get(1), remove(1)}, ""},
		{"a negative count", -1, 10, []func(*facts.Cache[int]){add(1, 1)}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := facts.New[int](row.count, row.mean)
			for _, step := range row.steps {
				step(c)
			}
			if got := holds(c, 1, 2, 3, 4); got != row.want {
				t.Errorf("it knows %q, want %q", got, row.want)
			}
		})
	}
	t.Run("a nil Cache knows nothing", func(t *testing.T) {
		var c *facts.Cache[int]
		c.Add(key(1), 1, 1)
		c.Remove(key(1))
		if got := holds(c, 1); got != "" {
			t.Errorf("it knows %q", got)
		}
	})
}

// Whatever is added and removed in whatever order, what is known is bounded in
// count and in size, and is what was added last.
func TestCacheStaysBounded(t *testing.T) {
	const count, mean, numbers = 20, 100, 60
	random := rand.New(rand.NewPCG(1, 2))
	c := facts.New[[2]int](count, mean) // fact: its number and its size
	latest := map[int]int{}
	for range 3000 {
		n, size := random.IntN(numbers), random.IntN(count*mean/4)
		if random.IntN(20) == 0 {
			size = count*mean + random.IntN(2) // about as large as all
		}
		if random.IntN(5) == 0 {
			c.Remove(key(n))
			delete(latest, n)
		} else {
			c.Add(key(n), [2]int{n, size}, size)
			latest[n] = size
		}
		known, total := 0, 0
		for n := range numbers {
			f, ok := c.Get(key(n))
			if !ok {
				continue
			}
			known++
			total += f[1]
			if size, ok := latest[n]; !ok || f != [2]int{n, size} {
				t.Fatalf("%d is known as %v, and is %d", n, f, size)
			}
		}
		if known > count || total > count*mean {
			t.Fatalf("%d facts of %d bytes", known, total)
		}
	}
}

func TestCacheInParallel(t *testing.T) {
	c := facts.New[int](50, 10)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 5000 {
				n := (i*7 + worker) % 100
				switch i % 4 {
				case 0:
					c.Add(key(n), n, 1+n%20)
				case 1:
					c.Remove(key(n))
				default:
					if f, ok := c.Get(key(n)); ok && f != n {
						t.Errorf("%d is known as %d", n, f)
					}
				}
			}
		})
	}
	all.Wait()
	for n := range 50 {
		c.Add(key(n), n, 10)
	}
	for n := range 50 { // nothing was counted twice or not at all
		if _, ok := c.Get(key(n)); !ok {
			t.Errorf("%d has no place", n)
		}
	}
}

// A Key is the SHA-256 of prefix and token, whatever their lengths.
func TestKeyOf(t *testing.T) {
	for _, prefix := range []int{0, 1, 50, 2048, 5000} {
		for _, token := range []int{0, 1, 700, 1997, 1998, 1999, 2047, 2048, 2049, 4095, 4096, 4097, 16384} {
			p, s := strings.Repeat("p", prefix), strings.Repeat("s", token)
			if facts.KeyOf(p, s) != facts.Key(sha256.Sum256([]byte(p+s))) {
				t.Errorf("another digest for a prefix of %d and a token of %d bytes", prefix, token)
			}
		}
	}
}

func FuzzKeyOf(f *testing.F) {
	f.Add("", "", uint8(0))
	f.Add("https://as.example\x00", "token", uint8(40))
	f.Add("p", strings.Repeat("0123456789", 300), uint8(3))
	f.Fuzz(func(t *testing.T, prefix, token string, times uint8) {
		token = strings.Repeat(token, int(times)+1)
		if len(token) > 1<<16 {
			t.Skip()
		}
		if facts.KeyOf(prefix, token) != facts.Key(sha256.Sum256([]byte(prefix+token))) {
			t.Error("another digest")
		}
	})
}

func TestKeyOfAllocatesNothing(t *testing.T) {
	for _, size := range []int{700, 2048, 16384} {
		token := strings.Repeat("t", size)
		if n := testing.AllocsPerRun(100, func() { facts.KeyOf("https://as.example\x00", token) }); n != 0 {
			t.Errorf("%v allocations for %d bytes", n, size)
		}
	}
}
