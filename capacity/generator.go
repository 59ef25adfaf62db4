package capacity

import (
	"fmt"
	"math"

	"authsoak/accounts"
	"authsoak/metric"
	"authsoak/results"
	"authsoak/scenario"
)

const (
	// pacerShare of the strictest limit on times is what the pacer itself may be
	// late, before a failed step is held against the generator.
	pacerShare = 0.2
	// leastLeft is the share of the judged time in which the generator must not have
	// been the limit: a quantile of what is left of less is of another load.
	leastLeft = 0.8
)

// generatorLimit says why a step shows the generator and not the server; empty:
// it doesn't. A step that met the objectives although the generator was late at
// times is evidence; one that missed them is only if it would have without those
// times.
func (r *runner) generatorLimit(s *results.CapacityStep, o *Outcome, w *witness) string {
	g := &w.sum.Generator
	if g.Intervals > 0 && float64(g.TaintedIntervals) > (1-leastLeft)*float64(g.Intervals) {
		return fmt.Sprintf("the generator was the limit in %d of %d s: %s", g.TaintedIntervals, g.Intervals, first(g.TaintReasons))
	}
	if o.met() {
		return ""
	}
	for i := range r.Driver.Targets {
		if t := &r.Driver.Targets[i].TargetPlan; i < len(w.seen.most) && outOfAccounts(t, w.seen.most[i], w.seen.waited[i]) {
			return accountsGone(t)
		}
	}
	if n := w.seen.droppedIdle; n > 0 {
		return fmt.Sprintf("the generator was the limit: %d arrivals were dropped while workers stood idle", n)
	}
	if limit := r.strictest(); limit > 0 {
		late := g.Pacer.P99
		if s.CutShort { // it may never have been judged
			late = max(late, w.pacerMS)
		}
		if late > pacerShare*limit {
			return fmt.Sprintf("the generator began %.3g ms late (p99), %.0f %% of the limit", late, 100*late/limit)
		}
	}
	switch {
	case s.CutShort && w.seen.taint != "":
		return "the generator was the limit while the load settled: " + w.seen.taint
	case s.CutShort && g.TaintedIntervals > 0:
		return fmt.Sprintf("the generator was the limit in %d s before the step was cut short: %s", g.TaintedIntervals, first(g.TaintReasons))
	case g.TaintedIntervals > 0:
		return r.withoutTaints(s, o, w)
	}
	return ""
}

// withoutTaints judges a step that failed by the seconds in which the generator
// was not the limit. It says why the step is no evidence, or takes over what
// they show.
func (r *runner) withoutTaints(s *results.CapacityStep, o *Outcome, w *witness) string {
	held, err := results.ReadHeld(w.folder)
	if err != nil {
		return fmt.Sprintf("the generator was the limit in %d s, and the others could not be judged: %v", w.sum.Generator.TaintedIntervals, err)
	}
	if held.Seconds() < leastLeft*w.sum.DurationS {
		return fmt.Sprintf("the generator was the limit in %d s, and without them and what is counted with them %.0f of %.0f s are left",
			w.sum.Generator.TaintedIntervals, held.Seconds(), w.sum.DurationS)
	}
	for i, e := range r.Objectives {
		if v := &s.Objectives[i]; !v.Pass {
			judgeAgain(v, e, held, w.sum.Cycles.Planned)
		}
	}
	if v := &s.Objectives[len(r.Objectives)]; !v.Pass && v.Expression == keepsUp {
		keepsUpAgain(v, w)
	}
	o.Margin = worst(s.Objectives)
	if o.met() {
		return fmt.Sprintf("without the %d s in which the generator was the limit it met the objectives: %s",
			w.sum.Generator.TaintedIntervals, first(w.sum.Generator.TaintReasons))
	}
	return ""
}

// judgeAgain judges one objective by what is held. What can't be told of a part of
// a run, such as a number of errors in all, stays as it is.
func judgeAgain(v *results.CapacityObjective, e metric.Expression, held *results.Held, planned int64) {
	m, ok, err := held.Measure(e)
	if err != nil || e.Window > 0 {
		return
	}
	if !ok {
		v.Pass, v.Margin, v.ActualText = true, -mostMargin, "nothing was measured"
		return
	}
	actual := m.Value
	if e.Func.OfTime() && e.Unit.OfTime() {
		actual = e.Unit.From(m.Value / 1e3)
	}
	v.Actual, v.Pass, v.ActualText = actual, e.Holds(actual), e.Unit.Text(actual)
	v.Margin = margin(e, actual, v.Pass, planned)
	v.ActualText += ", without the generator's seconds"
}

// keepsUpAgain clears a server of arrivals that were dropped in seconds in which
// the generator was the limit, and of a backlog that was seen in one.
func keepsUpAgain(v *results.CapacityObjective, w *witness) {
	hold := w.seen.hold
	if len(hold) == 0 {
		return
	}
	var dropped, trouble, troubled int64
	for _, s := range hold {
		troubled += s.trouble
		if s.tainted {
			dropped += s.dropped
			trouble += s.trouble
		}
	}
	sum := *w.sum
	sum.Cycles.Dropped = max(0, sum.Cycles.Dropped-dropped)
	if troubled > 0 { // steps stand in for cycles
		part := float64(trouble) / float64(troubled)
		sum.Cycles.Fail -= int64(part * float64(sum.Cycles.Fail))
		sum.Cycles.Unknown -= int64(part * float64(sum.Cycles.Unknown))
	}
	growth := w.seen.growth()
	if hold[0].tainted || hold[len(hold)-1].tainted {
		growth = 0
	}
	*v = backlog(&sum, growth)
}

// outOfAccounts tells whether cycles had to wait for one another to give an
// account back.
func outOfAccounts(t *scenario.TargetPlan, most int64, waited bool) bool {
	return t.Policy == accounts.Lease && (waited || most >= int64(t.Accounts.Count()))
}

func accountsGone(t *scenario.TargetPlan) string {
	return fmt.Sprintf("all %d accounts of target %s were in use, and cycles waited for one: give more accounts", t.Accounts.Count(), t.Name)
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

// worst is the margin of the objective nearest to its limit, or farthest beyond.
func worst(list []results.CapacityObjective) float64 {
	m := math.Inf(-1)
	for _, v := range list {
		m = math.Max(m, v.Margin)
	}
	return m
}
