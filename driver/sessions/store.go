package sessions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// ErrInUse says that another process holds the ledger: its run still lives, or a
// cleanup is at work on it.
var ErrInUse = errors.New("in use: its run still lives, or another cleanup is at work on it")

// Store holds the virtual users of a run, in shards that share nothing but the
// file. It is safe for concurrent use as its parts say.
type Store struct {
	path   string
	back   backing
	header []byte
	shards []Shard

	mu       sync.Mutex // guards segments
	segments int

	gauges [256]gauge
	total  gauge

	failed atomic.Pointer[error] // first write that failed where there is no mapping
	once   sync.Once
	closed error
}

// Create makes a new ledger at path, with mode 0600, and locks it against other
// processes until [Store.Close]. It refuses a path that exists: what an earlier
// run left there is not lost. An empty path means memory only.
func Create(path string, shards int) (*Store, error) {
	s, err := create(path, shards, openBacking)
	if err != nil && path != "" {
		return nil, fmt.Errorf("ledger %s: %w", path, err)
	}
	return s, err
}

func create(path string, shards int, open func(string) (backing, error)) (*Store, error) {
	if err := checkShards(shards); err != nil {
		return nil, err
	}
	back, err := open(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, back: back, shards: make([]Shard, shards)}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	for i := range s.shards {
		s.shards[i].init(s, i)
	}
	return s, nil
}

// start writes the header. The magic goes last, so that a half-made file isn't
// taken for a ledger.
func (s *Store) start() error {
	if err := s.back.reserve(0, headerBytes); err != nil {
		return err
	}
	h, err := s.back.segment(0, headerBytes)
	if err != nil {
		return err
	}
	s.header = h
	order := binary.NativeEndian
	order.PutUint32(h[offVersion:], version)
	order.PutUint32(h[offByteOrder:], byteOrder)
	order.PutUint32(h[offShards:], uint32(len(s.shards)))
	order.PutUint64(h[offEpoch:], uint64(time.Now().UnixNano()))
	if err := s.back.write(0, h); err != nil {
		return err
	}
	copy(h, magic)
	return s.back.write(0, h[:offDirectory])
}

// Describe writes the run's id and epoch into the ledger, for those who find it
// later. It is called before the first login; without it the epoch is the time
// of [Create] and the id is empty.
func (s *Store) Describe(runID string, epoch time.Time) error {
	if len(runID) > maxRun {
		return fmt.Errorf("run id of %d bytes: must be at most %d", len(runID), maxRun)
	}
	order := binary.NativeEndian
	order.PutUint32(s.header[offRunLen:], 0)
	copy(s.header[offRun:], runID)
	order.PutUint64(s.header[offEpoch:], uint64(epoch.UnixNano()))
	order.PutUint32(s.header[offRunLen:], uint32(len(runID)))
	return s.back.write(0, s.header[:offDirectory])
}

// Shard returns shard i, from 0.
func (s *Store) Shard(i int) *Shard { return &s.shards[i] }

// Shards returns their number.
func (s *Store) Shards() int { return len(s.shards) }

// addSegment extends the file by a segment and enters it in the directory.
func (s *Store) addSegment(p place) (part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.segments == maxSegments {
		return part{}, fmt.Errorf("more than %d MiB of sessions", maxSegments*segmentBytes>>20)
	}
	at := segmentAt(s.segments)
	mem, err := s.back.segment(at, segmentBytes)
	if err != nil {
		return part{}, err
	}
	off := offDirectory + 8*s.segments
	entry := (*uint64)(unsafe.Pointer(&s.header[off]))
	atomic.StoreUint64(entry, p.pack())
	if err := s.back.write(int64(off), s.header[off:off+8]); err != nil {
		return part{}, err
	}
	s.segments++
	return part{base: unsafe.Pointer(&mem[0]), at: at}, nil
}

// fail remembers the first write that went wrong where writes are system calls.
func (s *Store) fail(err error) {
	if err != nil {
		s.failed.CompareAndSwap(nil, &err)
	}
}

// Err returns the first write to the file that went wrong, if any: from then on
// the ledger on disk can't be trusted. It is always nil where the file is mapped.
func (s *Store) Err() error {
	if e := s.failed.Load(); e != nil {
		return fmt.Errorf("ledger %s: %w", s.path, *e)
	}
	return nil
}

// Sync waits until every change made before it is on the disk, so that it outlives
// the machine. It takes as long as the disk does, holds nobody up, and must have
// returned before [Store.Close].
func (s *Store) Sync() error {
	if err := s.back.sync(); err != nil {
		return fmt.Errorf("ledger %s: %w", s.path, err)
	}
	return nil
}

// Close gives the memory back and leaves the file. No record may be touched
// afterwards. Closing again does nothing.
func (s *Store) Close() error { return s.end(false) }

// Remove closes the store and deletes the file: the end of a run that left no
// session open.
func (s *Store) Remove() error { return s.end(true) }

func (s *Store) end(remove bool) error {
	s.once.Do(func() { s.closed = errors.Join(s.Err(), s.back.close(remove)) })
	return s.closed
}
