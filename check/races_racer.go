package check

import (
	"context"

	"authsoak/driver"
	"authsoak/driver/sessions"
	"authsoak/results"
	"authsoak/rules"
)

// session is one that a login of the round opened: a client of its account, and
// its cookies, the login's own first and those of renewals behind.
type session struct {
	client *driver.Client
	jars   []sessions.Jar
}

// racer is one client of a round. It belongs to one goroutine at a time.
type racer struct {
	*driver.Client
	round   *round
	ctx     context.Context
	gate    *gate
	number  int
	session int    // whose cookies it has; rules.None: none
	cookie  int    // which of them
	reason  string // why its last operation was not accepted
}

// racer makes a client of the round.
func (r *round) racer(client *driver.Client, number, session int) *racer {
	g := &gate{}
	return &racer{Client: client, round: r, ctx: g.with(r.ctx), gate: g, number: number, session: session}
}

// perform does one operation and records it. A client without a session does
// nothing but log in.
func (c *racer) perform(act rules.Act, h *hold) {
	if h == nil {
		h = &hold{clock: c.round.clock, passes: true, ready: func() {}}
	}
	defer h.free()
	if c.session == rules.None && act != rules.ActLogin {
		return
	}
	if act == rules.ActLogin {
		c.Forget()
		c.session, c.cookie = rules.None, 0
	}
	c.gate.next.Store(h)
	saved := c.Copy()
	c.Frozen = act == rules.ActCall || act == rules.ActLogout
	op := rules.Operation{Client: c.number, Act: act, Session: c.session, Opens: rules.None, Cookie: c.cookie}
	op.Invoked = c.round.clock.now()
	replies := c.send(act)
	op.Returned = c.round.clock.now()
	c.gate.next.Store(nil)
	if at := h.released.Load(); at > 0 {
		op.Invoked = at
	}
	c.learn(&op, saved, replies)
}

// send sends the requests of an act. After the login a session must do without
// the client's certificate, which might open another.
func (c *racer) send(act rules.Act) []rules.Reply {
	v := rules.Variation{Session: rules.Uncertain}
	v.Bare = c.round.flow.ClientCertificate && act != rules.ActLogin && act != rules.ActLoginAgain
	switch act {
	case rules.ActLogin:
		return c.Login(c.ctx, v)
	case rules.ActLoginAgain:
		return c.Login(c.ctx, c.bringing(v))
	case rules.ActLogout:
		return c.Logout(c.ctx, v)
	}
	return c.Call(c.ctx, c.round.flow.Deciding, v)
}

// bringing makes a login send the cookies of the session along where the profile
// wouldn't.
func (c *racer) bringing(v rules.Variation) rules.Variation {
	flow := c.round.flow
	sent := map[int]bool{}
	for _, slot := range flow.Login.Requests[0].Cookies {
		sent[slot] = true
	}
	v.Request = 1
	for i := range flow.Slots {
		if s := &flow.Slots[i]; s.Cookie && s.Authenticates && !sent[i] && len(c.Jar.Slots[i]) > 0 {
			if v.Swap == nil {
				v.Swap = map[string]string{}
			}
			v.Swap[s.Name] = string(c.Jar.Slots[i])
		}
	}
	return v
}

// learn completes the record of an operation by what its replies tell, and
// leaves the client with the cookies it goes on with.
func (c *racer) learn(op *rules.Operation, saved *driver.Client, replies []rules.Reply) {
	r := c.round
	fresh := newCookies(r.flow, replies, saved.Jar.Slots)
	op.Outcome, op.Excused = outcome(op.Act, replies, len(fresh) > 0)
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(replies); n > 0 {
		v := &replies[n-1].Verdict
		c.reason = v.Reason
		// Where the credentials have been taken before, the same class tells of
		// something else: a session that is live, or a limit of sessions.
		r.denied = r.denied || op.Act == rules.ActLogin && v.Class == results.BadCredentials && !r.proven[c.Account]
	}
	if given(r.flow, replies) {
		r.gave = append(r.gave, *op)
	}
	if op.Act == rules.ActLogin || op.Act == rules.ActLoginAgain {
		c.learnLogin(op, saved, fresh)
	} else {
		c.learnRenewal(op, saved, fresh)
	}
	r.operations = append(r.operations, *op)
}

// learnLogin notes the session that a login opened. One whose answer broke off
// after it had set cookies may have opened it.
func (c *racer) learnLogin(op *rules.Operation, saved *driver.Client, fresh map[int]string) {
	r := c.round
	switch {
	case op.Outcome == rules.AnswerRefused:
	case len(fresh) == 0:
		op.Opens = op.Session // it left the client what it had
	default:
		op.Opens = len(r.sessions)
		client := c.Copy()
		r.sessions = append(r.sessions, &session{client, []sessions.Jar{copyJar(client)}})
		r.repeated(op, fresh)
	}
	if op.Outcome == rules.AnswerUnknown && len(fresh) == 0 {
		r.possiblyOpen++
	}
	if op.Outcome != rules.AnswerAccepted {
		c.Jar = saved.Jar
		return
	}
	r.proven[c.Account] = true
	if op.Opens != op.Session {
		c.session, c.cookie = op.Opens, 0
	}
}

// learnRenewal notes the cookie that an answer gave in place of the one sent.
// The client goes on with it after a refresh that was accepted.
func (c *racer) learnRenewal(op *rules.Operation, saved *driver.Client, fresh map[int]string) {
	s := c.round.sessions[op.Session]
	if len(fresh) > 0 {
		jar := copyJar(saved)
		for slot, value := range fresh {
			jar.Slots[slot] = append(jar.Slots[slot][:0], value...)
		}
		op.Reissue = len(s.jars)
		s.jars = append(s.jars, jar)
	}
	switch {
	case op.Act != rules.ActRefresh:
	case op.Outcome != rules.AnswerAccepted || !bearing(c.round.flow, c.Jar.Slots):
		c.Jar = saved.Jar
	case op.Reissue > 0:
		c.cookie = op.Reissue
	}
}

// copyJar returns a jar that shares no memory with the client's.
func copyJar(c *driver.Client) sessions.Jar { return c.Copy().Jar }
