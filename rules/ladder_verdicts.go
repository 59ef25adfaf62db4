package rules

import (
	"fmt"
	"time"

	"authsoak/profiles"
)

// Names of the rules that a timeout ladder judges.
const (
	IdleRule     = "lifetime.idle"
	AbsoluteRule = "lifetime.absolute"
	RenewalRule  = "lifetime.renewal"
	MaxAgeRule   = "lifetime.maxage"
)

// Lifetimes is what a ladder and its arms have shown.
type Lifetimes struct {
	Session *profiles.SessionRules
	Plan    *LadderPlan
	Idle    LadderFinding
	// Kept and Frozen are the arms in constant use; nil: there is none.
	Kept, Frozen *KeptFinding
	Renewals     int // cookies renewed for the kept arm
}

// LifetimeVerdict is what a ladder says of one rule.
type LifetimeVerdict struct {
	ID                         string
	Ruling                     Ruling
	Expected, Observed, Source string
}

// Judge holds the lifetimes against what is expected: times only where somebody
// expects them, since administrators set them; what renewed cookies are worth
// wherever that was measured, since the documents say so.
func (l *Lifetimes) Judge() []LifetimeVerdict {
	out := []LifetimeVerdict{l.idle()}
	if l.Kept != nil && (l.Plan.ExpectAbsolute > 0 || l.Session.Absolute > 0) {
		out = append(out, l.absolute())
	}
	if l.Frozen != nil {
		out = append(out, l.renewal())
	}
	return out
}

func (l *Lifetimes) idle() LifetimeVerdict {
	v := LifetimeVerdict{ID: IdleRule, Ruling: Info, Source: l.Session.Sources["idle"], Observed: lives(l.Idle.Answer())}
	if l.Plan.Expect == 0 {
		v.Expected = "nothing was expected"
		if l.Session.Idle > 0 {
			v.Expected = "documented: " + ms(l.Session.Idle)
		}
		return v
	}
	v.Expected = about(l.Plan.Expect, l.Plan.Within)
	v.Ruling, v.Observed = JudgeTimeout(&l.Idle, l.Plan.Expect, l.Plan.Within)
	// An end in spite of use is in order where nothing says that it comes later.
	use := l.Session.ExtendedBy != profiles.Renewal && max(l.Plan.ExpectAbsolute, l.Session.Absolute) > l.Idle.Answer().Most
	if use && v.Ruling == Passed && KindOf(l.Idle.Answer(), l.Kept) == KindTotal {
		v.Ruling = FailedRule
		v.Observed = "a session in constant use ended after " + lives(l.Kept.Whole()) + ": use extends nothing"
	}
	return v
}

func (l *Lifetimes) absolute() LifetimeVerdict {
	v := LifetimeVerdict{ID: AbsoluteRule, Source: l.Session.Sources["absolute"], Observed: lives(l.Kept.Whole())}
	expect := l.Plan.ExpectAbsolute
	if expect == 0 {
		v.Ruling, v.Expected = Info, "documented: "+ms(l.Session.Absolute)
		return v
	}
	within := l.Plan.withinOf(expect)
	v.Expected = about(expect, within)
	v.Ruling = judgeEdges(&l.Kept.Edges, expect, within)
	return v
}

// judgeEdges holds the end of sessions against what is expected: failed as soon as
// one ended too early or lived too long, passed where none can have.
func judgeEdges(e *Edges, expect, within time.Duration) Ruling {
	switch {
	case e.First.Found() && e.First.Most < expect-within, e.Last.Least > expect+within:
		return FailedRule
	case e.First.Least >= expect-within && e.Last.Found() && e.Last.Most <= expect+within:
		return Passed
	}
	return Unsure
}

// renewal judges what renewed cookies are worth: against an expectation where
// there is one, else against what the profile states; where it states nothing,
// what was seen is reported.
func (l *Lifetimes) renewal() LifetimeVerdict {
	v := LifetimeVerdict{ID: RenewalRule, Source: l.Session.Sources["extended_by"], Ruling: Unsure, Observed: l.inUse()}
	idle := l.Idle.Answer()
	documented, stated := Info, v.Source != ""
	switch {
	case l.Session.ExtendedBy == profiles.Renewal:
		v.Expected, documented = "with renewed cookies a session outlives an idle one; the old cookie ends like an idle session", l.byRenewal(idle)
	case stated:
		v.Expected, documented = "use alone extends a session: it outlives an idle one, even if it refuses renewed cookies", l.byUse(idle)
	default:
		v.Expected = "nothing is stated of renewed cookies, and nothing was expected"
	}
	expect := l.Plan.ExpectRenewal
	if expect == 0 {
		v.Ruling = documented
		return v
	}
	within := l.Plan.withinOf(expect)
	text := "refusing renewed cookies: " + about(expect, within)
	if v.Ruling = judgeEdges(&l.Frozen.Edges, expect, within); documented == Info {
		v.Expected = text
		return v
	}
	v.Expected += "; " + text
	v.Ruling = graver(v.Ruling, documented)
	return v
}

// inUse says how long sessions in use lived.
func (l *Lifetimes) inUse() string {
	text := ""
	if k := l.Kept; k != nil && k.Touches > 0 {
		text = fmt.Sprintf("with renewed cookies: %s (%d were renewed); ", lives(k.Whole()), l.Renewals)
	}
	if l.Frozen.Touches == 0 {
		return text + "refusing them: no session was used"
	}
	return text + "refusing them: " + lives(l.Frozen.Whole())
}

// byRenewal judges sessions that only a renewed cookie extends: whoever takes
// them outlives an idle session, and the old cookie ends when an idle one does.
func (l *Lifetimes) byRenewal(idle Bracket) Ruling {
	if !idle.Found() {
		return Unsure
	}
	ruling := Unsure
	if k := l.Kept; k != nil && k.Touches > 0 {
		switch {
		case k.Outlives(idle):
			ruling = Passed
		case k.First.Found():
			return FailedRule
		}
	}
	f := l.Frozen
	if f.Touches == 0 {
		return Unsure
	}
	slack := max(Resolution(idle.Most)*2, f.LongestPause)
	switch {
	case f.First.Found() && f.First.Most < idle.Least-slack, f.Last.Least > idle.Most+slack:
		return FailedRule
	case !f.First.Found():
		return Unsure
	}
	return ruling
}

// byUse judges sessions that any use extends, whatever becomes of new cookies.
// One that was left alone for as long as the timeout proves nothing.
func (l *Lifetimes) byUse(idle Bracket) Ruling {
	f := l.Frozen
	switch {
	case !idle.Found() || f.Touches == 0:
		return Unsure
	case f.Outlives(idle):
		return Passed
	case f.First.Found() && f.LongestPause < idle.Least:
		return FailedRule
	}
	return Unsure
}

// graver is the ruling that counts for both.
func graver(a, b Ruling) Ruling {
	for _, r := range []Ruling{FailedRule, Unsure} {
		if a == r || b == r {
			return r
		}
	}
	return a
}

func about(d, within time.Duration) string { return ms(d) + " ± " + ms(within) }

// lives writes a bracket.
func lives(b Bracket) string {
	if !b.Found() {
		return "more than " + ms(b.Least)
	}
	return ms(b.Least) + " to " + ms(b.Most)
}
