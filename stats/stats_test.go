package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func near(got, want, within float64) bool { return math.Abs(got-want) <= within }

// Values of printed tables of Student's t.
func TestCritical(t *testing.T) {
	for _, c := range []struct{ alpha, df, want float64 }{
		{0.05, 1, 12.706}, {0.05, 5, 2.571}, {0.05, 10, 2.228}, {0.01, 2, 9.925}, {0.001, 5, 6.869},
		{0.05, math.Inf(1), 1.960}, {0.001, 1e5, 3.291},
	} {
		got := critical(c.alpha, c.df)
		if !near(got, c.want, 0.001) {
			t.Errorf("critical(%v, %v) = %.4f, want %.3f", c.alpha, c.df, got, c.want)
		}
		if p := tails(got, c.df); !near(p, c.alpha, 1e-9) {
			t.Errorf("tails(%v, %v) = %v, want %v", got, c.df, p, c.alpha)
		}
	}
}

// The examples of R's power.t.test: n = 20 a group and a shift of one standard
// deviation have a power of 0.8689528 (the wrong tail left out, as R does); a
// power of 0.9 takes 22.02110 a group.
func TestPower(t *testing.T) {
	for _, c := range []struct{ n, want float64 }{{20, 0.8689528}, {22.02110, 0.9}} {
		df := 2*c.n - 2
		if got := power(math.Sqrt(c.n/2), df, critical(0.05, df)); !near(got, c.want, 1e-5) {
			t.Errorf("power of %v in a group = %.7f, want %.7f", c.n, got, c.want)
		}
	}
	for _, df := range []float64{1, 2, 3, 10, 1000, 1e6} {
		if got := power(0, df, critical(0.02, df)); !near(got, 0.02, 1e-6) {
			t.Errorf("power without a shift, %v degrees of freedom: %v, want the error rate 0.02", df, got)
		}
	}
}

// Student's own data: the additional hours of sleep of ten patients under two
// drugs, 1908. Paired: t = 4.0621, p = 0.002833; Welch: t = 1.8608, df = 17.776,
// p = 0.07939.
var (
	sleepOne = []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2}
	sleepTwo = []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
)

func TestSleep(t *testing.T) {
	paired := Rounds(sleepOne, sleepTwo, 0)
	if p := paired.P(); !near(paired.Diff, 1.58, 1e-12) || !near(p, 2*0.002833, 2e-6) {
		t.Errorf("paired: difference %v, p %v, want 1.58 and twice 0.002833", paired.Diff, p)
	}
	apart := Runs(sleepOne, sleepTwo, 0)
	if w := apart.ways[0]; !near(apart.Diff/w.se, 1.8608, 1e-4) || !near(w.df, 17.776, 1e-3) || !near(apart.P(), 0.07939, 1e-5) {
		t.Errorf("Welch: t %v, df %v, p %v", apart.Diff/w.se, w.df, apart.P())
	}
}

func TestRunsAgainstOne(t *testing.T) {
	// Five runs of mean 10 and standard deviation 1 and one of 14: t = 4/sqrt(1+1/5)
	// with 4 degrees of freedom.
	base := []float64{9, 9, 10, 11, 11}
	c := Runs(base, []float64{14}, 0)
	if w := c.ways[0]; !near(c.Diff/w.se, 4/math.Sqrt(1.2), 1e-12) || w.df != 4 || c.Units != 1 {
		t.Errorf("one run against five: %+v", c)
	}
	if d := Runs([]float64{14}, base, 0); d.P() != c.P() || d.Diff != -c.Diff {
		t.Errorf("the other way round: %+v", d)
	}
}

func TestNothingKnown(t *testing.T) {
	for name, c := range map[string]Contrast{
		"zero": {}, "one round": Rounds([]float64{1}, []float64{2}, 0), "no pairs": Rounds([]float64{1, 2}, []float64{2}, 0),
		"one and one": Runs([]float64{1}, []float64{2}, 0), "one side": Runs(nil, []float64{2, 3, 4}, 0),
	} {
		if c.Known() || c.P() != 1 || !math.IsInf(c.Reach(0.05), 1) || c.Rounds(1, 0.05, 0.8, 9) != 0 || !math.IsInf(c.Detectable(0.05, 0.8), 1) {
			t.Errorf("%s: %+v says something", name, c)
		}
	}
}

// Values that agree to the last digit are no proof: the floor stands in.
func TestFloor(t *testing.T) {
	base, next := []float64{1, 1, 1}, []float64{1.01, 1.01, 1.01}
	if p := Rounds(base, next, 0).P(); p != 0 {
		t.Errorf("without a floor p = %v, want 0", p)
	}
	if p := Rounds(base, next, 0.01).P(); p < 0.1 {
		t.Errorf("a difference as small as the resolution: p = %v, want that it is nothing", p)
	}
}

