package scenario

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const day = 24 * time.Hour

func starts(a *Arrivals, limit int) []time.Duration {
	var out []time.Duration
	c := a.Cursor(0, 1)
	for len(out) < limit {
		_, at, ok := c.Next()
		if !ok {
			return out
		}
		out = append(out, at)
	}
	return out
}

func TestArrivals(t *testing.T) {
	ms := time.Millisecond
	tests := []struct {
		name    string
		stages  []Stage
		planned int64
		first   []time.Duration
	}{
		{"constant", []Stage{{10, 10, time.Second}}, 10, []time.Duration{0, 100 * ms, 200 * ms}},
		{"part of an arrival", []Stage{{10, 10, 950 * ms}}, 10, []time.Duration{0, 100 * ms}},
		{"a tenth a second for 30 s is 3, not 4", []Stage{{0.1, 0.1, 30 * time.Second}}, 3,
			[]time.Duration{0, 10 * time.Second, 20 * time.Second}},
		{"ramp up", []Stage{{0, 10, 10 * time.Second}}, 50, // Λ = t²/2
			[]time.Duration{0, time.Duration(math.Sqrt(2) * 1e9), 2 * time.Second}},
		{"ramp down", []Stage{{2, 0, 2 * time.Second}}, 2, // Λ = 2t − t²/2
			[]time.Duration{0, time.Duration(math.Round((2 - math.Sqrt(2)) * 1e9))}},
		{"nothing at first", []Stage{{0, 0, time.Minute}, {1, 1, 2 * time.Second}}, 2,
			[]time.Duration{time.Minute, 61 * time.Second}},
		{"pause in between", []Stage{{1, 1, 2 * time.Second}, {0, 0, time.Minute}, {1, 1, 2 * time.Second}}, 4,
			[]time.Duration{0, time.Second, 62 * time.Second, 63 * time.Second}},
		{"a fraction is carried over", []Stage{{1, 1, 1500 * ms}, {2, 2, time.Second}}, 4,
			[]time.Duration{0, time.Second, 1750 * ms, 2250 * ms}},
		{"none", []Stage{{0, 0, time.Minute}}, 0, nil},
		{"no stage", nil, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := NewArrivals(tt.stages)
			got := starts(a, 1000)
			if a.Planned() != tt.planned || int64(len(got)) != tt.planned {
				t.Errorf("Planned() = %d with %d starts, want %d", a.Planned(), len(got), tt.planned)
			}
			for i, want := range tt.first {
				if d := (got[i] - want).Abs(); d > 1 {
					t.Errorf("arrival %d at %v, want %v", i, got[i], want)
				}
			}
		})
	}
}

// A constant rate keeps its nanosecond for a month.
func TestConstantRateIsExact(t *testing.T) {
	const month = 30 * day
	for _, rate := range []float64{10_000, 9_999, 7, 1.0 / 3, 123.456, 10_000.1} {
		a := NewArrivals([]Stage{{rate, rate, month}})
		n := a.Planned()
		for _, k := range []int64{0, 1, n / 3, n / 2, n - 2, n - 1} {
			c := a.Cursor(0, 1)
			c.k = k
			_, got, ok := c.Next()
			want := exactly(k, rate)
			if d := (got - want).Abs(); !ok || d > 1 {
				t.Errorf("rate %v: arrival %d at %d, want %d ns", rate, k, got, want)
			}
		}
	}
}

// exactly is k/rate to the nanosecond, by rational numbers.
func exactly(k int64, rate float64) time.Duration {
	r := new(big.Rat).SetFloat64(rate)
	r.Quo(new(big.Rat).SetInt64(k), r)
	r.Mul(r, big.NewRat(1e9, 1))
	f, _ := r.Float64()
	n := new(big.Int).Quo(r.Num(), r.Denom()).Int64()
	return time.Duration(n + int64(math.Round(f-float64(n))))
}

// After a stage of many arrivals the next one keeps its fraction.
func TestLongStagesKeepFractions(t *testing.T) {
	a := NewArrivals([]Stage{{10_000.25, 10_000.25, 30*day + 500*time.Millisecond}, {1, 1, 10 * time.Second}})
	c := a.Cursor(0, 1)
	// Λ after the first stage is 10000.25 · 2592000.5 = 25920653000.125.
	c.k = 25920653001
	_, at, ok := c.Next()
	if want := 30*day + 500*time.Millisecond + 875*time.Millisecond; !ok || (at-want).Abs() > time.Microsecond {
		t.Errorf("first arrival of the second stage at %v, want %v", at, want)
	}
}

func TestForever(t *testing.T) {
	a := NewArrivals([]Stage{{0, 5, time.Second}, {5, 5, Forever}})
	if a.Planned() != -1 || a.Length() != Forever {
		t.Errorf("Planned() = %d, Length() = %v, want -1 and Forever", a.Planned(), a.Length())
	}
	if n := len(starts(a, 100_000)); n != 100_000 {
		t.Errorf("%d starts, want no end", n)
	}
}

func stagesOf(t *rapid.T) []Stage {
	n := rapid.IntRange(1, 6).Draw(t, "stages")
	stages := make([]Stage, n)
	for i := range stages {
		rate := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0.01, 500))
		stages[i].From = rate.Draw(t, "from")
		stages[i].To = stages[i].From
		if rapid.Bool().Draw(t, "ramp") {
			stages[i].To = rate.Draw(t, "to")
		}
		stages[i].Length = time.Duration(rapid.Int64Range(1, int64(20*time.Second)).Draw(t, "length"))
	}
	return stages
}

