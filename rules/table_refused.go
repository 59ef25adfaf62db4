package rules

import (
	"slices"
	"strings"
)

// Values that stand in the place of right ones. They are nobody's.
const (
	wrongSecret = "authsoak-not-the-secret"
	nobody      = "authsoak-nobody"
)

// refusedLogins adds the rules of logins that must be refused.
func (t *table) refusedLogins() {
	if t.flow.Sessionless {
		t.none(sessionless, "login.wrong-secret", "login.wrong-secret-body", "login.wrong-secret-cookie",
			"login.unknown-user", "login.inactive-key", "login.no-credentials")
		return
	}
	t.wrongSecret()
	t.unknownUser()
	t.inactiveKey()
	t.noCredentials()
}

func (t *table) wrongSecret() {
	if t.secret == "" {
		t.none("no secret is sent: a certificate logs in", "login.wrong-secret", "login.wrong-secret-body", "login.wrong-secret-cookie")
		return
	}
	a := login(0).with(Variation{Account: map[string]string{t.secret: wrongSecret}}).refusedAt(t.credentials)
	a.WrongSecret = true
	add := func(id, owed string, judge func(Evidence) Finding) {
		t.add(id, trial{name: "wrong-secret", script: []Action{a}, owed: owed, judge: judge})
	}
	s := t.stated("login.wrong-secret")
	add("login.wrong-secret", owed, func(e Evidence) Finding {
		return e.mustRefuse(0, expecting("the wrong secret is refused", s.Status), s.Status).saw("refusal", normalReply(&e, 0))
	})
	t.refusedBody(add)
	add("login.wrong-secret-cookie", owed, func(e Evidence) Finding {
		return e.judgeNoSession(t, "a refused login sets no cookie that authenticates")
	})
}

// refusedBody adds the rule about the body of a refused login.
func (t *table) refusedBody(add func(string, string, func(Evidence) Finding)) {
	s := t.stated("login.wrong-secret-body")
	want := "a body"
	if s.Body != nil {
		want = "a body that holds " + quote(s.Body)
	}
	add("login.wrong-secret-body", "", func(e Evidence) Finding {
		r := e.last(0)
		if meaningOf(r) != refused {
			return unsure(0, want, "the answer whose body is in question did not come: "+describe(r))
		}
		return judgeBody(s, r, 0, want).saw("body", e.normalBody(r))
	})
}

// judgeNoSession judges that a login that was to be refused set no
// authenticating cookie.
func (e *Evidence) judgeNoSession(t *table, expected string) Finding {
	r := e.last(0)
	if meaningOf(r) == noAnswer {
		return unsure(0, expected, describe(r))
	}
	if name, set := e.opened(t.flow, 0); set {
		return fail(0, expected, name+" is set, by an answer with "+describe(r))
	}
	if m := meaningOf(r); m == unclear && r.Status >= 500 {
		return unsure(0, expected, describe(r))
	}
	return pass(expected, "no such cookie, "+describe(r))
}

func (t *table) unknownUser() {
	if t.user == "" {
		t.none("no name is sent: a certificate logs in", "login.unknown-user")
		return
	}
	s := t.stated("login.unknown-user")
	a := login(0).with(Variation{Account: map[string]string{t.user: nobody}}).refusedAt(t.credentials)
	t.add("login.unknown-user", trial{script: []Action{a}, owed: owed, judge: func(e Evidence) Finding {
		return e.mustRefuse(0, expecting("an unknown name is refused", s.Status), s.Status).saw("refusal", normalReply(&e, 0))
	}})
}

func (t *table) inactiveKey() {
	fields := t.flow.AccountFields
	switch {
	case !slices.Contains(fields, "client_id"):
		t.none("this method logs in without a key", "login.inactive-key")
		return
	case t.facts.Inactive == nil:
		t.settle("login.inactive-key", NotTried,
			"no key that is not active is known: give the accounts the columns inactive_client_id and inactive_client_secret")
		return
	}
	s := t.stated("login.inactive-key")
	a := login(0).with(Variation{Account: t.facts.Inactive}).refusedAt(t.credentials)
	t.add("login.inactive-key", trial{script: []Action{a}, owed: owed, judge: func(e Evidence) Finding {
		return e.mustRefuse(0, expecting("a key that is not active is refused", s.Status), s.Status).saw("refusal", normalReply(&e, 0))
	}})
}

func (t *table) noCredentials() {
	v := Variation{Request: t.credentials, Bare: true, Drop: []string{"Authorization"}, Account: map[string]string{}}
	for _, name := range t.flow.AccountFields {
		if name != "tenant" {
			v.Account[name] = ""
		}
	}
	if len(t.flow.Login.Requests[t.credentials-1].Body) > 0 {
		v.Body = []byte{}
	}
	// An empty body may be a fault of form before it is one of credentials.
	var status []int
	if v.Body == nil {
		status = t.stated("login.no-credentials").Status
	}
	a := login(0).with(v).refusedAt(t.credentials)
	t.add("login.no-credentials", trial{script: []Action{a}, owed: owed, judge: func(e Evidence) Finding {
		expected := expecting("a login without credentials is refused", status)
		return e.mustRefuse(0, expected, status).saw("refusal", normalReply(&e, 0))
	}})
}

// notALogin adds the rules of requests that are no login by their form.
func (t *table) notALogin() {
	methods := []string{"GET", "POST", "PUT", "DELETE"}
	if t.flow.Sessionless {
		for _, m := range methods {
			t.none(sessionless, "login.method-"+strings.ToLower(m))
		}
		t.none(sessionless, "login.content-type")
		return
	}
	request := &t.flow.Login.Requests[t.credentials-1]
	for _, m := range methods {
		id := "login.method-" + strings.ToLower(m)
		if m == request.Method {
			t.none("it is the method that logs in", id)
			continue
		}
		a := login(0).with(Variation{Method: m, Request: t.credentials}).refusedAt(t.credentials)
		t.add(id, trial{script: []Action{a}, judge: func(e Evidence) Finding {
			return e.judgeNoSession(t, m+" does not log in").saw("answer", normalReply(&e, 0))
		}})
	}
	if !request.HasHeader("Content-Type") {
		t.none("the login has no Content-Type", "login.content-type")
		return
	}
	media := t.stated("login.content-type").ContentType
	if media == "" {
		media = "application/x-authsoak"
	}
	v := Variation{Set: []string{"Content-Type: " + media}, Request: t.credentials}
	t.add("login.content-type", trial{script: []Action{login(0).with(v).refusedAt(t.credentials)}, judge: func(e Evidence) Finding {
		return e.mustRefuse(0, "a login with Content-Type "+media+" is refused", nil).saw("answer", normalReply(&e, 0))
	}})
}
