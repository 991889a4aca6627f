package backoff_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/backoff"
)

var errDown = errors.New("down")

func TestWaitsDoubleUpToAMinute(t *testing.T) {
	now := time.Now()
	for range 100 { // they are random in part
		var b backoff.Backoff
		if b.Wait(now) != 0 || b.Failures() != 0 {
			t.Fatal("the zero Backoff has failures")
		}
		for n, most := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60, 60} {
			most *= time.Second
			wait := b.Failed(now, errDown, false)
			if wait < most/2 || wait > most {
				t.Fatalf("failure %d: %v, want %v to %v", n+1, wait, most/2, most)
			}
			if b.Wait(now) != wait || b.Wait(now.Add(wait-1)) != 1 || b.Wait(now.Add(wait)) != 0 || b.Failures() != n+1 {
				t.Fatalf("failure %d: %v of %v is left", n+1, b.Wait(now), wait)
			}
		}
		if b.Succeeded(); b.Wait(now) != 0 || b.Failures() != 0 {
			t.Fatal("a success does not end the row")
		}
	}
}

func TestReplicasDoNotComeBackTogether(t *testing.T) {
	waits := map[time.Duration]bool{}
	for range 20 {
		var b backoff.Backoff
		waits[b.Failed(time.Now(), errDown, false)] = true
	}
	if len(waits) < 2 {
		t.Error("all wait equally long")
	}
}

func TestSteady(t *testing.T) {
	var b backoff.Backoff
	for range 20 {
		if wait := b.Failed(time.Now(), errDown, true); wait != backoff.First {
			t.Errorf("%v", wait)
		}
	}
}

func TestDrawnWaits(t *testing.T) {
	now := time.Now()
	none := func(time.Duration) time.Duration { return 0 }
	most := func(d time.Duration) time.Duration { return d }
	tooMany := &backoff.TooMany{RetryAfter: 30 * time.Second}
	never := &backoff.TooMany{RetryAfter: time.Hour}
	for name, row := range map[string]struct {
		err         error
		steady      bool
		least, last time.Duration // where nothing and where the most is drawn
	}{
		"one that grows: up to half less":               {errDown, false, time.Second / 2, time.Second},
		"a steady one: up to a fifth less":              {errDown, true, time.Second, 4 * time.Second / 5},
		"one that was told: up to a fifth more":         {tooMany, true, 30 * time.Second, 36 * time.Second},
		"one that was told, growing: likewise":          {tooMany, false, 30 * time.Second, 36 * time.Second},
		"one that was told of an hour: from the minute": {never, true, time.Minute, 72 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			for _, drawn := range []struct {
				draw func(time.Duration) time.Duration
				want time.Duration
			}{{none, row.least}, {most, row.last}} {
				b := backoff.Backoff{Draw: drawn.draw}
				for range 2 { // a success leaves what draws
					if wait := b.Failed(now, row.err, row.steady); wait != drawn.want || b.Wait(now) != wait {
						t.Errorf("%v, want %v", wait, drawn.want)
					}
					b.Succeeded()
				}
			}
		})
	}
}

func TestTooManyIsHonoured(t *testing.T) {
	for said, want := range map[time.Duration]time.Duration{
		0: time.Second, time.Millisecond: time.Second, 7 * time.Second: 7 * time.Second,
		time.Minute: time.Minute, time.Hour: time.Minute, -time.Hour: time.Second,
	} {
		var b backoff.Backoff
		err := fmt.Errorf("wrapped: %w", &backoff.TooMany{RetryAfter: said})
		if wait := b.Failed(time.Now(), err, true); wait != want {
			t.Errorf("%v said, %v waited", said, wait)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for field, want := range map[string]time.Duration{
		"":                                  0,
		"0":                                 0,
		"120":                               2 * time.Minute,
		"-1":                                0,
		"+1":                                0,
		"1.5":                               0,
		" 1":                                0,
		"1e3":                               0,
		"0x10":                              0,
		"soon":                              0,
		"2147483647":                        (1<<31 - 1) * time.Second,
		"2147483648":                        (1<<31 - 1) * time.Second,
		"99999999999999999999999":           (1<<31 - 1) * time.Second,
		"Wed, 01 Jul 2026 12:00:30 GMT":     30 * time.Second,
		"Wednesday, 01-Jul-26 12:00:30 GMT": 30 * time.Second,
		"Wed, 01 Jul 2026 11:59:30 GMT":     0,
		"Wed, 01 Jul 2026 12:00:30 CEST":    0,
	} {
		if got := backoff.RetryAfter(http.Header{"Retry-After": {field}}, now); got != want {
			t.Errorf("%q is %v, want %v", field, got, want)
		}
	}
}

func TestHeaderSaysWholeSeconds(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		-time.Hour: "1", 0: "1", 1: "1", time.Second: "1", time.Second + 1: "2", time.Minute: "60",
	} {
		if got := backoff.Header(wait).Get("Retry-After"); got != want {
			t.Errorf("%v is %q, want %q", wait, got, want)
		}
	}
}
