package driver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"authsoak/driver/pacer"
	"authsoak/driver/sessions"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// CleanupConfig is what [Cleanup] needs. Targets must stand in the order of the
// run that left the ledger.
type CleanupConfig struct {
	Plan    *scenario.Plan
	Targets []Target
	Ledger  string // the file
	Agent   string
	// Observe is told after each session how many of all have been tried; nil:
	// nobody is.
	Observe func(done, all int)
}

// Cleaned says what became of the sessions that a run left.
type Cleaned struct {
	RunID        string
	LoggedOut    int
	AlreadyEnded int
	Failed       int // may still be open
	// PossiblyOpen counts logins whose answer never came: nobody knows their
	// cookies, so that nobody can log them out.
	PossiblyOpen int
	Targets      []results.CleanedTarget // in the plan's order, as far as there was something
	// Problems are the first few reasons of failures.
	Problems []string
}

// Add takes in what became of the sessions of another ledger.
func (c *Cleaned) Add(d Cleaned) {
	c.LoggedOut += d.LoggedOut
	c.AlreadyEnded += d.AlreadyEnded
	c.Failed += d.Failed
	c.PossiblyOpen += d.PossiblyOpen
	c.Problems = append(c.Problems, d.Problems...)
}

// Cleanup logs out the sessions that a killed run left in its ledger, at the
// plan's drain rate, and removes the ledger when none is left that could still
// be logged out. What is done is marked in the ledger, so that a cleanup that is
// interrupted can go on later.
func Cleanup(ctx context.Context, c CleanupConfig) (Cleaned, error) {
	ledger, err := sessions.Open(c.Ledger)
	if err != nil {
		return Cleaned{}, err
	}
	done := Cleaned{RunID: ledger.RunID()}
	r, err := cleanupRun(ctx, c, ledger.Epoch())
	if err != nil {
		return done, errors.Join(err, ledger.Close())
	}
	defer r.cancel()
	job := &cleanup{ledger: ledger, done: &done, observe: c.Observe}
	for e := range ledger.Entries() {
		job.add(e, r.targets)
	}
	watched, unwatch := context.WithCancel(context.Background())
	var aux errgroup.Group
	aux.Go(func() error { return r.watchdog(watched) })
	cut := context.AfterFunc(ctx, r.cutAll)
	err = job.work(r)
	cut()
	unwatch()
	aux.Wait()
	r.shards[0].conns.closeAll()
	err = errors.Join(err, r.store.Remove())
	if done.Failed == 0 && err == nil && ctx.Err() == nil {
		return done, ledger.Remove()
	}
	return done, errors.Join(err, ledger.Close())
}

// Orphans counts the sessions in a run's ledger that [Cleanup] could log out.
func Orphans(path string) (n int64, err error) {
	ledger, err := sessions.Open(path)
	if err != nil {
		return 0, err
	}
	for e := range ledger.Entries() {
		if e.State != sessions.Opening && e.State != sessions.PossiblyOpen {
			n++
		}
	}
	return n, ledger.Close()
}

// cleanupRun is a run of one shard that drives nothing by itself.
func cleanupRun(ctx context.Context, c CleanupConfig, epoch time.Time) (*run, error) {
	r := &run{plan: c.Plan, halt: make(chan struct{}), through: make(chan struct{}), epoch: epoch}
	var err error
	if r.targets, r.series, err = lineUp(c.Plan, c.Targets, c.Agent); err != nil {
		return nil, err
	}
	if r.store, err = sessions.Create("", 1); err != nil {
		return nil, err
	}
	r.ctx, r.cancel = context.WithCancel(ctx)
	r.dialing, r.hangUp = context.WithCancel(r.ctx)
	r.Shards, r.workers = 1, drainWorkers
	s := r.newShard(0)
	s.pacer = pacer.NewTimer(epoch)
	s.stopped = true // nobody is called for what is due: nothing is
	r.shards = []*shard{s}
	return r, nil
}

// cleanup is the work left: a queue of the ledger's entries.
type cleanup struct {
	mu      sync.Mutex
	ledger  *sessions.Ledger
	queue   []*sessions.Entry
	next    int
	start   time.Time
	pace    time.Duration
	done    *Cleaned
	observe func(done, all int)
}

