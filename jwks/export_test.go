package jwks

import (
	"context"
	"math/rand/v2"
	"time"
)

// Tests measure exact times, so sets that they make draw nothing.
func init() { draw = nil }

// Drawing has s draw what it does in a program, by numbers that random makes.
func Drawing(s *KeySet, random *rand.Rand) {
	drawn := func(most time.Duration) time.Duration { return time.Duration(random.Int64N(int64(most) + 1)) }
	s.schedule.draw, s.schedule.backoff.Draw = drawn, drawn
}

// What no test can bring about from outside on every system: disks that hang, and work
// that takes long. Call these while nothing is under way.

// HangReads makes reads of the snapshot file wait until then.
func (s *KeySet) HangReads(then <-chan struct{}) {
	s.disk.read = func(name string) ([]byte, error) {
		<-then
		return readOwn(name)
	}
}

// HangWrites makes writes of the snapshot file wait until then.
func (s *KeySet) HangWrites(then <-chan struct{}) {
	s.disk.write = func(name string, content []byte) error {
		<-then
		return writeOwn(name, content)
	}
}

// SlowParse makes the parsing of each good answer take d, as a set can that was made to
// cost time. Nothing interrupts it.
func (s *KeySet) SlowParse(d time.Duration) { s.source = slowParse{s.source, d} }

type slowParse struct {
	source
	d time.Duration
}

func (p slowParse) fetch(ctx context.Context, old *snapshot, l *look) (*snapshot, error) {
	snap, err := p.source.fetch(ctx, old, l)
	if err == nil {
		<-time.After(p.d)
	}
	return snap, err
}
