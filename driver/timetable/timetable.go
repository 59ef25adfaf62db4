// Package timetable knows who is due next. It holds millions of users at nearly
// the cost of a hundred: a hierarchy of wheels sorts far dues roughly, in chunks
// of 16 bytes an entry, and only the current slot of about a millisecond is kept
// in exact order, in a small heap. It has no clock and no lock.
package timetable

import (
	"math"
	"math/bits"
)

// tickBits is the width of the finest slot: 2^20 ns, about a millisecond.
const tickBits = 20

// Each wheel has 64 slots, so that one word tells which are in use; eight wheels
// cover every int64.
const (
	wheelBits = 6
	slots     = 1 << wheelBits
	wheels    = (64 - tickBits + wheelBits - 1) / wheelBits
)

// entry is one user's due. seq keeps the order of adding among equal dues; it
// may wrap, as only neighbours in time are compared by it.
type entry struct {
	due int64
	seq uint32
	id  uint32
}

func (e entry) before(o entry) bool {
	return e.due < o.due || e.due == o.due && int32(e.seq-o.seq) < 0
}

// slot is a list of chunks, and its earliest due.
type slot struct {
	first int32 // chunk, 0 for none
	min   int64
}

// wheel holds the entries whose tick differs from the current one in this
// wheel's digit, and in no higher one.
type wheel struct {
	used  uint64 // bit i: slot i isn't empty
	slots [slots]slot
}

// Timetable gives out users in the exact order of their dues, those with equal
// dues in the order of adding. It is not safe for concurrent use.
type Timetable struct {
	// tick is the slot that the heap stands for: entries up to it are in the
	// heap, later ones in the wheels. It never passes the time given to Pop.
	tick   int64
	near   heap
	wheels [wheels]wheel
	arena  arena
	seq    uint32
	len    int
}

// New returns an empty timetable.
func New() *Timetable { return &Timetable{} }

// Len returns the number of users in the timetable.
func (t *Timetable) Len() int { return t.len }

// Add enters a user. Any due will do, the past too; a user added twice comes up
// twice.
func (t *Timetable) Add(id uint32, due int64) {
	t.seq++
	t.len++
	t.place(entry{due: due, seq: t.seq, id: id})
}

// place puts an entry into the heap or its wheel.
func (t *Timetable) place(e entry) {
	tick := e.due >> tickBits
	if tick <= t.tick {
		t.near.push(e)
		return
	}
	// The highest digit in which the tick differs from the current one is the
	// wheel: everything in a lower wheel is due before everything in a higher.
	n := (63 - bits.LeadingZeros64(uint64(tick^t.tick))) / wheelBits
	i := tick >> (n * wheelBits) & (slots - 1)
	w := &t.wheels[n]
	s := &w.slots[i]
	if w.used&(1<<i) == 0 {
		w.used |= 1 << i
		s.first, s.min = 0, math.MaxInt64
	}
	s.min = min(s.min, e.due)
	t.arena.add(&s.first, e)
}

// earliest returns the first slot in use, wheel and index.
func (t *Timetable) earliest() (n, i int, ok bool) {
	for n := range t.wheels {
		if used := t.wheels[n].used; used != 0 {
			return n, bits.TrailingZeros64(used), true
		}
	}
	return 0, 0, false
}

// Next returns the earliest due. ok is false if nobody is in the timetable.
func (t *Timetable) Next() (due int64, ok bool) {
	if len(t.near.items) > 0 {
		return t.near.items[0].due, true
	}
	n, i, ok := t.earliest()
	if !ok {
		return 0, false
	}
	return t.wheels[n].slots[i].min, true
}

// Pop takes out the user with the earliest due, if that is now or before.
func (t *Timetable) Pop(now int64) (id uint32, due int64, ok bool) {
	for len(t.near.items) == 0 {
		n, i, ok := t.earliest()
		if !ok || t.wheels[n].slots[i].min > now {
			return 0, 0, false
		}
		t.open(n, i)
	}
	if t.near.items[0].due > now {
		return 0, 0, false
	}
	e := t.near.pop()
	t.len--
	return e.id, e.due, true
}

// open makes slot i of wheel n the current one: the tick moves to its start, and
// its entries move to lower wheels or into the heap. An entry moves at most once
// for each wheel.
func (t *Timetable) open(n, i int) {
	w := &t.wheels[n]
	low := uint(n * wheelBits)
	t.tick = (t.tick>>(low+wheelBits)<<wheelBits | int64(i)) << low
	w.used &^= 1 << i
	t.arena.drain(w.slots[i].first, t.place)
}

// Drain takes out everybody, in order.
func (t *Timetable) Drain(f func(id uint32, due int64)) {
	for {
		id, due, ok := t.Pop(math.MaxInt64)
		if !ok {
			break
		}
		f(id, due)
	}
	// Nothing is left to be in order with; later dues are sorted by the wheels
	// again.
	t.tick = 0
}
