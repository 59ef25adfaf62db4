package rules

import "time"

// Legality is the answer of a checker.
type Legality uint8

// Answers of a checker. Undecided: its time was up.
const (
	Legal Legality = iota
	Illegal
	Undecided
)

// Breach is what is wrong with a history.
type Breach uint8

// Breaches.
const (
	Sound      Breach = iota
	SharedID          // two logins were given one session id, at once or after a logout
	Revived           // a session lives on although its logout has long returned
	LateLogout        // a session was accepted after its logout returned, and ended soon after
	Renewed           // only a renewed cookie outlived the logout
	Duplicated        // a login over a session was answered against the declared rule
	Unordered         // no order of the operations explains every answer
	Unjudged          // the checker's time was up
)

// Fault is a breach with the part of the history that shows it, and the model
// under which that part is illegal.
type Fault struct {
	Breach  Breach
	Model   SessionModel
	History History
	// Ambiguous says that a LateLogout and a Revived look the same here, since
	// the session was logged out more than once.
	Ambiguous bool
}

// FindFault judges a marked history by the model, and names the one rule that is
// broken: the history is looked at from several sides, each of which leaves out
// what the others are about, and the first illegal one names the fault.
func FindFault(h History, m SessionModel, check func(SessionModel, History) Legality) Fault {
	switch check(m, h) {
	case Legal:
		return Fault{}
	case Undecided:
		return Fault{Breach: Unjudged}
	}
	original := acceptances(h).filter(func(o *Operation) bool {
		return o.Cookie == 0 || o.Act == ActLogout || o.Opens != None
	})
	for _, side := range []struct {
		breach Breach
		seen   History
	}{
		{Revived, original},
		{Renewed, acceptances(h)},
		{Duplicated, withoutRefusals(h)},
		{Unordered, h},
	} {
		switch check(m, side.seen) {
		case Undecided:
			return Fault{Breach: Unjudged}
		case Illegal:
			f := Fault{Breach: side.breach, Model: m, History: side.seen}
			if f.returned(check) {
				f.Breach = SharedID
			} else if side.breach == Revived {
				f.late(check)
			}
			return f
		}
	}
	return Fault{Breach: Unjudged}
}

// returned tells whether the history is in order if a login that gave the id it
// was sent may bring a session back that had been logged out.
func (f *Fault) returned(check func(SessionModel, History) Legality) bool {
	m := f.Model
	m.Returning = true
	return check(m, f.History) == Legal
}

// Shown tells whether a part of the history still shows the fault.
func (f *Fault) Shown(h History, check func(SessionModel, History) Legality) bool {
	part := Fault{Model: f.Model, History: h}
	return check(f.Model, h) == Illegal && (f.Breach != SharedID || part.returned(check))
}

// late turns a revival into a late logout where it would be in order if the
// logout had been answered when the server had come to rest.
func (f *Fault) late(check func(SessionModel, History) Legality) {
	logouts := 0
	slower := f.History.filter(func(*Operation) bool { return true })
	for i := range slower.Operations {
		if o := &slower.Operations[i]; o.Act == ActLogout {
			logouts++
			o.Returned = max(o.Returned, f.History.Settled)
		}
	}
	if check(f.Model, slower) == Legal {
		f.Breach, f.Ambiguous = LateLogout, logouts > 1
	}
}

// acceptances keeps what was accepted, or may have been: it asks only whether
// dead sessions were accepted.
func acceptances(h History) History {
	return plain(h.filter(func(o *Operation) bool { return o.Outcome != AnswerRefused }))
}

// plain turns logins over a session into logins like any other. Those that left
// their client with what it sent still name the session.
func plain(h History) History {
	for i := range h.Operations {
		o := &h.Operations[i]
		if o.Act != ActLoginAgain {
			continue
		}
		o.Act = ActLogin
		if o.opensNew() {
			o.Session = None
		}
	}
	return h
}

// withoutRefusals leaves out calls and logouts that were refused. Those that tell
// of an end by the clock stay, but may stand behind everything else: what a login
// over the session met may be explained by that end, and nothing is held against
// it.
func withoutRefusals(h History) History {
	out := h.filter(func(o *Operation) bool {
		return o.Act == ActLoginAgain || o.Outcome != AnswerRefused || o.MayExpire
	})
	for i := range out.Operations {
		if o := &out.Operations[i]; o.Act != ActLoginAgain && o.Outcome == AnswerRefused {
			o.Returned = Forever
		}
	}
	return out
}

// between is the time between two readings of the clock.
func between(from, to int64) time.Duration { return time.Duration(to - from) }
