package driver

import (
	"context"
	"errors"
	"syscall"
	"time"
)

// What a run leaves outlives its process by itself, and the machine only once it is
// on the disk. Nobody in the load waits for that.
const (
	// syncEvery is how much of a long run is lost, about, if the power goes.
	syncEvery = 10 * time.Second
	// syncShare is the part of the time that the disk may be kept busy.
	syncShare = 0.05
	// worthSyncing is the length from which on a run is worth going on with.
	worthSyncing = 5 * time.Minute
)

// keepSafe brings intervals, times and ledger of a long run to the disk every now
// and then. A disk that fails ends the run: it would not keep the rest either.
func (r *run) keepSafe(ctx context.Context) error {
	if r.plan.Duration < worthSyncing { // Forever is long
		return nil
	}
	if err := keepSyncing(ctx, func() error { return errors.Join(r.records.Sync(), r.store.Sync()) }); err != nil {
		r.abort(err)
	}
	return nil
}

// keepSyncing calls sync until ctx ends or it fails: after ten seconds each time, or
// later where the disk is slow. A file system that knows of no such thing is left
// in peace.
func keepSyncing(ctx context.Context, sync func() error) error {
	wait := syncEvery
	for {
		if !sleepUntil(ctx, wait) {
			return nil
		}
		began := time.Now()
		err := sync()
		switch {
		case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.EINVAL):
			return nil
		case err != nil:
			return err
		}
		wait = max(syncEvery, time.Duration(float64(time.Since(began))/syncShare))
	}
}
