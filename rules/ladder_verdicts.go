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
	if l.Session.ExtendedBy == profiles.Renewal && l.Frozen != nil {
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
	within := max(DefaultWithin(expect), l.Plan.Within)
	v.Expected = about(expect, within)
	first, last := l.Kept.First, l.Kept.Last
	switch {
	case first.Found() && first.Most < expect-within, last.Least > expect+within:
		v.Ruling = FailedRule
	case first.Least >= expect-within && last.Found() && last.Most <= expect+within:
		v.Ruling = Passed
	default:
		v.Ruling = Unsure
	}
	return v
}

// renewal judges what renewed cookies are worth: whoever takes them outlives an
// idle session, and the old cookie ends when an idle one does.
func (l *Lifetimes) renewal() LifetimeVerdict {
	v := LifetimeVerdict{ID: RenewalRule, Source: l.Session.Sources["extended_by"], Ruling: Unsure,
		Expected: "with renewed cookies a session outlives an idle one; the old cookie ends like an idle session"}
	idle := l.Idle.Answer()
	if !idle.Found() {
		v.Observed = "the idle timeout is not known"
		return v
	}
	if k := l.Kept; k != nil && k.Touches > 0 {
		v.Observed = "with renewed cookies: " + lives(k.Whole())
		switch {
		case k.Outlives(idle):
			v.Ruling = Passed
		case k.First.Found():
			v.Ruling = FailedRule
			v.Observed += fmt.Sprintf(", no longer than idle; %d cookies were renewed", l.Renewals)
			return v
		}
	}
	if f := l.Frozen; f.Touches > 0 {
		v.Observed += "; refusing them: " + lives(f.Whole())
		slack := max(Resolution(idle.Most)*2, f.LongestPause)
		switch {
		case f.First.Found() && f.First.Most < idle.Least-slack, f.Last.Least > idle.Most+slack:
			v.Ruling = FailedRule
		case !f.First.Found():
			v.Ruling = Unsure
		}
	}
	return v
}

func about(d, within time.Duration) string { return ms(d) + " ± " + ms(within) }

// lives writes a bracket.
func lives(b Bracket) string {
	if !b.Found() {
		return "more than " + ms(b.Least)
	}
	return ms(b.Least) + " to " + ms(b.Most)
}
