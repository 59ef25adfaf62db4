package sessions

import (
	"sync/atomic"
	"unsafe"
)

// ID names a record within its [Shard], from 0 upwards. A released ID is given
// out again.
type ID uint32

// State says what a record knows of its user's session.
type State uint8

// The states. The numbers stand in ledger files, so they are never reordered.
const (
	Free           State = iota // no user
	Idle                        // a user without a session
	Opening                     // a login is on its way: the session is possibly open
	Live                        // the login was confirmed
	Closing                     // a logout is on its way: counts as live until its answer
	Abandoned                   // left open on purpose
	PossiblyOpen                // the login's answer never came
	PossiblyClosed              // the logout's answer never came
	states

	// Closed and Expired are ends, for [Shard.SetState]: a confirmed logout, and
	// a session that ended without one. The record is Idle afterwards.
	Closed  State = 254
	Expired State = 255
)

var stateNames = [states]string{
	"free", "idle", "opening", "live", "closing", "abandoned", "possibly-open", "possibly-closed",
}

// String returns the state's name as it stands in messages.
func (s State) String() string {
	switch {
	case s < states:
		return stateNames[s]
	case s == Closed:
		return "closed"
	case s == Expired:
		return "expired"
	}
	return "unknown"
}

// opened tells whether a session in this state was confirmed open and its end
// was not.
func (s State) opened() bool {
	return s == Live || s == Closing || s == Abandoned || s == PossiblyClosed
}

// MayBeOpen tells whether the server may hold a session for this state, so that
// somebody has to log it out.
func (s State) MayBeOpen() bool { return s >= Opening && s < states }

// Record is one virtual user. It lies in the store's mapping and never moves. It
// belongs to whoever holds its ID at the moment; nothing in it is locked. Times
// are nanoseconds since the run's epoch. The fields are the caller's, but Target
// must stay as it is while the record's state is not [Idle], since counts are
// kept by target.
type Record struct {
	Due        int64  // next intended start
	CycleStart int64  // intended start of the cycle
	Opened     int64  // end of the login
	LastUsed   int64  // last answer that showed the session alive
	Cycle      uint64 // arrival number, or the user's own count of cycles

	// word is the jar's first block (32 bits), the jar's size (24 bits) and the
	// state (8 bits): one store switches all three, so that a kill leaves the
	// old or the new, never a mixture.
	word uint64

	Account  uint32
	Calls    uint16 // calls left in the cycle
	Identity uint16 // client certificate, 0 for none
	Target   uint8
	Flags    uint8 // the driver's own
	Aux16    uint16
	Aux32    uint32 // Aux16 and Aux32 are the driver's own, like Flags
}

const (
	recordBytes = int64(unsafe.Sizeof(Record{}))
	blockBytes  = int64(unsafe.Sizeof(block{}))
)

// A record of another size would change the file format.
var _ [64]byte = [unsafe.Sizeof(Record{})]byte{}
var _ [128]byte = [unsafe.Sizeof(block{})]byte{}

// State returns the record's state. It may be called from anywhere.
func (r *Record) State() State { return unpack(atomic.LoadUint64(&r.word)).state }

// JarBytes is what the user's jar takes in the store, 0 for none.
func (r *Record) JarBytes() int { return unpack(atomic.LoadUint64(&r.word)).size }

// reset zeroes everything but the word, which others may be reading.
func (r *Record) reset() {
	r.Due, r.CycleStart, r.Opened, r.LastUsed, r.Cycle = 0, 0, 0, 0, 0
	r.Account, r.Calls, r.Identity, r.Target, r.Flags = 0, 0, 0, 0, 0
	r.Aux16, r.Aux32 = 0, 0
}

// word is the unpacked form of [Record.word]. In a free record, head is the next
// free one plus 1.
type word struct {
	head  uint32
	size  int
	state State
}

func unpack(w uint64) word {
	return word{head: uint32(w), size: int(w >> 32 & 0xffffff), state: State(w >> 56)}
}

func (w word) pack() uint64 {
	return uint64(w.head) | uint64(w.size)<<32 | uint64(w.state)<<56
}

// payload is what a block holds of a jar.
const payload = 124

// block is a piece of a jar, or free. Block 0 is never used: 0 ends a chain.
type block struct {
	next uint32
	data [payload]byte
}
