package capacity

import (
	"fmt"
	"math"
	"slices"

	"authsoak/accounts"
	"authsoak/results"
)

// Verdicts of a step.
const (
	verdictMet         = "pass"
	verdictFailed      = "fail"
	verdictRejected    = "rejected"
	verdictInterrupted = "interrupted"
)

// sighting is what a step looked like in one second of its hold.
type sighting struct {
	live, inFlight, trouble int64
}

// sightings are those of the hold, in order.
type sightings struct {
	hold     []sighting
	before   int64 // steps that failed so far
	inFlight int64 // the most cycles at once
}

func (s *sightings) add(now results.Snapshot) {
	var v sighting
	var failed int64
	for _, t := range now.Targets {
		v.live += t.Sessions.Live
		v.inFlight += t.CyclesPlanned - t.CyclesDone - t.Dropped
		failed += t.Fail + t.Unknown
	}
	v.trouble, s.before = failed-s.before, failed
	s.inFlight = max(s.inFlight, v.inFlight)
	if now.Phase == results.Hold {
		s.hold = append(s.hold, v)
	}
}

// live is the mean of live sessions over the hold.
func (s *sightings) live() (mean float64) {
	for _, v := range s.hold {
		mean += float64(v.live) / float64(len(s.hold))
	}
	return mean
}

// growth is how many more cycles are under way at the end of the hold than at its
// beginning.
func (s *sightings) growth() int64 {
	if len(s.hold) < 2 {
		return 0
	}
	return s.hold[len(s.hold)-1].inFlight - s.hold[0].inFlight
}

// plateau is the number of live sessions that a step stood at whenever logins
// failed; 0: there is none. A server that is full shows a plateau, one that is
// slow or broken doesn't.
func (s *sightings) plateau() int64 {
	const least = 3 // seconds
	n, low, high := 0, int64(math.MaxInt64), int64(0)
	for _, v := range s.hold {
		if v.trouble > 0 && v.live > 0 {
			n++
			low, high = min(low, v.live), max(high, v.live)
		}
	}
	if n < least || high-low > max(1, high/50) {
		return 0
	}
	return high
}

// judge fills in what a step has shown.
func (r *runner) judge(s *results.CapacityStep, step Step, sum *results.Summary, seen *sightings) Outcome {
	measure(s, sum, seen.live())
	o := Outcome{Margin: math.Inf(-1)}
	for i, e := range r.Objectives {
		t := sum.Thresholds[i]
		v := results.CapacityObjective{Expression: t.Expression, Actual: t.Actual, ActualText: t.ActualText, Pass: t.Pass}
		if t.NoData {
			v.Margin = math.Log(hopeless)
			if s.CutShort {
				v.ActualText = "not judged: it was too much already while the load settled"
			}
		} else {
			v.Margin = margin(e, t.Actual, t.Pass, sum.Cycles.Planned)
		}
		s.Objectives = append(s.Objectives, v)
	}
	s.Objectives = append(s.Objectives, r.sustained(step, sum, seen))
	for _, v := range s.Objectives {
		o.Margin = max(o.Margin, v.Margin)
	}
	if s.CutShort {
		o.Margin = max(o.Margin, mostMargin)
	}
	for _, t := range sum.Thresholds[len(r.Objectives):] {
		if t.Stopped {
			s.CutShort = true
			o.Margin = max(o.Margin, mostMargin)
			o.Halt = r.stopped(t, o.Halt)
		}
	}
	o.Dead = wentWell(sum) == 0 && !s.CutShort
	if s.Planned > 0 && !r.sessions() && !s.CutShort {
		o.Came = float64(s.Planned) / s.HoldS
		o.Left = float64(s.Planned-sum.Cycles.Dropped-seen.growth()) / s.HoldS
	}
	if c := seen.plateau(); c > 0 && s.Refused > 0 {
		o.Cap = int(c)
	}
	o.Unbiased = o.Margin
	r.verdict(s, &o, sum, seen)
	s.Margin = o.Unbiased
	return o
}

