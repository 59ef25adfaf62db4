package driver

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"authsoak/driver/sessions"
	"authsoak/results"
)

// drainWorkers is how many logouts may be under way at once in a shard.
const drainWorkers = 64

// drain logs out every session still open, abandoned ones too, at a steady pace
// until the limit.
func (r *run) drain(limit context.Context, loadEnd int64) {
	open := make([][]sessions.ID, len(r.shards))
	total := 0
	for i, s := range r.shards {
		open[i] = s.leftOpen(loadEnd)
		total += len(open[i])
	}
	if total == 0 || r.ctx.Err() != nil {
		return
	}
	pace := r.drainPace(total, loadEnd)
	var group errgroup.Group
	for i, s := range r.shards {
		q := &drainQueue{ids: open[i], start: r.now(), each: pace * time.Duration(len(r.shards))}
		for range min(drainWorkers, len(open[i])) {
			s.mu.Lock()
			w := newWorker(s)
			s.workers = append(s.workers, w)
			s.mu.Unlock()
			group.Go(func() error {
				w.drain(limit, q)
				return nil
			})
		}
	}
	group.Wait()
}

// drainPace is the time between two logouts: as the plan says, else so that half
// the limit suffices, never slower than a hundred a second, nor than the load
// itself closed sessions: that much the server takes, and nobody waits in vain.
func (r *run) drainPace(sessions int, loadEnd int64) time.Duration {
	if r.plan.DrainRate > 0 {
		return time.Duration(float64(time.Second) / r.plan.DrainRate)
	}
	pace := min(r.plan.DrainLimit/2/time.Duration(sessions), 10*time.Millisecond)
	if closed := r.store.Counts().Closed; closed > 0 && loadEnd > 0 {
		pace = min(pace, time.Duration(loadEnd/closed))
	}
	return pace
}

// drainQueue hands out the sessions of a shard, one every so often.
type drainQueue struct {
	mu    sync.Mutex
	ids   []sessions.ID
	start int64
	each  time.Duration
	n     int64
}

func (q *drainQueue) next() (id sessions.ID, due int64, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.ids) == 0 {
		return 0, 0, false
	}
	id, q.ids = q.ids[0], q.ids[1:]
	due = q.start + q.n*int64(q.each)
	q.n++
	return id, due, true
}

// drain logs out sessions of the queue until it is empty or the limit is over.
func (w *worker) drain(limit context.Context, q *drainQueue) {
	defer func() {
		if w.held != nil {
			w.held.Close()
		}
	}()
	for {
		id, due, ok := q.next()
		if !ok || !sleepUntil(limit, time.Duration(due-w.shard.run.now())) {
			return
		}
		w.user, w.record, w.phase = id, w.shard.users.At(id), results.Drain
		w.clock = w.shard.run.now()
		t := &w.shard.run.targets[w.record.Target]
		if len(t.logout.requests) == 0 {
			continue
		}
		w.shard.users.Load(id, &w.jar)
		w.fit(t)
		w.takeAccount(t)
		w.changed = false
		w.logout(t, due, false)
		w.dropUserConnection()
	}
}

func sleepUntil(limit context.Context, d time.Duration) bool {
	if d <= 0 {
		return limit.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-limit.Done():
		return false
	}
}

// leftOpen lists the sessions to log out and closes the books on the cycles
// that the end of the load cut or never let start.
func (s *shard) leftOpen(loadEnd int64) []sessions.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []sessions.ID
	s.users.Each(func(id sessions.ID, u *sessions.Record) bool {
		switch {
		case u.Flags&inCycle != 0:
			s.recorder.Count(s.run.phaseOf(u.CycleStart), int(u.Target), results.CyclesInterrupted, 1)
			u.Flags &^= inCycle
		case s.run.open && u.State() == sessions.Idle:
			s.recorder.Count(s.run.phaseOf(u.Due), int(u.Target), results.CyclesDropped, 1)
		}
		switch u.State() {
		case sessions.Live, sessions.Abandoned, sessions.Closing, sessions.PossiblyClosed:
			open = append(open, id)
		}
		return true
	})
	for ; s.arrival.at < loadEnd; s.nextArrival() {
		phase, target := s.run.phaseOf(s.arrival.at), s.run.plan.Mix.Pick(s.arrival.k)
		s.recorder.Count(phase, target, results.CyclesPlanned, 1)
		s.recorder.Count(phase, target, results.CyclesDropped, 1)
	}
	return open
}
