package driver

import (
	"time"

	"authsoak/driver/experiment"
	"authsoak/driver/sessions"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
)

// leave ends the session: abandoned on purpose, or logged out.
func (w *worker) leave(t *target, due int64) (int64, bool) {
	if scenario.Chance(w.shard.run.plan.Abandon, w.draw(scenario.StreamAbandon, 0)) {
		w.setState(sessions.Abandoned)
		if w.shard.run.experiment != nil {
			w.report(experiment.Abandon, due, w.clock, &ending{at: w.clock})
		}
		return w.finish(t)
	}
	w.logout(t, due, scenario.Chance(w.shard.run.plan.Replay, w.draw(scenario.StreamReplay, 0)))
	return w.finish(t)
}

// logout closes the session and, where the answer leaves open whether it did,
// or replay asks for it, tries the old cookies once more. It returns what became
// of the session.
func (w *worker) logout(t *target, due int64, replay bool) sessions.State {
	w.keepJar() // a replay reads the values from the store
	w.setState(sessions.Closing)
	end := w.perform(t, &t.logout, purpose{rules.Logout, rules.Live}, due)
	w.changed = false
	w.note(end)
	became := sessions.Closed
	switch {
	case end.over:
		became = sessions.Expired
	case end.outcome == results.OK:
		if replay {
			w.replay(t, revokes(t.flow.Session.LogoutRevokes))
		}
	case !end.written:
		became = sessions.Live // nobody has heard of the logout yet
	default:
		became = w.settle(t)
	}
	w.setState(became)
	return became
}

// A logout that could not be sent is tried again after a while, a few times; then
// the session is left to the drain, or to its own end.
const (
	rescueAfter = 5 * time.Second
	rescueTries = 5
)

// rescue tries the logout of a stranded session again.
func (w *worker) rescue(t *target, due int64) {
	r := w.record
	if r.Calls == rescueTries { // its idle time is over
		w.forget(t)
		return
	}
	became := w.logout(t, due, false)
	r.Calls++
	switch {
	case became != sessions.Live && became != sessions.PossiblyClosed:
		w.forget(t)
	case became == sessions.Live && r.Calls < rescueTries:
		w.shard.plan(w.user, w.clock+int64(rescueAfter)<<r.Calls, false)
	default:
		r.Calls = rescueTries
		w.planEnd(t, w.user, r)
	}
}

// sample tries an abandoned session, one of so many, once its idle time is over: it
// must be dead.
func (w *worker) sample(t *target) {
	r := w.record
	if r.State() != sessions.Abandoned || r.Flags&doubtful != 0 || len(t.replay.requests) == 0 ||
		!scenario.Chance(w.shard.run.plan.Replay, w.draw(scenario.StreamReplay, 1)) {
		return
	}
	w.replay(t, rules.Dead)
}

// settle finds out by a replay whether a logout without a good answer worked.
func (w *worker) settle(t *target) sessions.State {
	if t.flow.Session.LogoutRevokes != profiles.Yes {
		return sessions.PossiblyClosed
	}
	switch w.replay(t, rules.Uncertain) {
	case rules.Dead:
		return sessions.Closed
	case rules.Live:
		return sessions.Live
	}
	return sessions.PossiblyClosed
}

// replay sends the deciding call with the stored values of a session that was
// logged out, without credentials and on a connection without certificate, and
// tells what the session is. It never asks a cookie jar.
func (w *worker) replay(t *target, expected rules.Expectation) rules.Expectation {
	is, _ := w.tryAgain(t, expected)
	return is
}

// tryAgain is [worker.replay] with how the step went.
func (w *worker) tryAgain(t *target, expected rules.Expectation) (rules.Expectation, ending) {
	w.shard.users.Load(w.user, &w.old)
	w.jar, w.old = w.old, w.jar
	mine := w.values
	w.fit(t)
	w.values.Account = nil
	end := w.perform(t, &t.replay, purpose{rules.Replay, expected}, w.clock)
	w.jar, w.old = w.old, w.jar
	w.values = mine
	w.count(t.index, results.Replays)
	switch {
	case end.outcome == results.OK && end.over:
		return rules.Dead, end
	case end.outcome == results.OK || end.class == results.UnexpectedAccept:
		w.note(end)
		return rules.Live, end
	}
	return rules.Uncertain, end
}

// revokes is what a replay must find after a logout.
func revokes(d profiles.Declaration) rules.Expectation {
	if d == profiles.Yes {
		return rules.Dead
	}
	return rules.Uncertain
}
