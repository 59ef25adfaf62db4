package capacity

import (
	"fmt"
	"math"
	"slices"
	"time"

	"authsoak/metric"
	"authsoak/results"
)

// Verdicts of a step.
const (
	verdictMet         = "pass"
	verdictFailed      = "fail"
	verdictRejected    = "rejected"
	verdictInterrupted = "interrupted"
)

// witness is what tells of a step that was driven.
type witness struct {
	sum     *results.Summary
	seen    *sightings
	folder  *results.Folder
	split   splitter
	pacerMS float64 // p99 of the generator's own lateness while the load settled
	halt    string  // why the search must end, by what was seen
}

// splitter tells the values of objectives before a time since the load began, and
// after it: [results.SplitHold] of the step's folder.
type splitter func(at time.Duration, objectives []metric.Expression) ([2][]float64, error)

// judge fills in what a step has shown.
func (r *runner) judge(s *results.CapacityStep, step Step, w *witness) Outcome {
	sum, seen := w.sum, w.seen
	r.measure(s, sum, seen)
	for _, t := range sum.Thresholds[len(r.Objectives):] {
		s.CutShort = s.CutShort || t.Stopped
	}
	for i, e := range r.Objectives {
		s.Objectives = append(s.Objectives, objectiveOf(e, &sum.Thresholds[i], sum, s.CutShort))
	}
	s.Objectives = append(s.Objectives, r.sustained(step, sum, seen))
	o := Outcome{Margin: worst(s.Objectives), Halt: w.halt}
	if s.CutShort {
		o.Margin = max(o.Margin, mostMargin)
	}
	good, tried := wentWell(sum)
	o.Dead = good == 0 && tried > 0 && !s.CutShort
	if s.Planned > 0 && !r.sessions() && !s.CutShort {
		o.Came = float64(s.Planned) / s.HoldS
		o.Left = float64(s.Planned-sum.Cycles.Dropped-seen.growth()) / s.HoldS
	}
	if c := seen.plateau(); c > 0 && s.Refused > 0 {
		o.Cap = int(c)
	}
	r.verdict(s, step, &o, w)
	o.Unbiased = o.Margin
	if step.Long() && !s.CutShort && (s.Verdict == verdictMet || s.Verdict == verdictFailed) {
		o.Unbiased = r.unbiased(s, step, w)
	}
	r.remember(s, &o)
	s.Margin, s.Unbiased = o.Margin, o.Unbiased
	return o
}

// objectiveOf says how one objective was kept.
func objectiveOf(e metric.Expression, t *results.ThresholdResult, sum *results.Summary, cutShort bool) results.CapacityObjective {
	v := results.CapacityObjective{Expression: t.Expression, Actual: t.Actual, Limit: e.Value, ActualText: t.ActualText, Pass: t.Pass}
	switch {
	case !t.NoData:
		v.Margin = margin(e, t.Actual, t.Pass, sum.Cycles.Planned)
	case cutShort:
		v.Margin, v.ActualText = math.Log(hopeless), "not judged: it was too much already while the load settled"
	default:
		v.Margin = math.Log(hopeless)
	}
	return v
}

