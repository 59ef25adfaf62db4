package sessions

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"sync/atomic"
	"unsafe"
)

// Jar is a session's values while a worker holds it: scratch that the worker owns
// and uses again for the next user. An empty slot is an absent value. To change
// a slot, write into its own memory:
//
//	jar.Slots[i] = append(jar.Slots[i][:0], value...)
type Jar struct {
	Slots  [][]byte
	Others []byte // cookies beside the slots: "name=value; name=value"

	raw []byte // the encoded form
}

// MaxJar is the largest jar the store takes, encoded, in bytes.
const MaxJar = 1 << 20

var errJar = errors.New("jar is damaged")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Reset makes the jar hold n empty slots and nothing else, keeping its memory.
func (j *Jar) Reset(n int) {
	if n > cap(j.Slots) {
		j.Slots = append(j.Slots[:cap(j.Slots)], make([][]byte, n-cap(j.Slots))...)
	}
	j.Slots = j.Slots[:n]
	for i := range j.Slots {
		j.Slots[i] = j.Slots[i][:0]
	}
	j.Others = j.Others[:0]
}

// empty tells whether there is nothing to keep.
func (j *Jar) empty() bool {
	for _, s := range j.Slots {
		if len(s) > 0 {
			return false
		}
	}
	return len(j.Others) == 0
}

// encode writes the jar into j.raw: a checksum of the rest (4 bytes), the number
// of slots, each slot with its length, then the others up to the end. An empty
// jar is no byte at all.
func (j *Jar) encode() {
	j.raw = j.raw[:0]
	if j.empty() {
		return
	}
	b := append(j.raw, 0, 0, 0, 0)
	b = binary.AppendUvarint(b, uint64(len(j.Slots)))
	for _, s := range j.Slots {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	b = append(b, j.Others...)
	binary.NativeEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	j.raw = b
}

// decode reads j.raw. It refuses what [Jar.encode] can't have written, except
// that the checksum is left to [Jar.verify].
func (j *Jar) decode() error {
	if len(j.raw) == 0 {
		j.Reset(0)
		return nil
	}
	if len(j.raw) < 5 {
		return errJar
	}
	b := j.raw[4:]
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k) { // every slot takes a byte
		return errJar
	}
	b = b[k:]
	j.Reset(int(n))
	for i := range j.Slots {
		size, k := binary.Uvarint(b)
		if k <= 0 || size > uint64(len(b)-k) {
			return errJar
		}
		b = b[k:]
		j.Slots[i] = append(j.Slots[i], b[:size]...)
		b = b[size:]
	}
	j.Others = append(j.Others, b...)
	return nil
}

// verify tells whether the checksum of j.raw holds.
func (j *Jar) verify() bool {
	return len(j.raw) == 0 || len(j.raw) > 4 &&
		binary.NativeEndian.Uint32(j.raw) == crc32.Checksum(j.raw[4:], castagnoli)
}

// Save keeps the jar for the user. At a kill at any instruction the ledger holds
// the old jar or the new one, whole. A jar that hasn't changed costs a comparison.
// On an error the old jar stays, except where [Store.Err] tells the same.
func (h *Shard) Save(id ID, j *Jar) error { return h.SaveAs(id, j, h.At(id).State()) }

// SaveAs is [Shard.Save] together with [Shard.SetState], in one step: a login's
// cookies and the session's being live reach the ledger at once. The jar is kept
// whatever the state.
func (h *Shard) SaveAs(id ID, j *Jar, to State) error {
	j.encode()
	if len(j.raw) > MaxJar {
		return fmt.Errorf("session of %d bytes: must be at most %d", len(j.raw), MaxJar)
	}
	r := h.At(id)
	old := unpack(atomic.LoadUint64(&r.word))
	now := old
	now.state = settle(to)
	changed := !h.holds(old, j.raw)
	if changed {
		head, err := h.write(j.raw)
		if err != nil {
			return err
		}
		now.head, now.size = head, len(j.raw)
	}
	if now != old {
		h.put(id, r, now)
		h.count(r.Target, old.state, to)
	}
	// Only now: until the switch the old chain was the session.
	if changed {
		h.freeChain(old)
	}
	return h.store.Err()
}

// Load copies the user's jar into j, with as many slots as were saved (none, if
// nothing was). It allocates only where j's memory is too small.
func (h *Shard) Load(id ID, j *Jar) {
	w := unpack(atomic.LoadUint64(&h.At(id).word))
	j.raw = j.raw[:0]
	for at, left := w.head, w.size; left > 0; {
		b := h.block(at)
		n := min(left, payload)
		j.raw = append(j.raw, b.data[:n]...)
		at, left = b.next, left-n
	}
	if err := j.decode(); err != nil {
		// Only a stray write into the mapping can do that: the user has no
		// session that could be used.
		j.Reset(0)
	}
}

// write puts raw into a new chain.
func (h *Shard) write(raw []byte) (uint32, error) {
	head, err := h.takeChain(blocksFor(len(raw)))
	if err != nil {
		return 0, err
	}
	for at := head; len(raw) > 0; {
		b := h.block(at)
		raw = raw[copy(b.data[:], raw):]
		if h.store.back.through() {
			mem := unsafe.Slice((*byte)(unsafe.Pointer(b)), blockBytes)
			h.store.fail(h.store.back.write(h.blocks.offset(at), mem))
		}
		at = b.next
	}
	return head, nil
}

// holds tells whether the chain of w is exactly raw.
func (h *Shard) holds(w word, raw []byte) bool {
	if w.size != len(raw) {
		return false
	}
	for at := w.head; len(raw) > 0; {
		b := h.block(at)
		n := min(len(raw), payload)
		if !bytes.Equal(b.data[:n], raw[:n]) {
			return false
		}
		at, raw = b.next, raw[n:]
	}
	return true
}
