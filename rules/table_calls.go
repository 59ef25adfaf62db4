package rules

import (
	"slices"
)

// cookies adds the rules about what a call's cookies prove.
func (t *table) cookies() {
	if t.flow.Sessionless {
		t.none(sessionless, "cookie.needed", "cookie.tampered")
		return
	}
	own := authenticating(t.flow)
	if len(own) == 0 {
		t.none("the profile names no cookie that authenticates", "cookie.needed", "cookie.tampered")
		return
	}
	var all []string
	for _, s := range t.flow.Slots {
		if s.Cookie && !(len(own) == 1 && s.Name == own[0]) {
			all = append(all, s.Name)
		}
	}
	t.each("cookie.needed", "without", all, own, func(names []string) Variation { return Variation{Omit: names, Bare: true} })
	several := own
	if len(own) == 1 {
		several = nil
	}
	t.each("cookie.tampered", "with a changed", several, own, func(names []string) Variation { return Variation{Tamper: names, Bare: true} })
}

// each adds a rule that varies cookies: all that authenticate at once, which
// must be refused, and before it each one in turn, which is observed.
func (t *table) each(id, how string, single, own []string, vary func([]string) Variation) {
	script := []Action{login(0)}
	for _, name := range single {
		script = append(script, copied(1, 0), t.call(1).with(vary([]string{name})))
	}
	script = append(script, copied(1, 0), t.call(1).with(vary(own)).refusedAt(1))
	at := len(script) - 1
	expected := "a call " + how + " " + names(own) + " is refused"
	t.add(id, trial{script: script, owed: owedSecret, judge: func(e Evidence) Finding {
		if f, missing := e.needs(expected, 0); missing {
			return f
		}
		f := e.mustRefuse(at, expected, nil)
		var told []string
		for i, name := range single {
			outcome := normalOutcome(&e, 2+2*i)
			told = append(told, how+" "+name+": "+outcome)
			f = f.saw(how+" "+name, outcome)
		}
		if len(told) > 0 {
			f.Observed += "; " + names(told)
		}
		return f
	}})
}

// calls adds the rules of ordinary calls.
func (t *table) calls() {
	if t.flow.Sessionless {
		t.none(sessionless, "call.accepted", "call.bare", "call.no-cookies", "call.refused-status", "call.other-connection")
		return
	}
	script := []Action{login(0)}
	for i := range t.flow.Calls {
		script = append(script, Action{Do: DoCall, Call: i}) // as it is usually made
	}
	t.add("call.accepted", trial{script: script, owed: owed, judge: func(e Evidence) Finding {
		expected := "each call is accepted"
		if f, missing := e.needs(expected, 0); missing {
			return f
		}
		for i := range t.flow.Calls {
			if f := e.mustAccept(1+i, expected, nil); f.Ruling != Passed {
				f.Observed = t.flow.Calls[i].Name + ": " + f.Observed
				return f
			}
		}
		return pass(expected, "all of them")
	}})
	once := func(id, expected string, v Variation) {
		script := []Action{login(0), t.call(0).with(v)}
		t.add(id, trial{script: script, owed: owed, judge: func(e Evidence) Finding {
			if f, missing := e.needs(expected, 0); missing {
				return f
			}
			return e.mustAccept(1, expected, nil)
		}})
	}
	once("call.bare", "a call with the cookies alone is accepted, without credentials and certificate", Variation{Bare: true})
	once("call.other-connection", "a call on a new connection is accepted", Variation{Fresh: true})
	none := []Action{t.call(0).with(Variation{NoCookies: true, Bare: true}).refusedAt(1)}
	t.add("call.no-cookies", trial{name: "no-cookies", script: none, owed: owed, judge: func(e Evidence) Finding {
		return e.mustRefuse(0, "a call without cookies is refused", nil).saw("refusal", normalReply(&e, 0))
	}})
	s := t.stated("call.refused-status")
	status := slices.Concat(s.Status)
	if len(status) == 0 {
		status = t.flow.Session.Refused
	}
	owes := ""
	if len(status) > 0 {
		owes = "the endpoint's profile: refused"
	}
	t.add("call.refused-status", trial{name: "no-cookies", script: none, owed: owes, judge: func(e Evidence) Finding {
		return e.mustRefuse(0, expecting("a call without a session is refused", status), status)
	}})
	if len(s.Status) == 0 {
		t.sourced("refused")
	}
}

