package jwks

import (
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
