package comparison

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"authsoak/metric"
	"authsoak/results"
)

// Options say how runs are compared. A zero field takes the value beside it.
type Options struct {
	Confidence   float64  // 0.95, of all intervals together
	RunVariation float64  // 0.03: relative standard deviation from run to run, where single runs can't show it
	Matters      float64  // 0.05: the relative change that rounds are planned for
	Allow        []string // kinds of doubt, of [Allowable], that don't refuse
	Tolerances   []metric.Expression
	Version      string // of authsoak
}

// Defaults of [Options].
const (
	DefaultConfidence   = 0.95
	DefaultRunVariation = 0.03
	DefaultMatters      = 0.05
	// mattersPoints is the change of a share that rounds are planned for.
	mattersPoints = 1.0
	// likely is the probability with which a change is to be shown.
	likely = 0.8
)

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *float64
		value float64
	}{{&o.Confidence, DefaultConfidence}, {&o.RunVariation, DefaultRunVariation}, {&o.Matters, DefaultMatters}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return o
}

// Compare holds the runs of next against those of base; both have at least one.
// Runs that don't fit together are refused: the comparison then has doubts and no
// metrics. The error tells every tolerance that names nothing.
func Compare(base, next []*Run, opt Options) (*results.Comparison, error) {
	opt = opt.withDefaults()
	base, next = inOrder(base), inOrder(next)
	c := &results.Comparison{
		Schema: results.ComparisonSchema, Version: opt.Version, Verdict: results.Invalid, Reasons: []string{},
		Confidence: opt.Confidence, Rounds: min(len(base), len(next)),
		Base: briefs(base), New: briefs(next), Doubts: []results.Doubt{},
		Metrics: []results.ComparedMetric{}, Limits: []results.ToleranceResult{}, Spectra: []results.Spectrum{},
	}
	d := doubter{allow: opt.Allow}
	d.runs(base, next)
	if any, _ := refused(d.found); any {
		c.Doubts = d.found
		c.Reasons = append(c.Reasons, "the runs are not comparable")
		return c, nil
	}
	p := pairing{base: base, next: next, names: counterparts(base[0].Held, next[0].Held)}
	c.Method = p.method(&d)
	if c.Method == results.ByBlocks {
		c.RunVariationPct = opt.RunVariation * 100
	}
	rows := p.rows(&d)
	alpha := judge(c, rows, opt)
	for _, r := range rows {
		r.plan(alpha)
		c.Metrics = append(c.Metrics, r.ComparedMetric)
	}
	if err := p.tolerances(c, opt); err != nil {
		return nil, err
	}
	c.Spectra = p.spectra()
	c.Doubts = append(c.Doubts, d.found...)
	conclude(c)
	return c, nil
}

// Misfit tells a comparison that was refused for how the runs were set up from
// one that was refused for what they are.
func Misfit(c *results.Comparison) bool {
	_, setup := refused(c.Doubts)
	return setup
}

func briefs(runs []*Run) []results.ComparedRun {
	out := make([]results.ComparedRun, len(runs))
	for i, r := range runs {
		out[i] = r.brief()
	}
	return out
}

func inOrder(runs []*Run) []*Run {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b *Run) int { return a.started().Compare(b.started()) })
	return runs
}

// pairing is the two sides, and what on one is called what on the other.
type pairing struct {
	base, next []*Run
	names      map[string]string // target of the base → target of the new side
}

// counterparts matches targets by name, or by being the only one.
func counterparts(base, next *results.Held) map[string]string {
	names := map[string]string{}
	for _, t := range base.Targets {
		if slices.Contains(next.Targets, t) {
			names[t] = t
		}
	}
	if len(base.Targets) == 1 && len(next.Targets) == 1 {
		names[base.Targets[0]] = next.Targets[0]
	}
	return names
}

// method says what the units are.
func (p *pairing) method(d *doubter) string {
	switch {
	case len(p.base) == 1 && len(p.next) == 1:
		d.add(SingleRuns, "one run on each side can't show how much runs differ from each other: that is assumed; several rounds in turn would measure it")
		return results.ByBlocks
	case len(p.base) == len(p.next) && p.inTurn():
		return results.ByRounds
	}
	d.add(NotInTurn, "the runs were not driven in turn, base and new in each round: what changed on the machines meanwhile counts as a difference")
	return results.ByRuns
}

// inTurn tells whether each round was over before the next began.
func (p *pairing) inTurn() bool {
	for i := 1; i < len(p.base); i++ {
		before := p.base[i-1].started()
		if other := p.next[i-1].started(); other.After(before) {
			before = other
		}
		if !p.base[i].started().After(before) || !p.next[i].started().After(before) {
			return false
		}
	}
	return true
}

