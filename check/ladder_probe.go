package check

import (
	"fmt"
	"time"

	"authsoak/driver"
	"authsoak/results"
	"authsoak/rules"
)

// probeState is where a session of a ladder stands.
type probeState uint8

const (
	waiting probeState = iota // for its login
	busy                      // a request is under way
	idling
	over
)

// probe is one session: a record while it idles.
type probe struct {
	number int
	arm    int // index of its arm in constant use, −1: none
	state  probeState
	turn   int // of its appointment, 0: none
	client *driver.Client
	leased bool
	began  rules.Window // since when its clock runs
	opened rules.Window // of the whole login
	before map[string]string
	log    []results.LadderTouch
}

// completion is what became of a request that was started.
type completion struct {
	probe   *probe
	deed    deed
	replies []rules.Reply
}

// perform starts a request. A login waits where no account is free.
func (r *ladderRun) perform(e appointment) {
	p := e.probe
	if e.deed == logIn {
		if !r.seat(p) {
			r.starved = append(r.starved, p)
			return
		}
	}
	p.state = busy
	r.flying++
	client, v := p.client, r.way()
	call := r.Prober.Flow().Deciding
	if e.deed == touch {
		p.before = r.cookies(client)
	}
	go func() {
		var replies []rules.Reply
		switch e.deed {
		case logIn:
			replies = client.Login(r.ctx, rules.Variation{})
			if !replies[len(replies)-1].Accepted() && client.Holds() {
				client.Logout(r.ctx, v) // half a login may have opened a session
			}
			_ = client.Close() // an idle session keeps no connection
		case touch:
			replies = client.Call(r.ctx, call, v)
		case logOut:
			replies = client.Logout(r.ctx, v)
		}
		r.done <- completion{p, e.deed, replies}
	}()
}

// way is how a session is used after its login: over a connection of its own,
// without the certificate that might log in by itself.
func (r *ladderRun) way() rules.Variation {
	v := rules.Variation{Fresh: true, Session: rules.Uncertain}
	v.Bare = r.Prober.Flow().ClientCertificate
	return v
}

// seat gives a session its account.
func (r *ladderRun) seat(p *probe) bool {
	account, ok := r.Accounts.Lease()
	if ok {
		p.client, p.leased = r.Prober.Client(int(account)), true
	}
	return ok
}

// vacate gives a session's account back, and lets one that waited for it begin.
func (r *ladderRun) vacate(p *probe) {
	if p.leased {
		p.leased = false
		r.Accounts.Return(uint32(p.client.Account))
	}
	for len(r.starved) > 0 {
		next := r.starved[0]
		r.starved = r.starved[1:]
		if next.state == waiting {
			r.agenda.put(next, logIn, r.now())
			return
		}
	}
}

// cookies are the values of the authenticating cookies.
func (r *ladderRun) cookies(c *driver.Client) map[string]string {
	out := map[string]string{}
	for _, s := range r.Prober.Flow().Slots {
		if s.Cookie && s.Authenticates {
			out[s.Name] = c.Cookie(s.Name)
		}
	}
	return out
}

// take is told that a request has ended.
func (r *ladderRun) take(c completion) {
	switch c.deed {
	case logIn:
		r.loggedIn(c.probe, c.replies)
	case touch:
		r.touched(c.probe, c.replies)
	case logOut:
		r.loggedOut(c.probe, c.replies)
	}
}

func window(replies []rules.Reply) rules.Window {
	return rules.Window{From: time.Duration(replies[0].Invoked), To: time.Duration(replies[len(replies)-1].Returned)}
}

func (r *ladderRun) loggedIn(p *probe, replies []rules.Reply) {
	last := &replies[len(replies)-1]
	if !last.Accepted() {
		r.notOpened(p, last)
		return
	}
	p.state = idling
	// The last request of a login is the last use: its clock starts then. A
	// lifetime may count from the first.
	p.opened = window(replies)
	p.began = rules.Window{From: time.Duration(last.Invoked), To: p.opened.To}
	r.Opened++
	r.live++
	r.PeakLive = max(r.PeakLive, r.live)
	switch {
	case r.ctx.Err() != nil:
	case r.stopping:
		r.agenda.put(p, logOut, r.now())
	case p.arm >= 0:
		r.keptOpened(p)
	default:
		r.obey(r.machine.Opened(p.number, p.began, r.now()))
	}
}

// notOpened keeps the account of a login without an answer: it may have opened
// a session.
func (r *ladderRun) notOpened(p *probe, last *rules.Reply) {
	p.state = over
	r.refusal = last.Verdict.Reason
	if last.Verdict.Outcome == results.Unknown {
		r.PossiblyOpen++
	} else {
		r.Refused++
		r.vacate(p)
	}
	if r.Opened == 0 {
		if r.hopes++; r.hopes >= hopeless && !r.stopping {
			r.gaveUp = "no login worked"
			r.stop()
		}
	}
	switch {
	case r.stopping:
	case p.arm >= 0:
		r.keptLost(p)
	default:
		r.obey(r.machine.Lost(p.number, r.now()))
	}
}

func (r *ladderRun) touched(p *probe, replies []rules.Reply) {
	fate, renewed := rules.FateOf(r.Prober.Flow(), r.Prober.Flow().Deciding, replies, func(name string) string { return p.before[name] })
	p.before = nil
	when := window(replies)
	last := &replies[len(replies)-1]
	p.state = idling
	if fate == rules.FateDead {
		p.state = over
		r.live--
		r.Ended++
		p.client.Gone()
		r.vacate(p)
	}
	entry := results.LadderTouch{
		Session: p.number, OpenedS: p.began.To.Seconds(), TouchedS: when.From.Seconds(),
		LeastS: (when.From - p.began.To).Seconds(), MostS: (when.To - p.began.From).Seconds(),
		Fate: fate.String(), Status: last.Status, Renewed: renewed,
	}
	if fate == rules.FateUnknown {
		entry.Detail = last.Verdict.Reason
		if entry.Detail == "" {
			entry.Detail = fmt.Sprintf("status %d says neither", last.Status)
		}
	}
	if p.arm >= 0 {
		r.keptTouched(p, entry, fate, when)
		return
	}
	entry.Wave = r.machine.Probe(p.number).Wave.String()
	p.log = append(p.log, entry)
	orders := r.machine.Touched(p.number, fate, when, r.now())
	if r.stopping {
		orders = orders[:1] // the logout alone
	}
	r.obey(r.living(orders))
}

// living leaves out the logouts of sessions that are dead.
func (r *ladderRun) living(orders []rules.LadderOrder) []rules.LadderOrder {
	out := orders[:0:0]
	for _, o := range orders {
		if o.Do != rules.LadderClose || r.probes[o.Probe].state != over {
			out = append(out, o)
		}
	}
	return out
}

func (r *ladderRun) loggedOut(p *probe, replies []rules.Reply) {
	p.state = over
	r.live--
	switch last := &replies[len(replies)-1]; {
	case last.Accepted():
		r.LoggedOut++
	case last.Verdict.SessionOver || last.Status/100 == 4 && last.Status != 429:
		r.Ended++ // there is nothing to log out
		p.client.Gone()
	default:
		r.Left++
	}
	r.vacate(p)
}
