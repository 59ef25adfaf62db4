package simulator

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// family is a product.
type family uint8

const (
	octane family = iota
	alm
	space
	lre
	acme
	families
)

// state is what has become of a session.
type state uint8

const (
	unknown state = iota // never was, or so long ago that its record is another's
	live
	loggedOut
	idleExpired
	lifeExpired
)

// record is one session. It holds no pointer, so that a million of them cost
// the garbage collector nothing. Times are nanoseconds since the server began.
type record struct {
	account accountID
	opened  int64 // the login
	touched int64 // the last use that counts
	idle    int64 // idle limit
	until   int64 // absolute deadline
	serial  uint32
	next    uint32 // free list
	parent  uint32 // application sessions: index of the token's record,
	born    uint32 // and that record's serial; zero for all others
	kind    uint32 // client type or version
	family  family
	state   state
	flags   uint8
}

const (
	flagCSRF    uint8 = 1 << iota // asked for an anti-forgery token
	flagHadApp                    // an application session was opened
	flagDeleted                   // it was deleted on purpose
	flagStruck                    // a mutant's defect is this session's
	flagLeaving                   // a logout was answered; until is when it acts
	flagRevived                   // it was logged out and lives again
)

const never = math.MaxInt64

// ref names a session for good: a slot and which of its tenants.
type ref struct{ index, serial uint32 }

const (
	shardBits = 5
	shards    = 1 << shardBits
	chunkBits = 9
	chunkSize = 1 << chunkBits
	// spare is how many ended records a shard keeps before it fills them
	// anew, so that a session that just ended is still known as ended.
	spare = 64
)

// store holds the sessions of all products. Safe for concurrent use.
type store struct {
	policy *policy
	reaper int64
	limit  int64
	// ended, when set, hears of every session that ends; called with the
	// session's shard locked.
	ended  func(*record)
	turn   atomic.Uint32
	swept  atomic.Int64 // when a full store was swept last
	live   atomic.Int64
	peak   atomic.Int64
	counts [families]familyCounts
	shards [shards]shard
}

// familyCounts are the counters of one product.
type familyCounts struct {
	requests, opened, refused, loggedOut, expired, live, peak atomic.Int64
}

// shard is one lock's worth of records: chunks never move, so that growing
// copies nothing.
type shard struct {
	mu     sync.Mutex
	chunks []*[chunkSize]record
	used   uint32 // slots ever handed out
	first  uint32 // free list, oldest first: slot+1, zero for none
	last   uint32
	free   int
	_      [64]byte
}

func newStore(p *policy, reaper time.Duration, limit int) *store {
	return &store{policy: p, reaper: int64(reaper), limit: int64(limit)}
}

// shardOf is the shard that a session's index names.
func (st *store) shardOf(index uint32) *shard { return &st.shards[index&(shards-1)] }

// at is the record of an index, nil where none ever was; the shard is locked.
func (sh *shard) at(index uint32) *record {
	slot := index >> shardBits
	if slot >= sh.used {
		return nil
	}
	return &sh.chunks[slot>>chunkBits][slot&(chunkSize-1)]
}

// open keeps a new session and returns its name; false when the server holds
// all it may.
func (st *store) open(rec record) (ref, bool) {
	if !st.admit() {
		return ref{}, false
	}
	number := st.turn.Add(1) & (shards - 1)
	sh := &st.shards[number]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return st.place(sh, number, rec), true
}

// admit counts one more live session where there is room for it: of two logins at
// once only one gets the last place.
func (st *store) admit() bool {
	for {
		n := st.live.Load()
		if n >= st.limit {
			return false
		}
		if st.live.CompareAndSwap(n, n+1) {
			raise(&st.peak, n+1)
			return true
		}
	}
}

