package rules

import (
	"slices"
	"strings"

	"authsoak/profiles"
)

// logout adds the rules about the end of a session.
func (t *table) logout() {
	if t.flow.Sessionless {
		t.none(sessionless, "logout.accepted", "logout.body", "logout.revokes", "logout.cookies", "logout.twice",
			"logout.no-cookies", "logout.same-user", "logout.other-user")
		return
	}
	t.end()
	t.emptyLogout()
	t.neighbours()
}

// end adds the rules that one logout tries: what it answers, and what the old
// cookies are worth after it. They are sent by a copy made before, over a bare
// connection.
func (t *table) end() {
	script := []Action{login(0), copied(1, 0), logout(0), t.call(1).with(Variation{Bare: true}).refusedAt(1)}
	for i := range t.flow.Calls {
		if i != t.flow.Deciding {
			script = append(script, t.callOf(1, i).with(Variation{Bare: true}).refusedAt(1))
		}
	}
	script = append(script, logout(1).refusedAt(1))
	add := func(id, owed string, judge func(Evidence) Finding) {
		t.add(id, trial{name: "logout", script: script, owed: owed, judge: judge})
	}
	s := t.stated("logout.accepted")
	expected := expecting("the logout is accepted", s.Status)
	add("logout.accepted", owed, func(e Evidence) Finding {
		if f, missing := e.needs(expected, 0); missing {
			return f
		}
		return e.mustEnd(2, expected, s.Status).saw("logout", normalReply(&e, 2))
	})
	t.addBody("logout.body", "logout", script, 2, add)
	t.revokes(script)
	add("logout.cookies", "", t.judgeTaken)
	again := len(script) - 1
	add("logout.twice", "", func(e Evidence) Finding {
		if f, missing := e.needs("", 0, 2); missing {
			return f
		}
		return pass("", describe(e.last(again))).saw("second logout", normalReply(&e, again))
	})
}

// judgeTaken judges which cookies the logout takes away from its client.
func (t *table) judgeTaken(e Evidence) Finding {
	own := authenticating(t.flow)
	expected := "the logout takes away " + names(own)
	if f, missing := e.needs(expected, 0, 2); missing {
		return f
	}
	var gone, all []string
	for _, k := range e.cookies(2) {
		if k.Removed {
			path, _ := k.Attribute("Path")
			gone, all = append(gone, k.Name), append(all, k.Name+" (path "+path+")")
		}
	}
	slices.Sort(all)
	observed := "taken away: " + names(all)
	for _, name := range own {
		if !slices.Contains(gone, name) {
			return fail(2, expected, observed).saw("taken away", names(all))
		}
	}
	return pass(expected, observed).saw("taken away", names(all))
}

// revokes adds the rule about the old cookies, judged as far as the profile
// declares that a logout revokes them.
func (t *table) revokes(script []Action) {
	declared := t.flow.Session.LogoutRevokes
	expected := "after the logout the old cookies are refused"
	judge := func(e Evidence) Finding {
		if f, missing := e.needs(expected, 0, 2); missing {
			return f
		}
		f := e.mustRefuse(3, expected, nil)
		f = f.saw("old cookies", normalReply(&e, 3))
		at := 4
		var told []string
		for i := range t.flow.Calls {
			if i != t.flow.Deciding {
				outcome := normalOutcome(&e, at)
				told = append(told, t.flow.Calls[i].Name+": "+outcome)
				f = f.saw("old cookies, "+t.flow.Calls[i].Name, outcome)
				at++
			}
		}
		if len(told) > 0 {
			f.Observed += "; " + strings.Join(told, ", ")
		}
		return f
	}
	t.add("logout.revokes", trial{name: "logout", script: script, owed: owedProfile, judge: judge,
		open: declared != profiles.Yes, settled: declared == profiles.Yes})
	t.sourced("logout_revokes")
}

// emptyLogout adds the rule of a logout that names no session.
func (t *table) emptyLogout() {
	out := logout(1).with(Variation{NoCookies: true, Bare: true})
	script := []Action{login(0), copied(1, 0), {Client: 1, Do: DoForget}, out, t.call(0)}
	expected := "after a logout without cookies the session lives on"
	// A page may leave the answer open; that nobody else is logged out is owed.
	t.add("logout.no-cookies", trial{script: script, owed: owed, settled: true, judge: func(e Evidence) Finding {
		if f, missing := e.needs(expected, 0); missing {
			return f
		}
		return e.mustAccept(4, expected, nil).saw("logout without cookies", normalReply(&e, 3))
	}})
}

// neighbours adds the rules of sessions beside the one that is logged out.
func (t *table) neighbours() {
	second := login(1)
	second.ShareAccount = 1
	for _, n := range []struct {
		id, whose string
		second    Action
	}{
		{"logout.same-user", "another session of the same user", second},
		{"logout.other-user", "another user's session", login(1)},
	} {
		expected := "after the logout " + n.whose + " lives on"
		script := []Action{login(0), n.second, logout(0), t.call(1)}
		t.add(n.id, trial{script: script, owed: owed, judge: func(e Evidence) Finding {
			if f, missing := e.needs(expected, 0); missing {
				return f
			}
			if n.second.ShareAccount > 0 && limited(e.last(1)) {
				return inapplicable("the server grants an account no second session: " + describe(e.last(1)))
			}
			if f, missing := e.needs(expected, 1, 2); missing {
				return f
			}
			return e.mustAccept(3, expected, nil)
		}})
	}
}

// limited tells a login that was answered with a refusal though its credentials
// had been accepted a moment before: there is no room for another session.
func limited(r *Reply) bool {
	m := meaningOf(r)
	return m == refused || m == unclear && r.Status < 500
}
