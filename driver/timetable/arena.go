package timetable

// chunkLen makes a chunk 1 KiB.
const chunkLen = 63

// chunk is a piece of a slot's list. It holds no pointer.
type chunk struct {
	next int32 // 0 ends the list
	n    int32
	item [chunkLen]entry
}

// slabLen is the number of chunks allocated at once.
const slabLen = 64

// arena hands out chunks by number, from 1. What is given back is used again;
// memory only ever grows to what was held at once.
type arena struct {
	slabs []*[slabLen]chunk
	free  int32
	used  int32
}

func (a *arena) chunk(i int32) *chunk { return &a.slabs[i/slabLen][i%slabLen] }

// add appends e to the list that starts at *first.
func (a *arena) add(first *int32, e entry) {
	if *first == 0 || a.chunk(*first).n == chunkLen {
		i := a.take()
		a.chunk(i).next, a.chunk(i).n = *first, 0
		*first = i
	}
	c := a.chunk(*first)
	c.item[c.n] = e
	c.n++
}

func (a *arena) take() int32 {
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

// drain hands every entry of a list to f, which may add to other lists, and
// gives the chunks back.
func (a *arena) drain(first int32, f func(entry)) {
	for i := first; i != 0; {
		c := a.chunk(i)
		for _, e := range c.item[:c.n] {
			f(e)
		}
		next := c.next
		c.next, a.free = a.free, i
		i = next
	}
}
