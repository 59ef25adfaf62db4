package timeline

import (
	"testing"

	"pgregory.net/rapid"

	"authsoak/results"
)

var name = results.SeriesName{Target: "a", Step: "login", Kind: "step"}

// TestFoldingLosesNothing adds seconds to a short timeline and to a long one.
func TestFoldingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		short, long := New(rapid.IntRange(2, 9).Draw(t, "limit")), New(1000)
		for i := range rapid.IntRange(1, 100).Draw(t, "seconds") {
			at, n := float64(i+1), rapid.Int64Range(0, 50).Draw(t, "count")
			slow := rapid.Float64Range(0, 100).Draw(t, "slow")
			lines := []results.Interval{
				{Series: &results.SeriesInterval{At: at, SeriesName: name, Count: n, OK: n, Response: &results.Quantiles{P50: 1, P99: slow, Max: 2 * slow},
					Errors: map[string]int64{"timeout": n}}},
				{Run: &results.RunInterval{At: at, Length: 1, Phase: "hold", Lateness: results.Quantiles{Max: slow},
					Targets: []results.TargetInterval{{Name: "a", Sessions: results.SessionCounts{Opened: int64(i), Live: n},
						Counts: map[string]map[string]int64{"hold": {"cycles_planned": n}}}}}},
			}
			for _, l := range lines {
				short.Add(l)
				long.Add(l)
			}
		}
		if len(short.Runs) > short.limit {
			t.Fatalf("%d points, more than %d", len(short.Runs), short.limit)
		}
		type total struct {
			count, planned, opened, errors, live int64
			p50, p99, max, late, seconds         float64
		}
		sum := func(tl *Timeline) (s total) {
			for _, p := range tl.Steps[name] {
				s.count += p.Count
				s.p50, s.p99, s.max = max(s.p50, p.Response.P50), max(s.p99, p.Response.P99), max(s.max, p.Response.Max)
			}
			for _, p := range tl.Targets["a"] {
				s.planned += p.Planned
				s.opened += p.Opened
				s.live = max(s.live, p.MaxLive)
			}
			for _, p := range tl.Runs {
				s.late = max(s.late, p.Lateness.Max)
				s.seconds += p.Seconds
			}
			for _, n := range tl.Errors["timeout"] {
				s.errors += n
			}
			return s
		}
		a, b := sum(short), sum(long)
		if a.p50, b.p50 = 0, 0; a != b {
			t.Errorf("folded %+v, want %+v", a, b)
		}
	})
}

func TestStretches(t *testing.T) {
	tl := New(100)
	for i := range 2000 {
		l := &results.RunInterval{At: float64(i + 1), Length: 1, Phase: "hold"}
		if i < 5 {
			l.Phase = "warmup"
		}
		if i%2 == 0 {
			l.Tainted = "pacer"
		}
		tl.Add(results.Interval{Run: l})
	}
	if len(tl.Phases) != 2 || tl.Phases[0].To != 5 || tl.Phases[1].To != 2000 {
		t.Errorf("phases: %+v", tl.Phases)
	}
	seconds := 0.0
	for _, s := range tl.Tainted {
		seconds += s.Seconds
	}
	if len(tl.Tainted) > mostStretches || seconds != 1000 {
		t.Errorf("%d tainted stretches of %g s, want 1,000 s in at most %d", len(tl.Tainted), seconds, mostStretches)
	}
}
