package rules

import (
	"time"

	"authsoak/profiles"
)

// Allowance is [profiles.Allowance].
func Allowance(lifetime time.Duration) time.Duration { return profiles.Allowance(lifetime) }

// Expect tells what an open session must be, given how long ago it was opened
// (age) and last used (idle): Live within its declared lifetimes, Dead well
// past one of them, Uncertain about their ends. A lifetime that is not
// declared never ends.
func Expect(r *profiles.SessionRules, age, idle time.Duration) Expectation {
	byIdle, byAge := past(r.Idle, idle), past(r.Absolute, age)
	switch {
	case byIdle == Dead || byAge == Dead:
		return Dead
	case byIdle == Uncertain || byAge == Uncertain:
		return Uncertain
	}
	return Live
}

func past(lifetime, since time.Duration) Expectation {
	switch {
	case lifetime == 0 || since < lifetime-Allowance(lifetime):
		return Live
	case since > lifetime+Allowance(lifetime):
		return Dead
	}
	return Uncertain
}
