package rules

import (
	"math"

	"authsoak/profiles"
)

// The model of a session under concurrent use. A session is Absent until its
// login, Live until a logout (or its end by a clock), then Dead for good. What
// several clients saw is a history of operations; it is in order if the
// operations can be put one behind the other so that each fits the state that
// the ones before it left, and none stands before another that had returned
// when it was invoked (linearizability; Herlihy and Wing, TOPLAS 1990).
//
// Intervals are closed: an operation invoked at the very instant another
// returned is concurrent with it. The clock is read by the client before the
// first byte leaves it and after the last one came, so an interval can only be
// too wide, and a server acts somewhere inside. Two readings may be equal and
// still have come in either order; taking the interval for half-open would
// claim an order that nobody saw and accuse a server that did nothing wrong,
// while the closed one at worst misses a fault. Nothing is lost where the order
// is known: the recorder's clock never gives one reading twice, so what one
// client did before, or had heard of before, has the smaller reading.
//
// An operation whose answer never came may have acted at any time since, or
// never: its return is [Forever], so that it may stand behind everything else,
// where nobody can tell whether it happened.

// Act is what an operation does.
type Act uint8

// Acts. ActRefresh is a call whose client takes over a renewed cookie, ActCall
// one whose client keeps the cookie it has. ActLoginAgain is a login that sends
// the cookies of a session along, ActLogin one that sends none.
const (
	ActLogin Act = iota
	ActCall
	ActRefresh
	ActLogout
	ActLoginAgain
)

// Answered is what is known of how an operation ended.
type Answered uint8

// Answers.
const (
	AnswerUnknown Answered = iota
	AnswerAccepted
	AnswerRefused
)

// None stands for no session.
const None = -1

// Forever is the return of an operation that may not have ended.
const Forever = math.MaxInt64

// MostSessions is how many sessions a history can name.
const MostSessions = 32

// Operation is one thing a client did with a session.
type Operation struct {
	Client int
	Act    Act
	// Session is the one whose cookies were sent, counted from 0; None: none.
	Session int
	// Opens is the session that a login gave cookies of; None: none. A login
	// that left its client with the cookies it sent opens its own Session.
	Opens   int
	Outcome Answered
	// Cookie says which cookie of the session was sent: 0 the login's own, n the
	// one of its n-th renewal. Reissue is the number of the one that the answer
	// set; 0: it set none.
	Cookie, Reissue int
	// MayExpire says that a declared lifetime of the session may have passed.
	MayExpire bool
	// Excused says that a refusal proves nothing: the cookie may have been
	// replaced by a renewal, another login may have ended the session, or the
	// answer was a server error that the profile counts as a refusal.
	Excused bool
	// Invoked and Returned are in nanoseconds on one clock.
	Invoked, Returned int64
}

// opensNew tells whether the operation is a login that gave a session of its own.
func (o *Operation) opensNew() bool { return o.Opens != None && o.Opens != o.Session }

// Evict is a login over a live session that ends the old one. No profile
// declares it; it is one of the policies that an observed history may fit.
const Evict profiles.Declaration = "evict"

// SessionModel is one set of session rules. Its zero value revokes nothing and
// takes a login over a live session as it comes.
type SessionModel struct {
	// Revokes says that a logout ends the session.
	Revokes bool
	// Duplicate is what becomes of a login over a live session: Refuse, Allow,
	// Evict, anything else leaves it open.
	Duplicate profiles.Declaration
	// Returning lets a login that leaves its client with the id it sent bring the
	// session back.
	Returning bool
}

// Declared is the model that a profile's session rules describe. What they leave
// open is open in the model.
func Declared(r *profiles.SessionRules) SessionModel {
	return SessionModel{Revokes: r.LogoutRevokes == profiles.Yes, Duplicate: r.DuplicateLogin}
}

// States holds Absent, Live or Dead for each of [MostSessions] sessions.
type States uint64

// Of returns the state of a session.
func (s States) Of(session int) Expectation { return Expectation(s >> (2 * session) & 3) }

// With returns the states with one changed.
func (s States) With(session int, is Expectation) States {
	return s&^(3<<(2*session)) | States(is)<<(2*session)
}

// Step takes the states through one operation. It returns false if the
// operation can't have had its outcome there.
func (m SessionModel) Step(s States, op *Operation) (States, bool) {
	switch op.Act {
	case ActLogin:
		return m.open(s, op)
	case ActLoginAgain:
		return m.again(s, op)
	case ActLogout:
		return m.logout(s, op)
	}
	switch op.Outcome {
	case AnswerAccepted:
		return s, s.Of(op.Session) == Live
	case AnswerRefused:
		return refusal(s, op)
	}
	return s, true
}

// refusal is right for a session that isn't live, and ends one that may have
// expired.
func refusal(s States, op *Operation) (States, bool) {
	switch {
	case s.Of(op.Session) != Live || op.Excused:
		return s, true
	case op.MayExpire:
		return s.With(op.Session, Dead), true
	}
	return s, false
}

// open makes the session of a login live. No two logins open the same one, and
// none brings back one that is dead.
func (m SessionModel) open(s States, op *Operation) (States, bool) {
	switch {
	case op.Outcome == AnswerRefused || op.Opens == None:
		return s, true
	case !op.opensNew() && m.Returning:
		return s.With(op.Opens, Live), true
	case !op.opensNew():
		return s, op.Outcome == AnswerUnknown || s.Of(op.Session) == Live
	case s.Of(op.Opens) != Absent:
		return s, false
	}
	if m.Duplicate == Evict {
		for i := range MostSessions {
			if s.Of(i) == Live {
				s = s.With(i, Dead)
			}
		}
	}
	return s.With(op.Opens, Live), true
}

// again is a login over the cookies of a session.
func (m SessionModel) again(s States, op *Operation) (States, bool) {
	if op.Outcome == AnswerUnknown || op.Excused {
		return m.open(s, op)
	}
	live, accepted := s.Of(op.Session) == Live, op.Outcome == AnswerAccepted
	switch m.Duplicate {
	case profiles.Refuse:
		if live && accepted && op.MayExpire {
			s, live = s.With(op.Session, Dead), false
		}
		if live == accepted {
			return s, false
		}
	case profiles.Allow, Evict:
		if !accepted {
			return s, false
		}
	}
	return m.open(s, op)
}

// logout ends the session. One more logout of a dead session may be answered
// either way.
func (m SessionModel) logout(s States, op *Operation) (States, bool) {
	if op.Outcome == AnswerRefused {
		return refusal(s, op)
	}
	if m.Revokes && s.Of(op.Session) == Live {
		s = s.With(op.Session, Dead)
	}
	return s, true
}

// ends tells whether the operation may end a session in this model.
func (m SessionModel) ends(op *Operation) bool {
	switch {
	case op.MayExpire:
		return true
	case op.Act == ActLogout:
		return m.Revokes && op.Outcome != AnswerRefused
	}
	return m.Duplicate == Evict && op.opensNew() && op.Outcome != AnswerRefused
}

// needsEnd tells whether the operation's outcome is explained by a session that
// has ended.
func (m SessionModel) needsEnd(op *Operation) bool {
	switch {
	case op.Excused:
		return false
	case op.Act == ActLoginAgain:
		return m.Duplicate == profiles.Refuse && op.Outcome == AnswerAccepted
	}
	return op.Session != None && op.Outcome == AnswerRefused
}
