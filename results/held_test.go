package results

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"authsoak/metric"
)

func measure(t *testing.T, h *Held, text string) (Measured, bool) {
	t.Helper()
	e, err := metric.ParseMetric(text)
	if err != nil {
		t.Fatal(err)
	}
	m, ok, err := h.Measure(e)
	if err != nil {
		t.Fatalf("Measure(%s): %v", text, err)
	}
	return m, ok
}

// Without a tainted interval the hold says what the summary says.
func TestHeldIsTheSummary(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 3 * time.Second, time.Minute} {
		r := newRun(t, nil, func(o *Options) { o.HistogramEvery = every })
		r.play(rand.New(rand.NewPCG(3, 4)), 40)
		s := r.finish(Ending{Warmup: 2 * time.Second, Drain: time.Second})
		h, err := ReadHeld(r.f)
		if err != nil {
			t.Fatal(err)
		}
		login := s.Steps[0]
		for text, want := range map[string]float64{
			"p50(octane.login)": login.Response.P50, "p99(octane.login.response)": login.Response.P99, "mean(login.service)": login.Service.Mean,
			"rate(octane.login)": login.RatePerS, "rate(octane.login.fail)": 100 * float64(login.Fail) / float64(login.Count),
		} {
			m, ok := measure(t, h, text)
			if !ok || math.Abs(m.Value-want) > 1e-4*want {
				t.Errorf("every %s: %s = %v, %v, want %v", every, text, m.Value, ok, want)
			}
		}
		if h.Tainted != 0 || h.Intervals != 40 {
			t.Errorf("every %s: %d of %d intervals tainted, want 0 of 40", every, h.Tainted, h.Intervals)
		}
	}
}

// What a target told of itself is in no time and no count.
func TestHeldOfAScrapedRun(t *testing.T) {
	r := newRun(t, nil, nil)
	for range 10 {
		r.cycle(0, Hold, 5*time.Millisecond, OK, NoClass)
		r.gauges.Scrapes = []ScrapeInterval{{Line: ScrapeLine, At: r.now.Seconds(), Source: "http://10.0.0.7/metrics", Values: map[string]float64{"go_goroutines": 7}}}
		r.tick(Hold)
	}
	r.finish(Ending{Hold: r.held})
	h, err := ReadHeld(r.f)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := measure(t, h, "rate(octane.login)"); !ok || math.Abs(m.Value-1) > 1e-6 {
		t.Errorf("rate(octane.login) = %v, %v, want 1", m.Value, ok)
	}
}

// An interval in which the generator was at fault counts neither in times nor in
// rates.
func TestHeldLeavesOutTainted(t *testing.T) {
	r := newRun(t, nil, nil)
	for second := range 10 {
		slow := second == 4
		for range 20 {
			each := time.Millisecond
			if slow {
				each = time.Second
			}
			r.cycle(0, Hold, each, OK, NoClass)
		}
		if slow {
			r.r[0].Late(Hold, int64(3*time.Second))
			for range 100 {
				r.r[0].Late(Hold, int64(3*time.Second))
			}
		}
		r.tick(Hold)
	}
	r.finish(Ending{})
	h, err := ReadHeld(r.f)
	if err != nil {
		t.Fatal(err)
	}
	if h.Tainted != 1 || h.Seconds() != 9 {
		t.Fatalf("%d tainted, %v s left, want 1 and 9", h.Tainted, h.Seconds())
	}
	m, _ := measure(t, h, "p99(octane.login)")
	rate, _ := measure(t, h, "rate(octane.login)")
	if m.Value > 2 || m.Samples != 180 || math.Abs(rate.Value-20) > 1e-9 {
		t.Errorf("p99 %v of %d samples, %v a second: the tainted second is in it", m.Value, m.Samples, rate.Value)
	}
}

// Long runs are cut in at most 32 blocks that hold everything.
func TestHeldBlocks(t *testing.T) {
	for _, seconds := range []int{1, 7, 31, 32, 33, 64, 65, 100, 300} {
		r := newRun(t, nil, nil)
		for range seconds {
			r.cycle(0, Hold, time.Millisecond, OK, NoClass)
			r.tick(Hold)
		}
		r.finish(Ending{})
		h, err := ReadHeld(r.f)
		if err != nil {
			t.Fatal(err)
		}
		var held float64
		shortest, longest := math.Inf(1), 0.0
		for _, b := range h.blocks {
			held += b.seconds
			shortest, longest = min(shortest, b.seconds), max(longest, b.seconds)
		}
		m, _ := measure(t, h, "p50(octane.login)")
		if h.Blocks() > mostBlocks || held != float64(seconds) || m.Samples != int64(seconds) || longest > 3*shortest {
			t.Errorf("%d s: %d blocks of %v to %v s, %v s and %d samples in all", seconds, h.Blocks(), shortest, longest, held, m.Samples)
		}
		if (m.Blocks != nil) != (seconds >= 8) {
			t.Errorf("%d s: %d values of blocks", seconds, len(m.Blocks))
		}
	}
}

// The blocks of a quantile spread as the quantile of a run does from run to run.
func TestHeldQuantileSpread(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, text := range []string{"p50(octane.login)", "p90(octane.login)", "p99(octane.login)"} {
		var values []float64
		var within float64
		const runs = 40
		for range runs {
			r := newRun(t, nil, nil)
			for range 16 {
				for range 150 {
					r.cycle(0, Hold, time.Duration(5e6*math.Exp(0.5*rng.NormFloat64())), OK, NoClass)
				}
				r.tick(Hold)
			}
			r.finish(Ending{})
			h, err := ReadHeld(r.f)
			if err != nil {
				t.Fatal(err)
			}
			m, _ := measure(t, h, text)
			values = append(values, m.At())
			mean, n := 0.0, float64(len(m.Blocks))
			for _, b := range m.Blocks {
				mean += b / n
			}
			for _, b := range m.Blocks {
				within += (b - mean) * (b - mean) / (n - 1) / n / runs
			}
		}
		mean, between := 0.0, 0.0
		for _, v := range values {
			mean += v / runs
		}
		for _, v := range values {
			between += (v - mean) * (v - mean) / (runs - 1)
		}
		// The ratio of two variances of 39 and many degrees of freedom.
		if ratio := within / between; ratio < 0.5 || ratio > 2 {
			t.Errorf("%s: variance by blocks %.3g, from run to run %.3g", text, within, between)
		}
	}
}

func TestMeasureRefuses(t *testing.T) {
	r := newRun(t, nil, nil)
	r.cycle(0, Hold, time.Millisecond, OK, NoClass)
	r.tick(Hold)
	r.finish(Ending{})
	h, err := ReadHeld(r.f)
	if err != nil {
		t.Fatal(err)
	}
	for text, says := range map[string]string{
		"p99(octane.logn)": "did you mean", "count(login)": "rate(", "max(live)": "rate(",
	} {
		e, err := metric.ParseMetric(text)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = h.Measure(e)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Measure(%s): %v, want that it says %q", text, err, says)
		}
		if text != "p99(octane.logn)" && !errors.Is(err, ErrNoComparison) {
			t.Errorf("Measure(%s): %v is not ErrNoComparison", text, err)
		}
	}
	if _, ok := measure(t, h, "p99(space.login)"); ok {
		t.Error("a step that never ran has a p99")
	}
	if m, ok := measure(t, h, "max(octane.login)"); !ok || m.Blocks != nil {
		t.Errorf("max: %+v, %v, want a value without blocks", m, ok)
	}
}
