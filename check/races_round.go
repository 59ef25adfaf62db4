package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"authsoak/driver"
	"authsoak/rules"
)

// round is one race: sessions opened for it, clients let off together, and when
// all have ended a look at what became of each session.
type round struct {
	*races
	draft
	ctx      context.Context
	number   int
	accounts []uint32
	racers   []*racer

	mu         sync.Mutex // guards what follows while clients run
	operations []rules.Operation
	sessions   []*session
	gave       []rules.Operation // answers that set a cookie of the session
	shared     []rules.History   // logins that were given an id a second time
	denied     bool              // a login was refused for its credentials
	settled    int64
	raced      int // operations before the looks at the end
}

// errSetUp says that a round could not begin.
var errSetUp = errors.New("no session could be opened")

// errDenied says that an account's credentials are wrong, which must not be tried
// again.
var errDenied = errors.New("a login was refused for its credentials")

// errNoAccount says that none is free for the round.
var errNoAccount = errors.New("no account is free")

// runRound runs one round. Whatever becomes of it, its sessions are logged out
// and its accounts given back.
func (r *races) runRound(ctx context.Context, number int, d draft) (*round, error) {
	one := &round{races: r, draft: d, ctx: ctx, number: number}
	defer one.giveBack()
	if err := one.lease(); err != nil {
		return nil, err
	}
	defer one.cleanUp()
	if err := one.setUp(); err != nil {
		return nil, err
	}
	one.race()
	if one.denied {
		return nil, errDenied
	}
	one.look()
	return one, ctx.Err()
}

// lease takes the accounts of the round: one, or one for each client where
// there are enough.
func (r *round) lease() error {
	pool := r.Prober.Accounts()
	want := 1
	if r.own {
		want = min(len(r.programs), pool.Free())
	}
	for len(r.accounts) < max(want, 1) {
		i, ok := pool.Lease()
		if !ok {
			break
		}
		r.accounts = append(r.accounts, i)
	}
	if len(r.accounts) == 0 {
		return errNoAccount
	}
	return nil
}

func (r *round) giveBack() {
	for _, i := range r.accounts {
		r.Prober.Accounts().Return(i)
	}
}

func (r *round) client(i int) *driver.Client {
	return r.Prober.Client(int(r.accounts[i%len(r.accounts)]))
}

// setUp opens the session that the clients share, and a connection for each of
// them. Each first makes a call: with the cookies, or where it is to log in
// itself, without.
func (r *round) setUp() error {
	if r.theme == aboutLogins {
		return r.setUpLogins()
	}
	first, err := r.open(0)
	if err != nil {
		return err
	}
	r.racers = append(r.racers, first)
	for i := 1; i < len(r.programs); i++ {
		r.racers = append(r.racers, r.racer(first.Copy(), i, first.session))
	}
	for _, c := range r.racers {
		c.perform(rules.ActCall, nil)
	}
	return r.ctx.Err()
}

// setUpLogins opens connections only. An account that all of them share proves
// first that it may log in: several wrong secrets at once could lock it.
func (r *round) setUpLogins() error {
	if !r.own {
		c, err := r.open(len(r.programs))
		if err != nil {
			return err
		}
		c.perform(rules.ActLogout, nil)
		_ = c.Close() // it has served its purpose
	}
	for i := range r.programs {
		c := r.racer(r.client(i), i, rules.None)
		c.Frozen = true
		c.Call(c.ctx, r.flow.Deciding, rules.Variation{NoCookies: true, Session: rules.Uncertain})
		r.racers = append(r.racers, c)
	}
	return r.ctx.Err()
}

// open logs a client in, alone.
func (r *round) open(number int) (*racer, error) {
	c := r.racer(r.client(0), number, rules.None)
	c.perform(rules.ActLogin, nil)
	if c.session == rules.None {
		_ = c.Close() // it has served its purpose
		if r.denied {
			return nil, fmt.Errorf("%w: %s", errDenied, c.reason)
		}
		return nil, fmt.Errorf("%w: %s", errSetUp, c.reason)
	}
	return c, nil
}

// race lets the clients off and waits until all of them have ended.
func (r *round) race() {
	gate := newBarrier(len(r.racers))
	var running sync.WaitGroup
	for i, c := range r.racers {
		running.Go(func() { c.run(i, &r.programs[i], gate) })
	}
	gate.release(r.clock)
	running.Wait()
	r.raced = len(r.operations)
}

