package rules

import (
	"slices"
	"time"
)

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
// that are left contradict nothing. Just before the first touch that found a
// session dead, and just before each login of one that lived, is tried.
func FindLoss(seen []Sighting) (Loss, bool) {
	edges := EdgesOf(seen, IsDead)
	if !edges.Irregular {
		return Loss{}, false
	}
	var instants []time.Duration
	for i := range seen {
		switch s := &seen[i]; s.Fate {
		case FateDead:
			instants = append(instants, s.Touch.To)
		case FateAlive, FateReplaced:
			instants = append(instants, s.Began.From)
		}
	}
	slices.Sort(instants)
	for _, at := range slices.Compact(instants) {
		l, youngest, ok := lossBefore(seen, at)
		if !ok || l.Sessions < leastLost || youngest > scaled(edges.Last.Least, youngLoss) {
			continue
		}
		if rest := EdgesOf(l.Without(seen), IsDead); !rest.Irregular {
			return l, true
		}
	}
	return Loss{}, false
}

// lossBefore supposes a loss just before an instant, after the last login of a
// session that it cost and the last touch of one that it would have. It is refuted
// by a session that lived on.
func lossBefore(seen []Sighting, at time.Duration) (l Loss, youngest time.Duration, ok bool) {
	l.To = at
	for i := range seen {
		s := &seen[i]
		if s.Began.From >= at {
			continue
		}
		switch {
		case s.Fate == FateDead && s.Touch.To >= at:
			if age := at - s.Began.From; l.Sessions == 0 || age < youngest {
				youngest = age
			}
			l.Sessions++
			l.From = max(l.From, s.Began.From)
		case s.Fate != FateAlive && s.Fate != FateReplaced:
		case s.Touch.From > at:
			return l, 0, false
		default:
			l.From = max(l.From, s.Touch.From)
		}
	}
	return l, youngest, true
}

// Without leaves out the deaths that the loss may have caused; a nil loss leaves
// out none. Lives prove what they prove.
func (l *Loss) Without(seen []Sighting) (rest []Sighting) {
	if l == nil {
		return seen
	}
	for i := range seen {
		s := &seen[i]
		if s.Fate != FateDead || s.Began.From >= l.To || s.Touch.To < l.From {
			rest = append(rest, *s)
		}
	}
	return rest
}
