package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"authsoak/results"
	"authsoak/stats"
)

// drift writes whether anything drifts: what grows in full, the rest by name.
func (p *page) drift(d *results.Drift) {
	if d == nil || d.Verdict == results.DriftShort && len(d.Notes) == 0 {
		return
	}
	p.heading("Drift")
	word, paint := driftWords(d)
	p.prose("  ", word, paint)
	for _, m := range []stats.Motion{stats.Rises, stats.Falls} {
		for i := range d.Series {
			if d.Series[i].Motion == m {
				p.moving(&d.Series[i])
			}
		}
	}
	p.jumps(d.Series)
	for _, m := range []stats.Motion{stats.Settling, stats.Unclear, stats.Steady, stats.Short} {
		var names []string
		for i := range d.Series {
			if d.Series[i].Motion == m {
				names = append(names, driftName(&d.Series[i]))
			}
		}
		if len(names) > mostNames {
			names = append(names[:mostNames:mostNames], fmt.Sprintf("and %d more", len(names)-mostNames))
		}
		if len(names) > 0 {
			p.prose("  "+left(motionWords[m], labelWidth), strings.Join(names, ", "), nil)
		}
	}
	for _, n := range d.Notes {
		p.prose("  "+p.warn+" ", clean(n), p.yellow)
	}
}

var motionWords = map[stats.Motion]string{
	stats.Settling: "settling", stats.Unclear: "unclear", stats.Steady: "steady", stats.Short: "too few",
}

func driftWords(d *results.Drift) (string, func(string) string) {
	p := ink(false)
	grow, lose := 0, 0
	for i := range d.Series {
		switch s := &d.Series[i]; {
		case s.Motion == stats.Rises:
			grow++
		case s.Drifts():
			lose++
		}
	}
	over := " over " + span(d.HoldS)
	switch d.Verdict {
	case results.Drifting:
		var what []string
		if grow > 0 {
			what = append(what, fmt.Sprintf("%d of %s", grow, plural(int64(len(d.Series)), "series grows", "series grow")))
		}
		if lose > 0 {
			what = append(what, plural(int64(lose), "target loses", "targets lose")+" live sessions")
		}
		return "DRIFT: " + strings.Join(what, ", ") + over, nil
	case results.NoDrift:
		return "steady: none of " + plural(int64(len(d.Series)), "series", "series") + " drifts" + over, p.dim
	case results.DriftUnclear:
		return "unclear: nothing grows for certain, and not every drift is ruled out" + over, nil
	}
	return "too short: a hold of " + span(d.HoldS) + " says nothing of drift", nil
}

func driftName(s *results.DriftSeries) string { return clean(s.Target) + "." + clean(s.Metric) }

// moving writes a series that grows or shrinks: the slope with its interval, and
// what it would come to.
func (p *page) moving(s *results.DriftSeries) {
	sign, paint := p.fail, p.red
	if !s.Drifts() {
		sign, paint = p.warn, nil
	}
	text := fmt.Sprintf("%s  %s an hour (%s to %s)", driftName(s), signed(s.PerHour, s.Unit), signed(s.LowPerHour, s.Unit), signed(s.HighPerHour, s.Unit))
	if s.Level > 0 && s.Unit != "%" {
		text += ", " + signed(100*s.PerHour/s.Level, "%") + " of its level"
	}
	text += fmt.Sprintf(": %s in the %s from %s on", signed(s.Change, s.Unit), span(s.ToS-s.FromS), span(s.FromS))
	if s.Teeth > 0 {
		text += fmt.Sprintf(", by the lower edge of %d teeth", s.Teeth)
	}
	if s.Rhythm > 0 {
		text += ", a daily cycle of " + amount(s.Rhythm, s.Unit) + " taken out"
	}
	p.prose("  "+sign+" ", text, paint)
	if text := crossing(s.Crosses); text != "" {
		p.prose("    ", text, nil)
	}
}

// crossing says when a limit would be reached; nil: none is known.
func crossing(c *results.DriftLimit) string {
	if c == nil {
		return ""
	}
	when := span(c.EarliestS) + " at the earliest, perhaps never"
	if c.LatestS > 0 {
		when = span(c.EarliestS) + " to " + span(c.LatestS)
	}
	return fmt.Sprintf("if it went on like that, it would reach %s in %s (%s): an extrapolation, nobody has seen it", clean(c.Limit), span(c.InS), when)
}

// mostJumps is how many jumps are told, the highest first.
const mostJumps = 3

// jumps writes what changed at once: no drift, but something happened.
func (p *page) jumps(series []results.DriftSeries) {
	type jump struct {
		text   string
		height float64 // in floors
	}
	var all []jump
	for i := range series {
		s := &series[i]
		for _, j := range s.Steps {
			if h := math.Abs(j.Height) / s.Floor; s.Floor > 0 && h >= 2 {
				all = append(all, jump{fmt.Sprintf("%s  jumped by %s at %s: no drift, but something happened", driftName(s),
					signed(j.Height, s.Unit), span(j.AtS)), h})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b jump) int { return cmp.Compare(b.height, a.height) })
	for i, j := range all {
		if i == mostJumps {
			p.prose("  "+p.warn+" ", plural(int64(len(all)-i), "smaller jump", "smaller jumps")+": see drift in the summary", nil)
			return
		}
		p.prose("  "+p.warn+" ", j.text, nil)
	}
}

func signed(v float64, unit string) string {
	if v < 0 {
		return "-" + amount(-v, unit)
	}
	return "+" + amount(v, unit)
}

func amount(v float64, unit string) string {
	switch unit {
	case "ms":
		return millis(v)
	case "bytes":
		return size(int64(v))
	case "%":
		return significant(v) + " %"
	}
	return significant(v)
}
