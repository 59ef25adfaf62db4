package results

import (
	"errors"
	"fmt"
	"math"
	"time"

	"authsoak/metric"
	"authsoak/stats"
)

// Held is the hold phase of a finished run as far as it tells something of the
// server: intervals of latency.hlog in which the generator was the limit are left
// out, counts and times alike. It is read-only and safe for concurrent use.
type Held struct {
	Run     RunInfo
	Series  []Series
	Targets []string
	// Intervals is the number of seconds of the hold, Tainted how many of them were
	// the generator's fault; what was left out with them may be more.
	Intervals, Tainted int
	whole              *totals
	blocks             []block // consecutive, of about one length
}

// block is a stretch of the hold: of one or several intervals of latency.hlog.
type block struct {
	*totals
	intervals int
}

// mostBlocks bounds what a long run keeps; at half of it a merged list begins.
const mostBlocks = 32

// ReadHeld reads the hold phase of a run from its intervals and histograms.
func ReadHeld(f *Folder) (*Held, error) {
	s, err := openShard(f)
	if err != nil {
		return nil, err
	}
	defer s.close()
	h := &Held{Run: s.head.Run}
	for _, n := range s.head.Series {
		name, ok := n.Series()
		if !ok {
			return nil, fmt.Errorf("read %s: no kind of series %q", f.Path(IntervalsFile), n.Kind)
		}
		h.Series = append(h.Series, name)
	}
	for _, t := range s.head.Run.Targets {
		h.Targets = append(h.Targets, t.Name)
	}
	s.bind(h.Series, h.Targets)
	reader := heldReader{Held: h, per: 1}
	for !s.done() {
		interval := newTotals(len(h.Series), len(h.Targets))
		tainted := s.taints.tainted
		if interval.seconds, err = s.until(s.boundary(), interval); err != nil {
			return nil, err
		}
		reader.add(interval, s.taints.tainted > tainted)
	}
	h.Intervals, h.Tainted = s.taints.intervals, s.taints.tainted
	reader.finish()
	return h, nil
}

// boundary returns the end of the interval of latency.hlog that comes next, a
// little later: its times are rounded to milliseconds.
func (s *shard) boundary() time.Duration {
	if s.hists.ok {
		return s.hists.head.To + s.offset + 2*time.Millisecond
	}
	return s.next()
}

// heldReader gathers intervals into blocks.
type heldReader struct {
	*Held
	per    int  // intervals that fill a block
	closed bool // what came last was left out
}

func (r *heldReader) add(interval *totals, tainted bool) {
	last := len(r.blocks) - 1
	switch {
	case interval.seconds == 0: // warm-up, or steps of the hold that ended in the drain
		if last >= 0 && !r.closed {
			r.blocks[last].join(interval)
		}
		return
	case tainted:
		r.closed = true
		return
	}
	r.closed = false
	if last >= 0 && r.blocks[last].intervals < r.per {
		r.blocks[last].join(interval)
		r.blocks[last].intervals++
		return
	}
	if len(r.blocks) == mostBlocks {
		for i := range mostBlocks / 2 {
			r.blocks[i] = r.blocks[2*i]
			r.blocks[i].join(r.blocks[2*i+1].totals)
			r.blocks[i].intervals *= 2
		}
		clear(r.blocks[mostBlocks/2:])
		r.blocks = r.blocks[:mostBlocks/2]
		r.per *= 2
	}
	r.blocks = append(r.blocks, block{interval, 1})
}

// finish gives a rest that fills less than half a block to the one before it, and
// sums up.
func (r *heldReader) finish() {
	if n := len(r.blocks); n > 1 && 2*r.blocks[n-1].intervals < r.per {
		r.blocks[n-2].join(r.blocks[n-1].totals)
		r.blocks = r.blocks[:n-1]
	}
	r.whole = newTotals(len(r.Series), len(r.Targets))
	for _, b := range r.blocks {
		r.whole.join(b.totals)
	}
}

func (t *totals) join(from *totals) {
	t.addCounts(from)
	t.addTimes(from, atOnce)
	t.seconds += from.seconds
}

// Seconds is how much of the hold is left.
func (h *Held) Seconds() float64 { return h.whole.seconds }

// Blocks is how many blocks the hold was cut into.
func (h *Held) Blocks() int { return len(h.blocks) }

// Response returns the response times of a series; nil: none. It must not be
// changed.
func (h *Held) Response(series int) *Histogram { return h.whole.series[series].response }

// Scale says how values of a metric are compared.
type Scale uint8

// Scales. Times and throughputs are compared by their ratio, shares by their
// difference, since one of nothing has no multiple.
const (
	Ratio Scale = iota
	Points
)

