package comparison

import (
	"fmt"
	"math"

	"authsoak/metric"
	"authsoak/results"
	"authsoak/stats"
)

// row is one metric of one step on its way to a finding.
type row struct {
	results.ComparedMetric
	fn       metric.Func
	values   values
	down     bool // less is worse
	contrast stats.Contrast
	// still is where nothing can differ: it takes no part in the family.
	still bool
}

// errorRate is the share of samples that did not go well.
const errorRate = "errors"

// compared are the metrics of a step.
var compared = []struct {
	name  string
	fn    metric.Func
	end   []string // of the path
	unit  metric.Unit
	scale results.Scale
	down  bool
}{
	{name: "p50", fn: metric.P50, end: []string{"response"}, unit: metric.Milliseconds},
	{name: "p90", fn: metric.P90, end: []string{"response"}, unit: metric.Milliseconds},
	{name: "p99", fn: metric.P99, end: []string{"response"}, unit: metric.Milliseconds},
	{name: "throughput", fn: metric.Rate, unit: metric.PerSecond, down: true},
	{name: errorRate, fn: metric.Rate, end: []string{"ok"}, unit: metric.Percent, scale: results.Points},
}

// rows measures every metric of every step.
func (p *pairing) rows(d *doubter) []*row {
	var out []*row
	for _, s := range p.steps(d) {
		var ofStep []*row
		some := false
		for _, m := range compared {
			e := metric.Expression{Func: m.fn, Path: append([]string{s.Target, s.Step}, m.end...)}
			v, missing, err := p.measure(e)
			r := &row{values: v, down: m.down, fn: m.fn, ComparedMetric: results.ComparedMetric{
				Target: s.Target, Step: s.Step, Metric: m.name, Unit: string(m.unit), ChangeUnit: scaleOf(m.scale).unit}}
			switch {
			case err != nil:
				r.Note = err.Error()
			case missing != "":
				r.Note = "nothing was measured in " + missing
			case m.name == errorRate:
				r.values.invert()
			}
			some = some || r.Note == ""
			ofStep = append(ofStep, r)
		}
		if some {
			out = append(out, ofStep...)
		}
	}
	return out
}

// invert turns shares of what went well into shares of what didn't.
func (v *values) invert() {
	for _, side := range [][]results.Measured{v.base, v.next} {
		for i := range side {
			m := &side[i]
			m.Value, m.Events = 100-m.Value, m.Samples-m.Events
			for k := range m.Blocks {
				m.Blocks[k] = 100 - m.Blocks[k]
			}
		}
	}
}

// all calls visit with each run's value.
func (v *values) all(visit func(m *results.Measured)) {
	for i := range v.base {
		visit(&v.base[i])
	}
	for i := range v.next {
		visit(&v.next[i])
	}
}

// contrast makes the difference of a metric. Note says why there is none; still
// that there can be none.
func (v *values) contrast(method string, e metric.Func, between float64) (c stats.Contrast, still bool, note string) {
	first := v.base[0].At()
	still, least := true, int64(math.MaxInt64)
	var floor, runs, level float64
	v.all(func(m *results.Measured) {
		still = still && m.At() == first
		least = min(least, m.Samples)
		floor += m.Floor * m.Floor
		level += m.Value
		runs++
	})
	floor, level = math.Sqrt(floor/runs), level/runs
	if p, ok := e.Percentile(); ok {
		if need := int64(math.Ceil(100 / (100 - p))); least < need {
			return c, false, fmt.Sprintf("a run has %d samples, and %s needs %d", least, e, need)
		}
	}
	switch method {
	case results.ByRounds:
		return stats.Rounds(at(v.base), at(v.next), floor), still, ""
	case results.ByRuns:
		return stats.Runs(at(v.base), at(v.next), floor), still, ""
	}
	if e == metric.Max {
		return c, still, "one greatest value has no spread: compare several runs"
	}
	b, n := v.base[0], v.next[0]
	base, okBase := stats.Batches(b.At(), b.Blocks, b.Floor)
	next, okNext := stats.Batches(n.At(), n.Blocks, n.Floor)
	if !okBase || !okNext {
		return c, still, fmt.Sprintf("a single run needs %d intervals of latency.hlog, and this metric has %d and %d", stats.LeastBatches, len(b.Blocks), len(n.Blocks))
	}
	if b.Scale == results.Points {
		between *= level
	}
	return stats.Blocks(base, next, between), still, ""
}

