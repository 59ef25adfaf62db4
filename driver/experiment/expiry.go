package experiment

import (
	"fmt"
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
	silence := said(x.plan.Until - x.plan.At)
	actual := fmt.Sprintf("%d of %d refused", x.refused, all)
	if x.accepted > 0 {
		actual += fmt.Sprintf(", %d ACCEPTED", x.accepted)
	}
	if x.unclear.sum() > 0 {
		actual += ", and of " + x.unclear.String() + " nothing is known"
	}
	if all == 0 {
		actual = "nobody came back: no session was live when the silence began, or the load was over before it was"
	}
	took := time.Duration(x.last) - x.plan.Until
	in := fmt.Sprintf("%d of %d, the last after %s", min(x.in, x.refused), x.refused, said(took))
	if x.in == 0 {
		in = fmt.Sprintf("none of %d", x.refused)
	}
	was, is := x.first.Percentile(50), x.again.Percentile(50)
	times := spread(&x.again)
	if x.again.Count() > 0 && x.first.Count() > 0 && was > 0 {
		times += fmt.Sprintf("; the first logins took %s: the median is %.3g times that", spread(&x.first), float64(is)/float64(was))
	}
	return []results.ExperimentLine{
		line("expired sessions", all > 0 && x.refused == all, "every session is refused after "+silence+" without use", actual),
		line("everybody in again", x.refused > 0 && x.in >= x.refused && took <= x.plan.Within, "all who were refused are logged in after "+said(x.plan.Within)+" at most", in),
		failures(x.in+x.wrong.sum(), &x.wrong, 0, x.plan.Failures),
		line("worst login", x.again.Count() > 0 && time.Duration(x.again.Max()) <= x.plan.Slowest, "answered within "+said(x.plan.Slowest), times),
		line("the new sessions", x.calls > 0 && x.failed.sum() == 0, "no call on them fails", callsText(x.calls, x.ended, &x.failed)),
	}
}

func callsText(calls, ended int64, failed *tally) string {
	text := fmt.Sprintf("%d of %d calls failed", failed.sum(), calls)
	if failed.sum() > 0 {
		text += ": " + failed.String()
	}
	if ended > 0 {
		text += fmt.Sprintf("; %d found that they had been unused for too long again", ended)
	}
	return text
}