// place puts a record into a locked shard. Unless another session bears it, it has
// been admitted.
func (st *store) place(sh *shard, number uint32, rec record) ref {
	slot := sh.take()
	place := &sh.chunks[slot>>chunkBits][slot&(chunkSize-1)]
	rec.serial = place.serial + 1
	rec.state = live
	if rec.born == 0 {
		if d := st.policy.defect; d != nil && d.strikesSession(rec.account) {
			rec.flags |= flagStruck
		}
		st.count(rec.family)
	}
	*place = rec
	return ref{slot<<shardBits | number, rec.serial}
}

// take finds a slot: the record that ended longest ago when there are spare
// ones, else a new one.
func (sh *shard) take() uint32 {
	if sh.free > spare {
		slot := sh.first - 1
		sh.first = sh.chunks[slot>>chunkBits][slot&(chunkSize-1)].next
		sh.free--
		return slot
	}
	slot := sh.used
	if slot>>chunkBits == uint32(len(sh.chunks)) {
		sh.chunks = append(sh.chunks, new([chunkSize]record))
	}
	sh.used++
	return slot
}

// count notes one more live session of a product.
func (st *store) count(f family) {
	c := &st.counts[f]
	c.opened.Add(1)
	raise(&c.peak, c.live.Add(1))
}

// raise lifts a high-water mark.
func raise(mark *atomic.Int64, to int64) {
	for {
		old := mark.Load()
		if to <= old || mark.CompareAndSwap(old, to) {
			return
		}
	}
}

// use looks a session up and, if it lives and touch is set, restarts its idle
// clock. It returns a copy of the record and what has become of the session.
func (st *store) use(id ref, f family, now int64, touch bool) (record, state) {
	sh := st.shardOf(id.index)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	rec, is := st.find(sh, id, f, now)
	if rec == nil {
		return record{}, unknown
	}
	if is == live && touch {
		st.touch(rec, now)
	}
	return *rec, is
}

// find is the record of a session and its state now, settling an expiry that
// nobody had noticed; the shard is locked. The record is nil when unknown.
func (st *store) find(sh *shard, id ref, f family, now int64) (*record, state) {
	rec := sh.at(id.index)
	if rec == nil || rec.serial != id.serial || rec.family != f {
		return nil, unknown
	}
	if rec.state == live {
		if is := st.clocks(rec, now); is != live {
			st.finish(sh, id.index, rec, is)
		}
	}
	if rec.state != live && !st.policy.holds(rec, deadRefused, rec.flags&flagRevived == 0) {
		return rec, live
	}
	return rec, rec.state
}

// clocks reads both clocks of a live session.
func (st *store) clocks(rec *record, now int64) state {
	if st.policy.holds(rec, lifeOver, now >= st.lifeEnd(rec)) {
		if rec.flags&flagLeaving != 0 {
			return loggedOut
		}
		return lifeExpired
	}
	if st.policy.holds(rec, idleOver, now >= st.idleEnd(rec, rec.touched)) {
		return idleExpired
	}
	return live
}

// lifeEnd is when the absolute clock of a session runs out.
func (st *store) lifeEnd(rec *record) int64 {
	if rec.until == never || rec.flags&flagLeaving != 0 {
		return rec.until
	}
	if d := st.policy.defect; d != nil && d.ends != nil && rec.flags&flagStruck != 0 {
		return d.ends(lifeOver, rec.opened, rec.until-rec.opened)
	}
	return st.due(rec.until)
}

// idleEnd is when the idle clock of a session runs out that was used last, or
// whose cookie was made, at since.
func (st *store) idleEnd(rec *record, since int64) int64 {
	if d := st.policy.defect; d != nil && d.ends != nil && rec.flags&flagStruck != 0 {
		return d.ends(idleOver, since, rec.idle)
	}
	return st.due(since + rec.idle)
}

// due is when a deadline takes effect: at once, or at the reaper's next pass.
func (st *store) due(deadline int64) int64 {
	if st.reaper == 0 || deadline > never-st.reaper {
		return deadline
	}
	return (deadline + st.reaper - 1) / st.reaper * st.reaper
}