func at(side []results.Measured) []float64 {
	out := make([]float64, len(side))
	for i := range side {
		out[i] = side[i].At()
	}
	return out
}

// judge finds what differs among all rows together, and returns the error rate of
// each.
func judge(c *results.Comparison, rows []*row, opt Options) (alpha float64) {
	for _, r := range rows {
		if r.Note == "" {
			r.contrast, r.still, r.Note = r.values.contrast(c.Method, r.fn, opt.RunVariation)
		}
		if r.Note == "" && r.contrast.Known() && !r.still {
			c.Family++
		}
	}
	alpha = (1 - opt.Confidence) / math.Max(float64(c.Family), 1)
	for _, r := range rows {
		r.find(alpha, float64(c.Family), opt)
	}
	return alpha
}

// find fills in what is known of the metric at an error rate of alpha.
func (r *row) find(alpha, family float64, opt Options) {
	r.Finding = results.NotMeasure
	if r.Note != "" {
		return
	}
	s := scaleOf(r.values.base[0].Scale)
	r.Base, r.New = ptr(s.middle(r.values.base)), ptr(s.middle(r.values.next))
	r.Units = r.contrast.Units
	r.Finding = results.NoFinding
	r.Matters = round(opt.Matters*100, 6)
	if r.ChangeUnit == points {
		r.Matters = mattersPoints
	}
	if r.still {
		r.Change, r.Note = ptr(0), "the same in every run"
		return
	}
	// P is below alpha where 0 lies outside the interval: see Contrast.P.
	diff, p := r.contrast.Diff, r.contrast.P()
	r.Change, r.P = ptr(s.change(diff)), ptr(math.Min(1, p*family))
	if worse := diff < 0 == r.down; p < alpha {
		if r.Finding = results.Better; worse {
			r.Finding = results.Worse
		}
	}
}

// plan fills in the interval, what this data would have shown, and what it would
// take to show more.
func (r *row) plan(alpha float64) {
	if r.Note != "" {
		return
	}
	sign := 1.0
	if r.down {
		sign = -1
	}
	s := scaleOf(r.values.base[0].Scale)
	reach, diff := r.contrast.Reach(alpha), r.contrast.Diff
	r.Low, r.High = ptr(s.change(diff-reach)), ptr(s.change(diff+reach))
	r.Detectable = ptr(math.Abs(s.change(sign * r.contrast.Detectable(alpha, likely))))
	r.RoundsNeeded = r.contrast.Rounds(math.Abs(s.back(sign*r.Matters)), alpha, likely, results.MostRounds)
}

// ptr rounds a number to six digits; one that is none becomes nil.
func ptr(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	if v != 0 {
		scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(v))))
		if r := math.Round(v*scale) / scale; !math.IsNaN(r) && !math.IsInf(r, 0) {
			v = r
		}
	}
	return &v
}

// points are percentage points.
const points = "points"

// scale turns differences into changes and back.
type scale struct {
	unit         string
	change, back func(float64) float64
	mean         func(sum float64) float64
}

func scaleOf(s results.Scale) scale {
	same := func(v float64) float64 { return v }
	if s == results.Points {
		return scale{unit: points, change: same, back: same, mean: same}
	}
	return scale{
		unit:   "%",
		change: func(d float64) float64 { return math.Expm1(d) * 100 },
		back:   func(pct float64) float64 { return math.Log1p(pct / 100) },
		mean:   math.Exp,
	}
}

// middle is the mean on the scale of comparison, as a value.
func (s scale) middle(side []results.Measured) float64 {
	var sum float64
	for i := range side {
		sum += side[i].At()
	}
	return s.mean(sum / float64(len(side)))
}
