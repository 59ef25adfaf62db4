package simulator

import "time"

// stretches lets one clock run out at another time: num/den of its limit.
func stretches(clock point, num, den int64) func(*defect) {
	return func(d *defect) {
		d.ends = func(at point, begin, limit int64) int64 {
			if at == clock {
				limit = limit / den * num
			}
			return d.srv.store.due(begin + limit)
		}
	}
}

// reaps ends idle sessions once a second only.
func reaps(d *defect) {
	const pass = int64(time.Second)
	d.ends = func(at point, begin, limit int64) int64 {
		end := d.srv.store.due(begin + limit)
		if at == idleOver {
			end = (end + pass - 1) / pass * pass
		}
		return end
	}
}

// nodesDisagree refuses calls of sessions that are idle for half their time.
func nodesDisagree(d *defect) {
	d.before = func(x *exchange) bool {
		t, rec, is, ok := d.presented(x)
		if x.part != partCall || !ok || is != live {
			return false
		}
		since := rec.touched
		if x.owner == octane {
			since = t.issued * 1000
		}
		if x.now-since > rec.idle/2 {
			x.disown()
		}
		return false
	}
}

// replaces opens a new session for a call whose own has run out.
func replaces(d *defect) {
	d.before = func(x *exchange) bool {
		_, rec, is, ok := d.presented(x)
		if x.part != partCall || !ok || is != idleExpired {
			return false
		}
		rec.flags &^= flagStruck
		if rec.until != never {
			rec.until = x.lifetime(time.Duration(rec.until - rec.opened))
		}
		_, ok = d.stand(x, rec)
		return !ok
	}
}

// renewalKills refuses every cookie of a session but the one renewed last.
func renewalKills(d *defect) {
	d.session = true
	d.after = func(x *exchange) {
		t, rec, is, ok := d.presented(x)
		if x.part != partCall || !ok || is != live || rec.flags&flagStruck == 0 {
			return
		}
		x.setCookies(func(name, value []byte) []byte {
			if x.proves(name) {
				d.mu.Lock()
				d.memory.trim()
				d.memory.renewed[t.ref] = x.now / 1000
				d.mu.Unlock()
			}
			return value
		})
	}
	d.before = func(x *exchange) bool {
		t, _, _, ok := d.presented(x)
		d.mu.Lock()
		renewed := d.memory.renewed[t.ref]
		d.mu.Unlock()
		if ok && x.part == partCall && t.issued < renewed {
			x.disown()
		}
		return false
	}
}

// revives writes a session back as it was when a call began.
func revives(d *defect) {
	d.after = func(x *exchange) {
		t, _, is, ok := d.presented(x)
		if x.part != partCall || x.status >= 300 || !ok || is != live || !x.wait(d.window) {
			return
		}
		d.srv.store.mark(t.ref, func(rec *record) {
			if rec.state == loggedOut {
				rec.flags |= flagRevived
			}
		})
	}
}

// logoutLater lets a session live for the window after its logout.
func logoutLater(d *defect) {
	twists(logoutEnds, false)(d)
	d.watch = func(x *exchange) {
		t, _, is, ok := d.presented(x)
		if x.part != partLogout || x.status >= 400 || !ok || is != live {
			return
		}
		d.srv.store.mark(t.ref, func(rec *record) {
			if rec.flags&(flagStruck|flagLeaving) == flagStruck {
				rec.flags |= flagLeaving
				rec.until = d.srv.clock() + int64(d.window)
			}
		})
	}
}

// mark changes the record of a session, if it is still there.
func (st *store) mark(id ref, change func(*record)) {
	sh := st.shardOf(id.index)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if rec := sh.at(id.index); rec != nil && rec.serial == id.serial {
		change(rec)
	}
}

// refusesTwins refuses the later of two calls of a session that are in flight at
// once, where the defect strikes one of them. The earlier one is held for the
// window, so that there is a later one.
func refusesTwins(d *defect) {
	d.session = true
	d.before = func(x *exchange) bool {
		x.held, x.strikes = ref{}, false
		t, _, is, ok := d.presented(x)
		if x.part != partCall || !ok || is != live {
			return false
		}
		x.held, x.strikes = t.ref, d.strikes()
		d.mu.Lock()
		twin := d.memory.traps[t.ref] > 0 || x.strikes && d.memory.busy[t.ref] > 0
		d.memory.busy[t.ref]++
		if x.strikes {
			d.memory.traps[t.ref]++
		}
		d.mu.Unlock()
		if twin {
			x.disown()
		}
		if x.strikes {
			x.wait(d.window)
		}
		return false
	}
	d.after = func(x *exchange) {
		if x.held == (ref{}) {
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		less(d.memory.busy, x.held)
		if x.strikes {
			less(d.memory.traps, x.held)
		}
	}
}

// less counts down, and forgets what is at nothing.
func less(count map[ref]int, of ref) {
	if count[of]--; count[of] <= 0 {
		delete(count, of)
	}
}
