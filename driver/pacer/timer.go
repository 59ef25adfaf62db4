package pacer

import (
	"sync"
	"time"
)

// NewTimer returns a pacer on Go's own timers, good to about a millisecond on
// an idle process. It lives in the fake time of a synctest bubble if it was made
// there. The epoch should carry a monotonic reading (time.Now, or a time made
// from it by Add), or steps of the wall clock move the schedule.
func NewTimer(epoch time.Time) Pacer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &timerPacer{
		epoch: epoch, timer: t,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

type timerPacer struct {
	epoch time.Time
	timer *time.Timer
	wake  chan struct{} // holds the one Wake not yet seen
	done  chan struct{}
	once  sync.Once
}

func (p *timerPacer) Now() int64 { return int64(time.Since(p.epoch)) }

func (p *timerPacer) WaitUntil(at int64) {
	for {
		now := p.Now()
		if now >= at {
			select {
			case <-p.wake: // the return is what it asked for
			default:
			}
			return
		}
		p.timer.Reset(time.Duration(at - now))
		select {
		case <-p.timer.C:
		case <-p.wake:
			p.timer.Stop()
			return
		case <-p.done:
			p.timer.Stop()
			return
		}
	}
}

func (p *timerPacer) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Close ends a wait in progress, and every later one at once.
func (p *timerPacer) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}
