package sessions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"
	"unsafe"
)

// ErrNotLedger says that a file is no ledger, or one of another version or
// machine.
var ErrNotLedger = errors.New("not a ledger")

// Ledger is what a run left behind, whole or not. Whatever the file holds, it
// can be read without a panic; what can't be trusted shows as [Entry.Err].
type Ledger struct {
	file   ledgerFile
	size   int64
	runID  string
	epoch  time.Time
	shards []ledgerShard
	cache  pageCache
}

// ledgerFile is the part of an os.File that a ledger needs.
type ledgerFile interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
}

// ledgerShard lists the segments of a shard: their offsets, in order, 0 for one
// that the directory doesn't name.
type ledgerShard struct{ records, blocks []int64 }

// Entry is one session that may still be open, and belongs to whoever was handed
// it.
type Entry struct {
	Shard int
	ID    ID
	// Record is a copy. Its times count from [Ledger.Epoch].
	Record Record
	State  State
	// Jar holds nothing if Err is set, or if the kill came before the login's
	// answer.
	Jar Jar
	// Err says why the jar can't be trusted.
	Err error

	at int64 // the record's offset in the file
}

// Open reads the ledger at path. It refuses with [ErrInUse] while the run that
// writes it lives, and keeps other openers out until Close.
func Open(path string) (*Ledger, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l, err := openLocked(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ledger %s: %w", path, err), f.Close())
	}
	return l, nil
}

func openLocked(f *os.File) (*Ledger, error) {
	if err := lockFile(f); err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return newLedger(f, info.Size())
}

func newLedger(f ledgerFile, size int64) (*Ledger, error) {
	h := make([]byte, headerBytes)
	n, err := f.ReadAt(h, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if n < offDirectory {
		return nil, fmt.Errorf("%w: only %d bytes of a header", ErrNotLedger, n)
	}
	l := &Ledger{file: f, size: size}
	if err := l.readHeader(h[:offDirectory]); err != nil {
		return nil, err
	}
	l.readDirectory(h[offDirectory:n])
	l.cache.init(f)
	return l, nil
}

func (l *Ledger) readHeader(h []byte) error {
	order := binary.NativeEndian
	if string(h[:len(magic)]) != magic {
		return ErrNotLedger
	}
	if order.Uint32(h[offByteOrder:]) != byteOrder {
		return fmt.Errorf("%w of this machine: other byte order", ErrNotLedger)
	}
	if v := order.Uint32(h[offVersion:]); v != version {
		return fmt.Errorf("%w of this program: version %d, not %d", ErrNotLedger, v, version)
	}
	n := order.Uint32(h[offShards:])
	if err := checkShards(int(n)); err != nil {
		return fmt.Errorf("%w: %w", ErrNotLedger, err)
	}
	l.shards = make([]ledgerShard, n)
	run := min(order.Uint32(h[offRunLen:]), maxRun)
	l.runID = string(h[offRun : offRun+run])
	l.epoch = time.Unix(0, int64(order.Uint64(h[offEpoch:])))
	return nil
}

// readDirectory enters the segments that make sense and lie in the file at least
// in part. Two that claim one place are a sign of damage: the first stays.
func (l *Ledger) readDirectory(dir []byte) {
	for n := 0; 8*n+8 <= len(dir); n++ {
		p := unpackPlace(binary.NativeEndian.Uint64(dir[8*n:]))
		if p.shard >= len(l.shards) || p.index >= maxSegments || segmentAt(n) >= l.size {
			continue
		}
		list := &l.shards[p.shard].records
		switch p.kind {
		case recordKind:
		case blockKind:
			list = &l.shards[p.shard].blocks
		default:
			continue
		}
		for len(*list) <= p.index {
			*list = append(*list, 0)
		}
		if (*list)[p.index] == 0 {
			(*list)[p.index] = segmentAt(n)
		}
	}
}

// RunID returns the id of the run that wrote the ledger.
func (l *Ledger) RunID() string { return l.runID }

// Epoch returns the instant from which the times in the records count.
func (l *Ledger) Epoch() time.Time { return l.epoch }

// Entries lists every session that may still be open, by shard and ID. A record
// that can't be read ends its segment. It is for one goroutine at a time.
func (l *Ledger) Entries() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		buf := make([]byte, 64<<10)
		for shard := range l.shards {
			for index, at := range l.shards[shard].records {
				if at != 0 && !l.segment(shard, index, at, buf, yield) {
					return
				}
			}
		}
	}
}

