package capacity

import (
	"fmt"
	"math"
	"strings"
	"time"

	"authsoak/metric"
	"authsoak/results"
	"authsoak/scenario"
)

// Announced is the result of a search that hasn't begun: what is planned.
func (c *Config) Announced() *results.CapacityResult {
	res := &results.CapacityResult{Schema: results.CapacitySchema, Version: c.Driver.Version, Axis: results.RateAxis, Load: c.load(),
		Plan: c.Planned(), Ceiling: c.Ceiling, Objectives: []string{}, Targets: []string{}, Findings: []string{},
		Steps: []results.CapacityStep{}, Left: []results.CapacityLeft{}, Recovery: []results.CapacityRecovery{}}
	if c.sessions() {
		res.Axis = results.SessionsAxis
	}
	for _, e := range c.Objectives {
		res.Objectives = append(res.Objectives, e.String())
	}
	for i := range c.Driver.Targets {
		t := &c.Driver.Targets[i].TargetPlan
		res.Targets = append(res.Targets, fmt.Sprintf("%s %s %s %s", t.Name, t.Flow.Version, t.Flow.Method, t.URL.Redacted()))
	}
	return res
}

// load says in words what a step drives, but for its level.
func (c *Config) load() string {
	p := c.Driver.Plan
	if c.sessions() {
		return fmt.Sprintf("sessions held, %.4g opened a second before each step, a call every %s on average", c.Fill, p.Think.Mean())
	}
	how := "evenly"
	if p.Arrivals != nil && p.Arrivals.Process() == scenario.Poisson {
		how = "at random (poisson)"
	}
	text := fmt.Sprintf("cycles that arrive %s, each a login, %.3g calls and a logout", how, p.Calls.Mean())
	if p.Think.Mean() > 0 {
		text += fmt.Sprintf(", %s of think time before each step but the first", p.Think.Mean())
	}
	return text
}

// conclude sums up.
func (r *runner) conclude(end End, err error) {
	res := r.result
	res.DurationS = time.Since(r.began).Seconds()
	res.Load = r.load() // sessions may be opened more slowly than planned
	f := r.search.Finding().within(r.Most)
	res.Answer = results.CapacityAnswer{Known: f.Low > 0, Capacity: f.At, Low: f.Low, Decided: f.Decided, Exact: f.Exact, Method: f.Method,
		Allowed: f.Allowed, RelaxationS: f.Memory}
	if !math.IsInf(f.High, 1) {
		res.Answer.High = &f.High
	}
	res.Limit = r.limit(end, f)
	res.Verdict = verdictOf(end, f)
	if err != nil {
		res.Verdict = results.Invalid
	}
	if res.Verdict == results.Invalid || res.Verdict == results.Failed {
		res.Answer.Known = false // a ceiling that may be the generator's is none
	}
	res.Reason = r.reason(end, f, err)
	res.USL = curveOf(res.Steps, r.sessions())
	if res.Answer.Known {
		res.Little = r.little(f)
	}
	if res.Answer.Known && f.Decided {
		res.Servers = r.servers(f)
	}
	r.findings(f)
}

// within is the finding on loads up to the highest that may be tried: what lies
// beyond was never driven, and a line through the steps says nothing of it.
func (f Finding) within(most float64) Finding {
	f.Low, f.At = math.Min(f.Low, most), math.Min(f.At, most)
	if !math.IsInf(f.High, 1) {
		f.High = math.Min(f.High, most)
	}
	return f
}

// verdictOf is the verdict of a search that ended like this.
func verdictOf(end End, f Finding) results.Verdict {
	switch end {
	case Decided, AtGuard:
		return results.Pass
	case interrupted:
		return results.Interrupted
	case NothingMet, NoRecovery:
		return results.Failed
	case OutOfSteps:
		if f.Decided { // though not as narrowly as asked for
			return results.Pass
		}
	}
	return results.Invalid
}

// limit says what keeps the capacity from being higher.
func (r *runner) limit(end End, f Finding) results.CapacityLimit {
	last := r.lastStep()
	switch {
	case last == nil:
		return results.CapacityLimit{Kind: results.LimitNone, Detail: "no step was driven"}
	case end == Generator:
		kind := results.LimitGenerator
		if r.outOfAccounts() {
			kind = results.LimitAccounts
		}
		return results.CapacityLimit{Kind: kind, Detail: last.Rejected}
	case end == Unreachable:
		return results.CapacityLimit{Kind: results.LimitNone, Class: last.Class, Detail: "nothing went well any more; " + orUnknown(last.Class)}
	case end == NoRecovery:
		return results.CapacityLimit{Kind: results.LimitRecovery, Class: last.Class,
			Detail: fmt.Sprintf("after overload the server no longer met the objectives at %s", r.search.text(last.Level))}
	case end == AtGuard:
		return results.CapacityLimit{Kind: results.LimitGuard, Detail: fmt.Sprintf("everything was met up to %s, the highest load that may be tried", r.search.text(r.Most))}
	case f.Exact:
		return results.CapacityLimit{Kind: results.LimitSessionCap, Class: last.Class,
			Detail: fmt.Sprintf("the server takes %.0f sessions and refuses the next", f.Low)}
	}
	return r.broken(f)
}

