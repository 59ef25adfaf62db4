package check

import (
	"math/rand/v2"
	"time"

	"authsoak/rules"
)

// theme is what a round is about.
type theme uint8

const (
	aboutLogout    theme = iota // one client logs out what the others use
	aboutLogins                 // all log in at once, each for itself
	aboutDuplicate              // some log in over the session that all of them use
	aboutUse                    // nobody logs in or out: nobody may be refused
	aboutAnything
)

// themes is the order of rounds.
var themes = [...]theme{aboutLogout, aboutLogins, aboutLogout, aboutDuplicate, aboutLogout, aboutUse, aboutLogout,
	aboutAnything, aboutLogout, aboutLogins, aboutLogout, aboutUse, aboutLogout, aboutDuplicate, aboutLogout}

// spreads are how far apart the starts of a round may lie, as shares of the
// whole: narrow ones meet short windows, wide ones slow servers.
var spreads = [...]float64{0, 0.1, 0.02, 0.2, 1, 0.05, 0.4}

const (
	leastClients = 2
	mostClients  = 6
	// mostLogins bounds the logins of a round by the sessions a history can name.
	mostLogins = 24
)

// step is one operation of a program and the pause before it.
type step struct {
	act   rules.Act
	pause time.Duration
}

// program is what one client does, from its own start.
type program struct {
	offset time.Duration
	steps  []step
}

// draft is a round as drawn.
type draft struct {
	theme    theme
	own      bool // each client has an account of its own
	programs []program
}

// draw makes the round of that number; the same generator gives the same round.
// Clients are at least two; offsets and pauses stay below jitter.
func draw(r *rand.Rand, number, clients int, jitter time.Duration) draft {
	d := draft{theme: themes[number%len(themes)]}
	if d.theme != aboutLogout || r.IntN(2) == 0 {
		clients = leastClients + r.IntN(clients-leastClients+1)
	}
	d.own = d.theme == aboutLogins && r.IntN(2) == 0
	spread := time.Duration(spreads[number%len(spreads)] * float64(jitter))
	logins := 0
	for i := range clients {
		p := program{offset: upTo(r, spread)}
		for k, act := range acts(r, d.theme, i) {
			if act == rules.ActLoginAgain && logins == mostLogins-clients {
				act = rules.ActCall
			}
			if act == rules.ActLoginAgain {
				logins++
			}
			s := step{act: act}
			if k > 0 && r.IntN(3) == 0 {
				s.pause = upTo(r, spread)
			}
			p.steps = append(p.steps, s)
		}
		d.programs = append(d.programs, p)
	}
	return d
}

func upTo(r *rand.Rand, d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(r.Int64N(int64(d)))
}

// acts draws what one client does. The first client of a round does what the
// round is about. A client goes on with the cookies it had after its own logout,
// since they are what must not work any more.
func acts(r *rand.Rand, about theme, client int) []rules.Act {
	use := func(least, most int) []rules.Act {
		var out []rules.Act
		for range least + r.IntN(most-least+1) {
			out = append(out, [...]rules.Act{rules.ActCall, rules.ActCall, rules.ActRefresh}[r.IntN(3)])
		}
		return out
	}
	switch {
	case about == aboutLogout && client == 0:
		return append(append(use(0, 1), rules.ActLogout), use(0, 2)...)
	case about == aboutLogout || about == aboutUse:
		// Some call should be in flight whenever the logout comes.
		return use(2, 4)
	case about == aboutLogins && r.IntN(4) == 0:
		return append([]rules.Act{rules.ActLogin, rules.ActLogout}, use(1, 1)...)
	case about == aboutLogins:
		return []rules.Act{rules.ActLogin, rules.ActLogin, rules.ActLogin, rules.ActCall}
	case about == aboutDuplicate && (client == 0 || r.IntN(2) == 0):
		return append([]rules.Act{rules.ActLoginAgain}, use(0, 1)...)
	case about == aboutDuplicate && r.IntN(3) == 0:
		return append(use(0, 1), rules.ActLogout)
	case about == aboutAnything:
		return anything(r)
	}
	return use(1, 3)
}

func anything(r *rand.Rand) []rules.Act {
	choice := [...]rules.Act{rules.ActCall, rules.ActCall, rules.ActCall, rules.ActRefresh,
		rules.ActRefresh, rules.ActLogout, rules.ActLoginAgain}
	var out []rules.Act
	for range 1 + r.IntN(4) {
		out = append(out, choice[r.IntN(len(choice))])
	}
	return out
}
