package driver

import (
	"time"

	"authsoak/driver/sessions"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
)

// Flags of a user's record.
const (
	inCycle   uint8 = 1 << iota // between a cycle's start and its end
	leased                      // holds an account
	failed                      // a step of the cycle failed
	uncertain                   // a step's outcome is unknown
	leaving                     // nothing but the logout is left of the cycle
	stranded                    // out of its cycle; its logout could not be sent
	doubtful                    // a call since the last good one may have been acted on
	queued                      // stood in line for an account
)

// drive takes a user from where it stands through every step that is due, and
// leaves it in the timetable, or gone.
//
// led is since when the worker had been waiting for the instant, or never: what
// was due before that was late for another reason than the pacer.
func (w *worker) drive(id sessions.ID, led, now int64) {
	w.user, w.record, w.clock = id, w.shard.users.At(id), now
	t := &w.shard.run.targets[w.record.Target]
	due := w.record.Due
	w.phase = w.shard.run.phaseOf(due)
	if due >= led && w.record.Flags&queued == 0 {
		w.recorder.Late(w.phase, max(0, now-due-int64(w.shard.run.plan.Slack)))
	}
	if w.record.State() == sessions.Live {
		w.shard.users.Load(id, &w.jar)
	}
	w.fit(t)
	if w.record.Flags&leased != 0 {
		w.takeAccount(t)
	}
	w.changed = false
	if w.record.Cycle&twin != 0 {
		w.overLive(t, due)
		return
	}
	for {
		next, goes := w.advance(t, due)
		if !goes {
			return
		}
		if next > w.clock || w.shard.run.stopping.Load() {
			w.park(next)
			return
		}
		due = next
		w.phase = w.shard.run.phaseOf(due)
	}
}

// park stores the user until its next step.
func (w *worker) park(next int64) {
	w.keepJar()
	w.record.Due = next
	if w.shard.run.policy == perUser {
		w.rest()
	}
	w.shard.plan(w.user, next, false)
}

// advance performs the step that is due and tells when the next one is; false
// if the user is gone, or waits for an account.
func (w *worker) advance(t *target, due int64) (int64, bool) {
	r := w.record
	switch {
	case r.State() == sessions.Abandoned && w.shard.run.touches:
		if !w.touch(t, due) {
			w.forget(t)
		}
		return 0, false
	case r.State() == sessions.Abandoned, r.State() == sessions.PossiblyClosed:
		w.sample(t)
		w.forget(t)
		return 0, false
	case r.Flags&stranded != 0:
		w.rescue(t, due)
		return 0, false
	case r.Flags&inCycle == 0:
		return w.begin(t, due)
	case r.State() == sessions.Live && r.Flags&leaving != 0:
		return w.leave(t, due)
	case r.State() == sessions.Live, t.flow.Sessionless && r.Calls > 0:
		return w.call(t, due)
	}
	return w.finish(t)
}

// begin starts a cycle: account, then login.
func (w *worker) begin(t *target, due int64) (int64, bool) {
	run, r := w.shard.run, w.record
	if run.open && w.clock-due > int64(run.plan.StartLimit) {
		return w.drop(t)
	}
	if !w.lease(t) {
		return 0, false
	}
	r.CycleStart = due
	r.Aux32 = late(w.clock - due)
	r.Flags = inCycle | leased
	r.Aux16 = uint16(results.NoClass)
	r.Calls = uint16(min(run.plan.Calls.At(w.draw(scenario.StreamCalls, 0)), 1<<16-1))
	if !run.open {
		w.count(int(r.Target), results.CyclesPlanned)
	}
	w.count(int(r.Target), results.CyclesStarted)
	if t.flow.Sessionless {
		return w.call(t, due)
	}
	return w.login(t, due)
}

// late is a wait in the µs that a record has room for.
func late(ns int64) uint32 { return uint32(min(max(ns, 0)/1000, 1<<32-1)) }

// drop gives up an arrival that could not start in time.
func (w *worker) drop(t *target) (int64, bool) {
	w.count(int(w.record.Target), results.CyclesDropped)
	if w.record.Flags&leased != 0 {
		w.returnAccount(t)
	}
	w.shard.depart(w.user)
	return 0, false
}

