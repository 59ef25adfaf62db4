package rules

import (
	"fmt"
	"slices"
	"strings"

	"authsoak/profiles"
)

// laterLogins adds the rules of logins that are not the first.
func (t *table) laterLogins() {
	if t.flow.Sessionless {
		t.none(sessionless, "login.duplicate", "login.again")
		return
	}
	t.duplicate()
	t.again()
}

// again adds the rule of a login after a logout. The old cookies go along where
// they are dead: as far as nothing states that a logout ends the session, a login
// over them may be a login over valid ones, which a server may refuse. So there
// the first login brings what the logout left, and a second one the old cookies,
// which is judged if a call with them was refused before.
func (t *table) again() {
	const id = "login.again"
	expected := "a login after the logout is accepted"
	keep := Variation{Keep: true}
	if t.flow.Session.LogoutRevokes == profiles.Yes {
		script := []Action{login(0), copied(1, 0), logout(0), login(1).with(keep)}
		t.add(id, trial{script: script, owed: owed, judge: func(e Evidence) Finding {
			if f, missing := e.needs(expected, 0, 2); missing {
				return f
			}
			return e.mustEnd(3, expected, nil)
		}})
		return
	}
	script := []Action{login(0), copied(1, 0), logout(0), login(0).with(keep), logout(0), t.call(1), login(1).with(keep)}
	t.add(id, trial{script: script, owed: owed, judge: func(e Evidence) Finding {
		if f, missing := e.needs(expected, 0, 2); missing {
			return f
		}
		f := e.mustEnd(3, expected, nil)
		switch {
		case f.Ruling != Passed:
			return f
		case e.meaning(5) == accepting:
			f.Observed += "; the old cookies are still valid, so a login that brings them is not judged"
			return f
		case e.meaning(5) != refused:
			return unsure(5, expected, "whether the old cookies are dead can't be told: "+describe(e.last(5)))
		}
		return e.mustEnd(6, expected+", with the old cookies too, which are dead", nil)
	}})
}

// duplicate adds the rule of a login over valid cookies. What it does to the
// first session is observed by a copy.
func (t *table) duplicate() {
	second := login(0).with(Variation{Keep: true})
	declared := t.flow.Session.DuplicateLogin
	if declared == profiles.Refuse {
		second.Refused = 1
	}
	t.add("login.duplicate", trial{
		script: []Action{login(0), copied(1, 0), second, t.call(1)}, owed: "the endpoint's profile: duplicate_login",
		open: declared == profiles.Observe, settled: declared != profiles.Observe,
		judge: func(e Evidence) Finding {
			return e.judgeDuplicate(declared).saw("second login", normalReply(&e, 2)).saw("first session", normalOutcome(&e, 3))
		}})
	t.sourced("duplicate_login")
}

func (e *Evidence) judgeDuplicate(declared profiles.Declaration) Finding {
	expected := "a second login over valid cookies is refused: any status but 2xx"
	if declared != profiles.Refuse {
		expected = "a second login over valid cookies is accepted"
	}
	if f, missing := e.needs(expected, 0); missing {
		return f
	}
	r := e.last(2)
	if declared == profiles.Refuse {
		switch {
		case meaningOf(r) == noAnswer || r.Status == 503 || r.Status == 429:
			return unsure(2, expected, describe(r))
		case r.Status/100 == 2:
			return fail(2, expected, describe(r))
		}
		return pass(expected, describe(r))
	}
	return e.mustEnd(2, expected, nil)
}

// sourced gives the newest row the authority of a declaration of the session,
// where no statement is nearer.
func (t *table) sourced(declaration string) {
	r := &t.rows[len(t.rows)-1]
	if text := t.flow.Session.Sources[declaration]; text != "" && r.Says == "" {
		r.Source = text
	}
}

// chosen is an id that a client made up before the login.
const chosen = "0authsoak1chose2this3id4by5itself6"

// uniqueLogins is how many logins of one account are held against each other.
const uniqueLogins = 5

