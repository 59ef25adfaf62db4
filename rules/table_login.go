package rules

import (
	"slices"
	"strings"

	"authsoak/profiles"
)

const sessionless = "there is no session: each call carries credentials"

// login adds the rules of a login that works, which one trial serves.
func (t *table) login() {
	f := t.flow
	if f.Sessionless {
		t.none(sessionless, "login.accepted", "login.body", "login.cookies", "login.tenant", "login.tenant-unknown",
			"cookie.httponly", "cookie.secure", "cookie.attributes", "csrf.cookie", "client-type.suffix")
		return
	}
	script := []Action{login(0)}
	add := func(id, owed string, judge func(Evidence) Finding) {
		t.add(id, trial{name: "login", script: script, owed: owed, judge: judge})
	}
	s := t.stated("login.accepted")
	add("login.accepted", owed, func(e Evidence) Finding {
		return e.mustEnd(0, expecting("the login is accepted", s.Status), s.Status).saw("login", normalReply(&e, 0))
	})
	t.addBody("login.body", "login", script, 0, add)
	add("login.cookies", owedProfile, func(e Evidence) Finding { return judgeCookieSet(f, e) })
	t.tenant(add)
	t.flags(add)
	t.csrfCookie(add)
	t.suffix(add)
}

// expecting adds stated statuses to what is expected.
func expecting(what string, status []int) string {
	if len(status) == 0 {
		return what
	}
	return what + ", with status " + statuses(status)
}

// addBody adds a rule about the body of an action's answer.
func (t *table) addBody(id, name string, script []Action, action int, add func(string, string, func(Evidence) Finding)) {
	s := t.stated(id)
	want := "no body"
	switch {
	case s.Body != nil:
		want = "a body that holds " + quote(s.Body)
	case !s.Empty:
		want = "a body"
	}
	add(id, "", func(e Evidence) Finding {
		r := e.last(action)
		if _, missing := e.needs(want, action); missing {
			return unsure(action, want, "the answer whose body is in question did not come: "+describe(r))
		}
		return judgeBody(s, r, action, want).saw("body", e.normalBody(r))
	})
}

func judgeBody(s profiles.Statement, r *Reply, action int, want string) Finding {
	observed := "the body is " + quote(r.Body)
	if len(r.Body) == 0 {
		observed = "there is no body"
	}
	if s.Body != nil && !strings.Contains(string(r.Body), string(s.Body)) || s.Empty && len(r.Body) > 0 {
		return fail(action, want, observed)
	}
	return pass(want, observed)
}

// judgeCookieSet holds the cookies of a login against those of the profile for
// this version and these options. Cookies that no profile names, a balancer's
// say, are told but not judged.
func judgeCookieSet(f *profiles.Flow, e Evidence) Finding {
	var required, missing, stray, others, set []string
	for i := range f.Login.Requests {
		for _, slot := range f.Login.Requests[i].Accept.Cookies {
			if name := f.Slots[slot].Name; !f.Slots[slot].Optional && !slices.Contains(required, name) {
				required = append(required, name)
			}
		}
	}
	expected := "a login sets " + names(required)
	if meaning := e.meaning(0); meaning == noAnswer {
		return unsure(0, expected, describe(e.last(0)))
	}
	if _, some := e.opened(f, 0); !some && e.meaning(0) != accepting {
		return unsure(0, expected, "the login was not accepted: "+describe(e.last(0)))
	}
	for _, name := range required {
		if _, ok := e.cookie(0, name); !ok {
			missing = append(missing, name)
		}
	}
	for _, k := range e.cookies(0) {
		if k.Removed {
			continue
		}
		set = append(set, k.Name)
		if slices.ContainsFunc(f.Strays, func(s profiles.Stray) bool { return s.Name == k.Name && !s.CSRF }) {
			stray = append(stray, k.Name)
		} else if !slices.ContainsFunc(f.Slots, func(s profiles.Slot) bool { return s.Name == k.Name }) {
			others = append(others, k.Name)
		}
	}
	slices.Sort(set)
	observed := "set: " + names(set)
	if len(others) > 0 {
		observed += " (not in the profile: " + names(others) + ")"
	}
	switch {
	case len(missing) > 0:
		return fail(0, expected, observed+"; missing: "+names(missing)).saw("cookies", names(set))
	case len(stray) > 0:
		return fail(0, expected+" and no cookie of another version", observed+"; not of this version: "+names(stray)).saw("cookies", names(set))
	}
	return pass(expected, observed).saw("cookies", names(set))
}

