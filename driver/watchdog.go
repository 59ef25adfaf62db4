package driver

import (
	"context"
	"time"
)

// watchdog ends exchanges that take longer than their timeout, and gives waiting
// users another chance. One pass over the workers every now and then costs less
// than a deadline set on the connection for each request.
func (r *run) watchdog(ctx context.Context) error {
	tick := time.NewTicker(min(max(r.plan.Timeout/20, 5*time.Millisecond), 100*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for _, s := range r.shards {
			s.sweep()
		}
		if r.open && !r.stopping.Load() {
			for i := range r.targets {
				r.targets[i].line.dropLate(r, r.now()-int64(r.plan.StartLimit))
			}
		}
	}
}

func (s *shard) sweep() {
	now := s.pacer.Now()
	s.mu.Lock()
	workers := s.workers
	s.mu.Unlock()
	for _, w := range workers {
		if at := w.deadline.Load(); at > 0 && at < now {
			w.abort(at)
		}
	}
	s.trim(now)
}

// abort ends the exchange whose deadline is at, if it is still the one.
func (w *worker) abort(at int64) {
	if !w.deadline.CompareAndSwap(at, aborting) {
		return
	}
	w.inFlight.Abort()
	w.deadline.Store(aborted)
}

// abortAll ends every exchange in progress.
func (s *shard) abortAll() {
	s.mu.Lock()
	workers := s.workers
	s.mu.Unlock()
	for _, w := range workers {
		if at := w.deadline.Load(); at > 0 {
			w.abort(at)
		}
	}
}
