package rules

import "time"

// Loss is an instant at which a server forgot every session it held, whatever
// their age: a restart, as a rule. From and To bound it.
type Loss struct {
	From, To time.Duration
	Sessions int // found dead by it
}

// Limits of what counts as a loss.
const (
	leastLost = 8
	// youngLoss is how young the youngest session that was lost must have been,
	// as a share of an age at which another lived: only then it wasn't its age.
	youngLoss = 0.5
)

// FindLoss explains deaths that contradict other lives by one instant: every
// session that was open then is dead afterwards, even the youngest, and the deaths
// that are left contradict nothing.
func FindLoss(seen []Sighting) (Loss, bool) {
	edges := EdgesOf(seen, IsDead)
	if !edges.Irregular {
		return Loss{}, false
	}
	l := lossOf(seen, edges.Last.Least)
	youngest := time.Duration(-1)
	for i := range seen {
		s := &seen[i]
		switch {
		case s.Fate == FateUnknown || !l.spans(s):
		case s.Fate != FateDead:
			return Loss{}, false // it survived
		default:
			l.Sessions++
			if age := l.To - s.Began.From; youngest < 0 || age < youngest {
				youngest = age
			}
		}
	}
	rest := EdgesOf(l.Without(seen), IsDead)
	ok := l.From <= l.To && l.Sessions >= leastLost && youngest <= scaled(edges.Last.Least, youngLoss) && !rest.Irregular
	return l, ok
}

// lossOf bounds the instant by those who were dead at an age at which another
// lived: it lies between the last of their logins and the first of their touches,
// after whoever was touched alive before, and not after the login of one that
// lived on.
func lossOf(seen []Sighting, lived time.Duration) (l Loss) {
	for i := range seen {
		if s := &seen[i]; s.Fate == FateDead && s.Most() <= lived {
			l.From = max(l.From, s.Began.From)
			if l.To == 0 || s.Touch.To < l.To {
				l.To = s.Touch.To
			}
		}
	}
	first := l.To
	for i := range seen {
		s := &seen[i]
		switch alive := s.Fate == FateAlive || s.Fate == FateReplaced; {
		case !alive:
		case s.Touch.To <= first:
			l.From = max(l.From, s.Touch.From)
		case s.Began.From >= l.From:
			l.To = min(l.To, s.Began.From)
		}
	}
	return l
}

// spans tells whether a session was open at the loss.
func (l *Loss) spans(s *Sighting) bool { return s.Began.From < l.To && s.Touch.To >= l.To }

// Without leaves out the sessions that were lost; a nil loss leaves out none.
func (l *Loss) Without(seen []Sighting) (rest []Sighting) {
	if l == nil {
		return seen
	}
	for i := range seen {
		if !l.spans(&seen[i]) {
			rest = append(rest, seen[i])
		}
	}
	return rest
}
