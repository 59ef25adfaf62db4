package timetable

// heap keeps its earliest entry first. Four children to a node lie in one cache
// line and halve the depth of a binary heap.
type heap struct{ items []entry }

const arity = 4

func (h *heap) push(e entry) {
	h.items = append(h.items, e)
	i := len(h.items) - 1
	for i > 0 {
		up := (i - 1) / arity
		if !e.before(h.items[up]) {
			break
		}
		h.items[i] = h.items[up]
		i = up
	}
	h.items[i] = e
}

// pop takes out the first entry of a heap that isn't empty.
func (h *heap) pop() entry {
	first, last := h.items[0], h.items[len(h.items)-1]
	h.items = h.items[:len(h.items)-1]
	if len(h.items) == 0 {
		h.items = emptied(h.items)
		return first
	}
	i := 0
	for {
		child := i*arity + 1
		if child >= len(h.items) {
			break
		}
		for c := child + 1; c < min(i*arity+1+arity, len(h.items)); c++ {
			if h.items[c].before(h.items[child]) {
				child = c
			}
		}
		if !h.items[child].before(last) {
			break
		}
		h.items[i] = h.items[child]
		i = child
	}
	h.items[i] = last
	return first
}

// largeSlot is from how many entries on the memory of an emptied slot is given back:
// a start of all users at once must not be paid for all through the run.
const largeSlot = 1 << 16

func emptied(items []entry) []entry {
	if cap(items) > largeSlot {
		return nil
	}
	return items[:0]
}
