package experiment

import (
	"time"

	"authsoak/results"
	"authsoak/scenario"
)

// expiry judges the end of all sessions at once, and everybody's return.
type expiry struct {
	plan  *scenario.ExperimentPlan
	first results.Histogram // response times of the logins before the silence

	refused, accepted int64 // the first calls after it
	unclear           tally

	in     int64 // logged in again
	last   int64 // when everybody who was refused was
	wrong  tally
	again  results.Histogram // response times of the logins after it
	calls  int64             // after the return
	ended  int64             // of them, refused when the idle time was about over again
	failed tally
}

func (x *expiry) at() (int64, bool)       { return int64(x.plan.Until), true }
func (x *expiry) excuses(int, int64) bool { return false }

func (x *expiry) see(e *Event) {
	until := int64(x.plan.Until)
	switch {
	case e.Part == Login && e.Intended < until:
		if e.Outcome == results.OK {
			x.first.Record(e.End - e.Intended)
		}
	case e.Intended < until || !e.Judged:
	case e.Part == Login:
		x.login(e)
	case e.Part == Call && e.Opened < int64(x.plan.At) && e.Intended == until:
		x.firstCall(e)
	case e.Part == Call && e.Opened >= until:
		x.calls++
		switch {
		case e.lost(): // by the clock of its own: the declared time was over, or nearly
			x.ended++
		case e.Outcome != results.OK:
			x.failed[e.Class]++
		}
	}
}

func (x *expiry) firstCall(e *Event) {
	switch {
	case e.Over:
		x.refused++
	case e.Outcome == results.OK || e.Class == results.UnexpectedAccept:
		x.accepted++
	default:
		x.unclear[e.Class]++
	}
}

func (x *expiry) login(e *Event) {
	x.again.Record(e.End - e.Intended)
	if e.Outcome != results.OK {
		x.wrong[e.Class]++
		return
	}
	if x.in++; x.in <= x.refused || x.last == 0 {
		x.last = max(x.last, e.End)
	}
}

func (x *expiry) lines() []results.ExperimentLine {
	all := x.refused + x.accepted + x.unclear.sum()
	refused := words{sum(x.refused, " of "), sum(all, " refused"), some(", ", x.accepted, " ACCEPTED"), x.unclear.phrase(", and of ", " nothing is known")}
	if all == 0 {
		refused = words{text("nobody came back: no session was live when the silence began, or the load was over before it was")}
	}
	took := time.Duration(x.last) - x.plan.Until
	in := words{sum(min(x.in, x.refused), " of "), sum(x.refused, ""), latest(", the last after ", max(took, 0), "")}
	times := words{spreadThan(&x.again, "the first logins took", &x.first)}
	return []results.ExperimentLine{
		line("expired sessions", all > 0 && x.refused == all, words{at("every session is refused after ", x.plan.Until-x.plan.At, " without use")}, refused),
		line("everybody in again", x.refused > 0 && x.in >= x.refused && took <= x.plan.Within,
			words{at("all who were refused are logged in after ", x.plan.Within, " at most")}, in),
		failures(x.in+x.wrong.sum(), &x.wrong, 0, x.plan.Failures),
		line("worst login", x.again.Count() > 0 && time.Duration(x.again.Max()) <= x.plan.Slowest, within(x.plan.Slowest), times),
		line("the new sessions", x.calls > 0 && x.failed.sum() == 0, words{text("no call on them fails")}, words{
			sum(x.failed.sum(), " of "), sum(x.calls, " calls failed"), x.failed.phrase(": ", ""),
			some("; ", x.ended, " found that they had been unused for too long again")}),
	}
}
