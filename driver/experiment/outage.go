package experiment

import (
	"time"

	"authsoak/results"
)

// outage is a time in which the server wasn't there, or forgot its sessions. It is
// over with the first three seconds in which steps were answered and none failed
// by it; seconds without any step tell nothing.
type outage struct {
	back        recovery // since its beginning
	cause       results.Class
	first, last int64 // when failures were noticed; 0: none were
	failures    int64
	lost        int64 // sessions
	wrong       tally
	sessions    map[uint64]int64 // of those opened before: when last answered, or gone
	// seconds since its beginning: the last failure in each, or one of these.
	seconds []int64
}

const (
	silent   = 0  // no step ended in the second
	answered = -1 // some did, and none failed by an outage
)

// gone is what became of a session that was refused.
const gone = -1

// newOutage begins one. calm knows how logins were before.
func newOutage(at int64, cause results.Class, calm *recovery) *outage {
	o := &outage{back: *calm, cause: cause, sessions: map[uint64]int64{}}
	o.back.begin(at)
	return o
}

// size is the harm that it did.
func (o *outage) size() int64 { return o.failures + o.lost }

// sure tells an outage from a hiccup, as a balancer makes them.
func (o *outage) sure() bool { return o.lost > 0 || o.last-o.back.since >= int64(time.Second) }

// spans tells whether a session opened then may have been lost by it.
func (o *outage) spans(opened int64) bool { return opened < max(o.back.since, o.last) }

// second is the place of the second that holds an instant.
func (o *outage) second(at int64) *int64 {
	i := int(max(at-o.back.since, 0) / int64(time.Second))
	for len(o.seconds) <= i {
		o.seconds = append(o.seconds, silent)
	}
	return &o.seconds[i]
}

// owns enters a failure, or a lost session, that was noticed then; false: it is
// none of this outage, which was over.
func (o *outage) owns(e *Event, out bool, at int64) bool {
	if !out {
		if !o.spans(e.Opened) || o.sessions[e.Session] > max(o.back.since, o.last)+steadily*int64(time.Second) {
			return false
		}
		o.lost++
		return true
	}
	at = max(at, o.back.since)
	s := o.second(at)
	*s = max(*s, at)
	if o.last = o.end(); at > o.last {
		return false
	}
	if o.first == 0 || at < o.first {
		o.first = at
	}
	o.failures++
	return true
}

// end is the last failure before it is over.
func (o *outage) end() (last int64) {
	good := 0
	for _, s := range o.seconds {
		switch {
		case s > 0:
			last, good = s, 0
		case s == answered && last > 0:
			if good++; good == steadily {
				return last
			}
		}
	}
	return last
}

// see takes in a step that ended after its beginning.
func (o *outage) see(e *Event, out bool) {
	// That a session which is gone can't be logged out is no further failure.
	farewell := e.Part == Logout && !out && o.spans(e.Opened)
	if e.Outcome != results.OK && !e.lost() && !farewell {
		o.wrong[e.Class]++
	}
	if e.Judged && !out && e.End >= o.back.since {
		if s := o.second(e.End); *s == silent {
			*s = answered
		}
	}
	switch {
	case e.Part == Login:
		o.back.login(e)
	case e.Opened < o.back.since && e.Judged:
		o.follow(e, out)
	}
}

// follow keeps what became of a session that was live when the server went away.
func (o *outage) follow(e *Event, out bool) {
	switch {
	case e.lost(), e.Part == Logout && e.Outcome == results.Fail && !out:
		o.sessions[e.Session] = gone
	case e.Part == Call && e.Outcome == results.OK && !e.Over && e.Start >= o.back.since && o.sessions[e.Session] != gone:
		o.sessions[e.Session] = e.Start
	}
}

// survived counts the sessions of before that answered after the last failure, and
// those that didn't.
func (o *outage) survived() (alive, dead int) {
	for _, at := range o.sessions {
		switch {
		case at == gone:
			dead++
		case at >= o.last: // before it goes, a server may still answer
			alive++
		}
	}
	return alive, dead
}
