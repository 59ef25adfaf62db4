package driver

import (
	"time"

	"authsoak/results"
	"authsoak/scenario"
)

// lease gets the user an account, or does what the target says of a cycle that
// finds none.
func (w *worker) lease(t *target) bool {
	if w.record.Flags&leased != 0 { // handed over in the line
		w.takeAccount(t)
		return true
	}
	waits := t.Exhausted != scenario.DropCycle && t.Exhausted != scenario.StopRun
	i, ok := t.line.lease(t, waiter{w.shard, w.user}, waits)
	switch {
	case ok:
		w.record.Account = i
		w.record.Flags |= leased
		w.takeAccount(t)
	case t.Exhausted == scenario.StopRun:
		w.shard.run.fail("accounts of target " + t.Name + " ran out: give more, or set accounts.exhausted to wait or drop")
		w.dropOrRetry(t)
	case !waits:
		w.dropOrRetry(t)
	}
	return ok
}

// dropOrRetry drops an arrival; a user of the other models tries again later,
// since it is to stay.
func (w *worker) dropOrRetry(t *target) {
	if w.shard.run.open {
		w.drop(t)
		return
	}
	w.count(int(w.record.Target), results.CyclesPlanned)
	w.count(int(w.record.Target), results.CyclesDropped)
	w.record.Due = w.clock + int64(time.Second)
	w.shard.plan(w.user, w.record.Due, false)
}

func (w *worker) takeAccount(t *target) {
	i := int(w.record.Account)
	w.values.Account = t.Accounts.Fields(i, t.Columns, &w.account)
	w.identity = t.identityOf(i)
}

func (w *worker) returnAccount(t *target) {
	w.record.Flags &^= leased
	t.line.comeBack(t, w.record.Account)
}
