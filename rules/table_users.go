package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"authsoak/document"
	"authsoak/profiles"
	"authsoak/results"
)

// concurrentLogins is how many sessions of one account are opened at once.
const concurrentLogins = 3

// users adds the rules that keep users and their sessions apart.
func (t *table) users() {
	if t.flow.Sessionless {
		t.none(sessionless, "user.isolated", "session.concurrent")
		t.named()
		return
	}
	t.named()
	t.isolated()
	t.concurrent()
}

// naming finds a call whose answer names its user, −1 for none.
func (t *table) naming() int {
	return slices.IndexFunc(t.flow.Calls, func(g profiles.Group) bool {
		return slices.ContainsFunc(g.Requests, func(r profiles.Request) bool { return r.Identity != nil })
	})
}

// named adds the rule that answers name the right user.
func (t *table) named() {
	at := t.naming()
	if at < 0 {
		t.none("no answer of the profile's calls names its user", "user.named")
		return
	}
	call := t.callOf(0, at)
	script := []Action{call}
	if !t.flow.Sessionless {
		script = []Action{login(0), call}
	}
	last := len(script) - 1
	expected := t.flow.Calls[at].Name + " names the user who logged in"
	t.add("user.named", trial{script: script, owed: owed, judge: func(e Evidence) Finding {
		if f, missing := e.needs(expected, last); missing {
			return f
		}
		return judgeNamed(e.Replies[last], last, expected)
	}})
}

func judgeNamed(replies []Reply, action int, expected string) Finding {
	named := false
	for i := range replies {
		if replies[i].Verdict.Class == results.WrongUser {
			return fail(action, expected, replies[i].Verdict.Reason)
		}
		named = named || replies[i].Named != ""
	}
	if !named {
		return inapplicable("this server's answer names nobody")
	}
	return pass(expected, "it does")
}

// isolated adds the rule that two users on one connection stay two users.
func (t *table) isolated() {
	at := t.naming()
	if at < 0 {
		at = t.flow.Deciding
	}
	own := authenticating(t.flow)
	turn := func(from int) []Action { return []Action{copied(2, from), t.callOf(2, at)} }
	script := slices.Concat([]Action{login(0), login(1)}, turn(0), turn(1), turn(0))
	expected := "each session stays its user's, whoever else uses the connection"
	t.add("user.isolated", trial{script: script, owed: owed, judge: func(e Evidence) Finding {
		if f, missing := e.needs(expected, 0, 1); missing {
			return f
		}
		for _, name := range own {
			a, set := e.cookie(0, name)
			if b, too := e.cookie(1, name); set && too && a.Value == b.Value {
				return fail(1, expected, "both users were given the same "+name)
			}
		}
		for _, action := range []int{3, 5, 7} {
			if r := e.last(action); r != nil && r.Verdict.Class == results.WrongUser {
				return fail(action, expected, r.Verdict.Reason)
			}
			if f := e.mustAccept(action, expected, nil); f.Ruling != Passed {
				return f
			}
		}
		return pass(expected, "two sessions, in turn on one connection")
	}})
}

// concurrent observes how many sessions an account may have.
func (t *table) concurrent() {
	var script []Action
	for i := range concurrentLogins {
		a := login(i)
		if i > 0 {
			a.ShareAccount = 1
		}
		script = append(script, a)
	}
	for i := range concurrentLogins {
		script = append(script, t.call(i))
	}
	t.add("session.concurrent", trial{script: script, open: true, judge: func(e Evidence) Finding {
		if f, missing := e.needs("", 0); missing {
			return f
		}
		for i := 1; i < concurrentLogins; i++ {
			if limited(e.last(i)) {
				text := fmt.Sprintf("login %d is refused", i+1)
				return pass("", text+": "+describe(e.last(i))).saw("sessions of one account", text)
			}
			if f, missing := e.needs("", i); missing {
				return f
			}
		}
		var live []string
		for i := range concurrentLogins {
			live = append(live, fmt.Sprintf("login %d: %s", i+1, normalOutcome(&e, concurrentLogins+i)))
		}
		text := strings.Join(live, ", ")
		return pass("", text).saw("sessions of one account", text)
	}})
}

// lifetimes adds the rules that take hours, with the command that would try them.
func (t *table) lifetimes() {
	s := &t.flow.Session
	if t.flow.Sessionless {
		t.none(sessionless, "lifetime.idle", "lifetime.absolute", "lifetime.renewal", "lifetime.maxage")
		return
	}
	expect := ""
	if s.Idle > 0 {
		expect = " --expect " + document.Duration(s.Idle).String()
	}
	t.lifetime("lifetime.idle", "idle", s.Idle, expect+" --arms idle")
	limit := 24 * time.Hour
	if s.Absolute > 0 {
		limit = (s.Absolute + s.Absolute/10).Round(time.Second)
	}
	t.lifetime("lifetime.absolute", "absolute", s.Absolute, expect+" --arms absolute --absolute-limit "+document.Duration(limit).String())
	if s.ExtendedBy == profiles.Renewal {
		t.lifetime("lifetime.renewal", "extended_by", s.Idle, expect+" --arms renewal")
	} else {
		t.none("any use extends the session: nothing is renewed", "lifetime.renewal")
	}
	if asked := t.stated("lifetime.maxage").Setting; asked != "" {
		t.lifetime("lifetime.maxage", "idle", s.Idle, expect+" --arms idle,"+asked)
	} else {
		t.none("no page knows an idle time asked for at login", "lifetime.maxage")
	}
}

// lifetime settles a rule that takes a lifetime to try, with the command that
// tries it.
func (t *table) lifetime(id, declaration string, d time.Duration, flags string) {
	why := "it takes its time: "
	if d == 0 {
		why = "no page states one; to measure it: "
	}
	t.settle(id, NotTried, why+t.command("timeout")+flags)
	if d > 0 {
		t.rows[len(t.rows)-1].Judged = true
		t.sourced(declaration)
	}
}

// races adds the rules of several clients at once, with the command that tries
// them.
func (t *table) races() {
	for _, r := range catalogue {
		switch {
		case r.Group != groupRace:
		case t.flow.Sessionless:
			t.none(sessionless, r.ID)
		default:
			t.settle(r.ID, NotTried, "it takes many rounds: "+t.command("check")+" --races")
			t.rows[len(t.rows)-1].Judged = true
			t.rows[len(t.rows)-1].Source = owed
		}
	}
}

// command is how authsoak is called for this server.
func (t *table) command(name string) string {
	return strings.TrimSpace("authsoak " + name + " " + t.facts.Command)
}
