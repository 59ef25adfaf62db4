package simulator

import "time"

// lendBare gives the latest session to calls that prove none.
func lendBare(d *defect) {
	d.watch = d.remember
	d.before = func(x *exchange) bool {
		if x.part == partCall && x.bare() {
			d.lend(x)
		}
		return false
	}
}

// letsStrangersIn serves calls that bring no cookie as if user0 had logged in.
func letsStrangersIn(d *defect) {
	d.before = func(x *exchange) bool {
		if x.part != partCall || len(x.jar()) > 0 {
			return false
		}
		rec := record{account: patternUser, family: x.owner, idle: int64(time.Minute), until: never, flags: flagHadApp}
		if x.owner == lre {
			rec.kind = uint32(x.lreVersion())
		}
		id, ok := d.stand(x, rec)
		if ok {
			x.head = x.head[:0] // nobody is told
			d.guest(x, id)
		}
		return !ok
	}
}

// guest ends a session that was opened for one call only, a moment later.
func (d *defect) guest(x *exchange, id ref) {
	d.srv.store.mark(id, func(rec *record) { rec.flags, rec.until = rec.flags|flagLeaving, x.now+int64(time.Second) })
}

// stand opens a session and puts its proof in the place of the request's own;
// false when the server is full, with the answer made.
func (d *defect) stand(x *exchange, rec record) (ref, bool) {
	id, ok := x.begin(rec)
	if !ok {
		return id, false
	}
	x.disown()
	d.prove(x, id)
	x.setCookies(func(name, value []byte) []byte {
		x.cookies = append(x.cookies, cookie{append([]byte{}, name...), append([]byte{}, value...)})
		return value
	})
	return id, true
}

// readsNear takes a cookie for the latest session's if it differs in no more
// than two characters.
func readsNear(d *defect) {
	d.watch = d.remember
	d.before = func(x *exchange) bool {
		if x.part != partCall {
			return false
		}
		jar := x.jar()
		d.mu.Lock()
		defer d.mu.Unlock()
		for i, c := range jar {
			last := d.memory.last[x.owner][string(c.name)]
			if x.proves(c.name) && len(last) == len(c.value) && differing(last, c.value) <= 2 {
				jar[i].value = last
			}
		}
		return false
	}
}

