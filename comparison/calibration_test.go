package comparison

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"authsoak/metric"
	"authsoak/results"
)

var update = flag.Bool("update", false, "write the table of docs/compare.md again")

// model draws what runs measure, without driving any: three steps of a minute at
// a hundred a second. A run differs from the next by 2 %: half of the variance is
// of the run as a whole, half of each step. Within a run every second is worse or
// better than the last by an autocorrelated noise, common to the times of a step.
type model struct {
	*rand.Rand
	// ofRound is the standard deviation of what both runs of a round share.
	ofRound float64
}

const (
	betweenRuns = 0.02
	secondNoise = 0.05 // standard deviation of a second's level
	correlation = 0.7  // of a second with the next
	runSeconds  = 60
	perSecond   = 100
	spread      = 0.5 // of the logarithm of single times: lognormal
	failing     = 0.002
	calSteps    = 3
	calBlocks   = 20
)

// run draws the metrics of one run: of each step p50, p90, p99, throughput and
// errors, as Held.Measure returns them. Slower is a factor on the times of the
// first step.
func (m model) run(round, slower float64, blocks bool) (out []results.Measured) {
	whole := m.NormFloat64() * betweenRuns / math.Sqrt2
	for step := range calSteps {
		level := round + whole + m.NormFloat64()*betweenRuns/math.Sqrt2
		if step == 0 {
			level += math.Log(slower)
		}
		seconds := make([]float64, runSeconds)
		x := m.NormFloat64()
		for i := range seconds {
			seconds[i] = x * secondNoise
			x = correlation*x + math.Sqrt(1-correlation*correlation)*m.NormFloat64()
		}
		for _, q := range []float64{0.5, 0.9, 0.99} {
			out = append(out, m.time(level, q, seconds, blocks))
		}
		out = append(out, m.throughput(blocks), m.errors(blocks))
	}
	return out
}

// time draws a quantile of the run and of its blocks: the noise of its seconds,
// and the sampling error sqrt(q(1−q)/n)/f of a lognormal distribution.
func (m model) time(level, q float64, seconds []float64, blocks bool) results.Measured {
	z := math.Sqrt2 * math.Erfinv(2*q-1)
	density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) / spread
	const length = runSeconds / calBlocks
	sampling := math.Sqrt(q*(1-q)/(length*perSecond)) / density
	var sum float64
	parts := make([]float64, calBlocks)
	for b := range parts {
		for _, s := range seconds[b*length : (b+1)*length] {
			parts[b] += s / length
		}
		parts[b] += level + z*spread + m.NormFloat64()*sampling
		sum += parts[b]
	}
	out := results.Measured{Value: math.Exp(sum / calBlocks), Unit: metric.Milliseconds, Samples: runSeconds * perSecond, Floor: 0.0003}
	if blocks {
		out.Blocks = parts
	}
	return out
}

func (m model) throughput(blocks bool) results.Measured {
	return m.counted(blocks, func(sum float64, parts []float64) results.Measured {
		for i := range parts {
			parts[i] = math.Log(parts[i] * calBlocks / runSeconds)
		}
		return results.Measured{Value: sum / runSeconds, Unit: metric.PerSecond, Samples: int64(sum), Floor: 1 / sum, Blocks: parts}
	}, perSecond*runSeconds)
}

func (m model) errors(blocks bool) results.Measured {
	const all = runSeconds * perSecond
	return m.counted(blocks, func(sum float64, parts []float64) results.Measured {
		for i := range parts {
			parts[i] *= 100.0 * calBlocks / all
		}
		share := (sum + 0.5) / (all + 1)
		return results.Measured{Value: 100 * sum / all, Unit: metric.Percent, Scale: results.Points, Samples: all, Events: int64(sum),
			Floor: 100 * math.Sqrt(share*(1-share)/all), Blocks: parts}
	}, failing*all)
}

// counted draws Poisson counts of the blocks that have the mean in sum.
func (m model) counted(blocks bool, of func(sum float64, parts []float64) results.Measured, mean float64) results.Measured {
	parts, sum := make([]float64, calBlocks), 0.0
	for i := range parts {
		parts[i] = m.poisson(mean / calBlocks)
		sum += parts[i]
	}
	out := of(sum, parts)
	if !blocks {
		out.Blocks = nil
	}
	return out
}

// poisson draws by counting exponential gaps; from 50 on the normal distribution
// is near enough.
func (m model) poisson(mean float64) (n float64) {
	if mean > 50 {
		return math.Max(1, math.Round(mean+math.Sqrt(mean)*m.NormFloat64()))
	}
	for at := m.ExpFloat64(); at < mean; at += m.ExpFloat64() {
		n++
	}
	return n
}

