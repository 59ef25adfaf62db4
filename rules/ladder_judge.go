package rules

import (
	"fmt"
	"time"

	"authsoak/document"
)

// LadderFinding is what a ladder has found so far.
type LadderFinding struct {
	// Death is where sessions stop being let in. Change, where sessions were
	// replaced before that, is where the session that was opened ended.
	Death  Edges
	Change *Edges
	// Rhythm explains irregular deaths, if anything does.
	Rhythm *Rhythm
	// Loss explains deaths by a server that forgot all its sessions. What was
	// lost then is no part of Death and Change.
	Loss *Loss
	// Alive, Replaced, Dead and Unknown count touches.
	Alive, Replaced, Dead, Unknown int
}

// Finding sums up the evidence.
func (l *Ladder) Finding() LadderFinding { return FindingOf(l.seen) }

// FindingOf sums up the evidence of a ladder.
func FindingOf(seen []Sighting) LadderFinding {
	f := LadderFinding{}
	if l, ok := FindLoss(seen); ok {
		f.Loss = &l
	}
	rest := f.Loss.Without(seen)
	f.Death = EdgesOf(rest, IsDead)
	for i := range seen {
		switch seen[i].Fate {
		case FateAlive:
			f.Alive++
		case FateReplaced:
			f.Replaced++
		case FateDead:
			f.Dead++
		default:
			f.Unknown++
		}
	}
	if f.Replaced > 0 {
		change := EdgesOf(rest, IsOver)
		f.Change = &change
	}
	if r, ok := FindRhythm(rest); f.Death.Irregular && ok {
		f.Rhythm = &r
	}
	return f
}

// Answer is the bracket of the timeout: of every lifetime, where they differ.
func (f *LadderFinding) Answer() Bracket { return f.Death.Whole() }

// JudgeTimeout holds what was found against what is expected. It fails as soon
// as one session is proven to have ended too early or lived too long, and passes
// if none can have. The reason is one line.
func JudgeTimeout(f *LadderFinding, expect, within time.Duration) (Ruling, string) {
	early, late := expect-within, expect+within
	first, last := f.Death.First, f.Death.Last
	switch {
	case f.Alive+f.Replaced+f.Dead == 0:
		return Unsure, "no touch had a clear answer"
	case first.Found() && first.Most < early:
		return FailedRule, fmt.Sprintf("a session was dead after %s, expected %s ± %s", ms(first.Most), ms(expect), ms(within))
	case last.Least > late:
		return FailedRule, fmt.Sprintf("a session was still alive after %s, expected %s ± %s", ms(last.Least), ms(expect), ms(within))
	case first.Least >= early && last.Found() && last.Most <= late:
		return Passed, fmt.Sprintf("sessions end after more than %s and at most %s, expected %s ± %s", ms(first.Least), ms(last.Most), ms(expect), ms(within))
	case !first.Found() && f.Loss != nil:
		return Unsure, fmt.Sprintf("the server forgot its sessions at once before any could end; the oldest had lived for %s", ms(last.Least))
	case !first.Found():
		return Unsure, fmt.Sprintf("every session lived, the oldest for %s: that proves nothing about %s ± %s", ms(last.Least), ms(expect), ms(within))
	}
	return Unsure, fmt.Sprintf("sessions end between %s and %s: too wide to say whether that is %s ± %s", ms(first.Least), ms(last.Most), ms(expect), ms(within))
}

// ms writes a time to the millisecond.
func ms(d time.Duration) string { return document.Duration(d.Round(time.Millisecond)).String() }

// Kind says what limits a session.
type Kind string

// Kinds of lifetime. An idle timeout starts anew with every use; a lifetime is
// the same however often the session is used; a renewed one ends with its
// cookie unless the renewed cookie is taken.
const (
	KindUnknown Kind = ""
	KindIdle    Kind = "idle"
	KindTotal   Kind = "absolute"
)

// KeptFinding is what sessions that are used all the time have shown: their
// lifetime counts from the login.
type KeptFinding struct {
	Edges
	Touches int
	// LongestPause between two touches of one session that both found it alive.
	LongestPause time.Duration
}

// Outlives tells whether a session in use was alive at an age at which every
// idle one was dead.
func (k *KeptFinding) Outlives(idle Bracket) bool {
	return idle.Found() && k.Last.Least > idle.Most
}

// KindOf tells an idle timeout from an absolute lifetime by sessions that were
// used all the time. It knows nothing where those say nothing, and where a pause
// between two of their touches was long enough for an idle timeout.
func KindOf(idle Bracket, kept *KeptFinding) Kind {
	switch {
	case !idle.Found() || kept == nil || kept.Touches == 0:
		return KindUnknown
	case kept.Outlives(idle):
		return KindIdle
	case kept.First.Found() && kept.First.Most > idle.Least && kept.LongestPause < idle.Least:
		return KindTotal
	}
	return KindUnknown
}

// KeptPause is the pause before the next touch of a session that is used all the
// time: never longer than most, so that no idle timeout strikes, and otherwise
// such that n sessions that take turns bracket their lifetime as finely as
// [Resolution] says.
func KeptPause(age, most time.Duration, n int) time.Duration {
	return min(most, scaled(Resolution(age)*time.Duration(n), 0.8))
}
