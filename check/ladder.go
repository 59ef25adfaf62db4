package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/results"
	"authsoak/rules"
)

// LadderConfig is what a timeout ladder needs. Prober, Epoch, Plan and Accounts
// are required.
type LadderConfig struct {
	Prober *driver.Prober
	Epoch  time.Time // the prober's, and the start of the ladder
	Plan   rules.LadderPlan
	// Accounts hands out the account of each session. Under a lease there must
	// be Plan.AtOnce of them; under the other policies sessions share accounts.
	Accounts *accounts.Pool
	// Observe is told the state every second and at each change; nil: nobody is.
	Observe func(LadderProgress)
	// InFlight bounds the requests sent at once; 0: 64.
	InFlight int
}

// LadderProgress is the state of a ladder.
type LadderProgress struct {
	Elapsed time.Duration
	// Left is the time to the end as far as it can be told: exact once the
	// timeout is known roughly, else to the end of the range.
	Left                  time.Duration
	Live, Touched         int
	Alive, Dead, Replaced int
	Timeout               rules.Bracket
	Stopping              bool
}

const (
	usualInFlight = 64
	// hopeless is how many logins in a row may fail before any has worked: more
	// wrong secrets might lock accounts.
	hopeless = 3
	// A server that leaves so many requests in a row, for so long, without an
	// answer is gone: whatever is touched then is a session less.
	mostSilent  = 20
	longSilence = 10 * time.Second
)

// ErrNoSession says that no login opened a session.
var ErrNoSession = errors.New("no session could be opened")

// Ladder measures how long sessions live. It opens sessions, lets each idle for
// its own time and touches it once, and logs out what survives. It ends by
// itself, when stop is closed (every live session is logged out, and what is
// known is reported), or when ctx ends (at once). An error means that nothing
// could be measured; the result tells what happened all the same.
func Ladder(ctx context.Context, stop <-chan struct{}, c LadderConfig) (*results.LadderResult, error) {
	if n := c.Accounts.Size(); c.Accounts.Policy() == accounts.Lease && n < c.Plan.AtOnce {
		return nil, fmt.Errorf("timeout ladder: it takes %d accounts, since each session has its own, and there are %d", c.Plan.AtOnce, n)
	}
	if c.InFlight == 0 {
		c.InFlight = usualInFlight
	}
	r := newLadderRun(ctx, c)
	r.loop(stop)
	result := r.result()
	if r.Opened == 0 {
		why := r.refusal
		if why == "" {
			why = "it was stopped before"
		}
		return result, fmt.Errorf("timeout ladder: %w: %s", ErrNoSession, why)
	}
	return result, nil
}

// ladderRun is a ladder in progress. One goroutine owns it; requests run aside,
// each in a goroutine of its own while it is under way, so that a session that
// idles costs a record and no more.
type ladderRun struct {
	LadderConfig
	ctx     context.Context
	machine *rules.Ladder
	probes  []*probe // first those of the machine, by their number
	kept    []*keptArm
	agenda  agenda
	done    chan completion

	flying   int      // requests under way
	starved  []*probe // for an account
	stopping bool
	gaveUp   string        // why the ladder stopped by itself; empty: it didn't
	silent   int           // requests in a row without an answer
	since    time.Duration // when the first of them was sent
	settled  time.Duration // when the machine was done
	hopes    int           // failed logins before the first that worked
	refusal  string
	live     int
	results.LadderSessions
}

func newLadderRun(ctx context.Context, c LadderConfig) *ladderRun {
	r := &ladderRun{LadderConfig: c, ctx: ctx, machine: rules.NewLadder(c.Plan), done: make(chan completion, c.InFlight)}
	r.obey(r.machine.Start())
	r.startKept()
	return r
}

func (r *ladderRun) now() time.Duration { return time.Since(r.Epoch) }

// loop does what is due and waits for what is next, until nothing is left.
func (r *ladderRun) loop(stop <-chan struct{}) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var tick <-chan time.Time
	if r.Observe != nil {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		tick = ticker.C
	}
	gone := r.ctx.Done()
	for {
		r.dispatch()
		if r.flying == 0 && r.agenda.empty() {
			return
		}
		wait := time.Hour
		if at, ok := r.agenda.next(); ok && r.room() {
			wait = max(at-r.now(), 0)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case c := <-r.done:
			r.flying--
			r.hear(c.replies)
			r.take(c)
			r.observe()
		case <-tick:
			r.observe()
		case <-stop:
			stop = nil
			r.stop()
		case <-gone:
			gone = nil
			r.abandon()
		}
	}
}

