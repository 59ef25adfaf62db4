package driver

import (
	"context"
	"time"

	"authsoak/accounts"
	"authsoak/driver/experiment"
	"authsoak/driver/sessions"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
)

// DuplicateStep is the step of a login over a live session.
const DuplicateStep = "duplicate"

// twin marks, in the cycle of a record, a login over the live session of the user
// whose number stands beside it. No population has so many users.
const twin = 1 << 63

// newExperiment makes the judge of the plan's experiment, nil for none.
func newExperiment(r *run) *experiment.Judge {
	if r.plan.Experiment == nil {
		return nil
	}
	declared := r.targets[0].flow.Session.DuplicateLogin
	for i := range r.targets {
		if r.targets[i].flow.Session.DuplicateLogin != declared {
			declared = profiles.Observe // they don't agree: nothing is right or wrong for all
		}
	}
	return experiment.New(r.plan, declared, r.Restart != nil)
}

// restartLimit is how long a restart that is under way when the load ends is
// waited for.
const restartLimit = 2 * time.Minute

// restartTarget restarts the target when the experiment says so. What was begun is
// waited for even if the load ends meanwhile: half a restart leaves a target down.
func (r *run) restartTarget(ctx context.Context) error {
	wait := time.NewTimer(r.plan.Experiment.At - time.Duration(r.now()))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil
	}
	r.experiment.Happened(r.now())
	patient, cancel := outlasting(ctx, r.ctx, restartLimit)
	defer cancel()
	if err := r.Restart(patient); err != nil && r.ctx.Err() == nil {
		r.fail("restarting the target: " + err.Error())
	}
	return nil
}

// outlasting is a context that ends so long after ctx, or with last.
func outlasting(ctx, last context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(last)
	context.AfterFunc(ctx, func() {
		limit := time.NewTimer(by)
		defer limit.Stop()
		select {
		case <-limit.C:
			cancel()
		case <-out.Done():
		}
	})
	return out, cancel
}

// partOf says what a step is to an experiment.
func partOf(p rules.Part) (experiment.Part, bool) {
	switch p {
	case rules.Login:
		return experiment.Login, true
	case rules.Call:
		return experiment.Call, true
	case rules.Logout:
		return experiment.Logout, true
	}
	return 0, false
}

// report tells the experiment of a step.
func (w *worker) report(part experiment.Part, intended, start int64, end *ending) {
	r := w.record
	w.shard.run.experiment.See(experiment.Event{
		Part: part, User: int(r.Cycle >> 32 &^ (twin >> 32)), Session: uint64(w.shard.index)<<32 | uint64(w.user),
		Intended: intended, Start: start, End: end.at, Opened: r.Opened,
		Outcome: end.outcome, Class: end.class, Over: end.over, Judged: w.phase == results.Hold,
	})
}

// excused tells that the session at hand may have ended by what the experiment
// did.
func (w *worker) excused() bool {
	x := w.shard.run.experiment
	return x != nil && x.Excuses(int(w.record.Cycle>>32), w.record.Opened)
}

// ahead says when a user who goes on does so under the experiment: after the
// common silence, or after the burst over its session.
func (w *worker) ahead(t *target, next int64) int64 {
	plan := w.shard.run.plan.Experiment
	if plan == nil {
		return next
	}
	next = plan.Silent(w.clock, next)
	user, _ := splitCycle(w.record.Cycle)
	planned, ok := plan.Burst(user)
	if !ok || next < int64(planned) || w.record.State() != sessions.Live {
		return next
	}
	at := max(int64(planned), w.clock) // the session's own step may have taken longer
	if !w.shard.run.experiment.Begin(user, at) {
		return next
	}
	for range plan.Logins {
		w.addTwin(user, at)
	}
	return max(next, at+int64(untilUsed))
}

// untilUsed is how long the session under a burst is let alone after it.
const untilUsed = time.Second / 2