// stopped is why the search must end after a threshold cut a step short; was
// where it need not.
func (r *runner) stopped(t results.ThresholdResult, was string) string {
	for _, class := range r.StopOn {
		if t.Expression == "count("+class.String()+") == 0 stop" {
			return fmt.Sprintf("the server answered %s, which ends the search as asked for (--stop-on)", class)
		}
	}
	return was
}

// verdict decides whether a step is evidence at all.
func (r *runner) verdict(s *results.CapacityStep, o *Outcome, sum *results.Summary, seen *sightings) {
	switch {
	case sum.Verdict == results.Interrupted && !s.CutShort:
		s.Verdict = verdictInterrupted
		return
	case o.Halt == "":
		o.Rejected = r.generatorLimit(sum, o, seen)
		o.Halt = r.unmeasured(s, sum, o)
	}
	s.Rejected = o.Rejected
	switch {
	case s.Rejected != "":
		s.Verdict = verdictRejected
	case o.met():
		s.Verdict = verdictMet
	default:
		s.Verdict = verdictFailed
	}
}

// unmeasured says which objective a step that went well could not measure: no
// other level will.
func (r *runner) unmeasured(s *results.CapacityStep, sum *results.Summary, o *Outcome) string {
	for i, t := range sum.Thresholds[:len(r.Objectives)] {
		if t.NoData && !s.CutShort && !o.Dead && o.Rejected == "" && r.Objectives[i].Window == 0 {
			return fmt.Sprintf("objective %s: nothing was measured: no step of that name ends in the judged part of a step", t.Expression)
		}
	}
	return ""
}

// pacerShare of the strictest limit on times is what the pacer itself may be
// late, before a failed step is held against the generator.
const pacerShare = 0.2

// generatorLimit says why a step shows the generator and not the server.
func (r *runner) generatorLimit(sum *results.Summary, o *Outcome, seen *sightings) string {
	g := &sum.Generator
	most := r.Driver.Limits.MaxTainted
	if most == 0 {
		most = 0.2
	}
	if g.Intervals > 0 && float64(g.TaintedIntervals) > most*float64(g.Intervals) {
		return fmt.Sprintf("the generator was the limit in %d of %d s: %s", g.TaintedIntervals, g.Intervals, first(g.TaintReasons))
	}
	if o.met() {
		return ""
	}
	if limit := r.strictest(); limit > 0 && g.Pacer.P99 > pacerShare*limit {
		return fmt.Sprintf("the generator began %.3g ms late (p99), %.0f %% of the limit", g.Pacer.P99, 100*g.Pacer.P99/limit)
	}
	for i := range r.Driver.Targets {
		t := &r.Driver.Targets[i].TargetPlan
		if n := t.Accounts.Count(); t.Policy == accounts.Lease && len(r.Driver.Targets) == 1 && seen.inFlight >= int64(n) {
			return accountsGone(n)
		}
	}
	return ""
}

func accountsGone(n int) string {
	return fmt.Sprintf("all %d accounts were in use, and cycles waited for one: give more accounts", n)
}

func first(list []string) string {
	if len(list) == 0 {
		return "see its run folder"
	}
	return list[0]
}

// strictest is the least limit on times, in milliseconds; 0: none.
func (r *runner) strictest() (least float64) {
	for _, e := range r.Objectives {
		if e.Func.OfTime() && e.Unit.OfTime() && e.Upper() {
			if v := e.Value * e.Unit.Base() * 1e3; least == 0 || v < least {
				least = v
			}
		}
	}
	return least
}

// loginStep is the step of every profile that opens a session.
const loginStep = "login"

// Names of the objectives that every search has.
const (
	keepsUp = "keeps up"
	holdsIt = "holds them"
)