// Every arrival lies in order, within the load, and where Λ says.
func TestArrivalsFollowTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stages := stagesOf(t)
		a := NewArrivals(stages)
		got := starts(a, 1<<20)
		if int64(len(got)) != a.Planned() {
			t.Fatalf("%d starts, planned %d", len(got), a.Planned())
		}
		if !slices.IsSorted(got) {
			t.Fatal("starts are out of order")
		}
		for k, at := range got {
			if at < 0 || at >= a.Length() {
				t.Fatalf("arrival %d at %v of %v", k, at, a.Length())
			}
			// One nanosecond either way is at most 500/s · 1 ns.
			if low, high := lambda(stages, at-2), lambda(stages, at+2); low > float64(k)+1e-4 || high < float64(k)-1e-4 {
				t.Fatalf("arrival %d at %v, where Λ is %v to %v", k, at, low, high)
			}
		}
	})
}

// lambda integrates the rate, the plain way.
func lambda(stages []Stage, t time.Duration) float64 {
	var sum float64
	for _, s := range stages {
		d := min(max(0, t), s.Length)
		x, full := d.Seconds(), s.Length.Seconds()
		sum += s.From*x + (s.To-s.From)*x*x/(2*full)
		t -= d
	}
	return sum
}

// N shards together plan exactly what one would.
func TestShardsPlanTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a *Arrivals
		switch rapid.SampledFrom([]Process{Paced, Poisson, Trace}).Draw(t, "process") {
		case Paced:
			a = NewArrivals(stagesOf(t))
		case Poisson:
			a = NewPoisson(stagesOf(t), rapid.Uint64().Draw(t, "seed"))
		case Trace:
			a = NewTrace(starts(NewArrivals(stagesOf(t)), 1000))
		}
		want := starts(a, 1<<20)
		got := make([]time.Duration, len(want))
		shards := rapid.IntRange(1, 20).Draw(t, "shards")
		count := 0
		for i := range shards {
			for c := a.Cursor(i, shards); ; count++ {
				k, at, ok := c.Next()
				if !ok {
					break
				}
				if k%int64(shards) != int64(i) {
					t.Fatalf("shard %d of %d got arrival %d", i, shards, k)
				}
				got[k] = at
			}
		}
		if count != len(want) || !slices.Equal(got, want) {
			t.Fatalf("%d shards plan %d arrivals, one plans %d, or at other times", shards, count, len(want))
		}
	})
}

// The gaps of a Poisson process are exponential, its counts in windows have
// their mean as variance, and it follows a ramp.
func TestPoisson(t *testing.T) {
	const rate, n = 1000.0, 200_000
	got := starts(NewPoisson([]Stage{{rate, rate, 1000 * time.Second}}, 7), n)
	var sum, squares, long float64
	for i := 1; i < len(got); i++ {
		gap := (got[i] - got[i-1]).Seconds() * rate
		sum, squares = sum+gap, squares+gap*gap
		if gap > 1 {
			long++
		}
	}
	near(t, "mean gap", sum/n, 1, 0.01)
	near(t, "mean squared gap", squares/n, 2, 0.04)
	near(t, "share of gaps above the mean", long/n, 1/math.E, 0.005)

	ramp := starts(NewPoisson([]Stage{{0, 2000, 100 * time.Second}}, 3), math.MaxInt)
	half, _ := slices.BinarySearch(ramp, 50*time.Second)
	near(t, "arrivals of a ramp", float64(len(ramp)), 100_000, 1500)
	near(t, "arrivals in its first half", float64(half), 25_000, 800)
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s is %v, want %v ± %v", what, got, want, within)
	}
}

func TestCursorEndsForGood(t *testing.T) {
	for _, a := range []*Arrivals{
		NewArrivals([]Stage{{5, 5, time.Second}}),
		NewPoisson([]Stage{{5, 5, time.Second}}, 1),
		NewTrace([]time.Duration{3, 1, 2}),
	} {
		c := a.Cursor(0, 1)
		for {
			if _, _, ok := c.Next(); !ok {
				break
			}
		}
		for range 3 {
			if k, at, ok := c.Next(); ok || k != 0 || at != 0 {
				t.Errorf("%v: Next() after the end = %d, %v, %v", a.Process(), k, at, ok)
			}
		}
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	for _, a := range []*Arrivals{
		NewArrivals([]Stage{{0, 1e6, 10 * time.Second}, {1e6, 1e6, Forever}}),
		NewPoisson([]Stage{{1e6, 1e6, Forever}}, 1),
	} {
		c := a.Cursor(0, 1)
		if n := testing.AllocsPerRun(1000, func() { c.Next() }); n != 0 {
			t.Errorf("%v: Next() allocates %v times", a.Process(), n)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	ramp := []Stage{{1, 1e6, 30 * day}}
	constant := []Stage{{1e6, 1e6, Forever}}
	for _, bb := range []struct {
		name   string
		a      *Arrivals
		shards int
	}{
		{"constant", NewArrivals(constant), 1},
		{"ramp", NewArrivals(ramp), 1},
		{"poisson", NewPoisson(constant, 1), 1},
		{"poisson/8 shards", NewPoisson(constant, 1), 8},
	} {
		b.Run(fmt.Sprint(bb.name), func(b *testing.B) {
			c := bb.a.Cursor(0, bb.shards)
			for b.Loop() {
				c.Next()
			}
		})
	}
}