// differing counts the places at which two texts of one length differ.
func differing(a, b []byte) int {
	n := 0
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// callBroken answers each product's last call with an error.
func callBroken(d *defect) {
	d.after = func(x *exchange) {
		broken := []string{"/shared_spaces", "/is-authenticated", spaceBase + "/users", "/hosts", "/home"}
		if x.part == partCall && x.status < 400 && ends(string(x.path), broken) {
			x.notFound()
		}
	}
}

func callCertificate(d *defect) {
	d.before = func(x *exchange) bool {
		if x.part == partCall && x.owner == space && x.certificate == "" {
			x.disown()
		}
		return false
	}
}

// callHome binds a session to the connection of its login.
func callHome(d *defect) {
	d.watch = func(x *exchange) {
		if t, _, ok := d.lent(x); ok && x.admitted() {
			d.mu.Lock()
			d.memory.trim()
			d.memory.home[t.ref] = x
			d.mu.Unlock()
		}
	}
	d.before = func(x *exchange) bool {
		if t, _, is, ok := d.presented(x); ok && is == live && x.part == partCall {
			d.mu.Lock()
			home := d.memory.home[t.ref]
			d.mu.Unlock()
			if home != nil && home != x {
				x.disown()
			}
		}
		return false
	}
}

func refusedCall(status int) func(*defect) {
	return func(d *defect) {
		d.after = func(x *exchange) {
			if x.part != partCall || x.status < 300 {
				return
			}
			if _, _, is, ok := d.presented(x); !ok || is != live {
				x.status = status
			}
		}
	}
}

// forged overturns a verdict on the token against forged requests, for one
// part of a cycle.
func forged(at point, of part) func(*defect) {
	return func(d *defect) {
		d.twist = func(x *exchange, p point, honest bool) bool {
			if p == at && x.part == of {
				return true
			}
			return honest
		}
	}
}

// csrfField is the request's token against forged requests.
func (x *exchange) csrfField() []byte {
	if x.owner == octane {
		return x.get("hpsso-header-csrf")
	}
	return x.get("x-xsrf-token")
}

func (x *exchange) refuseForged() {
	if x.owner == octane {
		x.octaneError(x.srv.options.Octane.CSRFStatus, "platform.csrf_token_missing", "HPSSO-HEADER-CSRF is missing or wrong.")
	} else {
		x.almNoXSRF()
	}
}

func csrfAlways(d *defect) {
	d.before = func(x *exchange) bool {
		if x.part != partCall || len(x.csrfField()) > 0 {
			return false
		}
		if _, _, is, ok := d.presented(x); !ok || is != live {
			return false
		}
		x.refuseForged()
		return true
	}
}

func csrfLogoutActs(d *defect) {
	d.before = func(x *exchange) bool {
		t, _, is, ok := d.presented(x)
		if x.part != partLogout || !ok || is != live || len(x.csrfField()) > 0 {
			return false
		}
		d.srv.store.end(t.ref, x.owner, x.now)
		x.refuseForged()
		return true
	}
}

func staleCSRF(d *defect) {
	d.twist = func(x *exchange, p point, honest bool) bool {
		return honest && !(p == csrfRight && x.part == partCall)
	}
}

// typeIgnored lets a session of a client type serve requests that name
// another, or none.
func typeIgnored(named bool) func(*defect) {
	return func(d *defect) {
		d.twist = func(x *exchange, p point, honest bool) bool {
			return honest || p == clientTypeRight && named == (len(x.almClientType()) > 0)
		}
	}
}

func everyRefused(d *defect) {
	d.before = func(x *exchange) bool {
		if x.part == partCall {
			x.say(401, "text/plain", "Unauthorized")
		}
		return x.part == partCall
	}
}

func everyAnonymous(d *defect) {
	d.before = func(x *exchange) bool {
		if _, _, given := x.basic(); x.part == partCall && !given && x.bare() {
			x.fillBasic()
		}
		return false
	}
}

func everyOpens(d *defect) {
	d.after = func(x *exchange) {
		user, secret, given := x.basic()
		if x.part != partCall || !given || x.status >= 300 {
			return
		}
		account, found := d.srv.accounts.checkUser(user, secret, x.now)
		if found != granted {
			return
		}
		idle := d.srv.options.Octane.IdleTimeout
		if id, ok := x.begin(record{account: account, family: x.owner, idle: int64(idle), until: never}); ok {
			d.prove(x, id)
		}
	}
}

// prove sets the cookies of a session.
func (d *defect) prove(x *exchange, id ref) {
	switch x.owner {
	case octane:
		x.octaneLWSSO(x.ticketFor(id, kindOctane), 3600)
	case alm:
		x.almLWSSO(id)
	case space:
		d.srv.spaceCookies(x, id)
	case lre:
		name, kind := lreAdmin, kindLREAdmin
		if x.lreVersion() == lrePre2020 {
			name, kind = lreToken, kindLRE
		}
		x.setCookie(name)
		x.id(formLWSSO, x.ticketFor(id, kind))
		x.attributes("; Path=/", true)
	case acme:
		x.setCookie(acmeSession)
		x.id(formPlain, x.ticketFor(id, kindAcme))
		x.attributes("; Path=/acme; SameSite=Lax", true)
	}
}

func logoutStatus(d *defect) {
	d.after = func(x *exchange) {
		if x.part == partLogout && x.status < 400 {
			x.status = 202
		}
	}
}

func logoutText(d *defect) {
	d.after = func(x *exchange) {
		if x.part == partLogout && x.status < 400 {
			x.say(x.status, "text/plain", "Goodbye")
		}
	}
}

func logoutStranger(d *defect) {
	d.before = func(x *exchange) bool {
		if x.part == partLogout && x.bare() {
			d.endWhere(x.owner, x.now, 1, func(ref, *record) bool { return true })
		}
		return false
	}
}

// logoutOthers ends other sessions with the one that logs out: all of the same
// user, or the latest of another.
func logoutOthers(same bool) func(*defect) {
	return func(d *defect) {
		d.before = func(x *exchange) bool {
			t, mine, is, ok := d.presented(x)
			if x.part != partLogout || !ok || is != live {
				return false
			}
			limit := 1
			if same {
				limit = 1 << 20
			}
			d.endWhere(x.owner, x.now, limit, func(id ref, rec *record) bool {
				return id != t.ref && same == (rec.account == mine.account)
			})
			return false
		}
	}
}

// neighbour is the account next to one.
func (d *defect) neighbour(_ *exchange, id accountID) accountID {
	n := uint64(id&^kindMask) + 1
	if kind := id & kindMask; kind == listedUser || kind == listedKey {
		n %= uint64(len(d.srv.options.Accounts.List))
	}
	return id&kindMask | accountID(n)
}

// firstServed names the account that a connection served first.
func firstServed(d *defect) {
	d.watch = func(x *exchange) {
		if _, rec, ok := d.lent(x); ok && x.first == 0 {
			x.first = rec.account
		}
	}
	d.swap = func(x *exchange, id accountID) accountID {
		if x.first == 0 {
			return id
		}
		return x.first
	}
}

// forgets takes a call for a stranger's.
func forgets(d *defect) {
	d.before = func(x *exchange) bool {
		if x.part == partCall {
			x.disown()
		}
		return false
	}
}