// room tells whether one more request may be sent. Before the first login has
// worked, they go one by one: wrong accounts are found out by few.
func (r *ladderRun) room() bool {
	return r.flying == 0 || r.Opened > 0 && r.flying < r.InFlight
}

// dispatch starts every request that is due and has room.
func (r *ladderRun) dispatch() {
	for r.room() {
		e, ok := r.agenda.due(r.now())
		if !ok {
			return
		}
		r.perform(e)
	}
}

// obey puts the machine's orders on the agenda.
func (r *ladderRun) obey(orders []rules.LadderOrder) {
	for _, o := range orders {
		for len(r.probes) <= o.Probe {
			r.probes = append(r.probes, &probe{number: len(r.probes), arm: -1})
		}
		p := r.probes[o.Probe]
		switch {
		case o.Do == rules.LadderDrop && p.state != waiting:
		case o.Do == rules.LadderTouch && p.state != idling:
		case o.Do == rules.LadderDrop:
			r.agenda.cancel(p)
			p.state = over
			r.obey(r.machine.Lost(o.Probe, r.now()))
		default:
			r.agenda.put(p, map[rules.LadderDo]deed{rules.LadderOpen: logIn, rules.LadderTouch: touch, rules.LadderClose: logOut}[o.Do], o.At)
		}
	}
	if r.machine.Done() && r.settled == 0 {
		r.settled = r.now()
		r.keptEnd()
	}
}

// stop ends the measurement: sessions that idle are touched, since that still
// tells something, and logged out if they live; others are never opened.
func (r *ladderRun) stop() {
	if r.stopping {
		return
	}
	r.stopping = true
	for _, p := range r.everyone() {
		switch p.state {
		case waiting:
			r.agenda.cancel(p)
			p.state = over
		case idling:
			r.agenda.put(p, touch, r.now())
		}
	}
	r.observe()
}

// hear ends the ladder when the server no longer answers.
func (r *ladderRun) hear(replies []rules.Reply) {
	last := &replies[len(replies)-1]
	if last.Err == nil {
		r.silent = 0
		return
	}
	if r.silent++; r.silent == 1 {
		r.since = time.Duration(last.Invoked)
	}
	if r.silent >= mostSilent && r.now()-r.since >= longSilence && r.Opened > 0 && !r.stopping {
		r.gaveUp = fmt.Sprintf("the server stopped answering %s after the start, and %d requests in a row had no answer, the last one: %s",
			brief(r.since), r.silent, last.Err)
		r.stop()
	}
}

// abandon drops everything; requests under way end with the context.
func (r *ladderRun) abandon() {
	r.stopping = true
	r.agenda.clear()
}

func (r *ladderRun) everyone() []*probe {
	all := r.probes[:len(r.probes):len(r.probes)]
	for _, arm := range r.kept {
		all = append(all, arm.probes...)
	}
	return all
}

func (r *ladderRun) observe() {
	if r.Observe == nil {
		return
	}
	now := r.now()
	edges := rules.EdgesOf(r.machine.Seen(), rules.IsDead)
	p := LadderProgress{Elapsed: now, Live: r.live, Touched: len(r.machine.Seen()), Timeout: edges.Whole(), Stopping: r.stopping}
	for _, s := range r.machine.Seen() {
		switch s.Fate {
		case rules.FateAlive:
			p.Alive++
		case rules.FateDead:
			p.Dead++
		case rules.FateReplaced:
			p.Replaced++
		}
	}
	end := r.Plan.EndsBy(r.Plan.To)
	switch {
	case edges.First.Found():
		end = r.Plan.EndsBy(min(edges.First.Most, r.Plan.To))
	case edges.Last.Least >= r.Plan.To:
		end = r.Plan.LatestEnd()
	}
	if last, ok := r.agenda.last(); ok {
		end = max(last, min(end, r.Plan.LatestEnd()))
	}
	p.Left = max(end-now, 0)
	r.Observe(p)
}
