package check

import (
	"container/heap"
	"time"
)

// deed is what is done with a session.
type deed uint8

const (
	logIn deed = iota
	touch
	logOut
)

// appointment is a deed at a time. It counts only while it is its session's
// latest.
type appointment struct {
	probe *probe
	deed  deed
	at    time.Duration
	turn  int // to break ties, and to know the latest
}

// agenda holds at most one appointment a session, the earliest on top. The zero
// value is empty.
type agenda struct {
	heap  appointments
	turns int
	held  int
}

// put makes an appointment, in the place of the session's former one.
func (a *agenda) put(p *probe, d deed, at time.Duration) {
	a.cancel(p)
	a.turns++
	a.held++
	p.turn = a.turns
	heap.Push(&a.heap, appointment{p, d, at, a.turns})
}

// cancel takes a session's appointment away.
func (a *agenda) cancel(p *probe) {
	if p.turn != 0 {
		p.turn = 0
		a.held--
	}
}

func (a *agenda) empty() bool { return a.held == 0 }

func (a *agenda) clear() {
	for _, e := range a.heap {
		if e.probe.turn == e.turn {
			e.probe.turn = 0
		}
	}
	a.heap, a.held = nil, 0
}

// next is the time of the earliest appointment.
func (a *agenda) next() (time.Duration, bool) {
	for len(a.heap) > 0 {
		if top := a.heap[0]; top.probe.turn == top.turn {
			return top.at, true
		}
		heap.Pop(&a.heap)
	}
	return 0, false
}

// due takes the earliest appointment whose time has come.
func (a *agenda) due(now time.Duration) (appointment, bool) {
	at, ok := a.next()
	if !ok || at > now {
		return appointment{}, false
	}
	e := heap.Pop(&a.heap).(appointment)
	a.cancel(e.probe)
	return e, true
}

// last is the time of the latest appointment.
func (a *agenda) last() (at time.Duration, ok bool) {
	for _, e := range a.heap {
		if e.probe.turn == e.turn {
			at, ok = max(at, e.at), true
		}
	}
	return at, ok
}

type appointments []appointment

func (h appointments) Len() int { return len(h) }
func (h appointments) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].turn < h[j].turn
}
func (h appointments) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *appointments) Push(e any)   { *h = append(*h, e.(appointment)) }
func (h *appointments) Pop() any {
	old := *h
	e := old[len(old)-1]
	*h = old[:len(old)-1]
	return e
}