// compared draws the runs of both sides and judges them as Compare does.
func (m model) compared(rounds int, slower float64) *results.Comparison {
	c := &results.Comparison{Method: results.ByRounds}
	if rounds == 1 {
		c.Method = results.ByBlocks
	}
	rows := make([]*row, calSteps*len(compared))
	for i := range rows {
		of := compared[i%len(compared)]
		rows[i] = &row{fn: of.fn, down: of.down, ComparedMetric: results.ComparedMetric{
			Target: "octane", Step: []string{"login", "call", "logout"}[i/len(compared)], Metric: of.name, ChangeUnit: scaleOf(of.scale).unit}}
	}
	for range rounds {
		shared := m.NormFloat64() * m.ofRound
		for i, v := range m.run(shared, 1, rounds == 1) {
			rows[i].values.base = append(rows[i].values.base, v)
		}
		for i, v := range m.run(shared, slower, rounds == 1) {
			rows[i].values.next = append(rows[i].values.next, v)
		}
	}
	judge(c, rows, Options{}.withDefaults())
	for _, r := range rows {
		c.Metrics = append(c.Metrics, r.ComparedMetric)
	}
	return c
}

// anything tells whether a comparison calls something different.
func anything(c *results.Comparison) bool {
	return len(c.Found(results.Worse))+len(c.Found(results.Better)) > 0
}

// loginSlower tells whether a comparison finds the login's times worse.
func loginSlower(c *results.Comparison) bool {
	for _, name := range c.Found(results.Worse) {
		if strings.HasPrefix(name, "octane.login p") {
			return true
		}
	}
	return false
}

func (m model) share(comparisons, rounds int, slower float64, of func(*results.Comparison) bool) float64 {
	n := 0
	for range comparisons {
		if of(m.compared(rounds, slower)) {
			n++
		}
	}
	return float64(n) / float64(comparisons)
}

// calibration is one line of the table.
type calibration struct {
	rounds                 int
	ofRound                float64
	different, found, half float64
}

const calibrated = 1000

// TestCalibration holds what a comparison promises: of 1,000 comparisons without
// a difference at most 6.5 % call anything different where 5 % are meant to, and
// six rounds find a login that takes 10 % longer nine times in ten.
func TestCalibration(t *testing.T) {
	var lines []calibration
	for _, ofRound := range []float64{0, 0.05} {
		for _, rounds := range []int{1, 3, 6, 12} {
			lines = append(lines, calibration{rounds: rounds, ofRound: ofRound})
		}
	}
	var drawing sync.WaitGroup
	for i := range lines {
		drawing.Go(func() {
			l := &lines[i]
			m := model{rand.New(rand.NewPCG(1, uint64(i))), l.ofRound}
			l.different = m.share(calibrated, l.rounds, 1, anything)
			l.found = m.share(calibrated, l.rounds, 1.10, loginSlower)
			l.half = m.share(calibrated, l.rounds, 1.05, loginSlower)
		})
	}
	drawing.Wait()
	for _, l := range lines {
		t.Logf("%+v", l)
		if l.different > 0.065 {
			t.Errorf("%d rounds, %.0f %% common to a round: %.1f %% of comparisons without a difference find one, want at most 6.5 %%", l.rounds, l.ofRound*100, l.different*100)
		}
		if l.rounds >= 6 && l.ofRound == 0 && l.found < 0.90 {
			t.Errorf("%d rounds find a login slower by 10 %% in %.1f %% of comparisons, want at least 90 %%", l.rounds, l.found*100)
		}
	}
	checkTable(t, lines)
}

const docsPage, tableBegin, tableEnd = "../docs/compare.md", "<!-- calibration -->\n", "<!-- /calibration -->\n"

// checkTable holds the table in the documentation against the lines.
func checkTable(t *testing.T, lines []calibration) {
	var b bytes.Buffer
	b.WriteString("| rounds | common to a round | no difference: calls something different | login +10 %: found | login +5 %: found |\n|---|---|---|---|---|\n")
	for _, l := range lines {
		fmt.Fprintf(&b, "| %d | %.0f %% | %.1f %% | %.1f %% | %.1f %% |\n", l.rounds, l.ofRound*100, l.different*100, l.found*100, l.half*100)
	}
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s: no place for the table between %q and %q", docsPage, tableBegin, tableEnd)
	}
	want := before + tableBegin + b.String() + tableEnd + after
	switch {
	case want == string(page):
	case *update:
		if err := os.WriteFile(docsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is out of date: run go test ./comparison -run TestCalibration -update\n%s", docsPage, b.String())
	}
}
