package driver

import (
	"errors"
	"runtime"
	"sync/atomic"

	"authsoak/accounts"
	"authsoak/driver/exchange"
	"authsoak/driver/sessions"
	"authsoak/profiles"
	"authsoak/results"
)

// worker is one goroutine that performs the steps of whichever user is due. It
// owns the memory a step needs, so that a waiting user needs none.
type worker struct {
	shard    *shard
	recorder *results.Recorder
	wake     chan struct{} // one place: a call is never lost

	// The user at hand.
	user     sessions.ID
	record   *sessions.Record
	jar      sessions.Jar
	old      sessions.Jar // of a session being replayed
	values   profiles.Values
	identity int
	phase    results.Phase
	clock    int64 // the last reading, ns since the epoch
	sentAt   int64 // when the request at hand left
	over     bool  // logging in over the session in the jar
	changed  bool  // the jar holds values that the store does not

	account accounts.Scratch
	wire    []byte
	scratch []byte
	req     exchange.Request // here rather than on the stack, which it would leave
	answer  exchange.Answer
	reason  string // of the last outcome that was not ok

	held *connection // kept between steps of the same worker

	// deadline and inFlight hand a running exchange to the watchdog: the worker
	// stores the connection, then the deadline; whoever swaps the deadline away
	// owns the connection.
	deadline atomic.Int64
	inFlight exchange.Conn
}

// States of a worker's deadline other than an instant.
const (
	noDeadline int64 = 0
	aborting   int64 = -1
	aborted    int64 = -2
)

func newWorker(s *shard) *worker {
	return &worker{shard: s, recorder: s.recorder, wake: make(chan struct{}, 1)}
}

func (w *worker) now() int64 {
	w.clock = w.shard.pacer.Now()
	return w.clock
}

func (w *worker) count(target int, c results.Counter) {
	w.recorder.Count(w.phase, target, c, 1)
}

// rest gives back what an idle worker has no use for.
func (w *worker) rest() {
	w.answer.Reset()
	if conn := w.held; conn != nil {
		w.held = nil
		w.giveBack(conn)
	}
}

// errCut ends what would have been sent after the run was cut short.
var errCut = &exchange.Error{Class: results.Timeout, Err: errors.New("the run was cut short")}

// exchangeOn does one exchange under the watchdog.
func (w *worker) exchangeOn(conn *connection, req *exchange.Request) error {
	w.inFlight = conn.Conn
	w.deadline.Store(w.clock + int64(w.shard.run.plan.Timeout))
	var err error = errCut
	if !w.shard.run.cut.Load() {
		err = conn.Do(req, &w.answer)
	}
	switch w.deadline.Swap(noDeadline) {
	default:
		return err
	case aborting: // wait until the watchdog lets go of the connection
		for w.deadline.Load() != aborted {
			runtime.Gosched()
		}
		w.deadline.Store(noDeadline)
	case aborted:
	}
	w.answer.Close = true
	return err
}
