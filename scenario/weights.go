package scenario

import (
	"math"
	"sort"
)

// Weights shares things out by weight: arrivals to targets, steps to calls. It
// is immutable and safe for concurrent use.
type Weights struct {
	// upTo[i] is the upper bound of share i on the circle of 2⁶⁴ points; the
	// last share has none and ends the circle.
	upTo []uint64
}

// NewWeights takes weights that are not negative, of which one at least is
// positive.
func NewWeights(weights []float64) *Weights {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	last := 0
	for i, w := range weights {
		if w > 0 {
			last = i
		}
	}
	upTo := make([]uint64, last)
	var before float64
	for i := range upTo {
		before += weights[i]
		upTo[i] = math.MaxUint64
		if share := before / sum; share < 1 {
			upTo[i] = uint64(share*(1<<63)) << 1
		}
	}
	return &Weights{upTo: upTo}
}

// Pick returns the share that k belongs to, a pure function of k. The points
// k/φ (mod 1) fall into the shares of the unit circle about as evenly as any
// sequence's can (Niederreiter, Random Number Generation and Quasi-Monte Carlo
// Methods, 1992, ch. 3.1): in a hundred numbers in a row each share's count is
// within 3 of its part, in a million within 6, whatever the weights. A fixed
// cycle would do a little better, but would hand a shard that takes every n-th k
// the same share again and again.
func (w *Weights) Pick(k int64) int { return w.find(uint64(k) * golden) }

// At returns the share at a draw in (0, 1): independent from draw to draw.
func (w *Weights) At(u float64) int { return w.find(uint64(u*(1<<52)) << 12) }

func (w *Weights) find(point uint64) int {
	if len(w.upTo) <= 8 {
		for i, up := range w.upTo {
			if point < up {
				return i
			}
		}
		return len(w.upTo)
	}
	return sort.Search(len(w.upTo), func(i int) bool { return point < w.upTo[i] })
}
