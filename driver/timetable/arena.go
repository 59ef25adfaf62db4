package timetable

import "iter"

// chunkLen makes a chunk 1 KiB.
const chunkLen = 63

// chunk is a piece of a slot's list. It holds no pointer.
type chunk struct {
	next uint32 // 0 ends the list
	n    uint32
	item [chunkLen]entry
}

// list is a queue of chunks by number; the zero list is empty.
type list struct{ first, last uint32 }

// slabLen is the number of chunks allocated at once.
const slabLen = 64

// arena hands out chunks by number, from 1. What is given back is used again;
// memory only ever grows to what was held at once.
type arena struct {
	slabs []*[slabLen]chunk
	free  uint32
	used  uint32
}

func (a *arena) chunk(i uint32) *chunk { return &a.slabs[i/slabLen][i%slabLen] }

// add appends e to the list.
func (a *arena) add(l *list, e entry) {
	var c *chunk
	if l.last != 0 {
		c = a.chunk(l.last)
	}
	if c == nil || c.n == chunkLen {
		i := a.take()
		if c == nil {
			l.first = i
		} else {
			c.next = i
		}
		l.last = i
		c = a.chunk(i)
		c.next, c.n = 0, 0
	}
	c.item[c.n] = e
	c.n++
}

func (a *arena) take() uint32 {
	if i := a.free; i != 0 {
		a.free = a.chunk(i).next
		return i
	}
	a.used++
	if int(a.used/slabLen) == len(a.slabs) {
		a.slabs = append(a.slabs, new([slabLen]chunk))
	}
	return a.used
}

// count returns how many entries a list has.
func (a *arena) count(l list) int {
	n := 0
	for i := l.first; i != 0; i = a.chunk(i).next {
		n += int(a.chunk(i).n)
	}
	return n
}

// drain yields the entries of a list, in order, by the chunk, and takes each chunk
// back when the next is asked for. The loop may add to other lists, and must not
// end early.
func (a *arena) drain(l list) iter.Seq[[]entry] {
	return func(yield func([]entry) bool) {
		for i := l.first; i != 0; {
			c := a.chunk(i)
			yield(c.item[:c.n])
			i, c.next, a.free = c.next, a.free, i
		}
	}
}
