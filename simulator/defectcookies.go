package simulator

import "bytes"

// memory is what a defect keeps between exchanges; guarded by the defect's
// lock, and emptied when it grows too large to keep.
type memory struct {
	// alias gives the server's own text of a cookie that was handed out under
	// another text.
	alias map[cookieText][]byte
	// given are the cookies an account was handed first.
	given map[accountID]map[string][]byte
	// last are the cookies of a product's latest login.
	last [families]map[string][]byte
	// home is the connection a session logged in on.
	home map[ref]*exchange
	// renewed is when a session's cookie was renewed last, in microseconds.
	renewed map[ref]int64
	// busy counts the calls of a session that are in flight, and traps those of
	// them that the defect strikes.
	busy, traps map[ref]int
	// crowd counts the logins in flight that the defect strikes; shared are the
	// cookies of the first that was answered since.
	crowd  int
	shared map[string][]byte
	// logins counts an account's sessions, for drawing those that are struck.
	logins map[accountID]uint64
}

type cookieText struct{ name, value string }

const maxMemory = 100_000

func (m *memory) clear() {
	m.alias = map[cookieText][]byte{}
	m.given = map[accountID]map[string][]byte{}
	m.home = map[ref]*exchange{}
	m.renewed = map[ref]int64{}
	m.busy, m.traps = map[ref]int{}, map[ref]int{}
	m.logins = map[accountID]uint64{}
}

// trim forgets everything once there is too much of it; the lock is held.
func (m *memory) trim() {
	if len(m.alias)+len(m.given)+len(m.home)+len(m.renewed) > maxMemory {
		m.clear()
	}
}

// restore puts the server's own texts in the place of those handed out.
func (d *defect) restore(x *exchange) {
	jar := x.jar()
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, c := range jar {
		if own, ok := d.memory.alias[cookieText{string(c.name), string(c.value)}]; ok {
			jar[i].value = own
		}
	}
}

// setCookies calls visit with each cookie that the answer sets to more than
// nothing; the value it returns takes the place of the old one.
func (x *exchange) setCookies(visit func(name, value []byte) []byte) {
	const start = "Set-Cookie: "
	var out []byte
	for line := range bytes.SplitAfterSeq(x.head, []byte("\r\n")) {
		rest, is := bytes.CutPrefix(line, []byte(start))
		name, rest, found := bytes.Cut(rest, []byte{'='})
		end := bytes.IndexAny(rest, ";\r")
		if !is || !found || end <= 0 || rest[0] == '"' {
			out = append(out, line...)
			continue
		}
		out = append(append(append(out, start...), name...), '=')
		out = append(append(out, visit(name, rest[:end])...), rest[end:]...)
	}
	x.head = append(x.head[:0], out...)
}

// keep is a visit for setCookies that changes nothing.
func keep(into map[string][]byte) func(name, value []byte) []byte {
	return func(name, value []byte) []byte {
		into[string(name)] = bytes.Clone(value)
		return value
	}
}

// admitted tells whether the answer gives a proof of a session, as logins and
// their second steps do.
func (x *exchange) admitted() bool {
	gives := false
	if x.part == partLogin || x.part == partOpen {
		x.setCookies(func(name, value []byte) []byte {
			gives = gives || x.proves(name)
			return value
		})
	}
	return gives && x.status < 400
}

// lent is the session of the answer's or else the request's cookies.
func (d *defect) lent(x *exchange) (ticket, record, bool) {
	twin := exchange{srv: x.srv, now: x.now, owner: x.owner, parsed: true}
	x.setCookies(func(name, value []byte) []byte {
		twin.cookies = append(twin.cookies, cookie{bytes.Clone(name), bytes.Clone(value)})
		return value
	})
	t, rec, is, ok := d.presented(&twin)
	if !ok {
		t, rec, is, ok = d.presented(x)
	}
	return t, rec, ok && is == live
}

// rename hands a cookie out under another text; the lock is held.
func (d *defect) rename(name, own, text []byte) []byte {
	if !bytes.Equal(own, text) {
		d.memory.alias[cookieText{string(name), string(text)}] = bytes.Clone(own)
	}
	return text
}

// adoptBrought lets a login take the cookie values that the client brought
// for its session's ids.
func (d *defect) adoptBrought(x *exchange) {
	if !x.admitted() {
		return
	}
	var raw []cookie
	for i := range x.fields {
		if foldEqual(x.fields[i].name, "cookie") {
			raw = appendCookies(raw, x.fields[i].value)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.memory.trim()
	x.setCookies(func(name, value []byte) []byte {
		for _, c := range raw {
			if bytes.Equal(c.name, name) && x.proves(name) && len(c.value) > 0 {
				return d.rename(name, value, c.value)
			}
		}
		return value
	})
}

// repeats hands an account the ids again that its first login got.
func repeats(d *defect) {
	d.renames, d.session = true, true
	d.after = func(x *exchange) { d.give(x, true) }
	d.watch = func(x *exchange) { d.give(x, false) }
}

// give remembers the ids of an account's first login, and puts them in the
// place of a later one's if asked.
func (d *defect) give(x *exchange, again bool) {
	if !x.admitted() {
		return
	}
	_, rec, ok := d.lent(x)
	if !ok {
		return
	}
	again = again && d.strikesSession(rec.account)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.memory.trim()
	given := d.memory.given[rec.account]
	if given == nil {
		given = map[string][]byte{}
		d.memory.given[rec.account] = given
	}
	x.setCookies(func(name, value []byte) []byte {
		if !x.proves(name) {
			return value
		}
		first, ok := given[string(name)]
		if !ok {
			given[string(name)] = bytes.Clone(value)
			return value
		}
		if !again {
			return value
		}
		return d.rename(name, value, first)
	})
}

// crowds lets a login that the defect strikes be given the cookies of another
// one that was answered while it was in flight. It is held for the window, so
// that there is one.
func crowds(d *defect) {
	d.session, d.before, d.after = true, d.crowdIn, d.crowdOut
}

func (d *defect) crowdIn(x *exchange) bool {
	x.strikes = x.part == partLogin && d.strikes()
	if !x.strikes {
		return false
	}
	d.mu.Lock()
	if d.memory.crowd == 0 {
		d.memory.shared = nil
	}
	d.memory.crowd++
	d.mu.Unlock()
	x.wait(d.window)
	return false
}

func (d *defect) crowdOut(x *exchange) {
	if x.part != partLogin {
		return
	}
	admitted := x.admitted()
	d.mu.Lock()
	defer d.mu.Unlock()
	met := d.memory.crowd > 0
	if x.strikes {
		d.memory.crowd--
	}
	switch {
	case !admitted || !met:
	case d.memory.shared == nil:
		d.memory.shared = map[string][]byte{}
		x.setCookies(keep(d.memory.shared))
	case x.strikes:
		x.setCookies(func(name, value []byte) []byte {
			if first, ok := d.memory.shared[string(name)]; ok {
				return first
			}
			return value
		})
	}
}

// remember keeps the cookies of the latest login.
func (d *defect) remember(x *exchange) {
	if !x.admitted() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if x.part == partLogin || d.memory.last[x.owner] == nil {
		d.memory.last[x.owner] = map[string][]byte{}
	}
	x.setCookies(keep(d.memory.last[x.owner]))
}

// lend adds the proof of the latest session to a request.
func (d *defect) lend(x *exchange) {
	x.jar()
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, value := range d.memory.last[x.owner] {
		x.cookies = append(x.cookies, cookie{[]byte(name), value})
	}
}
