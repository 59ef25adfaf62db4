package driver

import (
	"errors"
	"time"

	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
)

// group is a login, call or logout, compiled for one target.
type group struct {
	name     string
	requests []wireRequest
	series   int   // of the step
	parts    []int // series of each request; empty where the step has only one
}

// ending is how a step went.
type ending struct {
	outcome results.Outcome
	class   results.Class
	over    bool // the server holds the session for ended
	written bool // at least one byte of it went out
	set     uint64
	tooBig  bool // the answer set more than a session may carry
	renewed bool
	at      int64 // when it ended, ns since the epoch
}

// purpose is what a step is of a cycle, and what the session must be for it.
type purpose struct {
	part    rules.Part
	session rules.Expectation
}

// perform sends the requests of a group one after the other and records the
// step. intended is when it should have started, in ns since the epoch.
func (w *worker) perform(t *target, g *group, p purpose, intended int64) ending {
	start := w.now()
	end := ending{at: start}
	for i := range g.requests {
		began := end.at
		w.request(t, &g.requests[i], p, &end)
		if len(g.parts) > 0 {
			w.recorder.Record(results.Sample{Series: g.parts[i], Phase: w.phase,
				Service: end.at - began, Outcome: end.outcome, Class: end.class})
		}
		if end.outcome != results.OK {
			w.example(t, g, &g.requests[i], &end)
			break
		}
	}
	w.observe(t, g, p, &end)
	if w.shard.run.experiment != nil {
		if part, ok := partOf(p.part); ok {
			w.report(part, intended, start, &end)
		}
	}
	w.recorder.Record(results.Sample{Series: g.series, Phase: w.phase,
		Service: end.at - start, Response: end.at - intended,
		Outcome: end.outcome, Class: end.class})
	return end
}

// request does one exchange of a step, follows the redirects that the profile
// allows, and judges the last answer.
func (w *worker) request(t *target, r *wireRequest, p purpose, end *ending) {
	w.wire = r.append(w.wire[:0], &w.scratch, &w.values, t.flow.Slots, w.jar.Others)
	if w.over {
		w.wire = keep(w.wire, t.flow.Slots, &w.jar)
	}
	w.req = exchange.Request{Wire: w.wire, Head: r.isHead, Idempotent: r.spec.Idempotent}
	w.exchange(t, r.spec, p, end)
	for hops := r.spec.FollowRedirects; hops > 0 && end.outcome == results.OK && w.isRedirect(); hops-- {
		if !w.redirected(t, r) {
			end.outcome, end.class = results.Fail, results.Redirected
			w.reason = r.spec.Name + ": redirected to another host, not followed"
			return
		}
		w.req = exchange.Request{Wire: w.wire, Idempotent: true}
		w.exchange(t, r.spec, p, end)
	}
	if end.outcome == results.OK {
		w.judge(t, r.spec, p, end)
	}
}

// exchange sends the message in w.req and takes over the cookies of its answer.
func (w *worker) exchange(t *target, spec *profiles.Request, p purpose, end *ending) {
	key := connectionKey{target: t.index, identity: w.identity}
	if t.flow.ClientCertificate && p.part == rules.Replay {
		key.identity = 0 // the certificate would log in by itself
	}
	w.sentAt = w.clock
	err := w.send(key, &w.req, end)
	end.at = w.now()
	if w.held != nil {
		w.held.lastUsed = end.at
	}
	if err != nil {
		// Behind a redirect of a login stands a login that was written.
		again := w.req.Idempotent && !(p.part == rules.Login && end.written)
		end.outcome, end.class = outcomeOf(err, again)
		w.reason = spec.Name + ": " + err.Error()
		w.answer.Status = 0
		return
	}
	if p.part == rules.Replay {
		return // a dead session's values are not renewed
	}
	got := adopt(t.flow, &w.jar, &w.answer)
	end.set |= got.set
	end.tooBig = end.tooBig || got.tooBig
	w.changed = w.changed || got.changed
	if got.renewed && p.part == rules.Call {
		end.renewed = true
		w.count(t.index, results.Renewals)
	}
}

