package driver

import (
	"math"
	"sync"
	"time"

	"authsoak/driver/pacer"
	"authsoak/driver/sessions"
	"authsoak/driver/timetable"
	"authsoak/results"
	"authsoak/scenario"
)

// never is an instant that no run reaches.
const never = math.MaxInt64

// longestWait is how long a leader sleeps at most, so that no pacer has to cope
// with never.
const longestWait = int64(time.Hour)

// shard is a part of the run that shares nothing with the others but account
// pools: its users, its share of the arrivals, its workers and connections.
type shard struct {
	run      *run
	index    int
	users    *sessions.Shard
	recorder *results.Recorder
	pacer    pacer.Pacer

	mu       sync.Mutex // guards all below
	due      *timetable.Timetable
	arrivals *scenario.Cursor // nil but in the open model
	arrival  arrival          // the next one; at never when there is none left
	conns    connections
	idle     []*worker // followers
	workers  []*worker
	most     int // workers there may be
	leader   *worker
	leadTill int64 // what the leader waits for
	blocked  bool  // somebody was due while no worker could be had
	behind   int64 // for how long at most, since the last tick, with all workers busy
	active   int   // open model: users between their arrival and their end
	dials    int   // connections being opened
	called   bool  // a worker was called and has not come yet
	stopped  bool
}

type arrival struct {
	k  int64
	at int64
}

func (s *shard) nextArrival() {
	s.arrival = arrival{at: never}
	if s.arrivals == nil {
		return
	}
	if k, at, ok := s.arrivals.Next(); ok && int64(at) < s.run.end {
		s.arrival = arrival{k, int64(at)}
	}
}

// nextDue is the earliest instant at which somebody of this shard is due.
func (s *shard) nextDue() int64 {
	at, ok := s.due.Next()
	if !ok || s.arrival.at < at {
		return s.arrival.at
	}
	return at
}

// take finds a user who is due: one of the timetable, or a new one for the next
// arrival.
func (s *shard) take(now int64) (sessions.ID, bool) {
	if s.arrival.at <= now {
		if at, ok := s.due.Next(); !ok || s.arrival.at <= at {
			return s.arrive()
		}
	}
	id, _, ok := s.due.Pop(now)
	return sessions.ID(id), ok
}

// arrive makes a user of the next arrival. Where the store can't grow, the run
// ends.
func (s *shard) arrive() (sessions.ID, bool) {
	a := s.arrival
	s.nextArrival()
	id, err := s.users.Take()
	if err != nil {
		s.arrival.at = never
		s.run.abort(err)
		return 0, false
	}
	u := s.users.At(id)
	u.Cycle = uint64(a.k)
	u.Due = a.at
	u.Target = uint8(s.run.plan.Mix.Pick(a.k))
	s.recorder.Count(s.run.phaseOf(a.at), int(u.Target), results.CyclesPlanned, 1)
	s.active++
	return id, true
}

// depart ends an arrival's user. After the last one of a recorded trace there is
// nothing to wait for.
func (s *shard) depart(id sessions.ID) {
	s.users.Release(id)
	s.mu.Lock()
	s.active--
	last := s.through()
	s.mu.Unlock()
	if last && s.run.plan.Arrivals.Process() == scenario.Trace {
		s.run.checkThrough()
	}
}

// through tells whether every arrival of the shard has come and gone.
func (s *shard) through() bool { return s.active == 0 && s.arrival.at == never }

// work is the life of a worker: take somebody who is due, else wait for the
// next instant as the leader, else follow until called.
func (s *shard) work(w *worker) {
	s.mu.Lock()
	s.called = false
	led := int64(never) // since when this worker has been waiting for what is due
	for !s.stopped {
		now := s.pacer.Now()
		id, ok := s.take(now)
		switch {
		case ok:
			s.callLeader(now)
			s.mu.Unlock()
			w.drive(id, led, now)
			s.mu.Lock()
			led = never
		case s.leader == nil:
			led = min(led, now)
			s.lead(w)
		default:
			s.follow(w)
			led = never
		}
	}
	s.mu.Unlock()
	if w.held != nil {
		w.held.Close()
	}
}

// lead waits for the next instant without the lock.
func (s *shard) lead(w *worker) {
	s.leader, s.leadTill = w, s.nextDue()
	if late := s.leadTill + int64(s.run.plan.Slack); s.leadTill < s.run.end && late < s.run.end {
		s.leadTill = late
	}
	s.mu.Unlock()
	w.rest()
	s.pacer.WaitUntil(min(s.leadTill, s.pacer.Now()+longestWait))
	s.mu.Lock()
	s.leader = nil
}

// follow parks a worker until somebody calls it.
func (s *shard) follow(w *worker) {
	s.idle = append(s.idle, w)
	s.mu.Unlock()
	w.rest()
	<-w.wake
	s.mu.Lock()
	s.called = false
}

// callLeader makes sure that somebody waits for the next instant while this
// worker is busy: a follower, or a new worker while there may be more.
func (s *shard) callLeader(now int64) {
	next := s.nextDue()
	if s.leader != nil || s.called || s.stopped || next == never {
		return
	}
	if n := len(s.idle); n > 0 {
		w := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.called = true
		w.wake <- struct{}{}
		return
	}
	if len(s.workers) < s.most && s.dials < mostDials {
		s.called = true
		s.startWorker()
		return
	}
	if next <= now {
		s.blocked = true
		if len(s.workers) >= s.most {
			s.behind = max(s.behind, now-next)
		}
	}
}

// takeOverdue tells whether somebody was due since the last tick while no worker
// could be had, and how long somebody waited because all there may be were busy:
// at worst, and who waits now. Of a server that is stalled nobody calls for a
// worker any more, so that only the latter shows it.
func (s *shard) takeOverdue(now int64) (blocked bool, worst, waits int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped && s.leader == nil && !s.called && len(s.idle) == 0 && len(s.workers) >= s.most {
		waits = max(0, now-s.nextDue())
	}
	blocked, worst = s.blocked || waits > 0, max(s.behind, waits)
	s.blocked, s.behind = false, 0
	return blocked, worst, waits
}

// mostDials is how many connections a shard opens at once before it waits with
// further workers. Opening is the dearest thing a worker does: where everybody
// who is overdue at a cold start opens one of its own, the opening itself is what
// they wait for.
const mostDials = 32

func (s *shard) startWorker() {
	w := newWorker(s)
	s.workers = append(s.workers, w)
	s.run.group.Go(func() error {
		s.work(w)
		return nil
	})
}

// plan puts a user into the timetable, and sees to it that somebody waits for it:
// the leader, if it sleeps longer than that, or a worker called for it. A worker
// that plans for its own user needs no call, since it looks for work next.
func (s *shard) plan(id sessions.ID, due int64, call bool) {
	s.mu.Lock()
	s.due.Add(uint32(id), due)
	wake := s.leader != nil && due+int64(s.run.plan.Slack) < s.leadTill && !s.stopped
	if call {
		s.callLeader(s.pacer.Now())
	}
	s.mu.Unlock()
	if wake {
		s.pacer.Wake()
	}
}

// overdue tells whether somebody else has been waiting for a worker.
func (s *shard) overdue(now int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nextDue() <= now
}

// stop sends every worker home once its step is done.
func (s *shard) stop() {
	s.mu.Lock()
	s.stopped = true
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	for _, w := range idle {
		w.wake <- struct{}{}
	}
	s.pacer.Wake()
}