// segment yields the entries of one segment of records, and tells whether to go
// on.
func (l *Ledger) segment(shard, index int, at int64, buf []byte, yield func(*Entry) bool) bool {
	for off := int64(0); off < segmentBytes; off += int64(len(buf)) {
		n, err := l.file.ReadAt(buf, at+off)
		for i := 0; i+int(recordBytes) <= n; i += int(recordBytes) {
			e := &Entry{Shard: shard, at: at + off + int64(i)}
			copy(unsafe.Slice((*byte)(unsafe.Pointer(&e.Record)), recordBytes), buf[i:])
			w := unpack(e.Record.word)
			if w.state == Free || w.state == Idle {
				continue
			}
			e.State = w.state
			e.ID = ID((int64(index)*segmentBytes + off + int64(i)) / recordBytes)
			if e.Err = l.load(shard, w, &e.Jar); e.Err != nil {
				e.Jar = Jar{}
			}
			e.Jar.raw = nil // the callee may keep the entry for long
			if !yield(e) {
				return false
			}
		}
		if err != nil {
			return true
		}
	}
	return true
}

// load reads a jar, trusting nothing.
func (l *Ledger) load(shard int, w word, j *Jar) error {
	if !w.state.MayBeOpen() {
		return fmt.Errorf("%w: record in state %d", errJar, w.state)
	}
	if w.size > MaxJar {
		return fmt.Errorf("%w: %d bytes", errJar, w.size)
	}
	blocks := l.shards[shard].blocks
	perSegment := uint32(segmentBytes / blockBytes)
	for at, left := w.head, w.size; left > 0; {
		i := int(at / perSegment)
		if at == 0 || i >= len(blocks) || blocks[i] == 0 {
			return fmt.Errorf("%w: no block %d", errJar, at)
		}
		b, err := l.cache.block(blocks[i] + int64(at%perSegment)*blockBytes)
		if err != nil {
			return fmt.Errorf("%w: block %d: %w", errJar, at, err)
		}
		n := min(left, payload)
		j.raw = append(j.raw, b.data[:n]...)
		at, left = b.next, left-n
	}
	if !j.verify() {
		return fmt.Errorf("%w: checksum", errJar)
	}
	return j.decode()
}

// Mark enters what became of a session, so that a cleanup that is interrupted
// can go on: [Closed], [Expired] and [Idle] take it off the list. It is safe for
// concurrent use on different entries.
func (l *Ledger) Mark(e *Entry, to State) error {
	w := unpack(e.Record.word)
	w.state = settle(to)
	if w.state == Idle {
		w.head, w.size = 0, 0
	}
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], w.pack())
	if _, err := l.file.WriteAt(b[:], e.at+int64(unsafe.Offsetof(e.Record.word))); err != nil {
		return err
	}
	e.Record.word, e.State = w.pack(), w.state
	return nil
}

// Close leaves the file as it is.
func (l *Ledger) Close() error { return l.file.Close() }

// Remove closes the ledger and deletes the file: no session is left.
func (l *Ledger) Remove() error {
	if f, ok := l.file.(*os.File); ok {
		return closeFile(f, true)
	}
	return l.file.Close()
}

// pageCache reads blocks by the page, since the blocks of a jar often are
// neighbours, in a fixed amount of memory.
type pageCache struct {
	file  io.ReaderAt
	tags  []int64 // offset of the page, plus 1
	pages []byte
	sizes []int
}

const (
	cachePage  = 4 << 10
	cachePages = 2 << 10
)

func (c *pageCache) init(f io.ReaderAt) { c.file = f }

func (c *pageCache) block(at int64) (*block, error) {
	if c.tags == nil {
		c.tags, c.sizes = make([]int64, cachePages), make([]int, cachePages)
		c.pages = make([]byte, cachePage*cachePages)
	}
	start := at &^ (cachePage - 1)
	slot := int(start / cachePage % cachePages)
	page := c.pages[slot*cachePage:][:cachePage]
	if c.tags[slot] != start+1 {
		n, err := c.file.ReadAt(page, start)
		if err != nil && err != io.EOF {
			c.tags[slot] = 0
			return nil, err
		}
		c.tags[slot], c.sizes[slot] = start+1, n
	}
	i := int(at - start)
	if i+int(blockBytes) > c.sizes[slot] {
		return nil, io.ErrUnexpectedEOF
	}
	return (*block)(unsafe.Pointer(&page[i])), nil
}
