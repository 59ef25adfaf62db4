package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTheilSen(t *testing.T) {
	x, v := indices(50), make([]float64, 50)
	for i := range v {
		v[i] = 7 + 0.5*x[i]
		if i%4 == 0 {
			v[i] = 1e6 * float64(i%3) // a quarter is anything
		}
	}
	if got := TheilSen(x, v); !near(got, 0.5, 0.02) {
		t.Errorf("TheilSen = %v, want about 0.5", got)
	}
	long := indices(20000)
	if got := TheilSen(long, long); got != 1 {
		t.Errorf("of a long line: %v, want 1", got)
	}
}

// Without noise the numbers are exact.
func TestJudgeExact(t *testing.T) {
	x := indices(60)
	line, flat, step := make([]float64, 60), make([]float64, 60), make([]float64, 60)
	for i := range x {
		line[i], flat[i], step[i] = 100+x[i], 100, 100
		if i >= 40 {
			step[i] = 130
		}
	}
	q := Question{Alpha: 0.01, FloorShare: 0.05}
	if d := Judge(x, line, q); d.Motion != Rises || !near(d.Slope, 1, 1e-9) || !near(d.Change, 59, 1e-6) || !near(d.End, 159, 1e-6) {
		t.Errorf("a line: %+v", d)
	}
	if d := Judge(x, flat, q); d.Motion != Steady || d.Slope != 0 || d.P != 1 {
		t.Errorf("a level: %+v", d)
	}
	if d := Judge(x, step, q); d.Motion != Steady || len(d.Steps) != 1 || d.Steps[0].At != 40 || !near(d.Steps[0].Height, 30, 1e-6) {
		t.Errorf("a step: %+v", d)
	}
	if d := Judge(x[:LeastPoints-1], line[:LeastPoints-1], q); d.Motion != Short {
		t.Errorf("too few points: %+v", d)
	}
	line[7], line[30] = math.NaN(), math.Inf(1)
	if d := Judge(x, line, q); d.Motion != Rises || !near(d.Slope, 1, 1e-9) {
		t.Errorf("with gaps: %+v", d)
	}
}

// jagged is a series of n points that jumps by height at each of some, and rises by
// slope from each to the next, under white noise.
func jagged(r *rand.Rand, n int, at []int, height, slope, noise float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 100 + slope*float64(i) + noise*r.NormFloat64()
		for _, a := range at {
			if i >= a {
				v[i] += height
			}
		}
	}
	return v
}

// What a sawtooth of two teeth gains is not called a rise, since its fall takes it
// back; one jump alone is an event.
func TestJudgeJumps(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, test := range []struct {
		name          string
		at            []int
		height, slope float64
		want          Motion
		jagged        bool
	}{
		{"one step", []int{100}, 30, 0, Steady, false},
		{"two teeth", []int{72}, -50, 0.7, Unclear, true},
		{"a line", nil, 0, 0.5, Rises, false},
		{"a line with a small fall", []int{90}, -10, 0.5, Rises, false},
	} {
		d := Judge(indices(144), jagged(r, 144, test.at, test.height, test.slope, 1), asked(false))
		if d.Motion != test.want || d.Jagged != test.jagged {
			t.Errorf("%s: %s, jagged %v, want %s, %v: %+v", test.name, d.Motion, d.Jagged, test.want, test.jagged, d)
		}
	}
}

// Stairs are not steady, though no slope is left between them.
func TestStairsAreNotSteady(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	climbed := 0
	for range 300 {
		height, noise := 20+30*r.Float64(), 0.3+r.Float64()
		if r.IntN(2) == 0 {
			height = -height / 4
		}
		first := 40 + r.IntN(40)
		at := []int{first, first + 10 + r.IntN(125-first-10)}
		d := Judge(indices(144), jagged(r, 144, at, height, 0, noise), asked(false))
		if d.Motion == Steady {
			t.Errorf("stairs at %d of %.1f under noise of %.1f are steady: %+v", at, height, noise, d)
		}
		if d.Jagged {
			climbed++
		}
	}
	if climbed < 10 {
		t.Errorf("%d of 300 were seen to be stairs", climbed)
	}
}

// The median is that of sorting.
func TestMedian(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-1e9, 1e9), rapid.SampledFrom([]float64{0, 1})), 1, 60).Draw(t, "values")
		s := slices.Sorted(slices.Values(v))
		if want := (s[(len(s)-1)/2] + s[len(s)/2]) / 2; median(v) != want {
			t.Fatalf("median(%v) = %v, want %v", v, median(v), want)
		}
	})
}

// Whatever comes in, something sensible comes out.
func TestJudgeAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 80).Draw(t, "n")
		v := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-1e9, 1e9), rapid.SampledFrom([]float64{0, 1, math.NaN()})), n, n).Draw(t, "values")
		d := Judge(indices(n), v, Question{Alpha: 0.05, Floor: 1, FloorShare: 0.05, Period: 30, Envelope: rapid.Bool().Draw(t, "gauge")})
		if d.Motion != Short && (math.IsNaN(d.Slope) || math.IsNaN(d.Reach) || d.Reach < 0 || d.P < 0 || d.P > 1 || d.From < 0 || d.From >= n) {
			t.Fatalf("%+v", d)
		}
		if d.Motion == Rises && d.Slope <= 0 || d.Motion == Falls && d.Slope >= 0 {
			t.Fatalf("%+v", d)
		}
	})
}

// The interval holds the true slope nearly as often as it should, though which
// parts the model has was found from the same data.
func TestSlopeCovered(t *testing.T) {
	const runs = 300
	plain := slices.IndexFunc(shapes, func(s madeShape) bool { return s.name == "1 % an hour" })
	for ni, noise := range noises[:3] {
		r := rand.New(rand.NewPCG(9, uint64(ni)))
		covered := 0
		for range runs {
			x, v := series(r, plain, ni, 3)
			d := Judge(x, v, asked(false))
			if math.Abs(d.Slope-1) <= d.Reach {
				covered++
			}
		}
		if share := float64(covered) / runs; share < 0.95 {
			t.Errorf("%s: %.2f of the intervals hold the truth, want about 0.99", noise.name, share)
		}
	}
}
