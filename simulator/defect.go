package simulator

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"
)

// part is what a request is for.
type part uint8

const (
	partCall   part = iota
	partLogin       // checks credentials
	partOpen        // the second step of a login, where there is one
	partLogout      //
)

// defect is the mutant of one server at work. Its functions are called for
// those occasions only at which it strikes, and may be nil.
type defect struct {
	*Mutant
	srv    *Server
	every  uint64
	drawn  atomic.Uint64
	window time.Duration

	// before may change a request. It returns true when it made the answer.
	before func(x *exchange) bool
	// after may change the answer.
	after func(x *exchange)
	// watch sees every answer, also those that the defect does not strike.
	watch func(x *exchange)
	// twist may overturn a verdict; x is nil where it concerns a session.
	twist func(x *exchange, at point, honest bool) bool
	// swap may take one account for another when an answer names its user.
	swap func(x *exchange, id accountID) accountID
	// ends is when a clock runs out that began at begin and runs for limit.
	ends func(clock point, begin, limit int64) int64
	// session tells that the defect is a session's, or one of requests that meet:
	// before and after are called for every request and have to look themselves.
	session bool
	// renames tells that answers may carry other cookies than the server's own.
	renames bool

	mu     sync.Mutex
	memory memory
}

// newDefect is the mutant of that name, nil for none.
func newDefect(s *Server, name string) *defect {
	m, every, err := findMutant(name)
	if m == nil || err != nil {
		return nil
	}
	d := &defect{Mutant: m, srv: s, every: every, window: s.options.MutantWindow}
	d.memory.clear()
	m.defect(d)
	return d
}

// strikes draws whether the defect shows on an occasion.
func (d *defect) strikes() bool {
	if d.every == 1 {
		return true
	}
	n := d.drawn.Add(1)
	return mix(d.srv.seed+n*0x9e3779b97f4a7c15)%d.every == 0
}

// strikesSession draws whether the defect is that of an account's next session.
// The draw depends on the seed and on which login of the account it is: it comes
// out the same in whatever order accounts log in.
func (d *defect) strikesSession(account accountID) bool {
	if d.every == 1 {
		return true
	}
	d.mu.Lock()
	n, known := d.memory.logins[account]
	if known || len(d.memory.logins) < maxMemory {
		d.memory.logins[account] = n + 1
	} else {
		n = d.drawn.Add(1)
	}
	d.mu.Unlock()
	return mix(d.srv.seed+mix(uint64(account)+n*0x9e3779b97f4a7c15))%d.every == 0
}

// answer is [Server.dispatch] with the defect around it.
func (d *defect) answer(x *exchange, f family, prefix int) {
	x.owner, x.part, x.struck = f, partOf(x, f), d.session || d.strikes()
	if f == families {
		x.struck = false
	}
	if d.renames {
		d.restore(x)
	}
	if x.struck && d.before != nil && d.before(x) {
		return
	}
	d.srv.dispatch(x, f, prefix)
	if x.struck && d.after != nil {
		d.after(x)
	}
	if d.watch != nil {
		d.watch(x)
	}
}

// partOf tells logins and logouts from calls by their paths.
func partOf(x *exchange, f family) part {
	login, logout, open := []string{"/authentication/sign_in"}, []string{"/authentication/sign_out"}, ""
	switch f {
	case alm:
		login = []string{"/rest/oauth2/login", "/authentication-point/alm-authenticate", "/authentication-point/authenticate",
			"/api/authentication/sign-in", "/j_spring_security_check"}
		logout = []string{"/authentication-point/logout", "/api/authentication/sign-out"}
		open = "/rest/site-session"
	case space:
		login, logout = []string{spaceBase + "/login"}, []string{spaceBase + "/logout"}
	case lre:
		login = []string{"/authentication-point/authenticate", "/authentication-point/authenticateclient"}
		logout = []string{"/authentication-point/logout"}
	case acme:
		login, logout = []string{"/acme/login"}, []string{"/acme/logout"}
	}
	path := string(appendLower(nil, x.path))
	switch {
	case ends(path, login):
		return partLogin
	case ends(path, logout):
		return partLogout
	case open != "" && x.method == "POST" && ends(path, []string{open}):
		return partOpen
	}
	return partCall
}

