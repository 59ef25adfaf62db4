package stats

import (
	"math"
)

// Contrast is a difference, new minus base, with one or two standard errors of
// it, each valid alone. An interval is made with each at its share of the error
// rate, and the shorter one counts: both have the same middle, so by Bonferroni's
// inequality the shorter one, too, misses the truth at most as often as was asked.
// The zero value says nothing.
type Contrast struct {
	Diff float64
	// Units is how many rounds, or runs of the smaller side, it rests on.
	Units int
	ways  []way
}

// way is one standard error of a difference.
type way struct {
	se, df float64
	// once is the standard deviation of the difference of one run on each side.
	once float64
	// later returns the degrees of freedom that n rounds would have.
	later func(n float64) float64
}

func ofPairs(n float64) float64 { return n - 1 }
func ofSides(n float64) float64 { return 2*n - 2 }

// Known tells whether anything can be said.
func (c Contrast) Known() bool { return len(c.ways) > 0 }

// share is the part of an error rate that each way may use up.
func (c Contrast) share(alpha float64) float64 { return alpha / float64(len(c.ways)) }

// Reach returns half the length of the interval around Diff that misses the
// truth with probability alpha at most; +Inf where nothing is known.
func (c Contrast) Reach(alpha float64) float64 {
	reach := math.Inf(1)
	for _, w := range c.ways {
		reach = math.Min(reach, critical(c.share(alpha), w.df)*w.se)
	}
	return reach
}

// P is the probability of a difference this large where there is none, of this
// metric alone; 1 where nothing is known. P ≤ alpha where 0 is out of [Contrast.Reach]
// of Diff at alpha.
func (c Contrast) P() float64 {
	p := 1.0
	for _, w := range c.ways {
		switch {
		case w.se > 0:
			p = math.Min(p, tails(c.Diff/w.se, w.df)*float64(len(c.ways)))
		case c.Diff != 0:
			p = 0
		}
	}
	return p
}

// Detectable returns the smallest difference that this data would have shown,
// at an error rate of alpha, with the given probability (0.8 by custom: Cohen,
// "Statistical power analysis", 1988); +Inf where nothing is known. It rests on
// the spread that was seen, not on the difference that was seen.
func (c Contrast) Detectable(alpha, probability float64) float64 {
	least := math.Inf(1)
	for _, w := range c.ways {
		limit := critical(c.share(alpha), w.df)
		shift := solve(func(shift float64) bool { return power(shift, w.df, limit) >= probability })
		least = math.Min(least, shift*w.se)
	}
	return least
}

// Rounds returns how many rounds in all would show a true difference of that size
// with the given probability, if runs go on to differ as they did; most + 1 means
// more than most, and 0 that nothing is known. The size has to be one that matters
// to somebody: asking for the difference just observed would say no more than its
// p-value does (Hoenig and Heisey, "The abuse of power", The American Statistician
// 55, 2001).
func (c Contrast) Rounds(size, alpha, probability float64, most int) int {
	if !c.Known() || !(size > 0) {
		return 0
	}
	enough := func(n int) bool {
		for _, w := range c.ways {
			df := w.later(float64(n))
			if power(size*math.Sqrt(float64(n))/w.once, df, critical(c.share(alpha), df)) >= probability {
				return true
			}
		}
		return false
	}
	return firstRound(enough, most)
}

// RoundsToReach returns how many rounds in all would make [Contrast.Reach] as
// short as size; most + 1 means more than most, and 0 that nothing is known.
func (c Contrast) RoundsToReach(size, alpha float64, most int) int {
	if !c.Known() || !(size > 0) {
		return 0
	}
	return firstRound(func(n int) bool {
		for _, w := range c.ways {
			if critical(c.share(alpha), w.later(float64(n)))*w.once/math.Sqrt(float64(n)) <= size {
				return true
			}
		}
		return false
	}, most)
}

// firstRound finds the least n in 2…most of which enough is true, most + 1 if
// there is none.
func firstRound(enough func(n int) bool, most int) int {
	high := 2
	for high < most && !enough(high) {
		high *= 2
	}
	low := high/2 + 1
	for high = min(high, most+1); low < high; {
		if middle := (low + high) / 2; enough(middle) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return max(high, 2)
}

// solve finds the least positive x of which big is true; big is monotonic.
func solve(big func(x float64) bool) float64 {
	low, high := 0.0, 1.0
	for !big(high) && high < 1e9 {
		low, high = high, high*2
	}
	for range 60 {
		if middle := (low + high) / 2; big(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