// ids adds the rules about what a session is known by.
func (t *table) ids() {
	if t.flow.Sessionless {
		t.none(sessionless, "id.fixation", "id.unique")
		return
	}
	own := authenticating(t.flow)
	preset := map[string]string{}
	for _, name := range own {
		preset[name] = chosen
	}
	script := []Action{
		login(0).with(Variation{Swap: preset, Request: t.credentials}), t.call(0), copied(1, 0), {Client: 1, Do: DoForget},
		t.call(1).with(Variation{Swap: preset, Bare: true}).refusedAt(1),
	}
	t.add("id.fixation", trial{script: script, owed: owedFixed, judge: func(e Evidence) Finding {
		return e.judgeFixation(own)
	}})
	var again []Action
	for range uniqueLogins {
		again = append(again, login(0), logout(0))
	}
	t.add("id.unique", trial{script: again, owed: owedSecret, judge: func(e Evidence) Finding {
		return e.judgeUnique(own)
	}})
}

func (e *Evidence) judgeFixation(own []string) Finding {
	expected := "the login gives a new id, and the one that the client brought is worth nothing"
	if f, missing := e.needs(expected, 0); missing {
		return f
	}
	for _, name := range own {
		if k, set := e.cookie(0, name); set && k.Value == chosen {
			return fail(0, expected, "the login sets "+name+" to the value that the client brought")
		}
	}
	if f := e.mustRefuse(4, expected, nil); f.Ruling != Passed {
		return f
	}
	return pass(expected, "a new id; the one brought is refused: "+describe(e.last(4)))
}

func (e *Evidence) judgeUnique(own []string) Finding {
	expected := fmt.Sprintf("%d logins give %d ids", uniqueLogins, uniqueLogins)
	seen := map[string]int{}
	for i := range uniqueLogins {
		action := 2 * i
		if f, missing := e.needs(expected, action); missing {
			return f
		}
		for _, name := range own {
			k, set := e.cookie(action, name)
			if !set {
				continue
			}
			key := name + "=" + k.Value
			if first, twice := seen[key]; twice {
				return fail(action, expected, fmt.Sprintf("login %d sets %s to the value of login %d", i+1, name, first)).saw("ids", "repeated")
			}
			seen[key] = i + 1
		}
	}
	return pass(expected, "no value came twice").saw("ids", "new at each login")
}

// flags adds the rules about the attributes of a login's cookies.
func (t *table) flags(add func(string, string, func(Evidence) Finding)) {
	var hidden, secure []string
	for _, s := range t.flow.Slots {
		if !s.Cookie || !s.Authenticates {
			continue
		}
		if !s.ObserveHTTPOnly {
			hidden = append(hidden, s.Name)
		}
		if !s.ObserveSecure {
			secure = append(secure, s.Name)
		}
	}
	t.flag("cookie.httponly", "HttpOnly", hidden, add)
	if t.facts.Secure {
		t.flag("cookie.secure", "Secure", secure, add)
	} else {
		t.none("it concerns TLS, and the server is reached without", "cookie.secure")
	}
	add("cookie.attributes", "", func(e Evidence) Finding {
		if f, missing := e.needs("", 0); missing {
			return f
		}
		f := pass("", "")
		var told []string
		for _, k := range e.cookies(0) {
			text := normalCookie(&k)
			if k.Removed {
				text = "taken away"
			}
			f = f.saw(k.Name, text)
			told = append(told, k.Name+": "+text)
		}
		f.Observed = names(told)
		return f
	})
}

// flag adds the rule of one attribute. Cookies that a vendor's page shows without
// it are observed only.
func (t *table) flag(id, attribute string, judged []string, add func(string, string, func(Evidence) Finding)) {
	all := authenticating(t.flow)
	source := owedFlags
	if len(judged) == 0 {
		source = ""
	}
	expected := attribute + " on " + names(judged)
	add(id, source, func(e Evidence) Finding {
		if f, missing := e.needs(expected, 0); missing {
			return f
		}
		var with, without, bad []string
		for _, name := range all {
			k, set := e.cookie(0, name)
			if !set {
				continue
			}
			if _, has := k.Attribute(attribute); has {
				with = append(with, name)
				continue
			}
			without = append(without, name)
			if slices.Contains(judged, name) {
				bad = append(bad, name)
			}
		}
		observed := fmt.Sprintf("with it: %s; without: %s", names(with), names(without))
		f := pass(expected, observed)
		if len(bad) > 0 {
			f = fail(0, expected, observed)
		}
		return f.saw(strings.ToLower(attribute), names(with))
	})
}
