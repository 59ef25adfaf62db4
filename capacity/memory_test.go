package capacity

import (
	"math"
	"slices"
	"testing"

	"authsoak/metric"
	"authsoak/results"
)

// The relaxation time told by the slope of a quantile is that of the theory of
// M/M/c, (√(cμ) − √λ)⁻² (Morse, "Stochastic properties of waiting lines",
// Operations Research 3, 1955), as far as heavy traffic is.
func TestMemory(t *testing.T) {
	tail := func(limit float64) float64 { return limit / math.Log(100) }
	for _, c := range []struct {
		name  string
		q     queue
		limit float64
	}{
		{"M/M/4", queue{servers: 4, service: 0.02}, 0.5},
		{"M/M/1", queue{servers: 1, service: 0.01}, 0.5},
		{"M/M/32", queue{servers: 32, service: 0.1}, 1},
	} {
		rate := c.q.capacity(0.01, c.limit)
		slope := math.Log(1.01) / math.Log(c.q.capacity(0.01, 1.01*c.limit)/rate)
		s := NewSearch(Options{Precision: 0.05})
		s.Take(Step{Kind: Knee, Level: rate}, Outcome{Tail: tail(c.limit)})
		want := math.Pow(math.Sqrt(float64(c.q.servers)/c.q.service)-math.Sqrt(rate), -2)
		if got := s.memory(math.Log(rate), slope); math.Abs(got/want-1) > 0.15 {
			t.Errorf("%s: %.3g s, by theory %.3g s", c.name, got, want)
		}
	}
}

func TestTailOf(t *testing.T) {
	for _, c := range []struct {
		objective string
		want      float64
	}{
		{"p99(login.response) < 500ms", 0.5 / math.Log(100)},
		{"p50(login.service) <= 1s", 1 / math.Ln2},
		{"mean(login.response) < 200ms", 0.2},
		{"max(login.response) < 2s", 2 / math.Log(1000)},
		{"rate(fail) < 0.5%", 0},
		{"rate(login) > 20/s", 0},
		{"count(timeout) < 3", 0},
	} {
		e, err := metric.Parse(c.objective)
		if err != nil {
			t.Fatal(err)
		}
		if got := tailOf(e, 1000); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("tailOf(%s) = %v, want %v", c.objective, got, c.want)
		}
	}
}

// Steps near the limit are many and tell of one load: they don't make a curve.
func TestCurveCountsLevels(t *testing.T) {
	step := func(level, busy, rate float64) results.CapacityStep {
		return results.CapacityStep{Level: level, Concurrency: busy, RatePerS: rate, Verdict: verdictMet}
	}
	steps := []results.CapacityStep{step(10, 0.2, 10), step(20, 0.41, 20), step(190, 5.1, 190), step(190, 5.6, 189), step(190, 5.3, 191),
		step(197, 6.1, 197), step(197, 6.3, 196), step(197, 6.7, 198)}
	c := curveOf(steps, false)
	if want := "3 different loads: a fit takes 6 at least"; c.Refused != want {
		t.Errorf("refused: %q, want %q", c.Refused, want)
	}
	// As many as it takes: repeats weigh no more than the others, so the curve goes
	// through all levels, and a cost that the points don't show has a bound.
	steps = nil
	for _, level := range []float64{10, 20, 40, 80, 120, 160} {
		busy := level / 50
		steps = append(steps, step(level, busy, level+busy/10))
	}
	for range 20 {
		steps = append(steps, step(164, 3.28, 164.4))
	}
	c = curveOf(steps, false)
	if c.Refused != "" || c.Levels != 6 || len(c.Points) != 26 {
		t.Fatalf("refused %q, %d levels, %d points, want 6 and 26", c.Refused, c.Levels, len(c.Points))
	}
	if !c.Beta.Held || c.Beta.High == nil || *c.Beta.High <= 0 {
		t.Errorf("β %+v, want it held, with a bound above zero", c.Beta)
	}
}

// A curve that turns down is not believed where an overloaded server got more done.
func TestOverloadRefutesAPeak(t *testing.T) {
	const gamma, alpha, beta = 50.0, 0.03, 0.015 // turns down at 8 in progress, 188/s
	var steps []results.CapacityStep
	for i, n := range []float64{0.5, 1, 2, 3, 4, 5, 6, 8, 10} {
		rate := gamma * n / (1 + alpha*(n-1) + beta*n*(n-1))
		steps = append(steps, results.CapacityStep{Number: i + 1, Level: rate + n/10, Concurrency: n, RatePerS: rate, Verdict: verdictMet})
	}
	over := results.CapacityStep{Number: 10, Level: 320, Concurrency: 370, RatePerS: 100, Verdict: verdictFailed, CutShort: true}
	for _, tc := range []struct {
		name       string
		busy, rate float64
		verdict    string
		peak       bool
	}{
		{"less got done", 370, 100, verdictFailed, true},
		{"as much got done", 370, 189, verdictFailed, true},
		{"more got done", 370, 220, verdictFailed, false},
		{"more got done below the peak", 7, 220, verdictFailed, true},
		{"the generator was the limit", 370, 220, verdictRejected, true},
	} {
		over.Concurrency, over.RatePerS, over.Verdict = tc.busy, tc.rate, tc.verdict
		c := curveOf(append(slices.Clip(steps), over), false)
		if c.Refused != "" || (c.Peak != nil) != tc.peak || (c.NoPeak == "") != tc.peak {
			t.Errorf("%s: refused %q, peak %v, %q; want a peak: %v", tc.name, c.Refused, c.Peak, c.NoPeak, tc.peak)
		}
	}
}
