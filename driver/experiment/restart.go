package experiment

import (
	"fmt"
	"time"

	"authsoak/results"
	"authsoak/scenario"
)

// restart judges a target that goes away and comes back. Unless it is told when,
// it takes for the beginning the first step that fails by its layer, the first
// login that the server can't serve, or the first session that is lost.
type restart struct {
	plan     *scenario.ExperimentPlan
	back     recovery
	cause    results.Class // of the first failure
	asked    bool          // somebody restarted it: back.since is when
	last     int64         // when the last failure was noticed
	wrong    tally
	sessions map[uint64]int64 // of those opened before: when last answered, or gone
}

// gone is what became of a session that was refused.
const gone = -1

func (r *restart) at() (int64, bool) { return r.back.since, r.back.happened() }

// excuses lets go of every session that may have been lost by the restart.
func (r *restart) excuses(_ int, opened int64) bool {
	return !r.back.happened() || opened < max(r.back.since, r.last)
}

func (r *restart) told(at int64) {
	if !r.back.happened() {
		r.asked = true
		r.back.begin(at)
	}
}

// outage tells the classes of error with which a server that isn't there, or not
// ready, fails a step.
func outage(e *Event) bool {
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
	if !e.Judged && !r.back.happened() {
		if e.Part == Login {
			r.back.login(e)
		}
		return
	}
	out := outage(e)
	if (out || e.lost()) && !r.back.happened() {
		at := e.End
		if e.Class == results.Timeout {
			at = e.Start
		}
		r.cause = e.Class
		r.back.begin(at)
	}
	if out && e.Judged {
		r.last = max(r.last, e.End)
	}
	// That a session which is gone can't be logged out is no further failure.
	farewell := e.Part == Logout && !out && r.back.happened() && e.Opened < max(r.back.since, r.last)
	if e.Outcome != results.OK && !e.lost() && !farewell && r.back.happened() {
		r.wrong[e.Class]++
	}
	switch {
	case e.Part == Login:
		r.back.login(e)
	case r.back.happened() && e.Opened < r.back.since && e.Judged:
		r.follow(e, out)
	}
}

// follow keeps what became of a session that was live when the server went away.
func (r *restart) follow(e *Event, out bool) {
	switch {
	case e.lost(), e.Part == Logout && e.Outcome == results.Fail && !out:
		r.sessions[e.Session] = gone
	case e.Part == Call && e.Outcome == results.OK && !e.Over && e.Start >= r.back.since && r.sessions[e.Session] != gone:
		r.sessions[e.Session] = e.Start
	}
}

func (r *restart) lines() []results.ExperimentLine {
	if !r.back.happened() {
		return []results.ExperimentLine{line("the restart", false, "the target restarts while load runs",
			"nothing was noticed: no connection failed, and no session was lost: restart it meanwhile, or say how with --restart-command")}
	}
	down := time.Duration(max(r.last-r.back.since, 0))
	actual := said(down)
	if r.asked {
		actual += " from the restart on"
	} else {
		actual += fmt.Sprintf(" from %s after the start on (%s)", saidNS(r.back.since), r.cause)
	}
	if n := r.wrong.sum(); n > 0 {
		actual += fmt.Sprintf("; %d steps failed: %s", n, &r.wrong)
	} else {
		actual += "; no step failed"
	}
	return []results.ExperimentLine{
		line("not answering", down <= r.plan.Within, "no longer than "+said(r.plan.Within), actual),
		r.back.line(r.plan.Within),
		r.survivors(),
	}
}

func (r *restart) survivors() results.ExperimentLine {
	const name = "sessions that survived"
	var alive, dead int
	for _, at := range r.sessions {
		switch {
		case at == gone:
			dead++
		case at >= r.last: // before it goes, a server may still answer
			alive++
		}
	}
	all := alive + dead
	actual := fmt.Sprintf("%d of %d that were tried with the cookies of before", alive, all)
	if all == 0 {
		actual = "no session of before was tried afterwards"
	} else {
		actual += " (" + percent(float64(alive)/float64(all)) + ")"
	}
	if r.plan.Survive == nil {
		return told(name, actual)
	}
	return line(name, all > 0 && float64(alive) >= *r.plan.Survive*float64(all), "at least "+percent(*r.plan.Survive), actual)
}