// send writes the request on an idle connection or a fresh one, a second time
// only as far as [exchange.Error.MayResend] allows.
func (w *worker) send(key connectionKey, req *exchange.Request, end *ending) error {
	for try := 0; ; try++ {
		conn, err := w.obtain(key, req.Idempotent, try > 0)
		if err != nil {
			return err
		}
		w.count(key.target, results.Requests)
		err = w.exchangeOn(conn, req)
		if err == nil {
			end.written = true
			w.answer.Resent = try > 0
			if w.answer.Close {
				conn.Close()
			} else {
				w.keep(conn)
			}
			return nil
		}
		conn.Close()
		written, again := afterFailure(err, try, req.Idempotent)
		end.written = end.written || written
		if !again {
			return err
		}
		w.count(key.target, results.Resends)
	}
}

// afterFailure tells of a request that got no answer whether any of it was
// written, and whether it may be sent again: once, and only as far as
// [exchange.Error.MayResend] allows.
func afterFailure(err error, try int, idempotent bool) (written, again bool) {
	var failed *exchange.Error
	if !errors.As(err, &failed) {
		return false, false
	}
	return failed.Progress != exchange.NotWritten, try == 0 && failed.MayResend(idempotent)
}

// keep holds on to a connection for the worker's next step.
func (w *worker) keep(conn *connection) {
	conn.served++
	if w.shard.run.policy == perRequest {
		conn.Close()
		return
	}
	w.held = conn
}

// judge finds what the answer meant and takes the values the profile captures.
func (w *worker) judge(t *target, spec *profiles.Request, p purpose, end *ending) {
	facts := rules.Facts{Part: p.part, Session: p.session, Set: end.set}
	if facts.Session == rules.Live && !t.flow.Sessionless {
		facts.Session = w.expected(t, facts.Part, end.at)
	}
	if spec.Identity != nil && w.answer.BodyBytes == int64(len(w.answer.Body)) {
		facts.Named = extract(spec.Identity, &w.answer)
		w.scratch = spec.IdentityIs.Append(w.scratch[:0], &w.values)
		facts.User = w.scratch
	}
	v := rules.Judge(spec, t.flow.Session.Refused, facts, &w.answer)
	end.outcome, end.class, end.over = v.Outcome, v.Class, v.SessionOver
	w.reason = v.Reason
	if v.Outcome == results.OK && end.tooBig {
		end.outcome, end.class = results.Fail, results.UnexpectedAnswer
		w.reason = spec.Name + ": the answer sets a cookie of more than 16 KiB, or the session carries more than that besides the profile's"
	}
	if end.outcome != results.OK || facts.Part == rules.Replay {
		return
	}
	for i := range spec.Capture {
		w.capture(spec, &spec.Capture[i], end)
	}
}

func (w *worker) capture(spec *profiles.Request, c *profiles.Capture, end *ending) {
	value := extract(c, &w.answer)
	if value == nil || len(value) > mostValue {
		if c.Required {
			end.outcome, end.class = results.Fail, results.UnexpectedAnswer
			w.reason = spec.Name + ": a value the profile captures is not in the answer"
		}
		return
	}
	w.jar.Slots[c.Slot] = append(w.jar.Slots[c.Slot][:0], value...)
	w.changed = true
}

// expected is what the session must be by the profile's lifetimes. It must be
// live only if it was even when the answer came, and dead only if it was when the
// request left, whatever an earlier call that got no good answer did. A logout of
// a dead session may succeed, and the drain judges nothing.
func (w *worker) expected(t *target, part rules.Part, answered int64) rules.Expectation {
	r, rule := w.record, &t.flow.Session
	if w.phase == results.Drain || w.excused() {
		return rules.Uncertain
	}
	if rules.Expect(rule, time.Duration(answered-r.Opened), time.Duration(answered-r.LastUsed)) == rules.Live {
		return rules.Live
	}
	slack := int64(w.shard.run.plan.Timeout) // the last use may have ended that much later
	sent := w.sentAt
	if part != rules.Logout && r.Flags&doubtful == 0 &&
		rules.Expect(rule, time.Duration(sent-r.Opened), time.Duration(sent-r.LastUsed-slack)) == rules.Dead {
		return rules.Dead
	}
	return rules.Uncertain
}

// outcomeOf gives an exchange that got no answer its outcome: unknown where
// the server may have acted on something that must not happen twice.
func outcomeOf(err error, idempotent bool) (results.Outcome, results.Class) {
	var failed *exchange.Error
	if errors.As(err, &failed) && failed.Progress != exchange.NotWritten && !idempotent {
		return results.Unknown, failed.Class
	}
	return results.Fail, classOf(err)
}

func classOf(err error) results.Class {
	var failed *exchange.Error
	if errors.As(err, &failed) {
		return failed.Class
	}
	return results.Connect
}
