package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Looked at after every observation, evidence of 20 against a mean that is zero
// may turn up in one of twenty sequences at most.
func TestMeanEvidenceHoldsAtAnyTime(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const tries = 2000
	found := 0
	for range tries {
		var values []float64
		for range 60 {
			values = append(values, 3*rng.NormFloat64())
			if e, _ := MeanEvidence(values); e >= 20 {
				found++
				break
			}
		}
	}
	if share := float64(found) / tries; share > 0.05 || share < 0.005 {
		t.Errorf("evidence in %.1f %% of the sequences, want some and at most 5 %%", 100*share)
	}
}

func TestMeanEvidence(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		decide bool
		mean   float64
	}{
		{"none", nil, false, 0},
		{"one", []float64{9}, false, 9},
		{"two that agree", []float64{2, 2}, false, 2},
		{"three that agree", []float64{-1, -1, -1}, false, -1},
		{"four that agree", []float64{-1, -1, -1, -1}, true, -1},
		{"scattered", []float64{-1, 1, -1, 1, -1, 1}, false, 0},
		{"clear", []float64{1.1, 0.9, 1, 1.2, 0.8}, true, 1},
	} {
		e, mean := MeanEvidence(c.values)
		if (e >= 20) != c.decide || math.Abs(mean-c.mean) > 1e-9 {
			t.Errorf("%s: evidence %.1f for a mean of %v, want 20 or more: %t, mean %v", c.name, e, mean, c.decide, c.mean)
		}
	}
}

// The interval of a crossing holds it at any time, also where the next point is
// put where the last fit said.
func TestFindCrossingHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const tries, truth = 1000, 10.3
	missed := 0
	for range tries {
		var x, y []float64
		next := 9.0 + 3*rng.Float64()
		for i := range 30 {
			at := next + []float64{-1, 1}[i%2]
			x, y = append(x, at), append(y, 0.7*(at-truth)+0.8*rng.NormFloat64())
			c, ok := FindCrossing(x, y, 0.05)
			if !ok {
				continue
			}
			next = math.Max(8, math.Min(13, c.At))
			if truth < c.Low || truth > c.High {
				missed++
				break
			}
		}
	}
	if share := float64(missed) / tries; share > 0.05 {
		t.Errorf("ruled out in %.1f %% of the searches, want at most 5 %%", 100*share)
	}
}

func TestFindCrossingRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		x, y []float64
	}{
		{"too few", []float64{1, 2, 3}, []float64{-1, 0, 1}},
		{"one place", []float64{2, 2, 2, 2}, []float64{-1, 0, 1, 0}},
		{"falling", []float64{1, 2, 3, 4}, []float64{2, 1, 0, -1}},
	} {
		if got, ok := FindCrossing(c.x, c.y, 0.05); ok {
			t.Errorf("%s: %+v, want none", c.name, got)
		}
	}
}
