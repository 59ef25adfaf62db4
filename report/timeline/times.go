package timeline

import (
	"iter"
	"math"
	"time"

	"authsoak/results"
)

// Times gathers the histograms of a run: those of the hold as a whole, and exact
// percentiles over time. Point i holds what was logged from i·Width to
// (i+1)·Width seconds after the start of load, all phases together.
type Times struct {
	Width float64
	Hold  map[string]*results.Histogram // by tag, such as octane.login.response
	Over  map[string][]Quantiles        // by tag

	open map[string]*results.Histogram // of the point being filled
	at   int
	last int // index that a time in a broken file is held to
}

// Quantiles are those of one point, in milliseconds. Count 0: there was nothing.
type Quantiles struct {
	Count                    int64
	P50, P90, P99, P999, Max float64
}

// ReadTimes gathers latency.hlog of the shards of one run that took total
// seconds, in at most limit points. Its points are as wide as one histogram in
// the log, or several of them.
func ReadTimes(folders []*results.Folder, starts []time.Time, every, total float64, limit int) (*Times, error) {
	every = math.Max(every, 1)
	t := &Times{
		Width: every * math.Max(1, math.Ceil(total/every/float64(max(limit, 1)))),
		Hold:  map[string]*results.Histogram{}, Over: map[string][]Quantiles{}, open: map[string]*results.Histogram{},
		last: limit,
	}
	shards, stop := line(folders, starts)
	defer stop()
	for {
		h, ok, err := shards.next()
		if err != nil || !ok {
			t.close()
			return t, err
		}
		t.add(h)
	}
}

func (t *Times) add(h results.HistogramInterval) {
	if i := int((h.From + h.To).Seconds() / 2 / t.Width); min(i, t.last) > t.at {
		t.close()
		t.at = min(i, t.last)
	}
	merge(t.open, h)
	if h.Phase == results.Hold {
		merge(t.Hold, h)
	}
}

func merge(into map[string]*results.Histogram, h results.HistogramInterval) {
	all := into[h.Tag]
	if all == nil {
		all = new(results.Histogram)
		into[h.Tag] = all
	}
	all.Merge(h.Times)
}

// close ends the point being filled.
func (t *Times) close() {
	for tag, h := range t.open {
		if h.Count() == 0 {
			continue
		}
		points := t.Over[tag]
		*at(&points, t.at) = quantilesOf(h)
		t.Over[tag] = points
		h.Reset()
	}
}

func quantilesOf(h *results.Histogram) Quantiles {
	all := results.TimesOf(h)
	return Quantiles{Count: h.Count(), P50: all.P50, P90: all.P90, P99: all.P99, P999: all.P999, Max: all.Max}
}

// shardLine yields the histograms of several logs in the order of time.
type shardLine []*source

type source struct {
	pull  func() (results.HistogramInterval, error, bool)
	late  time.Duration
	head  results.HistogramInterval
	err   error
	alive bool
}

func line(folders []*results.Folder, starts []time.Time) (shards shardLine, stop func()) {
	var stops []func()
	first := starts[0]
	for _, s := range starts[1:] {
		if s.Before(first) {
			first = s
		}
	}
	for i, f := range folders {
		pull, stop := iter.Pull2(results.ReadHistograms(f))
		s := &source{pull: pull, late: starts[i].Sub(first)}
		s.advance()
		shards, stops = append(shards, s), append(stops, stop)
	}
	return shards, func() {
		for _, stop := range stops {
			stop()
		}
	}
}

func (s *source) advance() {
	s.head, s.err, s.alive = s.pull()
	s.head.From += s.late
	s.head.To += s.late
}

func (shards shardLine) next() (h results.HistogramInterval, ok bool, err error) {
	var first *source
	for _, s := range shards {
		switch {
		case s.err != nil:
			return h, false, s.err
		case s.alive && (first == nil || s.head.To < first.head.To):
			first = s
		}
	}
	if first == nil {
		return h, false, nil
	}
	h = first.head
	first.advance()
	return h, true, nil
}