// broken finds the objective that the steps just beyond the limit broke most.
func (r *runner) broken(f Finding) results.CapacityLimit {
	var worst *results.CapacityStep
	for i := range r.result.Steps {
		s := &r.result.Steps[i]
		if s.Verdict == verdictFailed && s.Kind != string(Recovery) && (worst == nil || math.Abs(s.Level-f.At) < math.Abs(worst.Level-f.At)) {
			worst = s
		}
	}
	if worst == nil {
		return results.CapacityLimit{Kind: results.LimitNone, Detail: "no step failed"}
	}
	var o results.CapacityObjective
	for i, v := range worst.Objectives {
		if i == 0 || v.Margin > o.Margin {
			o = v
		}
	}
	l := results.CapacityLimit{Objective: o.Expression, Class: worst.Class,
		Detail: fmt.Sprintf("at %s: %s, it was %s", r.search.text(worst.Level), o.Expression, o.ActualText)}
	switch {
	case r.refusedAt(worst) > 0:
		l.Kind = results.LimitSessionCap
		l.Detail = fmt.Sprintf("logins were refused (%s) whenever about %d sessions were live", worst.Class, r.refusedAt(worst))
	case o.Expression == keepsUp && strings.Contains(o.ActualText, wentWrong):
		l.Kind = results.LimitErrors
	case o.Expression == keepsUp:
		l.Kind = results.LimitThroughput
	case o.Expression == holdsIt:
		l.Kind = results.LimitErrors
	default:
		l.Kind = kindOf(r.Objectives, o.Expression)
	}
	return l
}

// refusedAt is the number of sessions at which a step's logins were refused; 0:
// they weren't.
func (r *runner) refusedAt(s *results.CapacityStep) int {
	if k := s.Number - 1; k < len(r.search.past) {
		return r.search.past[k].Outcome.Cap
	}
	return 0
}

func kindOf(objectives []metric.Expression, text string) string {
	for _, e := range objectives {
		if e.String() != text {
			continue
		}
		switch {
		case e.Func.OfTime() && e.Unit.OfTime():
			return results.LimitResponse
		case e.Unit == metric.PerSecond:
			return results.LimitThroughput
		default:
			return results.LimitErrors
		}
	}
	return results.LimitOther
}

func (r *runner) lastStep() *results.CapacityStep {
	if n := len(r.result.Steps); n > 0 {
		return &r.result.Steps[n-1]
	}
	return nil
}

// reason is the answer in a sentence.
func (r *runner) reason(end End, f Finding, err error) string {
	text := r.search.text
	switch {
	case err != nil:
		return err.Error()
	case end == Generator:
		return fmt.Sprintf("no capacity can be told: %s, at %s", r.result.Limit.Detail, text(r.lastStep().Level))
	case end == Unreachable && len(r.result.Steps) > 1:
		return fmt.Sprintf("the server stopped answering: nothing went well any more at %s, which it had met; %s", text(r.lastStep().Level), orUnknown(r.lastStep().Class))
	case end == Unreachable:
		return fmt.Sprintf("nothing went well in the first step, at %s: %s", text(r.lastStep().Level), orUnknown(r.lastStep().Class))
	case end == Halted:
		return r.search.past[len(r.search.past)-1].Halt
	case end == NothingMet:
		return fmt.Sprintf("the objectives were met at no load, not even at %s", text(r.lastStep().Level))
	case end == NoRecovery:
		return r.result.Limit.Detail
	case end == AtGuard:
		return fmt.Sprintf("at least %s: the highest load that may be tried met the objectives", text(f.Low))
	case f.Exact:
		return fmt.Sprintf("%.0f sessions exactly: one more is refused", f.Low)
	case f.Low == 0:
		return "no load was seen to meet the objectives"
	case math.IsInf(f.High, 1):
		return fmt.Sprintf("at least %s was met; the search ended before a load was too much", text(f.Low))
	}
	said := fmt.Sprintf("%s (%s)", text(f.At), RangeText(f.Low, f.High, r.sessions()))
	switch {
	case end == interrupted:
		said = "interrupted; so far " + said
	case !f.Decided:
		said = "no capacity can be told: the steps and the time allowed did not suffice; so far " + said + ", undecided, with no confidence"
	case end == OutOfSteps:
		said += ", wider than asked for: the steps and the time allowed did not suffice"
	}
	return said
}

// RangeText writes an interval of levels.
func RangeText(low, high float64, sessions bool) string {
	if sessions {
		return fmt.Sprintf("%.0f to %.0f sessions", low, high)
	}
	return fmt.Sprintf("%.4g to %.4g/s", low, high)
}

func orUnknown(class string) string {
	if class == "" {
		return "no step ended"
	}
	return "the commonest error is " + class
}

func (r *runner) outOfAccounts() bool {
	s := r.lastStep()
	for i := range r.Driver.Targets {
		if s.Rejected != "" && s.Rejected == accountsGone(&r.Driver.Targets[i].TargetPlan) {
			return true
		}
	}
	return false
}
