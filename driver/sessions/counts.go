package sessions

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// Counts is the ledger in numbers. Opened, Closed, Expired and EverAbandoned are
// totals since the start, the rest is how many there are now.
type Counts struct {
	Opened  int64 // logins confirmed
	Closed  int64 // logouts confirmed
	Expired int64 // ended without a logout of ours

	Live           int64 // those whose logout is on its way too
	Abandoned      int64 // left open on purpose, and not closed since
	PossiblyOpen   int64 // logins whose answer never came, not part of Opened
	PossiblyClosed int64 // logouts whose answer never came
	Opening        int64 // logins on their way, not part of Opened

	EverAbandoned int64 // left open on purpose, those closed since too
	PeakLive      int64 // the most that were live at once
}

// Balanced tells whether every session that was opened is accounted for. Counts
// taken while logins and logouts are under way may be off by those.
func (c Counts) Balanced() bool {
	return c.Opened == c.Closed+c.Expired+c.Abandoned+c.Live+c.PossiblyClosed
}

// tally is the counts of one shard and target. It fills cache lines of its own,
// so that shards don't disturb each other.
type tally struct {
	opened, closed, expired, everAbandoned atomic.Int64
	now                                    [states]atomic.Int64
	_                                      [32]byte
}

// gauge follows the live sessions of all shards, since a peak of a sum can't be
// had from its parts.
type gauge struct {
	live, peak atomic.Int64
	_          [48]byte
}

func (g *gauge) add(n int64) {
	live := g.live.Add(n)
	for n > 0 {
		peak := g.peak.Load()
		if live <= peak || g.peak.CompareAndSwap(peak, live) {
			return
		}
	}
}

func (h *Shard) tally(target uint8) *tally {
	p := &h.tallies[target]
	if t := p.Load(); t != nil {
		return t
	}
	p.CompareAndSwap(nil, new(tally))
	return p.Load()
}

// count enters a change of state, by the rules of [Shard.SetState].
func (h *Shard) count(target uint8, from, to State) {
	t := h.tally(target)
	switch {
	case to == Closed && from.MayBeOpen():
		if !from.opened() {
			t.opened.Add(1)
		}
		t.closed.Add(1)
	case to.opened() && !from.opened():
		t.opened.Add(1)
	case from.opened() && !to.opened() && to != Closed:
		t.expired.Add(1)
	}
	was, is := settle(from), settle(to)
	if was == is {
		return
	}
	t.now[was].Add(-1)
	t.now[is].Add(1)
	if is == Abandoned {
		t.everAbandoned.Add(1)
	}
	if live := liveIn(is) - liveIn(was); live != 0 {
		h.store.gauges[target].add(live)
		h.store.total.add(live)
	}
}

func liveIn(s State) int64 {
	if s == Live || s == Closing {
		return 1
	}
	return 0
}

// Counts sums up all shards and targets.
func (s *Store) Counts() Counts {
	var c Counts
	for target := range 256 {
		s.addTo(&c, uint8(target))
	}
	c.PeakLive = s.total.peak.Load()
	return c
}

// CountsOf sums up all shards for one target.
func (s *Store) CountsOf(target uint8) Counts {
	var c Counts
	s.addTo(&c, target)
	c.PeakLive = s.gauges[target].peak.Load()
	return c
}

func (s *Store) addTo(c *Counts, target uint8) {
	for i := range s.shards {
		t := s.shards[i].tallies[target].Load()
		if t == nil {
			continue
		}
		c.Opened += t.opened.Load()
		c.Closed += t.closed.Load()
		c.Expired += t.expired.Load()
		c.EverAbandoned += t.everAbandoned.Load()
		c.Live += t.now[Live].Load() + t.now[Closing].Load()
		c.Abandoned += t.now[Abandoned].Load()
		c.PossiblyOpen += t.now[PossiblyOpen].Load()
		c.PossiblyClosed += t.now[PossiblyClosed].Load()
		c.Opening += t.now[Opening].Load()
	}
}

// Check tells whether the ledger balances for every target, and whether the
// running counts are what the records say. Nothing may change meanwhile.
func (s *Store) Check() error {
	var seen [256][states]int64
	for i := range s.shards {
		s.shards[i].Each(func(_ ID, r *Record) bool {
			seen[r.Target][r.State()]++
			return true
		})
	}
	var errs []error
	for target := range seen {
		c, n := s.CountsOf(uint8(target)), &seen[target]
		want := Counts{
			Opened: c.Opened, Closed: c.Closed, Expired: c.Expired,
			Live: n[Live] + n[Closing], Abandoned: n[Abandoned],
			PossiblyOpen: n[PossiblyOpen], PossiblyClosed: n[PossiblyClosed], Opening: n[Opening],
			EverAbandoned: c.EverAbandoned, PeakLive: c.PeakLive,
		}
		if c != want {
			errs = append(errs, fmt.Errorf("target %d: counts %+v, records say %+v", target, c, want))
		}
		if !c.Balanced() {
			errs = append(errs, fmt.Errorf("target %d: ledger doesn't balance: %+v", target, c))
		}
	}
	return errors.Join(errs...)
}