// steps lists the steps that both sides have, and doubts those that one has.
func (p *pairing) steps(d *doubter) (steps []results.Series) {
	has := func(h *results.Held, s results.Series) bool { return slices.Contains(h.Series, s) }
	for _, s := range p.base[0].Held.Series {
		if s.Kind != results.StepSeries || s.Step == results.ReplayStep {
			continue
		}
		other := s
		other.Target = p.names[s.Target]
		if !has(p.next[0].Held, other) {
			d.add(OtherSteps, "only the base has %s", s.Name())
			continue
		}
		steps = append(steps, s)
	}
	for _, s := range p.next[0].Held.Series {
		if s.Kind != results.StepSeries || s.Step == results.ReplayStep {
			continue
		}
		known := slices.ContainsFunc(p.base[0].Held.Series, func(b results.Series) bool {
			return b.Kind == s.Kind && b.Step == s.Step && p.names[b.Target] == s.Target
		})
		if !known {
			d.add(OtherSteps, "only the new side has %s", s.Name())
		}
	}
	return steps
}

// values are what the runs of both sides have of one metric.
type values struct{ base, next []results.Measured }

// measure computes a metric of all runs. Missing names the first run that has no
// value.
func (p *pairing) measure(e metric.Expression) (v values, missing string, err error) {
	for _, side := range []struct {
		runs []*Run
		into *[]results.Measured
		next bool
	}{{p.base, &v.base, false}, {p.next, &v.next, true}} {
		for _, r := range side.runs {
			m, ok, err := r.Held.Measure(p.named(e, side.next))
			switch {
			case err != nil:
				return v, "", err
			case !ok && missing == "":
				missing = r.Folder
			}
			*side.into = append(*side.into, m)
		}
	}
	return v, missing, nil
}

// named turns the target at the head of a path into what a side calls it.
func (p *pairing) named(e metric.Expression, next bool) metric.Expression {
	e.Path = slices.Clone(e.Path)
	for a, b := range p.names {
		if a == b || e.Path[0] != a && e.Path[0] != b {
			continue
		}
		if e.Path[0] = a; next {
			e.Path[0] = b
		}
		break
	}
	return e
}

// conclude gives the verdict. Without a tolerance, whatever is shown to be worse
// fails; with some, they alone decide.
func conclude(c *results.Comparison) {
	known := 0
	for i := range c.Metrics {
		if c.Metrics[i].Finding != results.NotMeasure {
			known++
		}
	}
	worse := c.Found(results.Worse)
	c.Verdict = results.Pass
	switch {
	case known == 0:
		c.Verdict = results.Invalid
		c.Reasons = append(c.Reasons, "no metric could be compared: see the notes")
	case len(c.Limits) == 0 && len(worse) > 0:
		c.Verdict = results.Failed
		c.Reasons = append(c.Reasons, "worse: "+strings.Join(worse, ", "))
	}
	for _, l := range c.Limits {
		switch l.Verdict {
		case string(results.Failed):
			c.Verdict = results.Failed
		case results.ToleranceUnknown:
			if c.Verdict == results.Pass {
				c.Verdict = results.Invalid
			}
		default:
			continue
		}
		c.Reasons = append(c.Reasons, fmt.Sprintf("tolerance %s: %s", l.Expression, l.Text))
	}
}

// CheckTolerances tells every tolerance that names nothing in the run.
func CheckTolerances(r *Run, tolerances []metric.Expression) error {
	var problems []error
	for _, e := range tolerances {
		if _, _, err := r.Held.Measure(e); err != nil {
			problems = append(problems, fmt.Errorf("--tolerance: %w", err))
		}
	}
	return errors.Join(problems...)
}

// spectrumPoints are percentiles in even steps of the tail, twelve a decade.
const spectrumPoints, perDecade = 60, 12

// spectra are the response times of each step, all runs of a side together.
func (p *pairing) spectra() []results.Spectrum {
	out := []results.Spectrum{}
	for _, s := range p.steps(&doubter{}) {
		other := s
		other.Target = p.names[s.Target]
		base, next := pooled(p.base, s), pooled(p.next, other)
		samples := float64(min(base.Count(), next.Count()))
		if samples == 0 {
			continue
		}
		sp := results.Spectrum{Target: s.Target, Step: s.Step}
		for k := range spectrumPoints + 1 {
			above := math.Pow(10, -float64(k)/perDecade)
			if above*samples < 1 {
				break // the maximum again
			}
			percentile := 100 * (1 - above)
			sp.Points = append(sp.Points, results.SpectrumPoint{
				Percentile: round(percentile, 5), Base: round(float64(base.Percentile(percentile))/1e6, 4), New: round(float64(next.Percentile(percentile))/1e6, 4),
			})
		}
		out = append(out, sp)
	}
	return out
}

func pooled(runs []*Run, s results.Series) *results.Histogram {
	h := new(results.Histogram)
	for _, r := range runs {
		if i := slices.Index(r.Held.Series, s); i >= 0 {
			h.Merge(r.Held.Response(i))
		}
	}
	return h
}

func round(v float64, decimals int) float64 {
	scale := math.Pow(10, float64(decimals))
	return math.Round(v*scale) / scale
}
