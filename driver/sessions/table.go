package sessions

import (
	"sync/atomic"
	"unsafe"
)

// table is a growing array of fixed-size items of one shard, spread over
// segments. Items never move. Reading is free of locks; growing belongs to the
// holder of the shard's mutex.
type table struct {
	kind  kind
	shift uint // log2 of the items in a segment
	unit  int64
	parts atomic.Pointer[[]part]

	used     atomic.Uint32 // items ever handed out, so far
	reserved uint32        // items that disk space is claimed for
}

// part is one segment of a table.
type part struct {
	base unsafe.Pointer
	at   int64 // offset in the file
}

func (t *table) init(k kind, unit int64) {
	t.kind, t.unit = k, unit
	for int64(1)<<t.shift*unit < segmentBytes {
		t.shift++
	}
	t.parts.Store(new([]part))
}

// item returns the memory of item i, which must have been handed out.
func (t *table) item(i uint32) unsafe.Pointer {
	p := &(*t.parts.Load())[i>>t.shift]
	return unsafe.Add(p.base, int64(i&(1<<t.shift-1))*t.unit)
}

// offset returns where item i lies in the file.
func (t *table) offset(i uint32) int64 {
	p := &(*t.parts.Load())[i>>t.shift]
	return p.at + int64(i&(1<<t.shift-1))*t.unit
}

// extend makes sure that n more items can be handed out.
func (t *table) extend(s *Store, shard int, n uint32) error {
	for uint64(t.used.Load())+uint64(n) > uint64(t.reserved) {
		parts := *t.parts.Load()
		if int(t.reserved>>t.shift) == len(parts) {
			p, err := s.addSegment(place{kind: t.kind, shard: shard, index: len(parts)})
			if err != nil {
				return err
			}
			// A copy: readers of the old slice are not disturbed.
			grown := append(parts[:len(parts):len(parts)], p)
			t.parts.Store(&grown)
		}
		if err := s.back.reserve(t.offset(t.reserved), reserveBytes); err != nil {
			return err
		}
		t.reserved += uint32(reserveBytes / t.unit)
	}
	return nil
}
