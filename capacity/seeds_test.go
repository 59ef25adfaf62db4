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
	for {
		step, end := s.Next()
		if end != Going {
			return s, end
		}
		length := climb
		if step.Long() {
			length = hold
		}
		if step.Level < 0.3 {
			for _, t := range s.past {
				println(t.Kind, int(t.Level*10), int(1000*t.Margin), t.Why)
			}
			panic(step.Why)
		}
		all := q.responses(rng, step.Level, settle, length)
		first, second := all[:len(all)/2], all[len(all)/2:]
		halves := [2]float64{math.Log(quantile(slices.Clone(first), 0.99) / limit), math.Log(quantile(slices.Clone(second), 0.99) / limit)}
		m := math.Log(quantile(all, 0.99) / limit)
		s.Take(step, Outcome{Margin: m, Unbiased: Unbiased(m, halves[0], halves[1])})
	}
}

func TestTune(t *testing.T) {
	for _, c := range []struct {
		q                          queue
		limit, settle, climb, hold float64
	}{
		{queue{servers: 4, service: 0.02}, 0.5, 10, 10, 30},
		{queue{servers: 4, service: 0.02}, 0.5, 20, 20, 60},
		{queue{servers: 4, service: 0.02}, 0.5, 5, 5, 20},
		{queue{servers: 2, service: 0.05}, 0.5, 20, 20, 60},
		{queue{servers: 1, service: 0.01}, 0.1, 10, 10, 30},
		{queue{servers: 2, service: 0.05}, 0.5, 60, 60, 300},
		{queue{servers: 16, service: 0.05}, 0.3, 10, 10, 30},
	} {
		truth := c.q.capacity(0.01, c.limit)
		o := Options{From: 10, Most: 1000, Precision: 0.05, Confidence: 0.95, MaxSteps: 60}
		in, near, decided, steps, width, bias := 0, 0, 0, 0, 0.0, 0.0
		for seed := range uint64(100) {
			s, end := searchQueue(c.q, seed, c.limit, o, c.settle, c.climb, c.hold)
			f := s.Finding()
			if f.Low <= truth && truth <= f.High {
				in++
			}
			if math.Abs(f.At/truth-1) < 0.05 {
				near++
			}
			if end == Decided {
				decided++
			}
			steps += len(s.past)
			width += (f.High/f.Low - 1) / 100
			bias += (f.At/truth - 1) / 100
		}
		t.Logf("%+v truth %.1f: in %d near %d decided %d steps %.1f width %.3f bias %.4f", c, truth, in, near, decided, float64(steps)/100, width, bias)
	}
}
