package simulator

import "bytes"

// twists overturns one decision.
func twists(at point, verdict bool) func(*defect) {
	return func(d *defect) {
		d.twist = func(_ *exchange, p point, honest bool) bool {
			if p == at {
				return verdict
			}
			return honest
		}
	}
}

func loginStatus(d *defect) {
	d.after = func(x *exchange) {
		if x.admitted() {
			x.status = 202
		}
	}
}

func loginBody(d *defect) {
	d.after = func(x *exchange) {
		if x.admitted() && len(x.out) == 0 {
			x.say(x.status, "text/plain", "Welcome")
		}
	}
}

func loginText(d *defect) {
	d.after = func(x *exchange) {
		if x.admitted() {
			x.say(x.status, "text/plain", "Welcome")
		}
	}
}

// loginLess leaves out the last cookie of a login that sets several.
func loginLess(d *defect) {
	d.after = func(x *exchange) {
		if !x.admitted() || bytes.Count(x.head, []byte("Set-Cookie: ")) < 2 {
			return
		}
		begin := bytes.LastIndex(x.head, []byte("Set-Cookie: "))
		length := bytes.IndexByte(x.head[begin:], '\n') + 1
		x.head = append(x.head[:begin], x.head[begin+length:]...)
	}
}

// lreOther adds the token that only 2022 sets beside the others.
func lreOther(d *defect) {
	d.after = func(x *exchange) {
		if t, _, ok := d.lent(x); ok && x.admitted() {
			x.lreLWSSO(t.ref, "; Path=/")
		}
	}
}

// turnedAway tells that a login was answered without giving a session.
func (x *exchange) turnedAway() bool {
	return x.part == partLogin && !x.admitted() && (x.status == 401 || x.status == 403 || x.owner == acme && x.method == "POST")
}

func refusedLogin(status int) func(*defect) {
	return func(d *defect) {
		d.after = func(x *exchange) {
			if x.turnedAway() {
				x.status = status
			}
		}
	}
}

func refusedText(d *defect) {
	d.after = func(x *exchange) {
		if x.turnedAway() && x.status == 401 {
			x.say(x.status, "text/plain", "Go away")
		}
	}
}

// refusedCookie sets the proof of a session that there is not.
func refusedCookie(d *defect) {
	d.after = func(x *exchange) {
		if !x.turnedAway() {
			return
		}
		d.prove(x, ref{})
	}
}

// loginAnonymous fills in credentials where a login brought none.
func loginAnonymous(d *defect) {
	d.before = func(x *exchange) bool {
		if x.part != partLogin {
			return false
		}
		switch x.owner {
		case octane:
			if x.contentType() == "application/json" {
				x.fillJSON([]string{"user", "client_id"}, `{"user":"user0","password":"pw0","enable_csrf":true}`)
			} else {
				x.fillBasic()
			}
		case alm:
			x.fillALM()
		case space:
			if x.certificate == "" {
				x.fillBasic()
			}
		case lre:
			if ends(string(appendLower(nil, x.path)), []string{"client"}) {
				x.fillJSON([]string{"ClientIdKey"}, `{"ClientIdKey":"I_KEY_0","ClientSecretKey":"S_KEY_0"}`)
			} else {
				x.fillBasic()
			}
		case acme:
			x.fillForm()
		}
		return false
	}
}

func (x *exchange) fillBasic() {
	if user, _, ok := x.basic(); !ok || len(user) == 0 {
		x.setField("authorization", "Basic dXNlcjA6cHcw") // user0:pw0
	}
}

// fillJSON replaces a body that gives none of the members, as JSON or XML.
func (x *exchange) fillJSON(members []string, body string) {
	doc, ok := readJSON(x.body, true)
	if !ok {
		doc, ok = readXML(x.body)
	}
	for _, m := range members {
		if ok && len(doc.value(m)) > 0 {
			return
		}
	}
	x.setField("content-type", "application/json")
	x.body = []byte(body)
}