// touch restarts the idle clock of a session in a locked shard.
func (st *store) touch(rec *record, now int64) {
	if now > rec.touched && st.policy.holds(rec, useRenews, true) {
		rec.touched = now
	}
}

// end logs a session out. It returns what the session was before.
func (st *store) end(id ref, f family, now int64) state {
	sh := st.shardOf(id.index)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	rec, is := st.find(sh, id, f, now)
	if is == live {
		st.logout(sh, id.index, rec)
	}
	return is
}

// logout ends a session of a locked shard by its user's wish.
func (st *store) logout(sh *shard, index uint32, rec *record) {
	rec.flags &^= flagRevived
	if rec.state == live && st.policy.holds(rec, logoutEnds, true) {
		st.finish(sh, index, rec, loggedOut)
	}
}

// finish ends a live session and gives its slot back; the record stays
// readable until the slot is taken again.
func (st *store) finish(sh *shard, index uint32, rec *record, why state) {
	rec.state = why
	slot := index>>shardBits + 1
	rec.next = 0
	if sh.free == 0 {
		sh.first = slot
	} else {
		prev := sh.last - 1
		sh.chunks[prev>>chunkBits][prev&(chunkSize-1)].next = slot
	}
	sh.last = slot
	sh.free++
	if rec.born != 0 {
		return
	}
	c := &st.counts[rec.family]
	c.live.Add(-1)
	st.live.Add(-1)
	if why == loggedOut {
		c.loggedOut.Add(1)
	} else {
		c.expired.Add(1)
	}
	if st.ended != nil {
		st.ended(rec)
	}
}

// sweep ends every session whose time is over, a chunk at a time, so that no
// request waits long for a lock.
func (st *store) sweep(now int64) {
	for i := range st.shards {
		sh := &st.shards[i]
		for chunk := 0; st.sweepChunk(sh, uint32(i), chunk, now); chunk++ {
		}
	}
}

// sweepFull sweeps a store that is full, at most once a second.
func (st *store) sweepFull(now int64) {
	if last := st.swept.Load(); now-last >= int64(time.Second) && st.swept.CompareAndSwap(last, now) {
		st.sweep(now)
	}
}

// sweepChunk sweeps one chunk of a shard; false when there is none.
func (st *store) sweepChunk(sh *shard, number uint32, chunk int, now int64) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if chunk >= len(sh.chunks) {
		return false
	}
	for i := range sh.chunks[chunk] {
		rec := &sh.chunks[chunk][i]
		if rec.state != live {
			continue
		}
		index := (uint32(chunk)<<chunkBits|uint32(i))<<shardBits | number
		if is := st.clocks(rec, now); is != live {
			st.finish(sh, index, rec, is)
		} else if rec.born != 0 && st.orphan(sh, rec) {
			st.finish(sh, index, rec, idleExpired)
		}
	}
	return true
}

// orphan tells whether an application session's token has ended.
func (st *store) orphan(sh *shard, rec *record) bool {
	parent := sh.at(rec.parent)
	return parent == nil || parent.serial != rec.born || parent.state != live
}

// each calls visit with up to limit live sessions of a product; visit must not
// use the store.
func (st *store) each(f family, limit int, now int64, visit func(ref, *record)) {
	for i := range st.shards {
		sh := &st.shards[i]
		sh.mu.Lock()
		for slot := uint32(0); slot < sh.used && limit > 0; slot++ {
			rec := &sh.chunks[slot>>chunkBits][slot&(chunkSize-1)]
			if rec.state == live && rec.family == f && rec.born == 0 && st.clocks(rec, now) == live && st.policy.holds(rec, sessionListed, true) {
				visit(ref{slot<<shardBits | uint32(i), rec.serial}, rec)
				limit--
			}
		}
		sh.mu.Unlock()
	}
}
