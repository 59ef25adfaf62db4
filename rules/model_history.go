package rules

import (
	"cmp"
	"slices"

	"authsoak/profiles"
)

// History is what the clients of one round did, in any order.
type History struct {
	Operations []Operation
	// Settled is when everything the clients had in flight must have had its
	// effect: what begins later meets a server at rest.
	Settled int64
}

// with returns the history with other operations.
func (h History) with(ops []Operation) History { return History{ops, h.Settled} }

// filter returns the history of the operations that keep likes.
func (h History) filter(keep func(*Operation) bool) History {
	out := make([]Operation, 0, len(h.Operations))
	for i := range h.Operations {
		if keep(&h.Operations[i]) {
			out = append(out, h.Operations[i])
		}
	}
	return h.with(out)
}

// Marked returns the history as the model has to see it: calls without an
// outcome are left out, since they change nothing; other operations without one
// return never; and MayExpire and Excused are set where declared lifetimes,
// renewals and what the model leaves open allow a refusal.
func (h History) Marked(r *profiles.SessionRules, m SessionModel) History {
	out := h.filter(func(o *Operation) bool {
		return o.Outcome != AnswerUnknown || o.Act != ActCall && o.Act != ActRefresh
	})
	for i := range out.Operations {
		o := &out.Operations[i]
		if o.Outcome == AnswerUnknown {
			o.Returned = Forever
		}
		if o.Session != None {
			o.MayExpire = h.mayExpire(r, o)
			o.Excused = o.Excused || h.excused(m, o)
		}
	}
	return out
}

// mayExpire tells whether one of the declared lifetimes may have passed when the
// operation ended: the idle time counts from the last use known to have come
// before it, unless only a renewed cookie extends it.
func (h History) mayExpire(r *profiles.SessionRules, o *Operation) bool {
	opened := o.Invoked
	for i := range h.Operations {
		if p := &h.Operations[i]; p.opensNew() && p.Opens == o.Session {
			opened = min(opened, p.Invoked)
		}
	}
	used := opened
	for i := range h.Operations {
		p := &h.Operations[i]
		if r.ExtendedBy != profiles.Renewal && p.Session == o.Session && p.Act != ActLogout &&
			p.Outcome == AnswerAccepted && p.Returned <= o.Invoked {
			used = max(used, p.Invoked)
		}
	}
	return Expect(r, between(opened, o.Returned), between(used, o.Returned)) != Live
}

// excused tells whether something other than a logout or the clock may explain
// a refusal: the session's cookie was renewed meanwhile, which may have ended
// the one that was sent; another login came, and the model doesn't say that the
// session outlives it; or it was logged out, and the model doesn't say what that
// does.
func (h History) excused(m SessionModel, o *Operation) bool {
	return slices.ContainsFunc(h.Operations, func(p Operation) bool {
		if p.Invoked >= o.Returned {
			return false
		}
		renewed := p.Session == o.Session && p.Reissue > o.Cookie && p.Outcome == AnswerAccepted
		loggedIn := m.Duplicate != profiles.Refuse && m.Duplicate != profiles.Allow && m.Duplicate != Evict &&
			(p.Act == ActLogin || p.Act == ActLoginAgain) && p.Outcome != AnswerRefused && p.Opens != o.Session &&
			p.Returned > h.opened(o.Session)
		loggedOut := !m.Revokes && p.Act == ActLogout && p.Session == o.Session
		return renewed || loggedIn || loggedOut
	})
}

// opened is when the login that gave a session was invoked.
func (h History) opened(session int) int64 {
	for i := range h.Operations {
		if o := &h.Operations[i]; o.opensNew() && o.Opens == session {
			return o.Invoked
		}
	}
	return 0
}

// Families splits the history into parts that have no session in common: what
// happens to one can't explain another, so each is judged by itself. Sessions
// are related when a login over one gave the other, and all of them are where a
// login ends the sessions before it.
func (h History) Families(m SessionModel) []History {
	var kin [MostSessions]int
	for i := range kin {
		kin[i] = i
	}
	find := func(i int) int {
		for kin[i] != i {
			i = kin[i]
		}
		return i
	}
	for i := range h.Operations {
		if o := &h.Operations[i]; o.Session != None && o.Opens != None {
			kin[find(o.Opens)] = find(o.Session)
		}
	}
	parts := map[int]*History{}
	var order []*History
	for _, o := range h.Operations {
		at := max(o.Session, o.Opens)
		if at == None {
			continue
		}
		root := find(at)
		if m.Duplicate == Evict {
			root = 0
		}
		if parts[root] == nil {
			parts[root] = &History{Settled: h.Settled}
			order = append(order, parts[root])
		}
		parts[root].Operations = append(parts[root].Operations, o)
	}
	out := make([]History, len(order))
	for i, p := range order {
		out[i] = *p
	}
	return out
}

// Shrink leaves out operations of a marked history, one at a time, as long as it
// stays illegal, and returns what can't be shortened further. A login stays as
// long as its session is spoken of, and an operation that ends a session as
// long as another's outcome rests on that end: leaving it out would make a new
// fault instead of laying bare the one there is.
func (h History) Shrink(m SessionModel, illegal func(History) bool) History {
	for changed := true; changed; {
		changed = false
		for i := len(h.Operations) - 1; i >= 0; i-- {
			if !h.spares(m, i) {
				continue
			}
			shorter := h.with(slices.Delete(slices.Clone(h.Operations), i, i+1))
			if illegal(shorter) {
				h, changed = shorter, true
			}
		}
	}
	slices.SortFunc(h.Operations, func(a, b Operation) int { return cmp.Compare(a.Invoked, b.Invoked) })
	return h
}

// spares tells whether the history makes sense without its i-th operation.
func (h History) spares(m SessionModel, i int) bool {
	gone := &h.Operations[i]
	for k := range h.Operations {
		o := &h.Operations[k]
		if k == i {
			continue
		}
		if gone.opensNew() && (o.Session == gone.Opens || o.Opens == gone.Opens) {
			return false
		}
		if m.ends(gone) && m.needsEnd(o) && (o.Session == gone.Session || m.Duplicate == Evict) {
			return false
		}
	}
	return true
}
