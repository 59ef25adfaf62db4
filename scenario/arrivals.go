package scenario

import (
	"math"
	"slices"
	"time"
)

// Process says how arrivals are spread around their rate.
type Process uint8

// Processes.
const (
	Paced   Process = iota // evenly: arrival k when the planned number reaches k
	Poisson                // at random, independent of each other
	Trace                  // at recorded times
)

// String returns the process's name in scenario files.
func (p Process) String() string { return [...]string{"constant", "poisson", "trace"}[p] }

// Arrivals plans an open load: which arrival is meant to start when. It is
// immutable, so any number of cursors may read it at once.
type Arrivals struct {
	process  Process
	segments []segment
	seed     uint64
	trace    []time.Duration
	planned  int64
}

// NewArrivals plans paced arrivals: arrival k is meant to start when
// Λ(t) = ∫rate first exceeds k, so with one constant stage at exactly k/rate.
func NewArrivals(stages []Stage) *Arrivals {
	a := &Arrivals{process: Paced, segments: layOut(stages)}
	a.planned = plannedArrivals(a.segments)
	return a
}

// NewPoisson plans a Poisson process with the stages' rate, non-homogeneous
// where the rate changes. Unit-rate exponential gaps, drawn by seed and index,
// are summed and sent through Λ⁻¹ (time change: Çinlar, Introduction to
// Stochastic Processes, 1975, ch. 4.7).
func NewPoisson(stages []Stage, seed uint64) *Arrivals {
	a := NewArrivals(stages)
	a.process, a.seed = Poisson, seed
	return a
}

// NewTrace replays recorded times since the start of load. The times are
// copied and sorted.
func NewTrace(times []time.Duration) *Arrivals {
	t := slices.Clone(times)
	slices.Sort(t)
	return &Arrivals{process: Trace, trace: t, planned: int64(len(t))}
}

// Planned returns the number of arrivals, −1 where they never end. Of a Poisson
// process it is the expected number, rounded up.
func (a *Arrivals) Planned() int64 { return a.planned }

// Process returns how the arrivals are spread.
func (a *Arrivals) Process() Process { return a.process }

// Length returns the time after which nothing arrives, [Forever] if that is
// never.
func (a *Arrivals) Length() time.Duration {
	if a.process != Trace {
		return end(a.segments)
	}
	if len(a.trace) == 0 {
		return 0
	}
	return a.trace[len(a.trace)-1] + 1
}

// Rate returns the planned rate at a time, in 1/s; 0 for a trace.
func (a *Arrivals) Rate(t time.Duration) float64 { return levelAt(a.segments, t) }

// Between returns how many arrivals are planned from one time to just before
// another, parts of one among them: the integral of the rate, and every burst. Of a
// Poisson process it is the expected number; of a trace it is 0, as its rate is.
func (a *Arrivals) Between(from, to time.Duration) (n float64) {
	for i := range a.segments {
		s := &a.segments[i]
		begin, end := max(from, s.start), to
		if s.Length != Forever {
			end = min(to, s.start+s.Length)
		}
		switch {
		case s.Length == 0 && from <= s.start && s.start < to:
			n += s.arrived
		case s.Length == Forever && begin < end:
			n += s.From * (end - begin).Seconds()
		case begin < end:
			rise := (s.To - s.From) / s.seconds
			middle := ((begin - s.start) + (end - s.start)).Seconds() / 2
			n += (s.From + rise*middle) * (end - begin).Seconds()
		}
	}
	return n
}

// PeakRate returns the highest planned rate, in 1/s; for a trace the mean rate.
func (a *Arrivals) PeakRate() float64 {
	if a.process == Trace {
		if n := len(a.trace); n > 1 && a.trace[n-1] > 0 {
			return float64(n) / a.trace[n-1].Seconds()
		}
		return 0
	}
	var peak float64
	for i := range a.segments {
		if a.segments[i].Length > 0 {
			peak = max(peak, a.segments[i].From, a.segments[i].To)
		}
	}
	return peak
}

func plannedArrivals(segments []segment) int64 {
	if len(segments) == 0 {
		return 0
	}
	last := &segments[len(segments)-1]
	if math.IsInf(last.arrived, 1) {
		return -1
	}
	return last.whole + int64(math.Ceil(last.frac+last.arrived-countSlack))
}

// Cursor walks one shard's arrivals in order. It belongs to one goroutine.
type Cursor struct {
	of     *Arrivals
	k      int64 // the next arrival
	stride int64
	at     int // index of the segment it lies in, at the earliest

	// Of a Poisson process: the sum of the gaps before arrival drawn, in two
	// parts as in segment.
	base  uint64
	drawn int64
	whole int64
	frac  float64
}

// Cursor returns the arrivals k ≡ shard (mod shards), 0 ≤ shard < shards. The
// cursors of all shards together plan exactly what a single one would. A
// Poisson cursor draws the gaps of the other shards as well, about 20 ns each.
func (a *Arrivals) Cursor(shard, shards int) *Cursor {
	return &Cursor{of: a, k: int64(shard), stride: int64(shards), base: stream(a.seed, StreamArrivals)}
}

// Next returns the shard's next arrival and its intended start since the start
// of load. It allocates nothing. After the last arrival ok is false for good.
func (c *Cursor) Next() (k int64, at time.Duration, ok bool) {
	a := c.of
	switch a.process {
	case Trace:
		if c.k >= int64(len(a.trace)) {
			return 0, 0, false
		}
		at, ok = a.trace[c.k], true
	case Poisson:
		c.draw()
		at, ok = c.locate(c.whole, c.frac)
	default:
		if a.planned >= 0 && c.k >= a.planned {
			return 0, 0, false
		}
		at, ok = c.locate(c.k, 0)
	}
	if !ok {
		return 0, 0, false
	}
	k = c.k
	c.k += c.stride
	return k, at, true
}

// draw adds the gaps up to and including that of arrival c.k.
func (c *Cursor) draw() {
	for ; c.drawn <= c.k; c.drawn++ {
		c.frac -= math.Log(unit(mix(c.base + uint64(c.drawn)*golden)))
		n := math.Floor(c.frac)
		c.whole, c.frac = c.whole+int64(n), c.frac-n
	}
}

// locate returns when the planned number of arrivals first exceeds whole+frac,
// a number that never falls from call to call.
func (c *Cursor) locate(whole int64, frac float64) (time.Duration, bool) {
	for ; c.at < len(c.of.segments); c.at++ {
		s := &c.of.segments[c.at]
		n, sub := whole-s.whole, s.frac-frac
		if x := float64(n) - sub; s.arrived > 0 && (x < s.arrived-countSlack || x < 0) {
			return s.start + s.reach(n, sub), true
		}
	}
	return 0, false
}