// Measured is the value of a metric in a run.
type Measured struct {
	Value   float64 // in milliseconds, 1/s, or percent
	Unit    metric.Unit
	Scale   Scale
	Samples int64 // it rests on
	Events  int64 // of a share: how many of the samples
	// Blocks are values on the scale of [Measured.At] whose spread is that of the
	// value in consecutive blocks of the run; nil where there are too few, or the
	// metric has none.
	Blocks []float64
	// Floor is the least standard deviation on that scale that the value can have:
	// by the width of histogram buckets, by counting whole events, or by sampling.
	Floor float64
}

// At returns the value on the scale on which it is compared: its logarithm, or
// itself.
func (m Measured) At() float64 {
	if m.Scale == Ratio {
		return math.Log(m.Value)
	}
	return m.Value
}

// ErrNoComparison is of metrics that can't be compared between runs.
var ErrNoComparison = errors.New("can't be compared between runs")

// Measure computes a metric of the hold; ok is false where nothing was measured.
// An error says that the run has no such metric, or, as [ErrNoComparison], that
// it is a number without a spread.
func (h *Held) Measure(e metric.Expression) (m Measured, ok bool, err error) {
	e.Unit = metric.Bare // each metric in its own
	p, err := resolve(h.Series, h.Targets, e)
	if err != nil {
		return m, false, err
	}
	if p.from == fromLedger || e.Func == metric.Count {
		return m, false, fmt.Errorf("metric %s: %w: it grows with the length of the run; write rate(…)", e.Metric(), ErrNoComparison)
	}
	var all amount
	p.gather(h.whole, &all)
	m.Value, ok = p.value(&all)
	m.Unit = p.unit()
	switch {
	case !ok:
		return m, false, nil
	case e.Func.OfTime():
		m.Samples = all.times.Count()
		h.measureTime(&p, &all, &m)
	case p.isShare():
		m.Scale, m.Samples, m.Events = Points, int64(all.of), int64(all.n)
		share := (all.n + 0.5) / (all.of + 1)
		m.Floor = 100 * math.Sqrt(share*(1-share)/all.of)
		m.Blocks = h.blockValues(&p, func(v float64) float64 { return v })
	default:
		m.Samples = int64(all.n)
		m.Floor = 1 / math.Max(all.n, 1)
		m.Blocks = h.blockValues(&p, math.Log)
	}
	return m, m.Scale == Points || m.Value > 0, nil
}

// firstBucketNS is the width of the lowest buckets, and fineness the number of
// buckets above which a value's own is found.
const (
	firstBucketNS = 1 << unitMagnitude
	fineness      = 1 << halfMagnitude
)

// measureTime fills in the blocks of a time. Those of a quantile are made from
// the share of each block below the quantile of the whole, which needs far fewer
// samples than a quantile of each block would, and has no bias by their number.
func (h *Held) measureTime(p *probe, all *amount, m *Measured) {
	ns := m.Value * 1e6
	width := math.Max(1.0/fineness, firstBucketNS/math.Max(ns, 1))
	m.Floor = width / math.Sqrt(12) // of a value anywhere in its bucket
	percentile, quantile := p.expr.Func.Percentile()
	switch {
	case p.expr.Func == metric.Max:
		return
	case !quantile:
		m.Blocks = h.blockValues(p, math.Log)
		return
	}
	share := percentile / 100
	var shares []float64
	limit := all.times.Percentile(percentile)
	for i := range h.blocks {
		var a amount
		p.gather(h.blocks[i].totals, &a)
		if n := a.times.Count(); n > 0 {
			shares = append(shares, float64(a.times.atMost(limit))/float64(n))
		}
	}
	e, ok := stats.Batches(share, shares, 0)
	if !ok {
		return
	}
	at := func(q float64) float64 { return math.Log(float64(max(all.times.Percentile(q*100), 1))) }
	slope := stats.Slope(at, share, e.SE)
	m.Blocks = make([]float64, len(shares))
	for i, s := range shares {
		m.Blocks[i] = math.Log(math.Max(ns, 1)) + (share-s)*slope
	}
}

// blockValues returns the metric in each block that has it.
func (h *Held) blockValues(p *probe, scale func(float64) float64) []float64 {
	if len(h.blocks) < stats.LeastBatches {
		return nil
	}
	var out []float64
	for i := range h.blocks {
		var a amount
		p.gather(h.blocks[i].totals, &a)
		if v, ok := p.value(&a); ok {
			if v = scale(v); !math.IsInf(v, 0) {
				out = append(out, v)
			}
		}
	}
	return out
}

// atMost counts the times in buckets up to that of ns.
func (h *Histogram) atMost(ns int64) (n int64) {
	if h.Count() == 0 {
		return 0
	}
	last := bucketOf(min(max(ns, 0), highestNS))
	for bucket, count := range h.filled {
		if bucket > last {
			break
		}
		n += count
	}
	return n
}