// login opens the session.
func (w *worker) login(t *target, due int64) (int64, bool) {
	w.jar.Reset(len(t.flow.Slots))
	w.fit(t)
	w.setState(sessions.Opening)
	end := w.perform(t, &t.login, purpose{rules.Login, rules.Absent}, due)
	w.note(end)
	switch {
	case end.outcome == results.OK || w.partlyOpen(t):
		w.opened(end)
	case end.outcome == results.Unknown:
		w.setState(sessions.PossiblyOpen)
		return w.finish(t)
	default:
		w.setState(sessions.Idle)
		return w.finish(t)
	}
	if end.outcome != results.OK {
		w.record.Flags |= leaving // what a half-done login left is logged out
	}
	return w.after(t, &end)
}

// opened puts the new session into the ledger.
func (w *worker) opened(end ending) {
	w.record.Opened, w.record.LastUsed = end.at, end.at
	w.record.Identity = uint16(w.identity)
	w.changed = false
	if err := w.shard.users.SaveAs(w.user, &w.jar, sessions.Live); err != nil {
		w.shard.run.abort(err)
	}
}

// partlyOpen tells whether a login that failed half-way left a session behind.
func (w *worker) partlyOpen(t *target) bool {
	for i := range t.flow.Slots {
		if t.flow.Slots[i].Authenticates && len(w.jar.Slots[i]) > 0 {
			return len(t.logout.requests) > 0
		}
	}
	return false
}

// call makes one authenticated call.
func (w *worker) call(t *target, due int64) (int64, bool) {
	r := w.record
	if r.Calls > 0 || w.shard.run.population {
		r.Calls-- // of a held session it is only a number to draw by
	}
	step := uint32(r.Calls)
	g := &t.calls[t.Calls[t.Mix.At(w.draw(scenario.StreamMix, step))]]
	began := w.clock
	end := w.perform(t, g, purpose{rules.Call, rules.Live}, due)
	w.note(end)
	w.keepJar()
	if end.over && !t.flow.Sessionless {
		w.setState(sessions.Expired)
		return w.finish(t)
	}
	w.used(t, began, &end)
	if t.flow.Sessionless && r.Calls == 0 {
		return w.finish(t)
	}
	return w.after(t, &end)
}

// after plans what follows a step that left the session open.
func (w *worker) after(t *target, end *ending) (int64, bool) {
	run, r := w.shard.run, w.record
	next := end.at + int64(run.plan.Think.At(w.draw(scenario.StreamThink, uint32(r.Calls))))
	if !run.population || t.flow.Sessionless {
		if r.Calls == 0 {
			r.Flags |= leaving
		}
		return w.ahead(t, next), true
	}
	user, _ := splitCycle(r.Cycle)
	till := int64(run.plan.Curve.ActiveUntil(user, time.Duration(end.at)))
	if !run.plan.Turnover.IsZero() {
		till = min(till, r.Opened+int64(run.plan.Turnover.At(w.draw(scenario.StreamTurnover, 0))))
	}
	if next >= till && till < run.end {
		r.Flags |= leaving
		next = max(till, end.at)
	}
	return w.ahead(t, next), true
}

// finish ends the cycle and plans the user's next one.
func (w *worker) finish(t *target) (int64, bool) {
	run, r := w.shard.run, w.record
	outcome := results.OK
	switch {
	case r.Flags&failed != 0:
		outcome = results.Fail
	case r.Flags&uncertain != 0:
		outcome = results.Unknown
	}
	phase := run.phaseOf(r.CycleStart)
	response := w.clock - r.CycleStart
	w.recorder.Record(results.Sample{Series: t.cycleSeries, Phase: phase, Outcome: outcome, Class: results.Class(r.Aux16),
		Service: response - int64(r.Aux32)*1000, Response: response})
	w.recorder.Count(phase, int(r.Target), results.CyclesCompleted, 1)
	w.dropUserConnection()
	w.leaveSession(t)
	if r.Flags&leased != 0 {
		w.returnAccount(t)
	}
	if run.open {
		w.shard.depart(w.user)
		return 0, false
	}
	return w.again(r.CycleStart)
}

