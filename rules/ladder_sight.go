package rules

import (
	"slices"
	"time"

	"authsoak/profiles"
	"authsoak/results"
)

// Window is when something happened at the server, as far as a client can
// tell: not before From, the start of its request, and not after To, the end of
// its answer.
type Window struct{ From, To time.Duration }

// Fate is what a touch says of its session.
type Fate uint8

// Fates. A touch without a clear answer leaves its rung to the replicas. A
// session is Replaced where the touch was accepted but came back with another
// cookie in the place of an authenticating one: the old session was gone.
const (
	FateUnknown Fate = iota
	FateAlive
	FateReplaced
	FateDead
)

var fateNames = [...]string{"unknown", "alive", "replaced", "dead"}

// String returns the fate's name in timeout.json.
func (f Fate) String() string { return fateNames[f] }

// Sighting is one touch of one session, and what it found.
type Sighting struct {
	Probe int
	Wave  Wave
	// Began is when the session's clock was started last.
	Began, Touch Window
	Fate         Fate
}

// Least and Most bound how old the session was when it was touched.
func (s *Sighting) Least() time.Duration { return s.Touch.From - s.Began.To }

// Most is the upper bound of the age.
func (s *Sighting) Most() time.Duration { return s.Touch.To - s.Began.From }

// FateOf reads the replies to a touch. had is what the session's cookies were
// before it. Where the profile says that cookies are renewed, a new one is a
// renewal and no replacement.
func FateOf(flow *profiles.Flow, call int, replies []Reply, had func(cookie string) string) (f Fate, renewed bool) {
	if len(replies) == 0 {
		return FateUnknown, false
	}
	last := &replies[len(replies)-1]
	switch {
	case last.Err != nil:
		return FateUnknown, false
	case last.Verdict.SessionOver && (last.Status < 500 || saysOver(&flow.Calls[call], last)):
		return FateDead, false
	case !last.Accepted():
		return FateUnknown, false
	}
	if !changed(flow, replies, had) {
		return FateAlive, false
	}
	if flow.Session.ExtendedBy == profiles.Renewal {
		return FateAlive, true
	}
	return FateReplaced, false
}

// saysOver tells whether a server error says in so many words that the session
// has ended; the status alone proves nothing.
func saysOver(call *profiles.Group, r *Reply) bool {
	return slices.ContainsFunc(call.Requests, func(q profiles.Request) bool {
		return q.Name == r.Request && classOf(&q, r) == results.SessionExpired
	})
}

// changed tells whether an answer set an authenticating cookie anew.
func changed(flow *profiles.Flow, replies []Reply, had func(string) string) bool {
	for i := range replies {
		for _, c := range replies[i].Cookies {
			proves := slices.ContainsFunc(flow.Slots, func(s profiles.Slot) bool {
				return s.Cookie && s.Authenticates && s.Name == c.Name
			})
			if proves && !c.Removed && had(c.Name) != "" && had(c.Name) != c.Value {
				return true
			}
		}
	}
	return false
}

// Bracket is what is known of a lifetime: more than Least, at most Most. Most
// is 0 where no session was seen dead.
type Bracket struct{ Least, Most time.Duration }

// Found tells whether the bracket has both ends.
func (b Bracket) Found() bool { return b.Most > 0 }

// Width is how far the ends lie apart.
func (b Bracket) Width() time.Duration { return b.Most - b.Least }

// Edges are where sessions ended, by age. In regular evidence every session
// below some age lived and every one above was dead, and First and Last are the
// same bracket. Else a session was seen dead at a lower age than another was
// seen alive: First is where sessions begin to end, Last where none lives.
type Edges struct {
	First, Last Bracket
	Irregular   bool
}

// Whole is the bracket of every lifetime.
func (e *Edges) Whole() Bracket { return Bracket{e.First.Least, e.Last.Most} }

// Overlap is how far the oldest session alive was older than the youngest dead.
func (e *Edges) Overlap() time.Duration {
	if !e.Irregular {
		return 0
	}
	return e.Last.Least - e.First.Most
}

// EdgesOf finds the edges for a clock: over tells which fates lie behind it.
// Touches with unknown fate say nothing. Every bound is sound: it takes the age
// that the instants on the wire allow.
func EdgesOf(seen []Sighting, over func(Fate) bool) Edges {
	var e Edges
	for i := range seen {
		s := &seen[i]
		switch {
		case s.Fate == FateUnknown:
		case !over(s.Fate):
			e.Last.Least = max(e.Last.Least, s.Least())
		case e.First.Most == 0 || s.Most() < e.First.Most:
			e.First.Most = max(s.Most(), 1)
		}
	}
	for i := range seen {
		s := &seen[i]
		switch {
		case s.Fate == FateUnknown:
		case !over(s.Fate):
			if s.Least() < e.First.Most || e.First.Most == 0 {
				e.First.Least = max(e.First.Least, s.Least())
			}
		case s.Most() > e.Last.Least && (e.Last.Most == 0 || s.Most() < e.Last.Most):
			e.Last.Most = s.Most()
		}
	}
	e.Irregular = e.First.Most > 0 && e.Last.Least >= e.First.Most
	return e
}

// IsDead is the clock of a session's death.
func IsDead(f Fate) bool { return f == FateDead }

// IsOver is the clock of the session that was opened: whether it died or was
// replaced.
func IsOver(f Fate) bool { return f == FateDead || f == FateReplaced }
