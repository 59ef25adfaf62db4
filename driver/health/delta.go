package health

import (
	"math"
	"runtime/metrics"
)

// delta is the part of a runtime histogram that an interval has added. Counts
// of the runtime only grow.
type delta struct {
	buckets []float64 // edges: bucket i is [i, i+1)
	before  []uint64
	added   []uint64
	total   uint64
}

// take moves on to the histogram's present state.
func (d *delta) take(h *metrics.Float64Histogram) {
	if len(d.before) != len(h.Counts) {
		d.before = make([]uint64, len(h.Counts))
		d.added = make([]uint64, len(h.Counts))
	}
	d.buckets, d.total = h.Buckets, 0
	for i, n := range h.Counts {
		d.added[i] = n - d.before[i]
		d.total += d.added[i]
	}
	copy(d.before, h.Counts)
}

// quantile returns the upper edge of the bucket that holds quantile q of what was
// added (its lower edge if it has no end), 0 if nothing was.
func (d *delta) quantile(q float64) float64 {
	if d.total == 0 {
		return 0
	}
	rank := uint64(math.Ceil(q * float64(d.total)))
	rank = max(rank, 1)
	for i, n := range d.added {
		if n >= rank {
			return finite(d.buckets[i+1], d.buckets[i])
		}
		rank -= n
	}
	return 0
}

// sum estimates the total of what was added, from the middles of the buckets.
func (d *delta) sum() float64 {
	var sum float64
	for i, n := range d.added {
		if n > 0 {
			low, high := finite(d.buckets[i], 0), finite(d.buckets[i+1], d.buckets[i])
			sum += float64(n) * (low + high) / 2
		}
	}
	return sum
}

func finite(v, instead float64) float64 {
	if math.IsInf(v, 0) {
		return instead
	}
	return v
}
