package report

import (
	"authsoak/results"
)

// gaps writes when the run was not driven.
func (p *page) gaps(all []results.Gap) {
	if len(all) == 0 {
		return
	}
	p.heading("Gaps")
	for _, g := range all {
		text := "not driven for " + span(g.LengthS) + ", from " + clean(g.From) + " to " + clean(g.To) + ": the generator had died after " +
			span(g.At) + " of load; " + count(g.LoggedOut) + " sessions were logged out, " + count(g.AlreadyEnded) + " had ended"
		if g.PossiblyOpen > 0 {
			text += ", " + count(g.PossiblyOpen) + " may have been opened that nobody can log out"
		}
		p.prose("  "+p.warn+" ", text, p.yellow)
	}
}
