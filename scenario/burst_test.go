package scenario

import (
	"math"
	"testing"
	"time"
)

// A burst adds its arrivals at its instant, and nothing else changes: whatever
// the number of shards, and wherever in a stage it comes.
func TestBurst(t *testing.T) {
	tests := []struct {
		name   string
		stages []Stage
		at     time.Duration
		n      int
		before int64
		all    int64
	}{
		{"in a held level", []Stage{{From: 10, To: 10, Length: time.Minute}}, 20 * time.Second, 500, 200, 1100},
		{"at its start", []Stage{{From: 10, To: 10, Length: time.Minute}}, 0, 7, 0, 607},
		{"at a border", []Stage{{From: 10, To: 10, Length: time.Minute}, {From: 1, To: 1, Length: time.Minute}}, time.Minute, 7, 600, 667},
		{"in a ramp", []Stage{{From: 0, To: 20, Length: time.Minute}}, 30 * time.Second, 1, 150, 601},
		{"with a fraction before it", []Stage{{From: 0.3, To: 0.3, Length: time.Minute}}, 5 * time.Second, 100, 2, 118},
		{"at the end", []Stage{{From: 1, To: 1, Length: time.Minute}}, time.Minute, 100, 60, 160},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := NewArrivals(withBurst(test.stages, test.at, test.n))
			if a.Planned() != test.all {
				t.Errorf("planned %d, want %d", a.Planned(), test.all)
			}
			var before, at, all int64
			for shard := range 3 {
				last := time.Duration(-1)
				for c := a.Cursor(shard, 3); ; {
					_, due, ok := c.Next()
					if !ok {
						break
					}
					if due < last {
						t.Fatalf("an arrival at %v after one at %v", due, last)
					}
					last = due
					all++
					switch {
					case due < test.at:
						before++
					case due == test.at:
						at++
					}
				}
			}
			if all != test.all || before != test.before || at < int64(test.n) || at > int64(test.n)+1 {
				t.Errorf("%d arrivals, %d before and %d at the instant; want %d, %d, %d", all, before, at, test.all, test.before, test.n)
			}
			// Every interval is told its part, and a burst is in one of them.
			var sum float64
			for from := time.Duration(0); from <= 2*time.Minute; from += 700 * time.Millisecond {
				sum += a.Between(from, from+700*time.Millisecond)
			}
			if math.Abs(sum-a.Between(0, Forever)) > 1e-6 || math.Ceil(sum-1e-6) != float64(test.all) {
				t.Errorf("intervals are told of %v arrivals, the whole of %v, want %d", sum, a.Between(0, Forever), test.all)
			}
			if got, least := a.Between(test.at, test.at+1), float64(test.n); got < least || got > least+1e-6 {
				t.Errorf("at the instant %v are planned, want %v", got, least)
			}
			if rate, want := a.Rate(test.at), levelAt(layOut(test.stages), test.at); rate != want {
				t.Errorf("rate %v at the instant, want %v", rate, want)
			}
		})
	}
}