// leaveSession frees the user from its session. One that is still open, or may
// be, stays in the store under a record of its own; a known one keeps its
// account.
func (w *worker) leaveSession(t *target) {
	r := w.record
	state := r.State()
	if !state.MayBeOpen() {
		w.setState(sessions.Idle)
		return
	}
	w.keepJar()
	left, err := w.shard.users.Leave(w.user, state)
	if err != nil {
		w.shard.run.abort(err)
		return
	}
	l := w.shard.users.At(left)
	l.Flags, l.Calls = 0, 0
	switch state {
	case sessions.Live:
		l.Flags = stranded | r.Flags&leased
		r.Flags &^= leased
		w.shard.plan(left, w.clock+int64(rescueAfter), false)
	case sessions.Abandoned:
		l.Flags = r.Flags & (leased | doubtful)
		r.Flags &^= leased
		w.planEnd(t, left, l)
	case sessions.PossiblyClosed:
		w.planEnd(t, left, l)
	}
}

// planEnd plans when a session that nobody uses must have ended by itself, if
// the profile says so.
func (w *worker) planEnd(t *target, id sessions.ID, u *sessions.Record) {
	if idle := t.flow.Session.Idle; idle > 0 {
		u.Due = max(u.LastUsed, u.Opened) + int64(idle+rules.Allowance(idle))
		w.shard.plan(id, max(u.Due, w.clock), false)
	}
}

// reopenAfter is how long a user of a population waits after a login that opened
// no session: a server that is full or down is asked, not stormed.
const reopenAfter = time.Second

// again plans the next cycle of a user that stays.
func (w *worker) again(started int64) (int64, bool) {
	run := w.shard.run
	user, _ := splitCycle(w.record.Cycle)
	next := w.clock
	switch {
	case !run.population:
		next += int64(run.plan.Think.At(w.draw(scenario.StreamThink, 1<<31)))
		next = max(next, started+int64(run.plan.Pacing))
	case w.record.Opened < started && !run.targets[w.record.Target].flow.Sessionless:
		next += int64(reopenAfter)
	}
	next = run.plan.Experiment.Silent(w.clock, next)
	w.record.Cycle++
	at, ok := run.plan.Curve.Crossing(user, time.Duration(next))
	if !ok || int64(at) >= run.end {
		w.shard.users.Release(w.user)
		return 0, false
	}
	w.record.Flags = 0
	if int64(at) <= w.clock && w.shard.overdue(w.clock) {
		// Others wait for a worker: take turns.
		w.park(int64(at))
		return 0, false
	}
	return int64(at), true
}

// used remembers when the session was last used for certain: the start of the
// call, since that is when the server's clock may have started anew. A call that
// was written and not accepted may have done that too.
func (w *worker) used(t *target, began int64, end *ending) {
	r := w.record
	switch {
	case end.outcome != results.OK && end.written:
		r.Flags |= doubtful
	case end.outcome == results.OK && (end.renewed || t.flow.Session.ExtendedBy != profiles.Renewal):
		r.LastUsed = began
		r.Flags &^= doubtful
	}
}

// forget ends the wait for a session to die by itself.
func (w *worker) forget(t *target) {
	if w.record.Flags&leased != 0 {
		w.returnAccount(t)
	}
	w.shard.users.Release(w.user)
}

// note remembers the worst outcome of the cycle's steps and the first class.
func (w *worker) note(end ending) {
	switch end.outcome {
	case results.Fail:
		w.record.Flags |= failed
	case results.Unknown:
		w.record.Flags |= uncertain
	}
	if w.record.Aux16 == 0 {
		w.record.Aux16 = uint16(end.class)
	}
}

// draw is the user's random number for one decision.
func (w *worker) draw(stream uint8, step uint32) float64 {
	user, cycle := splitCycle(w.record.Cycle)
	if w.shard.run.open {
		user, cycle = 0, w.record.Cycle
	}
	return scenario.Draw(w.shard.run.plan.Seed, stream, uint64(user), cycle, step)
}

// A user that stays packs its number and its cycle's into one word.
func splitCycle(c uint64) (user int, cycle uint64) { return int(c >> 32), c & (1<<32 - 1) }

func (w *worker) setState(s sessions.State) {
	w.shard.users.SetState(w.user, s)
}

// fit makes the jar hold a value for each slot of the target's flow.
func (w *worker) fit(t *target) {
	if len(w.jar.Slots) != len(t.flow.Slots) {
		w.jar.Reset(len(t.flow.Slots))
	}
	w.values.Slots = w.jar.Slots
}

// keepJar writes the session's values to the ledger if they changed.
func (w *worker) keepJar() {
	if !w.changed {
		return
	}
	w.changed = false
	if err := w.shard.users.Save(w.user, &w.jar); err != nil {
		w.shard.run.abort(err)
	}
}
