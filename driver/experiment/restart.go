package experiment

import (
	"time"

	"authsoak/results"
	"authsoak/scenario"
)

// restart judges a target that goes away and comes back. Unless a command restarts
// it, the beginning is the first step that fails by its layer, the first login
// that the server can't serve, or the first session that is lost. What fails once
// an outage is over begins another, and the one that did more harm is the restart:
// so neither a hiccup before it nor a stray failure long after is taken for it.
type restart struct {
	plan    *scenario.ExperimentPlan
	command bool     // one restarts it, and what comes before means nothing
	asked   int64    // when that was; 0: not yet
	calm    recovery // knows the logins before the first outage
	most    *outage  // nil: none yet
	rival   *outage  // a later one that did no more harm so far
}

func (r *restart) at() (int64, bool) {
	switch {
	case r.asked > 0:
		return r.asked, true
	case r.most != nil:
		return r.most.back.since, true
	}
	return 0, false
}

// excuses lets go of every session that may have been lost by the restart. As long
// as nobody knows whether it has been, that is every one.
func (r *restart) excuses(_ int, opened int64) bool {
	switch {
	case r.most == nil:
		return !r.command
	case !r.command && !r.most.sure():
		return true
	}
	return r.most.spans(opened) || r.rival != nil && r.rival.spans(opened)
}

func (r *restart) told(at int64) {
	r.asked = max(at, 1)
	r.most = newOutage(r.asked, results.NoClass, &r.calm)
}

// outageOf tells the classes of error with which a server that isn't there, or not
// ready, fails a step.
func outageOf(e *Event) bool {
	if e.Outcome == results.OK {
		return false
	}
	switch e.Class {
	case results.DNS, results.Connect, results.TLS, results.Write, results.Read, results.Timeout, results.Protocol:
		return true
	case results.ServerError, results.Throttled:
		return e.Part == Login
	}
	return false
}

func (r *restart) see(e *Event) {
	out := outageOf(e)
	if e.Judged && (out || e.lost()) && (r.asked > 0 || !r.command) {
		r.enter(e, out)
	}
	if r.most == nil {
		if e.Part == Login {
			r.calm.login(e)
		}
		return
	}
	r.most.see(e, out)
	if r.rival == nil {
		return
	}
	r.rival.see(e, out)
	if r.rival.size() > r.most.size() {
		r.most, r.rival = r.rival, nil
	}
}

// enter finds the outage that a failure or a lost session belongs to. A timeout
// tells of the time since which there was no answer.
func (r *restart) enter(e *Event, out bool) {
	at := e.End
	if e.Class == results.Timeout {
		at = e.Start
	}
	if r.most == nil {
		r.most = newOutage(at, e.Class, &r.calm)
	}
	if r.most.owns(e, out, at) || r.rival != nil && r.rival.owns(e, out, at) {
		return
	}
	r.rival = newOutage(at, e.Class, &r.calm)
	r.rival.owns(e, out, at)
}

func (r *restart) lines() []results.ExperimentLine {
	if r.most == nil {
		return []results.ExperimentLine{line("the restart", false, words{text("the target restarts while load runs")},
			words{text("nothing was noticed: no connection failed, and no session was lost: restart it meanwhile, or say how with --restart-command")})}
	}
	o := r.most
	down := time.Duration(o.last - o.first)
	actual := words{latest("", down, "0 ms")}
	switch {
	case r.asked == 0:
		actual = append(actual, at(" from ", time.Duration(o.back.since), " after the start on"), text(" ("+o.cause.String()+")"))
	case o.first == 0:
		actual = append(actual, text(" from the restart on"))
	default:
		actual = append(actual, at(" from ", time.Duration(o.first-r.asked), " after the restart on"))
	}
	failed := results.Phrase{Kind: results.SumPhrase, Before: "; ", N: o.wrong.sum(), After: " steps failed", Zero: "; no step failed"}
	return []results.ExperimentLine{
		line("not answering", down <= r.plan.Within, words{at("no longer than ", r.plan.Within, "")},
			append(actual, failed, o.wrong.phrase(": ", ""))),
		o.back.line(r.plan.Within),
		r.survivors(),
	}
}

func (r *restart) survivors() results.ExperimentLine {
	const name = "sessions that survived"
	alive, dead := r.most.survived()
	all := alive + dead
	actual := words{sum(int64(alive), " of "), sum(int64(all), " that were tried with the cookies of before"), percent(" (", int64(alive), int64(all), ")")}
	if all == 0 {
		actual = words{text("no session of before was tried afterwards")}
	}
	if r.plan.Survive == nil {
		return told(name, actual)
	}
	return line(name, all > 0 && float64(alive) >= *r.plan.Survive*float64(all), words{text("at least " + share(*r.plan.Survive))}, actual)
}