// run does a client's program. Its first request is held back at the gate of
// its connection, or the client itself is where there is none.
func (c *racer) run(i int, p *program, b *barrier) {
	r := c.round
	h := &hold{clock: r.clock, ready: b.coming.Done, wait: func() {
		<-b.open
		r.pacers[i].WaitUntil(b.base + int64(p.offset))
	}}
	if !c.gate.seen.Load() {
		h.start()
	}
	for k, s := range p.steps {
		if k > 0 {
			h = nil
		}
		if s.pause > 0 {
			r.pacers[i].WaitUntil(r.clock.now() + int64(s.pause))
		}
		c.perform(s.act, h)
	}
}

// look waits until what was in flight has had its effect and then calls once
// with each cookie of each session: with the login's own, and the newest two of
// its renewals.
func (r *round) look() {
	r.pacers[0].WaitUntil(r.clock.now() + int64(r.settle()))
	r.settled = r.clock.now()
	for i := range r.sessions {
		r.lookAt(i)
	}
}

func (r *round) lookAt(i int) {
	s := r.sessions[i]
	c := r.racer(s.client, len(r.programs), i)
	for k := range s.jars {
		if k > 0 && k < len(s.jars)-2 {
			continue
		}
		c.Jar, c.cookie = s.jars[k], k
		c.perform(rules.ActCall, nil)
	}
}

// cleanUp logs out every session that isn't known to be dead, also when the run
// was interrupted, and closes all connections.
func (r *round) cleanUp() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), 10*time.Second)
	defer cancel()
	r.report.Requests += int64(len(r.operations))
	for _, c := range r.racers {
		_ = c.Close() // it has served its purpose
	}
	for i, s := range r.sessions {
		r.report.Sessions.Opened++
		if r.end(ctx, i) {
			r.report.Sessions.Closed++
		} else {
			r.report.Sessions.Left++
		}
		_ = s.client.Close()
	}
}

// refused tells whether the looks at the end found every cookie of a session
// refused, and whether each refusal proves that the session is dead.
func (r *round) refused(session int) (all, proven bool) {
	proven = true
	for _, o := range r.operations {
		if o.Session != session || o.Client != len(r.programs) || o.Act != rules.ActCall {
			continue
		}
		if o.Outcome != rules.AnswerRefused {
			return false, false
		}
		all, proven = true, proven && !o.Excused
	}
	return all, all && proven
}

// end makes sure that a session is over. One that can't be logged out is, if the
// server had refused it.
func (r *round) end(ctx context.Context, session int) bool {
	all, proven := r.refused(session)
	over := proven || r.logOut(ctx, r.sessions[session]) || all
	if over {
		r.sessions[session].client.Gone() // unless a logout has ended it
	}
	return over
}

// logOut logs a session out with its newest cookie, and with the login's own
// where that was refused.
func (r *round) logOut(ctx context.Context, s *session) bool {
	for _, jar := range []int{len(s.jars) - 1, 0} {
		s.client.Jar, s.client.Frozen = s.jars[jar], true
		replies := s.client.Logout(ctx, rules.Variation{Session: rules.Uncertain, Bare: r.flow.ClientCertificate})
		if is, _ := outcome(rules.ActLogout, replies, false); is == rules.AnswerAccepted || is == rules.AnswerRefused && jar == 0 {
			return true
		}
	}
	return false
}

// repeated notes the id of a new session and whether another login was given it
// before. The round's lock is held.
func (r *round) repeated(op *rules.Operation, fresh map[int]string) {
	for _, value := range fresh {
		now := *op
		now.Act, now.Session, now.Opens = rules.ActLogin, rules.None, 0
		if before, ok := r.ids[value]; ok {
			both := []rules.Operation{before, now}
			slices.SortFunc(both, func(a, b rules.Operation) int { return cmp.Compare(a.Invoked, b.Invoked) })
			r.shared = append(r.shared, rules.History{Operations: both})
			return
		}
		r.ids[value] = now
	}
}

// reissues counts the answers that gave a cookie of a session although they were
// asked for after a logout of it had returned.
func (r *round) reissues() int {
	n := 0
	for _, g := range r.gave {
		if g.Act == rules.ActLogin || g.Act == rules.ActLoginAgain {
			continue
		}
		for _, o := range r.operations {
			if o.Act == rules.ActLogout && o.Outcome == rules.AnswerAccepted && o.Session == g.Session && o.Returned < g.Invoked {
				n++
				break
			}
		}
	}
	return n
}

// longest is how long the longest answer of the race took.
func (r *round) longest() time.Duration {
	var d time.Duration
	for _, o := range r.operations[:r.raced] {
		if o.Outcome != rules.AnswerUnknown {
			d = max(d, time.Duration(o.Returned-o.Invoked))
		}
	}
	return d
}