// verdict decides whether a step is evidence at all.
func (r *runner) verdict(s *results.CapacityStep, step Step, o *Outcome, w *witness) {
	switch {
	case w.sum.Verdict == results.Interrupted && !s.CutShort:
		s.Verdict = verdictInterrupted
		return
	case o.Halt == "":
		o.Rejected = r.generatorLimit(s, o, w)
		if o.Rejected == "" && r.sessions() && !o.met() {
			o.Rejected, o.Refill = r.unfilled(step, w.seen)
		}
		if o.Rejected == "" {
			o.Rejected, o.Halt = r.unmeasured(s, o, w.sum)
		}
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

const (
	// mostRefills is how often in a row sessions may be opened more slowly, before
	// their not being there is held against the server.
	mostRefills = 3
	// refillShare of the sessions a second that were opened is tried next, at most
	// half of what was tried before and at least an eighth of it.
	refillShare = 0.8
)

// unfilled says why a step shows how fast logins are and not how many sessions
// the server holds, and how many a second to open instead.
func (r *runner) unfilled(step Step, seen *sightings) (why string, perSec float64) {
	got, lags := seen.fill(step.Level, r.Fill)
	if !lags || r.refills >= mostRefills {
		return "", 0
	}
	return fmt.Sprintf("logins took longer than the time for them: %.3g sessions a second were opened, not %.4g", got, r.Fill),
		min(max(refillShare*got, r.Fill/8), r.Fill/2)
}

// unmeasured says why an objective that could not be measured makes a step no
// evidence; or, where all went well but for that, why no other level will tell.
func (r *runner) unmeasured(s *results.CapacityStep, o *Outcome, sum *results.Summary) (rejected, halt string) {
	good, tried := wentWell(sum)
	for i, t := range sum.Thresholds[:len(r.Objectives)] {
		switch {
		case !t.NoData || s.CutShort || o.Dead:
		case tried == 0:
			return fmt.Sprintf("nothing ended in the judged part, in which %d cycles were due", sum.Cycles.Planned), ""
		case r.Objectives[i].Window > 0:
			return fmt.Sprintf("objective %s: nothing was measured", t.Expression), ""
		case good > 0:
			return "", fmt.Sprintf("objective %s: nothing was measured: no step of that name ends in the judged part of a step", t.Expression)
		}
	}
	return "", ""
}

// unbiased is the margin of a step without what comes of its being short. Each
// objective is corrected by its own values in the two halves, where it is a
// quantile or a mean: shares and counts of halves add up to those of the whole,
// and a largest value has none that says anything of it.
func (r *runner) unbiased(s *results.CapacityStep, step Step, w *witness) float64 {
	whole := worst(s.Objectives)
	if w.sum.Generator.TaintedIntervals > 0 {
		return whole
	}
	parts, err := w.split(r.settle(step)+r.hold(step)/2, r.Objectives)
	if err != nil {
		return whole
	}
	list := slices.Clone(s.Objectives)
	for i, e := range r.Objectives {
		list[i].Margin = unbiasedBy(e, list[i].Margin, parts[0][i], parts[1][i], w.sum.Cycles.Planned)
	}
	return worst(list)
}

// unbiasedBy corrects the margin of one objective by its values in both halves.
func unbiasedBy(e metric.Expression, whole, first, second float64, n int64) float64 {
	_, quantile := e.Func.Percentile()
	if e.Window > 0 || !quantile && e.Func != metric.Mean || math.IsNaN(first) || math.IsNaN(second) {
		return whole
	}
	return Unbiased(whole, margin(e, first, e.Holds(first), n), margin(e, second, e.Holds(second), n))
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
	return backlog(sum, seen.growth())
}

// backlog is the objective that cycles don't pile up and don't go wrong. A queue
// that is stable goes up and down by some square roots of the arrivals; one that
// isn't grows with them.
func backlog(sum *results.Summary, growth int64) results.CapacityObjective {
	planned := float64(max(sum.Cycles.Planned, 1))
	allowed := 0.02*planned + 4*math.Sqrt(planned)
	grown := float64(growth + sum.Cycles.Dropped)
	v := results.CapacityObjective{Expression: keepsUp, Actual: grown, Pass: grown <= allowed,
		ActualText: fmt.Sprintf("%+.0f cycles under way in the end, of %d due", grown, sum.Cycles.Planned)}
	v.Margin = math.Log(max(grown, 1e-3*allowed) / allowed)
	if wrong := float64(sum.Cycles.Fail + sum.Cycles.Unknown); wrong > mostWrong*float64(sum.Cycles.Completed) {
		v.Pass, v.Actual = false, wrong
		v.ActualText = fmt.Sprintf("%.0f of %d cycles %s (%s)", wrong, sum.Cycles.Completed, wentWrong, commonest(sum))
		v.Margin = max(v.Margin, math.Log(wrong/mostWrong/float64(max(sum.Cycles.Completed, 1))))
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

// wentWell counts the steps of cycles that went well, of those that were tried.
func wentWell(sum *results.Summary) (good, tried int64) {
	for _, s := range sum.Steps {
		if s.Kind == results.StepSeries.String() {
			good += s.OK
			tried += s.Count
		}
	}
	return good, tried
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

// measure fills in what a summary says of rates and sessions. Cycles that began in
// the judged part and would have ended after it are in no count of its cycles: so
// the rate is of those that ended meanwhile, whenever they began, and a session's
// life is what its steps take and the pauses of the plan.
func (r *runner) measure(s *results.CapacityStep, sum *results.Summary, seen *sightings) {
	hold := max(sum.DurationS, 1e-3)
	s.HoldS = sum.DurationS
	s.RatePerS = float64(sum.Cycles.OK) / hold
	if ended, ok := seen.endedPerS(); ok && sum.Cycles.Completed > 0 {
		s.RatePerS = ended * float64(sum.Cycles.OK) / float64(sum.Cycles.Completed)
	}
	s.Planned, s.Completed = sum.Cycles.Planned, sum.Cycles.Completed
	s.Sessions, s.PeakLive = seen.live(), sum.Sessions.PeakLive
	s.Class, s.PossiblyOpen = commonest(sum), sum.Sessions.PossiblyOpen
	var inside, logins float64 // busy inside sessions, in seconds, and sessions
	for _, step := range sum.Steps {
		if step.Kind != results.StepSeries.String() {
			continue
		}
		busy := float64(step.Count) * step.Service.Mean / 1000
		s.Concurrency += busy / hold
		s.StepsPerS += float64(step.OK) / hold
		switch step.Step {
		case loginStep:
			logins += float64(step.OK)
			s.Refused += step.Fail + step.Unknown
		case results.ReplayStep:
		default:
			inside += busy
		}
	}
	if logins > 0 && !r.sessions() {
		pauses, _ := r.Driver.Plan.Thinking()
		s.LifeS = pauses.Seconds() + inside/logins
	}
}