// fillForm posts the form that the page's cookie belongs to.
func (x *exchange) fillForm() {
	pre, ok := x.token(acmePre, formPlain, kindAcmePre)
	if x.method == "POST" && ok && len(param(x.body, "username")) == 0 {
		x.body = []byte("username=user0&password=pw0&csrf_token=")
		x.body = x.srv.sealer.appendToken(x.body, &x.scratch, formHex, ticket{ref: pre.ref, kind: kindAcmeForm})
	}
}

func (x *exchange) fillALM() {
	switch {
	case ends(string(x.path), []string{"/oauth2/login"}):
		x.fillJSON([]string{"clientId"}, `{"clientId":"key0","secret":"secret0"}`)
	case ends(string(x.path), []string{"/alm-authenticate"}):
		doc, ok := readXML(x.body)
		if !ok || len(doc.value("user")) == 0 {
			x.setField("content-type", "application/xml")
			x.body = []byte("<alm-authentication><user>user0</user><password>pw0</password></alm-authentication>")
		}
	default:
		x.fillBasic()
	}
}

// loginMethod lets another method log in.
func loginMethod(method string) func(*defect) {
	return func(d *defect) {
		d.before = func(x *exchange) bool {
			if x.part != partLogin || x.method != method {
				return false
			}
			x.method = "POST"
			if (x.owner == lre || x.owner == alm) && ends(string(x.path), []string{"/authenticate"}) {
				x.method = "GET"
			}
			return false
		}
	}
}

// loginType reads a login's body by what it looks like.
func loginType(d *defect) {
	d.before = func(x *exchange) bool {
		if x.part != partLogin || len(x.body) == 0 {
			return false
		}
		switch {
		case x.owner == acme:
			x.setField("content-type", "application/x-www-form-urlencoded")
		case x.body[0] == '<':
			x.setField("content-type", "application/xml")
		default:
			x.setField("content-type", "application/json")
		}
		return false
	}
}

// loginStale refuses a login that brings cookies of an ended session.
func loginStale(d *defect) {
	d.before = func(x *exchange) bool {
		if x.part != partLogin || x.owner == acme && x.method != "POST" {
			return false
		}
		if _, _, is, ok := d.presented(x); !ok || is == live {
			return false
		}
		x.refused(x.owner)
		x.say(409, "text/plain", "The session has ended.")
		return true
	}
}

func loginTenant(d *defect) {
	d.before = func(x *exchange) bool {
		if x.part != partLogin || param(x.query, "tenant") == nil {
			return false
		}
		x.refused(x.owner)
		x.lreError(401, lreNoAuth, "The tenant is not known.")
		return true
	}
}

// leaksLogout leaves a session in the store that nobody can use any more, in the
// place of one that logs out.
func leaksLogout(d *defect) {
	d.before = func(x *exchange) bool {
		t, rec, is, ok := d.presented(x)
		if x.part == partLogout && ok && is == live {
			x.held = t.ref
			x.left = rec
		} else {
			x.held = ref{}
		}
		return false
	}
	d.after = func(x *exchange) {
		if x.held == (ref{}) || x.status >= 400 && x.status != 500 {
			return
		}
		rec := x.left
		d.srv.store.open(record{account: rec.account, family: rec.family, kind: rec.kind,
			opened: rec.opened, touched: rec.touched, idle: rec.idle, until: rec.until})
	}
}

// unlisted leaves a session out of the listings that others read.
func unlisted(d *defect) {
	d.twist = func(_ *exchange, p point, honest bool) bool { return honest && p != sessionListed }
}

// leaks opens one more session with each login.
func leaks(d *defect) {
	d.watch = func(x *exchange) {
		_, rec, ok := d.lent(x)
		if ok && x.part == partLogin && x.admitted() && rec.flags&flagStruck != 0 {
			d.srv.store.open(record{account: rec.account, family: rec.family, kind: rec.kind,
				opened: rec.opened, touched: rec.touched, idle: rec.idle, until: rec.until})
		}
	}
}