func ends(path string, list []string) bool {
	for _, tail := range list {
		if len(path) >= len(tail) && path[len(path)-len(tail):] == tail {
			return true
		}
	}
	return false
}

// proves tells whether a cookie of that name proves a session of the product
// that the request is for.
func (x *exchange) proves(name []byte) bool {
	switch x.owner {
	case octane:
		return string(name) == octaneToken
	case alm:
		return string(name) == almToken || string(name) == almSession || bytes.HasPrefix(name, []byte(almSession+"-"))
	case space:
		return string(name) == spaceSSO || string(name) == spaceNode
	case lre:
		if x.lreVersion() != lrePre2020 {
			return string(name) == lreAdmin
		}
		return string(name) == lreToken || string(name) == lreSession
	}
	return string(name) == acmeSession
}

// lreVersion is the place of the request's version in lreVersions.
func (x *exchange) lreVersion() int {
	if _, prefix := x.srv.family(x); prefix > 0 {
		return lreVersion(x.path[len("/lre-"):prefix])
	}
	return lreVersion([]byte(x.srv.options.LRE.Version))
}

// presented is the session that a request's cookies name, false when none.
func (d *defect) presented(x *exchange) (ticket, record, state, bool) {
	t, ok := x.token(octaneToken, formLWSSO, kindOctane)
	switch x.owner {
	case alm:
		t, ok = x.token(almToken, formLWSSO, kindALM)
	case space:
		t, ok = x.token(spaceSSO, formBase64, kindSpaceSSO)
	case lre:
		if t, ok = x.token(lreAdmin, formLWSSO, kindLREAdmin); !ok {
			t, ok = x.token(lreToken, formLWSSO, kindLRE)
		}
	case acme:
		t, ok = x.token(acmeSession, formPlain, kindAcme)
	}
	if !ok {
		return ticket{}, record{}, unknown, false
	}
	rec, is := d.srv.store.use(t.ref, x.owner, x.now, false)
	return t, rec, is, true
}

// bare tells that a request proves no session by its cookies.
func (x *exchange) bare() bool {
	for _, c := range x.jar() {
		if x.proves(c.name) && len(c.value) > 0 {
			return false
		}
	}
	return true
}

// disown takes the proof of a session off the request, so that the server
// takes it for a stranger's.
func (x *exchange) disown() {
	x.jar()
	kept := x.cookies[:0]
	for _, c := range x.cookies {
		if !x.proves(c.name) {
			kept = append(kept, c)
		}
	}
	x.cookies = kept
}

// setField replaces a header of the request, or adds it.
func (x *exchange) setField(lower, value string) {
	for i := range x.fields {
		if foldEqual(x.fields[i].name, lower) {
			x.fields[i].value = []byte(value)
			return
		}
	}
	x.fields = append(x.fields, field{[]byte(lower), []byte(value)})
}

// endWhere logs up to limit live sessions out, newest first, and returns how
// many.
func (d *defect) endWhere(f family, now int64, limit int, match func(ref, *record) bool) {
	var found []ref
	var opened []int64
	d.srv.store.each(f, 1<<30, now, func(id ref, rec *record) {
		if !match(id, rec) {
			return
		}
		found, opened = append(found, id), append(opened, rec.opened)
	})
	for ; limit > 0 && len(found) > 0; limit-- {
		newest := 0
		for i := range opened {
			if opened[i] > opened[newest] {
				newest = i
			}
		}
		d.srv.store.end(found[newest], f, now)
		found[newest], opened[newest] = found[0], opened[0]
		found, opened = found[1:], opened[1:]
	}
}
