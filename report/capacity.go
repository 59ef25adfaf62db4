package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"authsoak/results"
)

// Capacity writes what a search for capacity has found as text: the answer, what
// limited it, the curve, and what the answer rests on. The error is w's.
func Capacity(w io.Writer, r *results.CapacityResult, opt TextOptions) error {
	p := newPage(opt)
	word, paint := strings.ToUpper(string(r.Verdict)), p.yellow
	switch r.Verdict {
	case results.Pass:
		word, paint = "CAPACITY", p.green
	case results.Failed:
		paint = p.red
	}
	p.hanging(p.bold(paint(word))+"  ", columns(word)+2, clean(r.Reason), nil)
	if !opt.Brief {
		p.line("")
		p.capacityAnswer(r)
		for _, l := range capacityPlot(r, p.width, opt.ASCII) {
			p.line(l)
		}
		p.capacityTable(r)
	}
	for _, l := range r.Left {
		p.prose("  "+p.warn+" ", fmt.Sprintf("%s left open by step %d: authsoak cleanup %s/%s",
			plural(l.Sessions, "session", "sessions"), l.Step, opt.Folder, clean(l.Folder)), p.yellow)
	}
	if opt.Folder != "" && !opt.Brief {
		p.field("evidence", opt.Folder+"/"+results.CapacityFile)
		p.field("report", opt.Folder+"/"+results.ReportFile)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func (p *page) capacityAnswer(r *results.CapacityResult) {
	for _, f := range CapacityFacts(r) {
		p.field(f.Name, clean(f.Text))
	}
	for _, f := range r.Findings {
		p.prose("  "+p.warn+" ", clean(f), p.yellow)
	}
	p.line("")
}

// Fact is a line of an answer.
type Fact struct{ Name, Text string }

// CapacityFacts are what a search has found, a line each.
func CapacityFacts(r *results.CapacityResult) (out []Fact) {
	say := func(name, format string, args ...any) { out = append(out, Fact{name, fmt.Sprintf(format, args...)}) }
	switch a := &r.Answer; {
	case a.Known:
		say("capacity", "%s", CapacityInterval(r))
		say("confidence", "%s", confidenceText(r))
	case !a.Decided && a.High != nil && a.Low > 0: // a number, but none to rely on
		say("capacity", "perhaps %s", CapacityInterval(r))
		say("confidence", "%s", confidenceText(r))
	}
	say("limit", "%s", limitText(&r.Limit))
	for _, rec := range r.Recovery {
		if rec.Recovered {
			say("recovery", "after %s: met the objectives at %s again, within %s", levelText(rec.Overload, r.Axis), levelText(rec.Level, r.Axis), lifeSpan(math.Round(rec.WithinS)))
		} else {
			say("recovery", "NONE after %s: %s no longer met the objectives in %s", levelText(rec.Overload, r.Axis), levelText(rec.Level, r.Axis), plural(int64(rec.Tries), "try", "tries"))
		}
	}
	if l := r.Little; l != nil {
		say("sessions", "%s (Little's law)", l.Explanation)
	}
	if len(r.Steps) > 0 {
		say("scaling", "%s", scalingText(&r.USL, r.Axis))
	}
	if s := r.Servers; s != nil {
		say("servers", "%d for %s with %.3g %% head-room: %s on each, if they share nothing", s.Servers, levelText(s.Wanted, r.Axis), 100*s.HeadRoom, levelText(s.Each, r.Axis))
	}
	if c := r.Ceiling; c != nil {
		say("generator", "%s%s", c.Text, shareOfCeiling(r))
	}
	return out
}

// shareOfCeiling says how near the capacity lies to what the generator can drive;
// "" where that is no number of arrivals, or nobody knows it.
func shareOfCeiling(r *results.CapacityResult) string {
	if r.Axis != results.RateAxis || !r.Answer.Known || !(r.Ceiling.RatePerS > 0) {
		return ""
	}
	return ": the capacity is " + percent(r.Answer.Capacity/r.Ceiling.RatePerS) + " of that"
}

// CapacityInterval writes the capacity with its interval.
func CapacityInterval(r *results.CapacityResult) string {
	a := &r.Answer
	switch {
	case a.Exact:
		return levelText(a.Low, r.Axis) + ", exactly"
	case a.High == nil:
		return "at least " + levelText(a.Low, r.Axis)
	}
	return fmt.Sprintf("%s, between %s and %s (%.3g %% wide)", levelText(a.Capacity, r.Axis), levelText(a.Low, r.Axis), levelText(*a.High, r.Axis),
		100*(*a.High/a.Low-1))
}

func confidenceText(r *results.CapacityResult) string {
	if !r.Answer.Decided {
		return "none: " + clean(r.Answer.Method)
	}
	text := fmt.Sprintf("%.3g %%: %s", 100*r.Plan.Confidence, clean(r.Answer.Method))
	if s := r.Answer.RelaxationS; s > 0 {
		text += fmt.Sprintf("; the server's queue forgets in %.2g s", s)
	}
	if a := r.Answer.Allowed; a > 0 {
		text += fmt.Sprintf("; the low end is lowered by %.2g %% for steps that fall behind or are short beside that", 100*a)
	}
	return text
}

func limitText(l *results.CapacityLimit) string {
	word := map[string]string{
		results.LimitResponse: "response time", results.LimitErrors: "errors", results.LimitSessionCap: "session cap",
		results.LimitThroughput: "throughput", results.LimitGenerator: "the generator", results.LimitAccounts: "accounts",
		results.LimitGuard: "the guard of this search", results.LimitRecovery: "recovery", results.LimitNone: "unknown", results.LimitOther: "objective",
	}[l.Kind]
	if l.Detail == "" {
		return word
	}
	return word + ": " + clean(l.Detail)
}

// scalingText is the Universal Scalability Law in a line.
func scalingText(c *results.CapacityCurve, axis string) string {
	over, done := CurveWords(axis)
	if c.Refused != "" {
		return "no curve fitted: " + clean(c.Refused)
	}
	text := fmt.Sprintf("USL: γ %s/s alone, α %s contention, β %s coherency; ±%.3g/s about the curve at %s",
		coefficient(c.Gamma), coefficient(c.Alpha), coefficient(c.Beta), c.Error, plural(int64(c.Levels), "level", "levels"))
	if c.Peak != nil {
		return text + fmt.Sprintf("; it turns down at %.3g %s and %.4g %s/s", c.Peak.Concurrency, over, c.Peak.RatePerS, done)
	}
	return text + "; " + clean(c.NoPeak)
}

// CurveWords are what the curve of an axis is over, and what it counts a second.
func CurveWords(axis string) (over, done string) {
	if axis == results.SessionsAxis {
		return "live sessions", "steps"
	}
	return "requests in progress", "cycles"
}

func coefficient(c *results.CurveParameter) string {
	switch {
	case c.High == nil:
		return fmt.Sprintf("%.3g (no bound above)", c.Value)
	case c.Held:
		return fmt.Sprintf("%.3g (held there, at most %.3g)", c.Value, *c.High)
	}
	return fmt.Sprintf("%.3g (%.3g to %.3g)", c.Value, c.Low, *c.High)
}

// capacityTable lists the steps by level.
func (p *page) capacityTable(r *results.CapacityResult) {
	p.heading("Steps")
	_, done := CurveWords(r.Axis)
	t := &table{columns: []column{{title: "step"}, {title: "level"}, {title: "kind", left: true, spare: 2}, {title: "verdict", left: true},
		{title: "decides", left: true}, {title: done + "/s", spare: 1}, {title: "busy", spare: 3}, {title: "live", spare: 4}}}
	for i := range r.Steps {
		s := &r.Steps[i]
		rate := s.RatePerS
		if r.Axis == results.SessionsAxis {
			rate = s.StepsPerS
		}
		paint := p.green
		switch s.Verdict {
		case string(results.Failed):
			paint = p.red
		case string(results.Pass):
		default:
			paint = p.yellow
		}
		t.add(cell{text: fmt.Sprint(s.Number)}, cell{text: levelText(s.Level, r.Axis)}, cell{text: clean(s.Kind)}, cell{text: clean(s.Verdict), paint: paint},
			cell{text: decidingText(s)}, cell{text: fmt.Sprintf("%.4g", rate)}, cell{text: Busy(s.Concurrency)}, cell{text: fmt.Sprintf("%.0f", s.Sessions)})
	}
	t.print(p, "  ")
	p.prose("  ", "decides: what came nearest to its limit, or went farthest beyond. busy: requests in progress on average.", p.dim)
	p.line("")
}

// Busy writes a number of requests in progress.
func Busy(n float64) string {
	if n >= 999.5 {
		return count(int64(math.Round(n)))
	}
	return fmt.Sprintf("%.3g", n)
}

// Deciding returns the objective that a step is told by: the one missed by most, or
// where all were met, the one that came nearest to its limit. Measured is false
// where none came anywhere: that nothing failed, or that a server keeps up, is a
// yes and no number, and how near either is to a no depends on how much was asked.
// It returns nil for a step that nothing was judged of.
func Deciding(s *results.CapacityStep) (o *results.CapacityObjective, measured bool) {
	rank := func(o *results.CapacityObjective) int {
		switch {
		case !o.Pass:
			return 2
		case o.Limit != 0 && o.Actual != 0:
			return 1
		}
		return 0
	}
	for i := range s.Objectives {
		next := &s.Objectives[i]
		if o == nil || rank(next) > rank(o) || rank(next) == rank(o) && next.Margin > o.Margin {
			o = next
		}
	}
	return o, o != nil && rank(o) > 0
}

// What returns what an objective is about, without its limit.
func What(o *results.CapacityObjective) string {
	what, _, _ := strings.Cut(o.Expression, "<")
	what, _, _ = strings.Cut(what, ">")
	what, _, _ = strings.Cut(what, "=")
	return strings.TrimSpace(what)
}

// decidingText is the objective that decides, and what it was.
func decidingText(s *results.CapacityStep) string {
	o, _ := Deciding(s)
	if o == nil {
		return "–"
	}
	return clean(What(o)) + " " + clean(o.ActualText)
}
