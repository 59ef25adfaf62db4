package capacity

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// searchQueue searches the capacity of a queue under p99 < limit.
func searchQueue(q queue, seed uint64, limit float64, o Options, settle, climb, hold float64) (*Search, End) {
	rng := rand.New(rand.NewPCG(seed, 7))
	s := NewSearch(o)
	margin := func(times []float64) float64 { return math.Log(quantile(slices.Clone(times), 0.99) / limit) }
	for {
		step, end := s.Next()
		if end != Going {
			return s, end
		}
		length, before := climb, settle
		if step.Long() {
			length, before = hold*float64(max(step.Times, 1)), settle*float64(max(step.Times, 1))
		}
		all, left := q.responses(rng, step.Level, before, length)
		m := margin(all)
		s.Take(step, Outcome{Margin: m, Came: float64(len(all)) / length, Left: left,
			Unbiased: Unbiased(m, margin(all[:len(all)/2]), margin(all[len(all)/2:]))})
	}
}

// A hundred searches each on queues whose capacity theory tells: the interval
// holds it in 90 at least, the answer is within 5 % of it in 95 at least. Where
// steps are too short, shorter than what the queue remembers, they are made
// longer, and what is left of their haste costs some of the intervals.
func TestHundredSeeds(t *testing.T) {
	for _, c := range []struct {
		name         string
		q            queue
		limit        float64
		settle, hold float64
		steps        int
		holds        int // intervals that hold the truth, at least
		decided      int // searches that reach the precision, at least
	}{
		{"M/M/4, steps of seven memories of the queue", queue{servers: 4, service: 0.02}, 0.5, 20, 60, 40, 90, 90},
		{"M/M/4, steps that are too short at first", queue{servers: 4, service: 0.02}, 0.5, 5, 20, 60, 55, 50},
		{"M/M/2, a gentle knee, never precise", queue{servers: 2, service: 0.05}, 0.5, 20, 240, 40, 90, 0},
		{"M/D/4", queue{servers: 4, service: 0.02, constant: true}, 0.5, 20, 60, 40, 90, 90},
		{"M/D/1", queue{servers: 1, service: 0.01, constant: true}, 0.1, 10, 80, 40, 90, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			truth := c.q.capacity(0.01, c.limit)
			o := Options{From: 10, Most: 1000, Precision: 0.05, Confidence: 0.95, MaxSteps: c.steps}
			var holds, near, decided, steps int
			var width float64
			for seed := range uint64(100) {
				s, end := searchQueue(c.q, seed, c.limit, o, c.settle, c.settle, c.hold)
				f := s.Finding()
				if f.Low <= truth && truth <= f.High {
					holds++
				}
				if math.Abs(f.At/truth-1) < 0.05 {
					near++
				}
				if end == Decided {
					decided++
				}
				steps += len(s.past)
				width += f.High/f.Low - 1
			}
			t.Logf("capacity %.1f/s by theory: held by %d intervals of 100, within 5 %% in %d, decided %d; %.1f steps, intervals %.1f %% wide on average",
				truth, holds, near, decided, float64(steps)/100, width)
			if holds < c.holds || near < 95 || decided < c.decided {
				t.Errorf("held by %d, within 5 %% in %d, decided %d: want %d, 95 and %d at least", holds, near, decided, c.holds, c.decided)
			}
		})
	}
}

// What theory says of the queues in the tests of the whole way, where it isn't at
// hand, and of a case of M/M/c with the numbers in a textbook.
func TestTheory(t *testing.T) {
	q := queue{servers: 4, service: 0.2, constant: true}
	if got := q.capacity(0.01, 1); math.Abs(got-17.39) > 0.01 {
		t.Errorf("M/D/4 with 200 ms: p99 of 1 s at %.3f/s", got)
	}
	// Two servers at a load of 1.5: C = 9/14, Kleinrock's eq. 3.40 by hand.
	if got := (queue{servers: 2, service: 1}).erlangC(1.5); math.Abs(got-9.0/14) > 1e-12 {
		t.Errorf("Erlang's C for two servers and a load of 1.5 is %v, want 9/14", got)
	}
}