// everyCall adds the rules of methods without a session.
func (t *table) everyCall() {
	t.switchedOff()
	if !t.flow.Sessionless {
		t.none("this method has a session", "every-call.accepted", "every-call.wrong-secret", "every-call.no-credentials", "every-call.no-session")
		return
	}
	var script []Action
	for i := range t.flow.Calls {
		script = append(script, t.callOf(0, i))
	}
	t.add("every-call.accepted", trial{name: "every-call", script: script, owed: owed, judge: func(e Evidence) Finding {
		expected := "each call with the right credentials is accepted"
		for i := range t.flow.Calls {
			if f := e.mustAccept(i, expected, nil); f.Ruling != Passed {
				f.Observed = t.flow.Calls[i].Name + ": " + f.Observed
				return f
			}
		}
		return pass(expected, "all of them")
	}})
	t.add("every-call.no-session", trial{name: "every-call", script: script, owed: "", judge: func(e Evidence) Finding {
		expected := "no answer sets a cookie that authenticates"
		f := pass(expected, "none does").saw("cookies", "none")
		for i := range t.flow.Calls {
			if meaningOf(e.last(i)) == noAnswer {
				return unsure(i, expected, describe(e.last(i)))
			}
			if name, set := e.opened(t.flow, i); set {
				return fail(i, expected, t.flow.Calls[i].Name+" sets "+name).saw("cookies", name)
			}
		}
		return f
	}})
	if t.secret == "" {
		t.none("no secret is sent", "every-call.wrong-secret")
	} else {
		a := t.call(0).with(Variation{Account: map[string]string{t.secret: wrongSecret}, Bare: true}).refusedAt(1)
		a.WrongSecret = true
		t.add("every-call.wrong-secret", trial{script: []Action{a}, owed: owed, judge: func(e Evidence) Finding {
			return e.mustRefuse(0, "a call with a wrong secret is refused", nil).saw("refusal", normalReply(&e, 0))
		}})
	}
	bare := t.call(0).with(Variation{Drop: t.credentialHeaders(), Bare: true}).refusedAt(1)
	t.add("every-call.no-credentials", trial{script: []Action{bare}, owed: owed, judge: func(e Evidence) Finding {
		return e.mustRefuse(0, "a call without credentials is refused", nil).saw("refusal", normalReply(&e, 0))
	}})
}

// credentialHeaders are the headers of the deciding call that are rendered from
// the account.
func (t *table) credentialHeaders() []string {
	var out []string
	call := &t.flow.Calls[t.flow.Deciding].Requests[0]
	for _, h := range call.Headers {
		if h.Value.UsesAccount() {
			out = append(out, h.Name)
		}
	}
	return out
}

// switchedOff adds the rule of a login method that the server refuses.
func (t *table) switchedOff() {
	const id = "every-call.off"
	off := t.flow.Disabled
	if off == nil {
		t.none("the profile doesn't declare this method switched off", id)
		return
	}
	a := login(0)
	if t.flow.Sessionless {
		a = t.call(0)
	}
	a.Refused = max(t.credentials, 1)
	t.add(id, trial{script: []Action{a}, owed: owedProfile, judge: func(e Evidence) Finding {
		return e.mustRefuse(0, "the right credentials are refused", nil).saw("refusal", normalReply(&e, 0))
	}})
	if r := &t.rows[len(t.rows)-1]; r.Says == "" {
		r.Says, r.Source = off.Says, off.Source
	}
}
