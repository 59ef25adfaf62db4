package scenario

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDrawIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed, user := rapid.Uint64().Draw(t, "seed"), rapid.Uint64().Draw(t, "user")
		cycle, step := rapid.Uint64().Draw(t, "cycle"), rapid.Uint32().Draw(t, "step")
		stream := rapid.Uint8().Draw(t, "stream")
		got := Draw(seed, stream, user, cycle, step)
		if got <= 0 || got >= 1 {
			t.Fatalf("Draw = %v, want inside (0, 1)", got)
		}
		if again := Draw(seed, stream, user, cycle, step); again != got {
			t.Fatalf("Draw = %v, then %v", got, again)
		}
		if other := Draw(seed, stream, user, cycle, step+1); other == got {
			t.Fatalf("the next step draws the same")
		}
	})
}

// What a seed means must not change: plans would silently differ between
// versions.
func TestDrawStaysTheSame(t *testing.T) {
	for _, tt := range []struct {
		seed        uint64
		stream      uint8
		user, cycle uint64
		step        uint32
		want        float64
	}{
		{1, StreamThink, 0, 0, 0, 0.3691810184810128},
		{1, StreamThink, 5, 7, 2, 0.046089514197667936},
		{math.MaxUint64, StreamCalls, 1 << 40, 9, 1, 0.2116795230371954},
	} {
		if got := Draw(tt.seed, tt.stream, tt.user, tt.cycle, tt.step); got != tt.want {
			t.Errorf("Draw(%d, %d, %d, %d, %d) = %v, want %v", tt.seed, tt.stream, tt.user, tt.cycle, tt.step, got, tt.want)
		}
	}
}

// Draws are uniform and independent along each argument: moments, a χ² over 256
// cells, and the correlation of neighbours.
func TestDrawIsUniform(t *testing.T) {
	const n = 1 << 17
	for name, draw := range map[string]func(i int) float64{
		"user":   func(i int) float64 { return Draw(1, StreamThink, uint64(i), 3, 1) },
		"cycle":  func(i int) float64 { return Draw(1, StreamThink, 3, uint64(i), 1) },
		"step":   func(i int) float64 { return Draw(1, StreamThink, 3, 1, uint32(i)) },
		"seed":   func(i int) float64 { return Draw(uint64(i), StreamThink, 3, 1, 1) },
		"packed": func(i int) float64 { return Draw(1, StreamThink, uint64(i%16), uint64(i/16), uint32(i%4)) },
	} {
		t.Run(name, func(t *testing.T) {
			var sum, product, last float64
			var cells [256]float64
			for i := range n {
				u := draw(i)
				sum += u
				product += (u - 0.5) * (last - 0.5)
				last = u
				cells[int(u*256)]++
			}
			var chi float64
			for _, c := range cells {
				chi += (c - n/256) * (c - n/256) / (n / 256)
			}
			near(t, "mean", sum/n, 0.5, 0.004)
			near(t, "correlation of neighbours", product/n*12, 0, 0.015)
			near(t, "χ² with 255 degrees", chi, 255, 110)
		})
	}
}

func TestChance(t *testing.T) {
	hits := 0
	for i := range 100_000 {
		u := Draw(1, StreamAbandon, uint64(i), 0, 0)
		if Chance(0, u) || !Chance(1, u) {
			t.Fatalf("Chance(0, %v) or not Chance(1, %v)", u, u)
		}
		if Chance(0.05, u) {
			hits++
		}
	}
	near(t, "hits in 100000 at 5%", float64(hits), 5000, 250)
}

// Each distribution has its mean and keeps its bounds.
func TestDistributions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean := time.Duration(rapid.Int64Range(int64(time.Microsecond), int64(time.Hour)).Draw(t, "mean"))
		sigma := rapid.Float64Range(0.01, 1).Draw(t, "sigma")
		spread := time.Duration(rapid.Int64Range(0, int64(mean)).Draw(t, "spread"))
		var d Distribution
		switch shape := rapid.SampledFrom([]Shape{Constant, Uniform, Exponential, Lognormal}).Draw(t, "shape"); shape {
		case Constant:
			d = ConstantTime(mean)
		case Uniform:
			d = UniformTime(mean-spread, mean+spread)
		case Exponential:
			d = ExponentialTime(mean)
		case Lognormal:
			d = LognormalTime(mean, sigma)
		}
		if d.Mean() != mean {
			t.Fatalf("%v has mean %v, want %v", d, d.Mean(), mean)
		}
		const n = 4000 // a quantile in the middle of each of n equal parts
		var sum float64
		last := time.Duration(0)
		for i := range n {
			x := d.At((float64(i) + 0.5) / n)
			if x < last {
				t.Fatalf("%v falls from %v to %v", d, last, x)
			}
			last = x
			sum += float64(x)
		}
		if got := sum / n / float64(mean); math.Abs(got-1) > 0.02 {
			t.Fatalf("%v has %v of its mean", d, got)
		}
	})
	if got := LognormalTime(time.Hour, 5).At(1 - 1e-15); got > maxDraw {
		t.Errorf("a heavy tail gives %v, want at most a year", got)
	}
	if !(Distribution{}).IsZero() || (Distribution{}).At(0.5) != 0 {
		t.Error("the zero distribution is not always 0")
	}
}

func TestCalls(t *testing.T) {
	const n = 100_000
	for _, tt := range []struct {
		calls    Calls
		min, max int
	}{
		{ConstantCalls(5), 5, 5},
		{ConstantCalls(0), 0, 0},
		{UniformCalls(2, 8), 2, 8},
		{GeometricCalls(4), 0, math.MaxInt32},
		{GeometricCalls(0), 0, 0},
		{GeometricCalls(0.5), 0, math.MaxInt32},
	} {
		var got []int
		var sum float64
		for i := range n {
			x := tt.calls.At(Draw(1, StreamCalls, uint64(i), 0, 0))
			got, sum = append(got, x), sum+float64(x)
		}
		if slices.Min(got) < tt.min || slices.Max(got) > tt.max {
			t.Errorf("%+v gives %d to %d", tt.calls, slices.Min(got), slices.Max(got))
		}
		near(t, "mean", sum/n, tt.calls.Mean(), 0.03*tt.calls.Mean()+1e-9)
	}
	low, high := 0, 0
	for i := range n {
		switch UniformCalls(1, 2).At(Draw(2, StreamCalls, uint64(i), 0, 0)) {
		case 1:
			low++
		case 2:
			high++
		}
	}
	near(t, "either of two", float64(low-high)/n, 0, 0.01)
}

func BenchmarkDraw(b *testing.B) {
	var sum float64
	for i := uint64(0); b.Loop(); i++ {
		sum += Draw(1, StreamThink, i, i, 3)
	}
	_ = sum
}
