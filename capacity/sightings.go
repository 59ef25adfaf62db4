package capacity

import (
	"math"
	"time"

	"authsoak/results"
)

// sighting is what a step looked like in one second.
type sighting struct {
	at                               time.Duration // since its load began
	live, inFlight, trouble, dropped int64
	done                             int64 // cycles ended so far
	tainted                          bool  // the generator was the limit
}

// sightings are those of a step, in order.
type sightings struct {
	settling, hold []sighting
	failed, lost   int64 // steps that failed, and arrivals dropped, so far
	idle           bool  // half of the workers and more had nothing to do
	// droppedIdle counts arrivals that were dropped while workers stood idle: no
	// server has done that.
	droppedIdle int64
	most        []int64 // by target: cycles at once
	waited      []bool  // by target: cycles waited for an account
	taint       string  // the first of the settling
}

func (s *sightings) add(now results.Snapshot) {
	v := sighting{at: now.Elapsed, tainted: now.Tainted != ""}
	var failed, dropped int64
	if s.most == nil {
		s.most, s.waited = make([]int64, len(now.Targets)), make([]bool, len(now.Targets))
	}
	for i, t := range now.Targets {
		inFlight := t.CyclesPlanned - t.CyclesDone - t.Dropped
		v.live += t.Sessions.Live
		v.inFlight += inFlight
		v.done += t.CyclesDone
		failed += t.Fail + t.Unknown
		dropped += t.Dropped
		s.most[i] = max(s.most[i], inFlight)
		s.waited[i] = s.waited[i] || t.Waiting > 0
	}
	v.trouble, s.failed = failed-s.failed, failed
	v.dropped, s.lost = dropped-s.lost, dropped
	wasIdle := s.idle || len(s.settling)+len(s.hold) == 0
	if now.Phase != results.Drain { // which begins when the workers go home
		s.idle = 2*now.Busy <= now.Workers
	}
	if wasIdle && s.idle {
		s.droppedIdle += v.dropped
	}
	switch now.Phase {
	case results.Warmup:
		s.settling = append(s.settling, v)
		if s.taint == "" {
			s.taint = now.Tainted
		}
	case results.Hold:
		s.hold = append(s.hold, v)
	}
}

// live is the mean of live sessions over the hold.
func (s *sightings) live() (mean float64) {
	for _, v := range s.hold {
		mean += float64(v.live) / float64(len(s.hold))
	}
	return mean
}

// endedPerS is how many cycles a second ended in the hold; false where it was too
// short to tell.
func (s *sightings) endedPerS() (rate float64, ok bool) {
	n, m := len(s.hold), len(s.settling)
	if n == 0 {
		return 0, false
	}
	var from sighting
	if m > 0 {
		from = s.settling[m-1]
	}
	to := s.hold[n-1]
	length := (to.at - from.at).Seconds()
	return float64(to.done-from.done) / length, length >= 1
}

// growth is how many more cycles are under way at the end of the hold than at its
// beginning.
func (s *sightings) growth() int64 {
	if len(s.hold) < 2 {
		return 0
	}
	return s.hold[len(s.hold)-1].inFlight - s.hold[0].inFlight
}

// plateau is the number of live sessions that a step stood at whenever logins
// failed; 0: there is none. A server that is full shows a plateau, one that is
// slow or broken doesn't.
func (s *sightings) plateau() int64 {
	const least = 3 // seconds
	n, low, high := 0, int64(math.MaxInt64), int64(0)
	for _, v := range s.hold {
		if v.trouble > 0 && v.live > 0 {
			n++
			low, high = min(low, v.live), max(high, v.live)
		}
	}
	if n < least || high-low > max(1, high/50) {
		return 0
	}
	return high
}

// fill is how many sessions a second were opened while the load settled. It lags
// where fewer were live in the end than should have been by then, and more and
// more were: then logins take longer than was thought, and how many sessions the
// server holds isn't told yet.
func (s *sightings) fill(level, perSec float64) (got float64, lags bool) {
	const recent, full, rising = 3, 0.99, 0.01
	n := len(s.settling)
	if n == 0 {
		return 0, false
	}
	last := s.settling[n-1]
	want := math.Min(level, perSec*last.at.Seconds())
	before := sighting{}
	if n > recent {
		before = s.settling[n-1-recent]
	}
	grown := float64(last.live - before.live)
	still := n == 1 || last.live > s.settling[n-2].live // a server that has just become full doesn't
	return float64(last.live) / last.at.Seconds(), float64(last.live) < full*want && grown > rising*want && still
}
