package stats

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// noises are the kinds of noise that made series have, of standard deviation 1.
var noises = []struct {
	name string
	make func(r *rand.Rand, n int) []float64
}{
	{"white", func(r *rand.Rand, n int) []float64 { return autoregressive(r, n, 0) }},
	{"AR(1) 0.5", func(r *rand.Rand, n int) []float64 { return autoregressive(r, n, 0.5) }},
	{"AR(1) 0.8", func(r *rand.Rand, n int) []float64 { return autoregressive(r, n, 0.8) }},
	{"AR(1) 0.9", func(r *rand.Rand, n int) []float64 { return autoregressive(r, n, 0.9) }},
	{"long memory, H 0.8", longMemory},
	{"outliers", outliers},
}

func autoregressive(r *rand.Rand, n int, rho float64) []float64 {
	out := make([]float64, n)
	x := r.NormFloat64()
	for i := range out {
		x = rho*x + math.Sqrt(1-rho*rho)*r.NormFloat64()
		out[i] = x
	}
	return out
}

// longMemory is fractional noise of d = H - 1/2 = 0.3 (Granger and Joyeux, "An
// introduction to long-memory time series models", 1980), cut after 2,000 terms.
func longMemory(r *rand.Rand, n int) []float64 {
	const d, terms = 0.3, 2000
	shocks := make([]float64, n+terms)
	for i := range shocks {
		shocks[i] = r.NormFloat64()
	}
	weights, squares := make([]float64, terms), 0.0
	for k, w := 0, 1.0; k < terms; k++ {
		weights[k] = w
		squares += w * w
		w *= (float64(k) + d) / float64(k+1)
	}
	out := make([]float64, n)
	for i := range out {
		for k, w := range weights {
			out[i] += w * shocks[i+terms-k-1]
		}
		out[i] /= math.Sqrt(squares)
	}
	return out
}

// outliers come five in a hundred, up to 50 standard deviations high.
func outliers(r *rand.Rand, n int) []float64 {
	out := autoregressive(r, n, 0.3)
	for i := range out {
		if r.Float64() < 0.05 {
			out[i] += 50 * r.Float64()
		}
	}
	return out
}

// shapes are what a server does that is no drift, or is one, over a length of 24
// hours; level 100.
var shapes = []struct {
	name  string
	drift bool
	hours float64
	gauge bool
	value func(r *rand.Rand) func(hour float64) float64
}{
	{"level", false, 24, false, fixed(func(h float64) float64 { return 0 })},
	{"one step of 20 %", false, 24, false, func(r *rand.Rand) func(float64) float64 {
		at := 2 + 20*r.Float64()
		return func(h float64) float64 {
			if h > at {
				return 20
			}
			return 0
		}
	}},
	{"daily cycle of ±20 %, 24 h", false, 24, false, wave(20, math.Sin)},
	{"daily cycle of ±20 %, 72 h", false, 72, false, wave(20, math.Sin)},
	{"office hours of +30 %, 72 h", false, 72, false, wave(30, func(x float64) float64 {
		if math.Sin(x) > 0.3 {
			return 1
		}
		return 0
	})},
	{"sawtooth of 50 %", false, 24, true, sawtooth(0)},
	{"warm-up of 1 h", false, 24, false, fixed(func(h float64) float64 { return -40 * math.Exp(-h) })},
	{"1 % an hour", true, 24, false, fixed(func(h float64) float64 { return h })},
	{"1 % an hour, after a warm-up of 1 h", true, 24, false, fixed(func(h float64) float64 { return h + 40*math.Exp(-h) })},
	{"1 % an hour under a sawtooth", true, 24, true, sawtooth(1)},
	{"1 % an hour under a daily cycle", true, 24, false, func(r *rand.Rand) func(float64) float64 {
		w := wave(20, math.Sin)(r)
		return func(h float64) float64 { return w(h) + h }
	}},
}

func fixed(f func(float64) float64) func(*rand.Rand) func(float64) float64 {
	return func(*rand.Rand) func(float64) float64 { return f }
}

func wave(height float64, f func(float64) float64) func(*rand.Rand) func(float64) float64 {
	return func(r *rand.Rand) func(float64) float64 {
		phase := 2 * math.Pi * r.Float64()
		return func(h float64) float64 { return height * f(2*math.Pi*h/24+phase) }
	}
}

