package driver

import (
	"sync"

	"authsoak/driver/sessions"
	"authsoak/results"
)

// line is where users of a target wait for an account, first come first served,
// whichever shard they belong to. An account that comes back goes to the first in
// line, never to somebody who came later.
type line struct {
	mu      sync.Mutex
	waiting []waiter
}

type waiter struct {
	shard *shard
	id    sessions.ID
}

// lease gets an account for the user, or lines it up and returns false.
func (l *line) lease(t *target, w waiter, joins bool) (account uint32, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		if account, ok = t.Pool.Lease(); ok {
			return account, true
		}
	}
	if joins {
		l.waiting = append(l.waiting, w)
	}
	return 0, false
}

// comeBack takes an account back, or hands it to the first in line.
func (l *line) comeBack(t *target, account uint32) {
	l.mu.Lock()
	if len(l.waiting) == 0 {
		t.Pool.Return(account)
		l.mu.Unlock()
		return
	}
	first := l.waiting[0]
	l.waiting = l.waiting[1:]
	l.mu.Unlock()
	u := first.shard.users.At(first.id)
	u.Account = account
	u.Flags |= leased | queued
	first.shard.plan(first.id, u.Due, true)
}

// length is how many users wait.
func (l *line) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// dropLate gives up the arrivals that have waited beyond the start limit. It
// holds the lock all the while: after disperse nobody is counted here any more.
func (l *line) dropLate(r *run, oldest int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.waiting[:0]
	for _, w := range l.waiting {
		u := w.shard.users.At(w.id)
		if u.Due >= oldest {
			kept = append(kept, w)
			continue
		}
		w.shard.recorder.Count(r.phaseOf(u.Due), int(u.Target), results.CyclesDropped, 1)
		w.shard.depart(w.id)
	}
	l.waiting = kept
}

// disperse empties the line at the end of the load; whoever stood in it is
// counted with the users that never started.
func (l *line) disperse() {
	l.mu.Lock()
	l.waiting = nil
	l.mu.Unlock()
}