// noTenant stands in the place of a tenant's id, in the form that ids have.
const noTenant = "00000000-0000-4000-8000-000000000000"

func (t *table) tenant(add func(string, string, func(Evidence) Finding)) {
	if t.flow.Tenant == "" && !t.flow.TenantPerAccount {
		t.none("no tenant is named", "login.tenant", "login.tenant-unknown")
		return
	}
	add("login.tenant", "", func(e Evidence) Finding {
		return e.mustEnd(0, "the login with its tenant is accepted", nil)
	})
	v := Variation{Request: t.credentials}
	if t.flow.Tenant != "" {
		inURL := profiles.Template{{Func: profiles.URL, Args: []profiles.Value{{Kind: profiles.ConstValue, Const: []byte(t.flow.Tenant)}}}}
		v.Replace = [2]string{string(inURL.Append(nil, &profiles.Values{})), noTenant}
	} else {
		v.Account = map[string]string{"tenant": noTenant}
	}
	t.add("login.tenant-unknown", trial{script: []Action{login(0).with(v)}, judge: func(e Evidence) Finding {
		return e.mustRefuse(0, "a login with an unknown tenant is refused", nil).saw("unknown tenant", normalReply(&e, 0))
	}})
}

// csrfCookie adds the rule about the cookie that is given on request.
func (t *table) csrfCookie(add func(string, string, func(Evidence) Finding)) {
	f := t.flow
	var stray []string
	for _, s := range f.Strays {
		if s.CSRF {
			stray = append(stray, s.Name)
		}
	}
	switch {
	case f.CSRF && len(f.Guards) > 0:
		name := f.Slots[f.Guards[0].Slot].Name
		add("csrf.cookie", owedProfile, func(e Evidence) Finding {
			return e.judgePresent(name, true, "asked for, so the login sets "+name)
		})
	case len(stray) > 0:
		add("csrf.cookie", owedProfile, func(e Evidence) Finding {
			return e.judgePresent(stray[0], false, "not asked for, so the login doesn't set "+stray[0])
		})
	default:
		t.none("the profile has no cookie that is given on request", "csrf.cookie")
	}
}

// judgePresent judges whether the login of a trial set a cookie.
func (e *Evidence) judgePresent(name string, want bool, expected string) Finding {
	if f, missing := e.needs(expected, 0); missing && want {
		if _, set := e.cookie(0, name); !set && e.last(0) != nil && e.last(0).Status/100 == 2 {
			return fail(0, expected, "the login does not set it")
		}
		return f
	} else if missing {
		return f
	}
	_, set := e.cookie(0, name)
	observed := "the login does not set it"
	if set {
		observed = "the login sets it"
	}
	if set != want {
		return fail(0, expected, observed).saw(name, observed)
	}
	return pass(expected, observed).saw(name, observed)
}

// suffix adds the rule about the name of the session cookie.
func (t *table) suffix(add func(string, string, func(Evidence) Finding)) {
	at := slices.IndexFunc(t.flow.Slots, func(s profiles.Slot) bool { return s.OfClientType })
	if t.flow.ClientType == "" || at < 0 {
		t.none("no client type is named", "client-type.suffix")
		return
	}
	name := t.flow.Slots[at].Name
	expected := "the login sets " + name
	add("client-type.suffix", owedProfile, func(e Evidence) Finding {
		var set []string
		for _, k := range e.cookies(0) {
			set = append(set, k.Name)
		}
		_, ok := e.cookie(0, name)
		switch {
		case ok:
			return pass(expected, "set").saw("suffix", name)
		case len(set) == 0:
			return unsure(0, expected, describe(e.last(0)))
		}
		return fail(0, expected, "set: "+names(set)).saw("suffix", names(set))
	})
}
