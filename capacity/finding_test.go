package capacity

import (
	"math"
	"math/rand/v2"
	"testing"
)

// knees is a search that has taken long steps of one second with these margins.
func knees(o Options, tail float64, steps ...[2]float64) *Search {
	s := NewSearch(o)
	for _, v := range steps {
		s.Take(Step{Kind: Knee, Level: v[0]}, Outcome{Margin: v[1], Unbiased: v[1], Settled: 0.2, Judged: 1, Came: v[0], Left: v[0], Tail: tail})
	}
	return s
}

// Many levels may be looked at after every step: a level whose margin is zero is
// called met or failed in one search of twenty at most.
func TestDecidedLevelsHold(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	const tries, levels = 400, 6
	wrong := 0
	for range tries {
		s := NewSearch(Options{Precision: 0.05, Confidence: 0.95})
		for i := range 60 {
			level := 100 * math.Pow(1.05, float64(i%levels)) // too far apart to count for each other
			m := 0.5 * rng.NormFloat64()
			s.Take(Step{Kind: Knee, Level: level}, Outcome{Margin: m, Unbiased: m})
			e := s.evidence()
			if low, high := s.decidedLevels(e.x, e.margin); low > 0 || !math.IsInf(high, 1) {
				wrong++
				break
			}
		}
	}
	if share := float64(wrong) / tries; share > 0.05 || wrong == 0 {
		t.Errorf("a level was decided in %.1f %% of the searches, want some and at most 5 %%", 100*share)
	}
}

// The low end is lowered by what short steps can't show.
func TestAllow(t *testing.T) {
	rate := Options{Precision: 0.05, Confidence: 0.95}
	steps := [][2]float64{{100, -1}, {100, -1.1}, {100, -0.9}, {102, 1}, {102, 0.9}, {102, 1.1}}
	slope := 2 / math.Log(1.02)
	behind := knees(rate, 0, steps...)
	for i := range behind.past {
		behind.past[i].Left = behind.past[i].Came * (0.97 + 0.001*float64(i%3)) // 2.9 % are left undone
	}
	for _, c := range []struct {
		name string
		s    *Search
		high float64
		want float64
	}{
		{"too short", knees(rate, 1, steps...), 102, 100 * slope / (1 + slope)},
		{"long enough", knees(rate, 1e-4, steps...), 102, 100},
		{"no objective on times", knees(rate, 0, steps...), 102, 100},
		{"nothing failed", knees(rate, 1, steps[:3]...), math.Inf(1), 100},
		{"fell behind", behind, 102, 97.1},
	} {
		f := c.s.allow(Finding{Low: 100, High: c.high, At: 101}, c.s.slopeOf(100, c.high))
		if math.Abs(f.Low-c.want) > 1e-9 || math.Abs(f.Allowed-(1-c.want/100)) > 1e-9 {
			t.Errorf("%s: %v, lowered by %v, want %v", c.name, f.Low, f.Allowed, c.want)
		}
	}
}

// Levels that can't be told apart are pooled, and the crossing lies between those
// that were met and those that weren't, not between their middles.
func TestCrossing(t *testing.T) {
	for _, c := range []struct {
		name   string
		levels []atLevel
		want   float64
	}{
		{"far below all alike", []atLevel{{10, -2, 1}, {100, -2, 1}, {400, -2, 1}, {420, 2, 1}}, math.Sqrt(400 * 420)},
		{"out of order", []atLevel{{100, -1, 1}, {110, 1, 1}, {120, -1, 1}, {130, 2, 1}}, 110},
		{"all failed", []atLevel{{100, 1, 1}, {110, 2, 1}}, 100},
		{"all met", []atLevel{{100, -2, 1}, {110, -1, 1}}, 110},
	} {
		if got := math.Exp(crossing(c.levels)); math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