func (j *cleanup) add(e *sessions.Entry, targets []target) {
	if e.State != sessions.Opening && e.State != sessions.PossiblyOpen {
		j.done.of(e.Record.Target).Left++
	}
	switch {
	case e.State == sessions.Opening || e.State == sessions.PossiblyOpen:
		j.done.enter(e.Record.Target, sessions.PossiblyOpen)
	case e.Err != nil:
		j.fail(fmt.Sprintf("shard %d, session %d: %v", e.Shard, e.ID, e.Err))
	case int(e.Record.Target) >= len(targets):
		j.fail(fmt.Sprintf("shard %d, session %d: the scenario has no target number %d", e.Shard, e.ID, e.Record.Target+1))
	case targets[e.Record.Target].forgets(e):
		j.fail(fmt.Sprintf("shard %d, session %d: its logout needs its account, which the scenario doesn't name", e.Shard, e.ID))
	default:
		j.queue = append(j.queue, e)
	}
}

// forgets tells whether a logout needs an account that the target doesn't have:
// that of a probe with accounts of its own.
func (t *target) forgets(e *sessions.Entry) bool {
	return int(e.Record.Account) >= t.Accounts.Count() &&
		slices.ContainsFunc(t.flow.Logout.Requests, func(r profiles.Request) bool { return r.UsesAccount() })
}

func (j *cleanup) fail(problem string) {
	j.done.Failed++
	if len(j.done.Problems) < 5 {
		j.done.Problems = append(j.done.Problems, problem)
	}
}

func (j *cleanup) work(r *run) error {
	if len(j.queue) == 0 {
		return nil
	}
	j.start, j.pace = time.Now(), r.drainPace(len(j.queue), 0)
	var group errgroup.Group
	s := r.shards[0]
	for range min(drainWorkers, len(j.queue)) {
		w := newWorker(s)
		w.phase = results.Drain
		s.mu.Lock()
		s.workers = append(s.workers, w)
		s.mu.Unlock()
		group.Go(func() error { return j.worker(r.ctx, w) })
	}
	return group.Wait()
}

func (j *cleanup) worker(ctx context.Context, w *worker) error {
	defer func() {
		if w.held != nil {
			w.held.Close()
		}
	}()
	for {
		e, due := j.take()
		if e == nil || !sleepUntil(ctx, time.Until(due)) {
			return nil
		}
		id, err := w.shard.users.Take()
		if err != nil {
			return err
		}
		became, err := w.logOutEntry(id, e)
		if err == nil {
			err = j.settle(e, became, w.clean(w.reason))
		}
		w.shard.users.Release(id)
		if err != nil {
			return err
		}
	}
}

func (j *cleanup) take() (*sessions.Entry, time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.next == len(j.queue) {
		return nil, time.Time{}
	}
	e := j.queue[j.next]
	due := j.start.Add(time.Duration(j.next) * j.pace)
	j.next++
	if j.observe != nil {
		j.observe(j.next, len(j.queue))
	}
	return e, due
}

// logOutEntry puts a session of the ledger into a record of the cleanup's own
// store and logs it out as a run would.
func (w *worker) logOutEntry(id sessions.ID, e *sessions.Entry) (sessions.State, error) {
	w.user, w.record = id, w.shard.users.At(id)
	w.record.Target, w.record.Account = e.Record.Target, e.Record.Account
	w.record.Opened, w.record.LastUsed = e.Record.Opened, e.Record.LastUsed
	t := &w.shard.run.targets[e.Record.Target]
	w.jar.Reset(len(t.flow.Slots))
	for i := range min(len(e.Jar.Slots), len(w.jar.Slots)) {
		w.jar.Slots[i] = append(w.jar.Slots[i], e.Jar.Slots[i]...)
	}
	w.jar.Others = append(w.jar.Others, e.Jar.Others...)
	w.fit(t)
	w.values.Account, w.identity = nil, 0
	if int(w.record.Account) < t.Accounts.Count() {
		w.takeAccount(t)
	}
	if err := w.shard.users.SaveAs(id, &w.jar, sessions.Live); err != nil {
		return sessions.Live, err
	}
	now := w.now()
	return w.logout(t, now, false), nil
}

// settle enters what became of a session.
func (j *cleanup) settle(e *sessions.Entry, became sessions.State, reason string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch became {
	case sessions.Closed:
		j.done.enter(e.Record.Target, became)
	case sessions.Expired:
		j.done.enter(e.Record.Target, became)
	default:
		j.fail(reason)
		return nil
	}
	return j.ledger.Mark(e, became)
}
