package driver

import (
	"time"

	"authsoak/driver/sessions"
	"authsoak/results"
	"authsoak/rules"
)

// A run that was killed goes on in the same folder. Its time of load goes on too,
// as if the gap had not been: so the schedule continues at the arrival at which it
// broke off, and all lengths are of what was driven. Its sessions have been logged
// out before ([Cleanup]): they were cut in the middle of a cycle, the gap may have
// been longer than they live, and a population is built up again in seconds, so
// that to take them over would only have brought doubtful ones.

// driven is how much of the load was driven before.
func (r *run) driven() int64 {
	if r.Earlier == nil {
		return 0
	}
	return int64(r.Earlier.Driven)
}

// warmTill is when the warm-up is over: a run that goes on has another one, since
// caches are cold and sessions have to be opened again.
func (r *run) warmTill() int64 {
	if driven := r.driven(); driven > 0 {
		return max(driven, int64(r.plan.Warmup)) + int64(r.plan.Warmup)
	}
	return int64(r.plan.Warmup)
}

// phases returns how long warm-up and hold took in all.
func (r *run) phases(loadEnd int64) (warmup, hold time.Duration) {
	driven := r.driven()
	warm := max(0, min(r.warmTill(), loadEnd)-driven)
	warmup, hold = time.Duration(warm), time.Duration(max(0, loadEnd-driven-warm))
	if r.Earlier != nil {
		warmup += r.Earlier.Warmup
		hold += r.Earlier.Hold
	}
	return warmup, hold
}

// rise is in how much time users who were at work when the run was killed come
// back, so that they don't all log in at once.
func (r *run) rise() int64 { return max(int64(r.plan.Warmup), int64(10*time.Second)) }

// again returns when user i of all comes back, and the number of its next cycle:
// one that the parts before have not used.
func (r *run) again(i, all int, at int64) (due int64, cycle uint64) {
	if r.Earlier == nil {
		return at, 0
	}
	if at <= r.driven() {
		at += int64(float64(r.rise()) * float64(i) / float64(all))
	}
	return at, uint64(len(r.Earlier.Gaps)+1) << 24
}

// resume closes the books on the cycles that the kill cut or that were due and
// that nobody had come to, and takes over what broke a session rule before it.
func (r *run) resume() {
	e := r.Earlier
	if e == nil {
		return
	}
	late := results.Warmup
	if e.Hold > 0 {
		late = results.Hold
	}
	for i, left := range e.Unfinished {
		for p, n := range left {
			r.shards[0].recorder.Count(results.Phase(p), i, results.CyclesDropped, max(0, n.Dropped))
			r.shards[0].recorder.Count(results.Phase(p), i, results.CyclesInterrupted, max(0, n.Interrupted))
		}
		missed := max(0, r.wereDue[i]-e.Planned[i])
		r.shards[0].recorder.Count(late, i, results.CyclesPlanned, missed)
		r.shards[0].recorder.Count(late, i, results.CyclesDropped, missed)
	}
	for i, counts := range e.Breaches {
		for _, rule := range continuousRules {
			if n := counts[rule.id]; n > 0 {
				r.continuous.breaches[breachKey{i, rule.class}] = &breach{count: n, told: n, first: "before the gap; see " + results.SamplesFile}
			}
		}
	}
}

// before returns what servers listed before the load: of a run that goes on, before
// its first part, since what that left behind would hide in a list made now.
func (r *run) before() []listing {
	if r.Earlier == nil {
		return r.listAll(nil)
	}
	out := make([]listing, len(r.targets))
	for i := range r.targets {
		out[i] = listing{all: rules.NotCounted, problem: "it was not listed before the load began"}
		for _, l := range r.Earlier.Head.ListedBefore {
			if l.Target == r.targets[i].Name {
				out[i] = listing{own: l.Own, all: l.All, problem: l.Problem}
			}
		}
	}
	return out
}

// listedBefore is what is kept of the lists before the load.
func (r *run) listedBefore() (out []results.ListedBefore) {
	for i, l := range r.listed {
		if l.own != nil {
			out = append(out, results.ListedBefore{Target: r.targets[i].Name, Own: l.own, All: l.all, Problem: l.problem})
		}
	}
	return out
}

// perhapsEarlier counts the sessions of a target that may have been open since
// before a gap, and that no ledger knows any more.
func (r *run) perhapsEarlier(target int) int64 {
	if r.Earlier == nil || target >= len(r.Earlier.Sessions) {
		return 0
	}
	return r.Earlier.Sessions[target].PossiblyOpen + r.Earlier.Orphaned[target]
}

// enter counts what became of one session.
func (c *Cleaned) enter(target uint8, became sessions.State) {
	t := c.of(target)
	switch became {
	case sessions.Closed:
		c.LoggedOut++
		t.LoggedOut++
		t.Left--
	case sessions.Expired:
		c.AlreadyEnded++
		t.AlreadyEnded++
		t.Left--
	case sessions.PossiblyOpen:
		c.PossiblyOpen++
		t.PossiblyOpen++
	}
}

// of is what became of the sessions of one target.
func (c *Cleaned) of(target uint8) *results.CleanedTarget {
	for len(c.Targets) <= int(target) {
		c.Targets = append(c.Targets, results.CleanedTarget{})
	}
	return &c.Targets[target]
}