func sawtooth(slope float64) func(*rand.Rand) func(float64) float64 {
	return func(r *rand.Rand) func(float64) float64 {
		length, phase := 0.8+r.Float64(), r.Float64()
		return func(h float64) float64 {
			_, part := math.Modf(h/length + phase)
			return 50*part + slope*h
		}
	}
}

func series(r *rand.Rand, shape, noise int, sd float64) (t, v []float64) {
	const n = 144
	s := shapes[shape]
	value := s.value(r)
	for i, e := range noises[noise].make(r, n) {
		h := s.hours * (float64(i) + 0.5) / n
		t, v = append(t, h), append(v, 100+value(h)+sd*e)
	}
	return t, v
}

// asked is how each series is judged: as one of eight of a run, at 5 % together.
func asked(gauge bool) Question {
	return Question{Alpha: 0.05 / 8, FloorShare: 0.05, Period: 24, Envelope: gauge}
}

// TestMadeSeries holds the judgement against made series: what drifts is found,
// what doesn't is hardly ever called a drift. It writes the table of docs/soak.md.
func TestMadeSeries(t *testing.T) {
	const runs = 100
	rises := make([][]int, len(shapes))
	var group sync.WaitGroup
	for si, s := range shapes {
		rises[si] = make([]int, len(noises))
		for ni := range noises {
			group.Go(func() {
				r := rand.New(rand.NewPCG(uint64(si), uint64(ni)))
				for range runs {
					x, v := series(r, si, ni, 3)
					if Judge(x, v, asked(s.gauge)).Motion == Rises {
						rises[si][ni]++
					}
				}
			})
		}
	}
	group.Wait()
	alarms, quiet := 0, 0
	for si, s := range shapes {
		found := 0
		for ni, n := range rises[si] {
			found += n
			switch {
			case s.drift && n < runs/2:
				t.Errorf("%s under %s: found in %d of %d", s.name, noises[ni].name, n, runs)
			case !s.drift && n > runs*8/100:
				t.Errorf("%s under %s: called a drift in %d of %d", s.name, noises[ni].name, n, runs)
			}
		}
		if s.drift && found < runs*len(noises)*7/10 {
			t.Errorf("%s: found in %d of %d", s.name, found, runs*len(noises))
		}
		if !s.drift {
			alarms += found
			quiet += runs * len(noises)
		}
	}
	if share := float64(alarms) / float64(quiet); share >= 0.05 {
		t.Errorf("false alarms in %.1f %% of all series without a drift", 100*share)
	}
	writeTable(t, rises, runs, float64(alarms)/float64(quiet))
}

var update = flag.Bool("update", false, "write the table of docs/soak.md")

const tableBegin, tableEnd = "<!-- made series: begin -->\n", "<!-- made series: end -->"

func writeTable(t *testing.T, rises [][]int, runs int, alarms float64) {
	var b strings.Builder
	b.WriteString("| series |")
	rule := "|---|"
	for _, n := range noises {
		b.WriteString(" " + n.name + " |")
		rule += "---|"
	}
	b.WriteString("\n" + rule + "\n")
	for si, s := range shapes {
		name := s.name
		if s.drift {
			name = "**" + name + "**"
		}
		b.WriteString("| " + name + " |")
		for _, n := range rises[si] {
			fmt.Fprintf(&b, " %d %% |", n*100/runs)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nFalse alarms over all series without a drift: %.1f %%.\n", 100*alarms)
	path := filepath.Join("..", "docs", "soak.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), tableBegin)
	old, tail, also := strings.Cut(rest, tableEnd)
	if !ok || !also {
		t.Fatalf("%s has no place for the table", path)
	}
	if old == b.String() {
		return
	}
	if !*update {
		t.Fatalf("%s holds another table: go test ./stats -run MadeSeries -update writes it", path)
	}
	if err := os.WriteFile(path, []byte(head+tableBegin+b.String()+tableEnd+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

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
	for ni, noise := range noises[:3] {
		r := rand.New(rand.NewPCG(9, uint64(ni)))
		covered := 0
		for range runs {
			x, v := series(r, 7, ni, 3)
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
