// Package timetable knows who is due next. It holds millions of users at nearly
// the cost of a hundred: a hierarchy of wheels sorts far dues roughly, in chunks
// of 16 bytes an entry, and only the current slot of about a millisecond is kept
// in exact order. It has no clock and no lock.
package timetable

import (
	"math"
	"math/bits"
	"slices"
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

// order is [entry.before] for a sort.
func order(e, o entry) int {
	switch {
	case e.before(o):
		return -1
	case o.before(e):
		return 1
	}
	return 0
}

// slot is a list of chunks in the order of adding, and its earliest due.
type slot struct {
	list list
	min  int64
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
	// tick is the current slot: entries up to it are in opened and near, later ones
	// in the wheels. It never passes the time given to Pop.
	tick   int64
	opened []entry // what was in the slot when it became the current one, in order
	taken  int     // of opened
	near   heap    // what has been added to it since, or belongs before it
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
		s.list, s.min = list{}, math.MaxInt64
	}
	s.min = min(s.min, e.due)
	t.arena.add(&s.list, e)
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

// head returns the first entry of the current slot.
func (t *Timetable) head() (e entry, opened, ok bool) {
	if t.taken < len(t.opened) {
		e, opened, ok = t.opened[t.taken], true, true
	}
	if len(t.near.items) > 0 && (!ok || t.near.items[0].before(e)) {
		e, opened, ok = t.near.items[0], false, true
	}
	return e, opened, ok
}

// Next returns the earliest due. ok is false if nobody is in the timetable.
func (t *Timetable) Next() (due int64, ok bool) {
	if e, _, ok := t.head(); ok {
		return e.due, true
	}
	n, i, ok := t.earliest()
	if !ok {
		return 0, false
	}
	return t.wheels[n].slots[i].min, true
}

// Pop takes out the user with the earliest due, if that is now or before.
func (t *Timetable) Pop(now int64) (id uint32, due int64, ok bool) {
	e, opened, ok := t.head()
	for !ok {
		n, i, some := t.earliest()
		if !some || t.wheels[n].slots[i].min > now {
			return 0, 0, false
		}
		t.open(n, i)
		e, opened, ok = t.head()
	}
	if e.due > now {
		return 0, 0, false
	}
	if !opened {
		t.near.pop()
	} else if t.taken++; t.taken == len(t.opened) {
		t.opened, t.taken = emptied(t.opened), 0
	}
	t.len--
	return e.id, e.due, true
}

// open makes slot i of wheel n the current one: the tick moves to its start. Its
// entries, which move at most once for each wheel, go to lower wheels; those of the
// finest are put in order at once, which costs next to nothing where they were
// added in order, and altogether no more than a heap where they were not. It takes
// as long as its entries are many: a millisecond for ten thousand in any order.
func (t *Timetable) open(n, i int) {
	w := &t.wheels[n]
	low := uint(n * wheelBits)
	t.tick = (t.tick>>(low+wheelBits)<<wheelBits | int64(i)) << low
	w.used &^= 1 << i
	l := w.slots[i].list
	if n == 0 {
		t.opened = slices.Grow(t.opened, t.arena.count(l))
	}
	for c := range t.arena.drain(l) {
		if n == 0 {
			t.opened = append(t.opened, c...)
			continue
		}
		for _, e := range c {
			t.place(e)
		}
	}
	slices.SortFunc(t.opened, order)
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
