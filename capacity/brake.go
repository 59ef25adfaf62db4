package capacity

import (
	"sync"
	"time"

	"authsoak/results"
)

// brake stops a step that overloads the server before it is judged at all: what
// piles up then takes as long to drain, and a login that times out leaves a
// session that nobody can log out.
type brake struct {
	most   time.Duration // p99 of the steps in a second
	pulled chan struct{}
	once   sync.Once
	own    bool // pulled for overload, not because somebody asked
	done   chan struct{}
	waits  sync.WaitGroup
}

// newBrake is pulled when stop is closed, or by what it sees.
func newBrake(stop <-chan struct{}, most time.Duration) *brake {
	b := &brake{most: most, pulled: make(chan struct{}), done: make(chan struct{})}
	b.waits.Go(func() {
		select {
		case <-stop:
			b.once.Do(func() { close(b.pulled) })
		case <-b.done:
		}
	})
	return b
}

// look pulls the brake where a second of the settling was unbearable.
func (b *brake) look(now results.Snapshot) {
	if now.Phase != results.Warmup {
		return
	}
	for _, t := range now.Targets {
		if t.P99 > b.most {
			b.once.Do(func() {
				b.own = true
				close(b.pulled)
			})
		}
	}
}

// release ends the watch and tells whether overload has pulled the brake.
func (b *brake) release() bool {
	close(b.done)
	b.waits.Wait()
	return b.own
}

const (
	// unbearable is how many times the loosest limit on times is too much while a
	// load settles.
	unbearable = 10
	// ofTimeout is the part of a request's timeout that is too much in any case.
	ofTimeout = 3
)

// unbearable is the time that steps must not take while a load settles.
func (r *runner) unbearable() time.Duration {
	most := r.Driver.Plan.Timeout / ofTimeout
	var loosest float64
	for _, e := range r.Objectives {
		if e.Func.OfTime() && e.Unit.OfTime() && e.Upper() {
			loosest = max(loosest, e.Value*e.Unit.Base())
		}
	}
	if loosest > 0 {
		most = min(most, time.Duration(unbearable*loosest*1e9))
	}
	return most
}