// sustained is the objective that the server bears the level and doesn't only
// seem to for a while.
func (r *runner) sustained(step Step, sum *results.Summary, seen *sightings) results.CapacityObjective {
	if r.sessions() {
		return holds(step.Level, sum, seen)
	}
	// A queue that is stable goes up and down by some square roots of the
	// arrivals; one that isn't grows with them.
	planned := float64(max(sum.Cycles.Planned, 1))
	allowed := 0.02*planned + 4*math.Sqrt(planned)
	grown := float64(seen.growth() + sum.Cycles.Dropped)
	v := results.CapacityObjective{Expression: keepsUp, Actual: grown, Pass: grown <= allowed,
		ActualText: fmt.Sprintf("%+.0f cycles under way in the end, of %d due", grown, sum.Cycles.Planned)}
	v.Margin = math.Log(max(grown, 1e-3*allowed) / allowed)
	if wrong := float64(sum.Cycles.Fail + sum.Cycles.Unknown); wrong > mostWrong*float64(sum.Cycles.Completed) {
		v.Pass, v.Actual = false, wrong
		v.ActualText = fmt.Sprintf("%.0f of %d cycles %s (%s)", wrong, sum.Cycles.Completed, wentWrong, commonest(sum))
		v.Margin = max(v.Margin, math.Log(wrong/mostWrong/float64(sum.Cycles.Completed)))
	}
	if !v.Pass {
		v.Margin = max(v.Margin, 1e-3)
	}
	return v
}

// mostWrong is the share of cycles that may go wrong whatever the objectives are:
// a server that refuses everything at once is quick.
const (
	mostWrong = 0.05
	wentWrong = "went wrong"
)

// holds tells whether the sessions asked for were there. A turnover leaves out
// some at any time, but not so many.
func holds(level float64, sum *results.Summary, seen *sightings) results.CapacityObjective {
	const replaced = 0.99
	mean, peak := seen.live(), sum.Sessions.PeakLive
	v := results.CapacityObjective{Expression: holdsIt, Actual: mean, Pass: float64(peak) >= level && mean >= replaced*level,
		ActualText: fmt.Sprintf("%.0f live, at most %d", mean, peak), Margin: -1}
	if !v.Pass {
		v.Margin = 1
	}
	return v
}

// wentWell counts the steps of cycles that went well.
func wentWell(sum *results.Summary) (n int64) {
	for _, s := range sum.Steps {
		if s.Kind == results.StepSeries.String() {
			n += s.OK
		}
	}
	return n
}

// commonest is the class of most errors.
func commonest(sum *results.Summary) (class string) {
	counts := map[string]int64{}
	for _, s := range sum.Steps {
		if s.Kind == results.StepSeries.String() {
			for _, e := range s.Errors {
				counts[e.Class] += e.Count
			}
		}
	}
	classes := make([]string, 0, len(counts))
	for c := range counts {
		classes = append(classes, c)
	}
	slices.Sort(classes)
	for _, c := range classes {
		if class == "" || counts[c] > counts[class] {
			class = c
		}
	}
	return class
}

// measure fills in what a summary says of rates and sessions.
func measure(s *results.CapacityStep, sum *results.Summary, live float64) {
	hold := max(sum.DurationS, 1e-3)
	s.HoldS = sum.DurationS
	s.RatePerS = float64(sum.Cycles.OK) / hold
	s.Planned, s.Completed = sum.Cycles.Planned, sum.Cycles.Completed
	s.Sessions, s.PeakLive = live, sum.Sessions.PeakLive
	s.Class, s.PossiblyOpen = commonest(sum), sum.Sessions.PossiblyOpen
	var login, cycle, cycles, logins float64
	for _, step := range sum.Steps {
		busy := float64(step.Count) * step.Service.Mean / 1000
		switch {
		case step.Kind == results.CycleSeries.String():
			cycle, cycles = cycle+busy, cycles+float64(step.Count)
		case step.Kind == results.StepSeries.String():
			s.Concurrency += busy / hold
			s.StepsPerS += float64(step.OK) / hold
			if step.Step == loginStep {
				login, logins = login+busy, logins+float64(step.Count)
				s.Refused += step.Fail + step.Unknown
			}
		}
	}
	if cycles > 0 && logins > 0 {
		s.LifeS = max(cycle/cycles-login/logins, 0)
	}
}
