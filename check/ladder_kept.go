package check

import (
	"time"

	"authsoak/results"
	"authsoak/rules"
)

// Names of the arms in constant use.
const (
	keptArmName   = "kept-alive"
	frozenArmName = "refused-renewal"
)

// keptArm is a group of sessions in constant use, which show an idle timeout
// from an absolute lifetime and what renewals are worth.
type keptArm struct {
	name     string
	frozen   bool // renewed cookies are refused
	fine     bool // followed as finely as a lifetime is bracketed
	until    time.Duration
	probes   []*probe
	seen     []rules.Sighting
	touches  int
	renewals int
	longest  time.Duration // between two touches that found a session alive
}

// startKept plans the arms that the plan asks for.
func (r *ladderRun) startKept() {
	if r.Plan.Kept {
		r.kept = append(r.kept, &keptArm{name: keptArmName, fine: r.Plan.Absolute > 0, until: r.Plan.Absolute})
	}
	if r.Plan.Frozen {
		r.kept = append(r.kept, &keptArm{name: frozenArmName, frozen: true, fine: true, until: r.Plan.FrozenUntil()})
	}
	number := 1_000_000 // apart from the numbers of the ladder
	for i, arm := range r.kept {
		for n := range r.Plan.KeptSessions {
			p := &probe{number: number, arm: i}
			number++
			arm.probes = append(arm.probes, p)
			r.agenda.put(p, logIn, time.Duration(n+1)*time.Millisecond)
		}
	}
}

// mostPause between two touches of a session in use: well below any idle
// timeout that the ladder may find.
func (r *ladderRun) mostPause() time.Duration {
	if edges := rules.EdgesOf(r.machine.Seen(), rules.IsOver); edges.First.Found() && edges.First.Least > 0 {
		return edges.First.Least / 3
	}
	return r.Plan.From / 3
}

func (r *ladderRun) keptPause(arm *keptArm, age time.Duration) time.Duration {
	if arm.fine {
		return rules.KeptPause(age, r.mostPause(), len(arm.probes))
	}
	return r.mostPause()
}

func (r *ladderRun) keptOpened(p *probe) {
	arm := r.kept[p.arm]
	p.client.Frozen = arm.frozen
	pause := r.keptPause(arm, 0)
	turn := 0
	for i, q := range arm.probes {
		if q == p {
			turn = i
		}
	}
	// Sessions take turns, so that one is touched while the others idle.
	r.agenda.put(p, touch, p.opened.To+pause*time.Duration(turn+1)/time.Duration(len(arm.probes)))
}

func (r *ladderRun) keptLost(*probe) {}

func (r *ladderRun) keptTouched(p *probe, entry results.LadderTouch, fate rules.Fate, when rules.Window) {
	arm := r.kept[p.arm]
	age := when.To - p.opened.From
	entry.Wave, entry.Count = arm.name, 1
	entry.LeastS, entry.MostS = (when.From - p.opened.To).Seconds(), age.Seconds()
	arm.touches++
	if entry.Renewed {
		arm.renewals++
	}
	arm.seen = foldSighting(arm.seen, rules.Sighting{Probe: p.number, Began: p.opened, Touch: when, Fate: fate})
	p.log = foldTouch(p.log, entry)
	if fate == rules.FateAlive || fate == rules.FateReplaced {
		arm.longest = max(arm.longest, when.To-p.began.From)
		p.began = when
	}
	switch {
	case fate == rules.FateDead:
	case r.stopping, r.settled > 0 && r.now() >= arm.until, arm.until > 0 && r.now() >= arm.until && r.settled > 0:
		r.agenda.put(p, logOut, r.now())
	default:
		next := when.To + r.keptPause(arm, age)
		if arm.until > 0 && r.now() < arm.until {
			next = min(next, max(arm.until, r.now()))
		}
		r.agenda.put(p, touch, next)
	}
}

// keptEnd touches the arms that are followed no longer once more, when the
// ladder is done.
func (r *ladderRun) keptEnd() {
	for _, arm := range r.kept {
		for _, p := range arm.probes {
			if p.state == idling && r.now() >= arm.until {
				r.agenda.put(p, touch, r.now())
			}
		}
	}
}

// foldSighting keeps the last touch of a session that found it alive in the
// place of all: the ones before prove less.
func foldSighting(seen []rules.Sighting, s rules.Sighting) []rules.Sighting {
	if s.Fate != rules.FateAlive {
		return append(seen, s)
	}
	for i := range seen {
		if seen[i].Probe == s.Probe && seen[i].Fate == rules.FateAlive {
			seen[i] = s
			return seen
		}
	}
	return append(seen, s)
}

// foldTouch makes one entry of touches that found a session alive.
func foldTouch(log []results.LadderTouch, e results.LadderTouch) []results.LadderTouch {
	if n := len(log); n > 0 && e.Fate == log[n-1].Fate && e.Fate == rules.FateAlive.String() {
		e.Count += log[n-1].Count
		e.Renewed = e.Renewed || log[n-1].Renewed
		log[n-1] = e
		return log
	}
	return append(log, e)
}

// finding sums an arm up, without sessions that the server lost.
func (a *keptArm) finding(loss *rules.Loss) *rules.KeptFinding {
	if a == nil {
		return nil
	}
	return &rules.KeptFinding{Edges: rules.EdgesOf(loss.Without(a.seen), rules.IsDead), Touches: a.touches, LongestPause: a.longest}
}

func (r *ladderRun) arm(name string) *keptArm {
	for _, a := range r.kept {
		if a.name == name {
			return a
		}
	}
	return nil
}
