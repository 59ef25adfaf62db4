package sessions

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Shard is a part of the store that has its own records, blocks and free lists.
// Its mutex guards only the giving out and taking back of those; a record is
// guarded by nothing, it belongs to the holder of its ID.
type Shard struct {
	store *Store
	index int

	records, blocks table

	mu         sync.Mutex
	freeRecord uint32 // plus 1
	freeBlock  uint32

	tallies [256]atomic.Pointer[tally]
}

func (h *Shard) init(s *Store, index int) {
	h.store, h.index = s, index
	h.records.init(recordKind, recordBytes)
	h.blocks.init(blockKind, blockBytes)
	h.blocks.used.Store(1) // block 0 means none
}

// At returns the record of a taken ID. The pointer holds until [Store.Close],
// the right to use it until [Shard.Release].
func (h *Shard) At(id ID) *Record { return (*Record)(h.records.item(uint32(id))) }

func (h *Shard) block(i uint32) *block { return (*block)(h.blocks.item(i)) }

// Take returns the ID of a new record, zeroed and [Idle]. An error means that the
// store can't grow.
func (h *Shard) Take() (ID, error) {
	h.mu.Lock()
	id, err := h.takeLocked()
	h.mu.Unlock()
	if err != nil {
		return 0, err
	}
	r := h.At(id)
	r.reset()
	h.put(id, r, word{state: Idle})
	return id, nil
}

func (h *Shard) takeLocked() (ID, error) {
	if h.freeRecord != 0 {
		id := ID(h.freeRecord - 1)
		h.freeRecord = unpack(atomic.LoadUint64(&h.At(id).word)).head
		return id, nil
	}
	if err := h.records.extend(h.store, h.index, 1); err != nil {
		return 0, err
	}
	return ID(h.records.used.Add(1) - 1), nil
}

// Release gives a record back, with its jar. A session that it still holds is
// counted as expired.
func (h *Shard) Release(id ID) {
	r := h.At(id)
	old := unpack(atomic.LoadUint64(&r.word))
	if old.state == Free {
		return
	}
	h.count(r.Target, old.state, Free)
	h.mu.Lock()
	h.put(id, r, word{head: h.freeRecord, state: Free})
	h.freeRecord = uint32(id) + 1
	h.mu.Unlock()
	h.freeChain(old)
}

// Each calls f with every taken record, in the order of IDs, until f returns
// false. Records that a worker holds meanwhile are shown as they come, and only
// [Record.State] may be asked of them.
func (h *Shard) Each(f func(ID, *Record) bool) {
	for i := range h.records.used.Load() {
		r := h.At(ID(i))
		if r.State() != Free && !f(ID(i), r) {
			return
		}
	}
}

// SetState changes the record's state and the counts. Every change is allowed,
// and the ledger balances after each:
//
//   - a session is opened when it is first [Live], [Closing], [Abandoned] or
//     [PossiblyClosed];
//   - [Closed] is the end by a confirmed logout, and says that the session had
//     been open even if nobody knew;
//   - [Expired], [Idle], [Opening] and [PossiblyOpen] end a session that was
//     known open without a logout, and say nothing of one that wasn't.
//
// Closed, Expired and Idle leave the record Idle and free its jar.
func (h *Shard) SetState(id ID, to State) {
	r := h.At(id)
	old := unpack(atomic.LoadUint64(&r.word))
	now := old
	now.state = settle(to)
	if now.state == Idle {
		now.head, now.size = 0, 0
	}
	h.put(id, r, now)
	h.count(r.Target, old.state, to)
	if now.head != old.head {
		h.freeChain(old)
	}
}

// settle is the state a record has after a change to it.
func settle(to State) State {
	if to == Closed || to == Expired {
		return Idle
	}
	return to
}

// Leave lets the user of id go on without its session: the session moves to a
// new record, in the given state (such as [Abandoned]), and id is [Idle]. The new
// record is a copy of the old one, and its caller's. A kill in between leaves the
// session in both records, never in none.
func (h *Shard) Leave(id ID, as State) (ID, error) {
	if !as.MayBeOpen() {
		return 0, fmt.Errorf("leaving a session as %v: must be a state that may be open", as)
	}
	h.mu.Lock()
	left, err := h.takeLocked()
	h.mu.Unlock()
	if err != nil {
		return 0, err
	}
	r, l := h.At(id), h.At(left)
	l.Due, l.CycleStart, l.Opened, l.LastUsed, l.Cycle = r.Due, r.CycleStart, r.Opened, r.LastUsed, r.Cycle
	l.Account, l.Calls, l.Identity, l.Target, l.Flags = r.Account, r.Calls, r.Identity, r.Target, r.Flags
	l.Aux16, l.Aux32 = r.Aux16, r.Aux32
	old := unpack(atomic.LoadUint64(&r.word))
	h.put(left, l, word{head: old.head, size: old.size, state: as})
	h.put(id, r, word{state: Idle})
	h.count(r.Target, old.state, as)
	return left, nil
}

// put switches a record to w, in one store.
func (h *Shard) put(id ID, r *Record, w word) {
	atomic.StoreUint64(&r.word, w.pack())
	if h.store.back.through() {
		b := unsafe.Slice((*byte)(unsafe.Pointer(r)), recordBytes)
		h.store.fail(h.store.back.write(h.records.offset(uint32(id)), b))
	}
}

// takeChain takes n linked blocks and returns the first. New blocks are linked
// upwards, as the processor likes to read.
func (h *Shard) takeChain(n int) (uint32, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var head uint32
	link := &head
	for i := range n {
		b := h.freeBlock
		if b != 0 {
			h.freeBlock = h.block(b).next
		} else {
			if err := h.blocks.extend(h.store, h.index, 1); err != nil {
				h.giveBack(head, i)
				return 0, err
			}
			b = h.blocks.used.Add(1) - 1
		}
		*link = b
		link = &h.block(b).next
	}
	return head, nil
}

// freeChain takes the blocks of a jar that no record refers to any more.
func (h *Shard) freeChain(w word) {
	if w.head == 0 {
		return
	}
	h.mu.Lock()
	h.giveBack(w.head, blocksFor(w.size))
	h.mu.Unlock()
}

// giveBack puts a chain of n blocks on the free list. Only the last one is
// written to, since the rest is linked already and its pages may be cold.
func (h *Shard) giveBack(head uint32, n int) {
	if n == 0 {
		return
	}
	last := h.block(head)
	for range n - 1 {
		last = h.block(last.next)
	}
	last.next = h.freeBlock
	h.freeBlock = head
}

func blocksFor(size int) int { return (size + payload - 1) / payload }
