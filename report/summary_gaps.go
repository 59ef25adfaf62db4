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
	for i := range all {
		p.prose("  "+p.warn+" ", gapText(&all[i]), p.yellow)
	}
}

// gapText says when a run was not driven, and what became of its sessions.
func gapText(g *results.Gap) string {
	text := "not driven for " + span(g.LengthS) + ", from " + clean(g.From) + " to " + clean(g.To) + ": the generator had died after " +
		span(g.At) + " of load; " + plural(g.LoggedOut, "session was", "sessions were") + " logged out, " + count(g.AlreadyEnded) + " had ended"
	if g.GivenUp > 0 {
		text += ", " + count(g.GivenUp) + " were given up and may still be open"
	}
	if g.PossiblyOpen > 0 {
		text += ", " + count(g.PossiblyOpen) + " may have been opened that nobody can log out"
	}
	return text
}

// listed writes what the servers' own lists of sessions say of the ledger.
func (p *page) listed(all []results.Listed) {
	for i := range all {
		l := &all[i]
		name := clean(l.Target) + " lists "
		switch {
		case l.Leaks:
			p.prose("  ", name+"more sessions than before: "+clean(l.Trial), p.red)
		case l.Accounts > 0 && l.Surplus > l.Perhaps:
			p.prose("  ", name+plural(l.Surplus-l.Perhaps, "session", "sessions")+" that nobody holds any more, of "+
				plural(int64(l.Accounts), "account", "accounts"), p.red)
		case l.Accounts > 0:
			p.prose("  ", name+"for "+plural(int64(l.Accounts), "account", "accounts")+" as many sessions as before", p.dim)
		case l.AllKnown:
			p.prose("  ", name+count(l.AllAfter)+" sessions of all users, "+count(l.AllBefore)+" before the load: whose they are it doesn't tell", p.dim)
		case l.Problem != "":
			p.prose("  ", clean(l.Target)+"'s list of sessions could not be read: "+clean(l.Problem), p.dim)
		}
	}
}
