package rules

import (
	"slices"

	"authsoak/profiles"
)

// madeUp is a value against forged requests that the server never gave out.
const madeUp = "0000000000000000000000000000000000000000000000000000000000000000"

// guarded is a call that carries a header against forged requests.
type guarded struct {
	call, request int // request from 1
}

// guards adds the rules about headers against forged requests.
func (t *table) guards() {
	if t.flow.Sessionless {
		t.none(sessionless, "csrf.missing", "csrf.wrong", "csrf.not-needed", "csrf.logout", "csrf.double-submit")
		return
	}
	if len(t.flow.Guards) == 0 {
		t.none("no header against forged requests is sent", "csrf.missing", "csrf.wrong", "csrf.logout", "csrf.double-submit")
		t.notNeeded("")
		return
	}
	g := &t.flow.Guards[0]
	checked, unchecked := t.guardedCalls(g)
	judged := len(checked) > 0
	if !judged {
		checked = unchecked
	}
	t.guardTrial("csrf.missing", "without "+g.Header, checked, judged, Variation{Drop: []string{g.Header}})
	t.guardTrial("csrf.wrong", "with a wrong "+g.Header, checked, judged, Variation{Set: []string{g.Header + ": " + madeUp}})
	t.doubleSubmit(g, checked)
	t.notNeeded(g.Header)
	t.guardedLogout(g)
}

// guardedCalls finds the calls that carry the header, and on which of them the
// server looks at it.
func (t *table) guardedCalls(g *profiles.Guard) (checked, unchecked []guarded) {
	for i := range t.flow.Calls {
		for j := range t.flow.Calls[i].Requests {
			r := &t.flow.Calls[i].Requests[j]
			if !r.HasHeader(g.Header) {
				continue
			}
			if slices.Contains(g.Unchecked, r.Method) {
				unchecked = append(unchecked, guarded{i, j + 1})
			} else {
				checked = append(checked, guarded{i, j + 1})
			}
			break
		}
	}
	return checked, unchecked
}

// guardTrial adds a rule that spoils the header on every call that carries it.
func (t *table) guardTrial(id, how string, calls []guarded, judged bool, v Variation) {
	if len(calls) == 0 {
		t.none("no call of the profile carries the header; csrf.logout tries the logout", id)
		return
	}
	script := []Action{login(0)}
	for _, c := range calls {
		v.Request = c.request
		a := t.callOf(0, c.call).with(v)
		if judged {
			a.Refused = c.request
		}
		script = append(script, a)
	}
	expected := "a call " + how + " is refused"
	t.add(id, trial{script: script, owed: owedProfile, open: !judged, judge: func(e Evidence) Finding {
		if f, missing := e.needs(expected, 0); missing {
			return f
		}
		var f Finding
		for i, c := range calls {
			f = e.mustRefuse(1+i, expected, nil)
			f.Observed = t.flow.Calls[c.call].Name + " " + f.Observed
			if f.Ruling != Passed {
				break
			}
		}
		return f.saw(how, normalReply(&e, 1))
	}})
}

// doubleSubmit observes a value that the client made up, the same in cookie and
// header.
func (t *table) doubleSubmit(g *profiles.Guard, calls []guarded) {
	if len(calls) == 0 || !t.flow.Slots[g.Slot].Cookie {
		t.none("no call of the profile carries the header from a cookie", "csrf.double-submit")
		return
	}
	v := Variation{Set: []string{g.Header + ": " + madeUp}, Swap: map[string]string{t.flow.Slots[g.Slot].Name: madeUp}, Request: calls[0].request}
	script := []Action{login(0), t.callOf(0, calls[0].call).with(v)}
	t.add("csrf.double-submit", trial{script: script, judge: func(e Evidence) Finding {
		if f, missing := e.needs("", 0); missing {
			return f
		}
		return pass("", describe(e.last(1))).saw("made up by the client", normalOutcome(&e, 1))
	}})
}

// notNeeded adds the rule of calls that need no header: those that carry none.
func (t *table) notNeeded(header string) {
	const id = "csrf.not-needed"
	asked := slices.ContainsFunc(t.flow.Strays, func(s profiles.Stray) bool { return s.CSRF })
	if header == "" && !asked {
		t.none("the profile knows no header against forged requests", id)
		return
	}
	at := slices.IndexFunc(t.flow.Calls, func(c profiles.Group) bool {
		return header == "" || !slices.ContainsFunc(c.Requests, func(r profiles.Request) bool { return r.HasHeader(header) })
	})
	if at < 0 {
		t.none("every call needs the header", id)
		return
	}
	if header == "" {
		at = t.flow.Deciding
	}
	expected := t.flow.Calls[at].Name + " is accepted without the header"
	t.add(id, trial{script: []Action{login(0), t.callOf(0, at)}, owed: owedProfile, judge: func(e Evidence) Finding {
		if f, missing := e.needs(expected, 0); missing {
			return f
		}
		return e.mustAccept(1, expected, nil)
	}})
}

// guardedLogout adds the rule of a logout that could have been forged.
func (t *table) guardedLogout(g *profiles.Guard) {
	const id = "csrf.logout"
	at := slices.IndexFunc(t.flow.Logout.Requests, func(r profiles.Request) bool { return r.HasHeader(g.Header) })
	if at < 0 {
		t.none("the logout carries no such header", id)
		return
	}
	judged := !slices.Contains(g.Unchecked, t.flow.Logout.Requests[at].Method)
	out := logout(1).with(Variation{Drop: []string{g.Header}, Request: at + 1})
	if judged {
		out.Refused = at + 1
	}
	script := []Action{login(0), copied(1, 0), out, t.call(0)}
	expected := "a logout without " + g.Header + " is refused and the session lives on"
	t.add(id, trial{script: script, owed: owedProfile, open: !judged, judge: func(e Evidence) Finding {
		if f, missing := e.needs(expected, 0); missing {
			return f
		}
		f := e.mustRefuse(2, expected, nil)
		if f.Ruling == Passed {
			observed := f.Observed
			if f = e.mustAccept(3, expected, nil); f.Ruling == Passed {
				f.Observed = observed + ", and the session lives on"
			}
		}
		return f.saw("without header", normalReply(&e, 2)).saw("session afterwards", normalOutcome(&e, 3))
	}})
}

// otherClient is a client type that no session of a trial has.
const otherClient = "authsoak other client"

// clientType adds the rules of sessions that belong to a client type.
func (t *table) clientType() {
	f := t.flow
	if f.Sessionless || f.ClientTypeHeader == "" {
		t.none("the profile knows no client types", "client-type.missing", "client-type.wrong", "client-type.plain")
		return
	}
	vary := func(id, expected string, v Variation) {
		script := []Action{login(0), copied(1, 0), t.call(1).with(v).refusedAt(1)}
		t.add(id, trial{script: script, owed: "", judge: func(e Evidence) Finding {
			if f, missing := e.needs(expected, 0); missing {
				return f
			}
			return e.mustRefuse(2, expected, nil).saw("answer", normalReply(&e, 2))
		}})
	}
	other := Variation{Set: []string{f.ClientTypeHeader + ": " + otherClient}, Bare: true}
	if f.ClientType == "" {
		t.none("no client type is named", "client-type.missing", "client-type.wrong")
		vary("client-type.plain", "a call that names a client type is refused", other)
		return
	}
	vary("client-type.missing", "a call without "+f.ClientTypeHeader+" is refused", Variation{Drop: []string{f.ClientTypeHeader}, Bare: true})
	vary("client-type.wrong", "a call that names another client type is refused", other)
	t.none("a client type is named", "client-type.plain")
}
