package comparison

import (
	"errors"
	"fmt"
	"math"

	"authsoak/metric"
	"authsoak/results"
	"authsoak/stats"
)

// tolerances judges every change that was allowed. One is kept where the bound
// on its side keeps it: to pass, all have to be kept, so each may be tried at the
// full error rate (an intersection-union test: Berger, "Multiparameter hypothesis
// testing and acceptance sampling", Technometrics 24, 1982). One is broken where
// the bound on the other side breaks it: a single one fails the comparison, so the
// error rate is divided among them. In between nobody can tell.
func (p *pairing) tolerances(c *results.Comparison, opt Options) error {
	var problems []error
	for _, e := range opt.Tolerances {
		v, missing, err := p.measure(e)
		if err != nil {
			problems = append(problems, fmt.Errorf("--tolerance %s: %w", e, err))
			continue
		}
		t := results.ToleranceResult{Expression: e.String(), Verdict: results.ToleranceUnknown, ChangeUnit: scaleOf(v.base[0].Scale).unit}
		if missing != "" {
			t.Text = "nothing was measured in " + missing
		} else {
			contrast, _, note := v.contrast(c.Method, e.Func, opt.RunVariation)
			if t.Text = note; note == "" {
				tolerate(&t, e, contrast, scaleOf(v.base[0].Scale), 1-opt.Confidence, len(opt.Tolerances))
			}
		}
		c.Limits = append(c.Limits, t)
	}
	return errors.Join(problems...)
}

// tolerate judges one tolerance.
func tolerate(t *results.ToleranceResult, e metric.Expression, c stats.Contrast, s scale, alpha float64, among int) {
	// A one-sided bound at alpha is the end of the interval at twice that.
	keep, breaks := c.Reach(2*alpha), c.Reach(2*alpha/float64(among))
	t.Change, t.Low, t.High = ptr(s.change(c.Diff)), ptr(s.change(c.Diff-keep)), ptr(s.change(c.Diff+keep))
	near, far := c.Diff+keep, c.Diff-breaks
	if !e.Upper() {
		near, far = c.Diff-keep, c.Diff+breaks
	}
	seen := signed(s.change(c.Diff), s.unit)
	switch {
	case e.Holds(s.change(near)):
		t.Verdict = string(results.Pass)
		t.Text = bounded(seen, most(e.Upper()), signed(s.change(near), s.unit))
	case !e.Holds(s.change(far)):
		t.Verdict = string(results.Failed)
		t.Text = bounded(seen, most(!e.Upper()), signed(s.change(far), s.unit))
	default:
		t.Text = fmt.Sprintf("%s, somewhere from %s to %s", seen, signed(s.change(c.Diff-keep), s.unit), signed(s.change(c.Diff+keep), s.unit))
		t.RoundsNeeded = c.RoundsToReach(math.Abs(s.back(e.Value)-c.Diff), 2*alpha, results.MostRounds)
		switch {
		case t.RoundsNeeded > results.MostRounds:
			t.Text += fmt.Sprintf("; more than %d rounds would be needed to tell", results.MostRounds)
		case t.RoundsNeeded > 0:
			t.Text += fmt.Sprintf("; about %d rounds in all would tell", max(t.RoundsNeeded, c.Units+1))
		case c.Known():
			t.Text += "; the change seen is the one tolerated, which no number of rounds would tell"
		}
	}
}

// bounded is a change and the bound that decides; one that is too large to be
// told by its number stands alone.
func bounded(seen, side, bound string) string {
	if seen == bound {
		return seen
	}
	return fmt.Sprintf("%s, at %s %s", seen, side, bound)
}

func most(upper bool) string {
	if upper {
		return "most"
	}
	return "least"
}

// signed prints a change.
func signed(v float64, unit string) string {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return "anything"
	}
	if unit == "%" && v > 1000 {
		return "more than +1000 %"
	}
	if unit == "%" {
		return fmt.Sprintf("%+.1f %%", v)
	}
	return fmt.Sprintf("%+.2f %s", v, unit)
}
