package results

import "time"

// breath lets the load run between two pieces of a tick's work. In one go, that
// work is milliseconds in which nothing starts in time where there is one
// processor. To give way is to sleep: a goroutine that only yields is found
// again before the poller is asked who is due.
type breath struct {
	last time.Time
	left time.Duration // of this tick's time for breath
}

const (
	breathAfter = 100 * time.Microsecond
	// mostBreath is what a tick gives away at most. Where the load wants all of
	// the processor it is never idle, and has no start that could be late.
	mostBreath = 200 * time.Millisecond
)

func (b *breath) begin() { b.last, b.left = time.Now(), mostBreath }

func (b *breath) take() {
	now := time.Now()
	if b.left <= 0 || now.Sub(b.last) < breathAfter {
		return
	}
	time.Sleep(time.Microsecond)
	b.last = time.Now()
	b.left -= b.last.Sub(now)
}

// atOnce is for those who have nobody to give way to.
func atOnce() {}