// addTwin makes a record that logs in over the session at hand at that time. It
// has a copy of the session's values, so that it needs nobody's leave.
func (w *worker) addTwin(user int, at int64) {
	id, err := w.shard.users.Take()
	if err == nil {
		u := w.shard.users.At(id)
		u.Target, u.Account, u.Identity = w.record.Target, w.record.Account, w.record.Identity
		u.Cycle, u.Due, u.CycleStart = twin|uint64(user)<<32, at, at
		err = w.shard.users.SaveAs(id, &w.jar, sessions.Idle)
	}
	if err != nil {
		w.shard.run.abort(err)
		return
	}
	w.shard.plan(id, at, false)
}

// overLive logs in over a live session, with its cookies, and logs out whatever
// that opened.
func (w *worker) overLive(t *target, due int64) {
	w.shard.users.Load(w.user, &w.jar)
	w.fit(t)
	w.takeAccount(t)
	start := w.now()
	end := ending{at: start}
	w.setState(sessions.Opening)
	w.over = true
	for i := range t.duplicate.requests {
		w.request(t, &t.duplicate.requests[i], purpose{rules.Login, rules.Absent}, &end)
		if end.outcome != results.OK {
			break
		}
	}
	w.over = false
	w.report(experiment.Duplicate, due, start, &end)
	w.recorder.Record(asDeclared(t.flow.Session.DuplicateLogin, results.Sample{Series: t.duplicate.series, Phase: w.phase,
		Service: end.at - start, Response: end.at - due, Outcome: end.outcome, Class: end.class}))
	switch {
	case end.outcome == results.OK:
		w.opened(end)
		if len(t.logout.requests) == 0 || w.logout(t, w.clock, false).MayBeOpen() {
			return // the drain's
		}
	case end.outcome == results.Unknown:
		w.setState(sessions.PossiblyOpen)
		return
	default:
		w.setState(sessions.Idle)
	}
	w.dropUserConnection()
	w.shard.users.Release(w.user)
}

// asDeclared turns the outcome of a login over a live session into that of a step
// which did what the profile declares.
func asDeclared(d profiles.Declaration, s results.Sample) results.Sample {
	switch {
	case d == profiles.Refuse && s.Outcome == results.OK:
		s.Outcome, s.Class = results.Fail, results.UnexpectedAccept
	case d != profiles.Allow && s.Outcome == results.Fail && experiment.Refusal(s.Class):
		s.Outcome, s.Class = results.OK, results.NoClass
	}
	return s
}

// touch tries a session that was left behind once more. One that lives stays in
// the store, for the drain; it is false of one that is gone.
func (w *worker) touch(t *target, due int64) (alive bool) {
	if len(t.replay.requests) == 0 {
		return false
	}
	if w.record.Flags&leased != 0 {
		w.takeAccount(t)
	}
	start := w.now()
	is, end := w.tryAgain(t, rules.Dead)
	w.report(experiment.Touch, due, start, &end)
	if is == rules.Dead {
		w.list(t)
	}
	return is == rules.Live
}

// list asks the server, by a login of the same account, whether it still counts
// the session that is gone. The account must be this user's alone.
func (w *worker) list(t *target) {
	l := t.flow.Listing
	if t.listing == nil || l.Each == nil || t.Policy != accounts.Lease || w.record.Flags&leased == 0 {
		return
	}
	w.setState(sessions.Expired)
	w.jar.Reset(len(t.flow.Slots))
	w.fit(t)
	w.setState(sessions.Opening)
	end := w.perform(t, &t.login, purpose{rules.Login, rules.Absent}, w.clock)
	if end.outcome != results.OK {
		if end.outcome == results.Unknown || w.partlyOpen(t) {
			w.setState(sessions.PossiblyOpen)
		}
		return
	}
	w.opened(end)
	asked := ending{at: w.now()}
	w.request(t, t.listing, purpose{rules.Call, rules.Live}, &asked)
	if asked.outcome == results.OK {
		if own := listed(l, &w.answer, &w.values).Own; own != rules.NotCounted {
			w.shard.run.experiment.See(experiment.Event{Part: experiment.Listing, Sessions: max(own-1, 0), End: asked.at})
		}
	}
	w.logout(t, w.clock, false)
	w.dropUserConnection()
}