// Decision, interval and p-value are one thing.
func TestConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "n")
		values := rapid.SliceOfN(rapid.Float64Range(-1, 1), n, n)
		c := Rounds(values.Draw(t, "base"), values.Draw(t, "next"), 1e-6)
		alpha := rapid.Float64Range(1e-4, 0.4).Draw(t, "alpha")
		out := math.Abs(c.Diff) > c.Reach(alpha)
		if p := c.P(); out != (p < alpha) && !near(p, alpha, 1e-7) {
			t.Fatalf("%+v at %v: outside %v, p %v", c, alpha, out, p)
		}
		if d := c.Detectable(alpha, 0.8); d <= 0 || d < c.Reach(alpha)*0.2 {
			t.Fatalf("%+v: detectable %v, reach %v", c, d, c.Reach(alpha))
		}
	})
}

// What is planned for is what is then shown: a size that n rounds detect needs n
// rounds, and no fewer.
func TestRoundsAndDetectable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := 2; n < 30; n++ {
		base, next := make([]float64, n), make([]float64, n)
		for i := range base {
			base[i], next[i] = r.NormFloat64(), r.NormFloat64()
		}
		c := Rounds(base, next, 0)
		size := c.Detectable(0.05, 0.8)
		if got := c.Rounds(size*1.0001, 0.05, 0.8, 100); got != n {
			t.Errorf("%d rounds detect %v, which needs %d", n, size, got)
		}
		if got := c.RoundsToReach(c.Reach(0.05)*1.0001, 0.05, 100); got != n {
			t.Errorf("%d rounds reach %v, which needs %d", n, c.Reach(0.05), got)
		}
	}
	c := Rounds([]float64{0, 1}, []float64{1, 0}, 0)
	if got := c.Rounds(1e-6, 0.05, 0.8, 100); got != 101 {
		t.Errorf("rounds for next to nothing: %d, want more than 100", got)
	}
}

// Intervals from blocks of an autocorrelated series hold the truth nearly as often
// as they should, where blocks taken for independent do so in two cases of three.
func TestBatchesCover(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const runs = 4000
	for _, rho := range []float64{0, 0.3, 0.6} {
		covered, naive := 0, 0
		for range runs {
			blocks := make([]float64, 24)
			x := r.NormFloat64() / math.Sqrt(1-rho*rho)
			var mean float64
			for i := range blocks {
				x = rho*x + r.NormFloat64()
				blocks[i] = x
				mean += x / float64(len(blocks))
			}
			e, ok := Batches(mean, blocks, 0)
			if !ok {
				t.Fatal("24 blocks are too few")
			}
			if math.Abs(mean) <= critical(0.05, e.DF)*e.SE {
				covered++
			}
			if math.Abs(mean) <= critical(0.05, 23)*math.Sqrt(variance(blocks, 0)/24) {
				naive++
			}
		}
		if share := float64(covered) / runs; share < 0.91 || share > 0.985 {
			t.Errorf("correlation %v: %.3f of the intervals hold the truth, want about 0.95", rho, share)
		}
		if share := float64(naive) / runs; rho == 0.6 && share > 0.75 {
			t.Errorf("correlation %v: without correction %.3f hold the truth: this tests nothing", rho, share)
		}
	}
	if _, ok := Batches(1, make([]float64, LeastBatches-1), 0); ok {
		t.Error("too few blocks tell something")
	}
}

func TestBlocks(t *testing.T) {
	a, b := Estimate{Value: 1, SE: 0.3, DF: 9}, Estimate{Value: 3, SE: 0.4, DF: 9}
	alone, allowed := Blocks(a, b, 0), Blocks(a, b, 0.5)
	if w := alone.ways[0]; !near(w.se, 0.5, 1e-12) || !near(w.df, 9*math.Pow(0.25, 2)/(math.Pow(0.09, 2)+math.Pow(0.16, 2)), 1e-9) {
		t.Errorf("without allowance: %+v", w)
	}
	if w := allowed.ways[0]; !near(w.se, math.Sqrt(0.25+0.5), 1e-12) || w.df < 9 {
		t.Errorf("with allowance: %+v", w)
	}
	if alone.Reach(0.05) >= allowed.Reach(0.05) {
		t.Error("an allowance makes the interval no longer")
	}
}

func TestSlope(t *testing.T) {
	linear := func(q float64) float64 { return 3 * q }
	for _, c := range []struct{ q, se, want float64 }{{0.5, 0.01, 3}, {0.99, 0.2, 3}, {0.5, 0, 0}} {
		if got := Slope(linear, c.q, c.se); !near(got, c.want, 1e-9) {
			t.Errorf("Slope(3q, %v, %v) = %v, want %v", c.q, c.se, got, c.want)
		}
	}
}
