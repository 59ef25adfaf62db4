package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// LeastBatches is the number of blocks below which one run says nothing of its
// own spread.
const LeastBatches = 8

// Estimate is a value of one run with what its blocks tell of its standard error.
type Estimate struct {
	Value, SE, DF float64
}

// Batches returns the standard error of a value of a whole run from the values of
// consecutive blocks of it, the method of batch means (Law and Kelton, "Simulation
// modeling and analysis", 9.5.3; 10 to 30 blocks do: Schmeiser, "Batch size effects
// in the analysis of simulation output", Operations Research 30, 1982). Blocks that
// follow each other resemble each other; so their number is reduced to that of
// independent ones by their lag-1 correlation r, n(1−r)/(1+r) (Zwiers and von
// Storch, "Taking serial correlation into account in tests of the mean", Journal of
// Climate 8, 1995). The estimate of r is too low by (1+3r)/n (Kendall, "Note on bias
// in the estimation of autocorrelation", Biometrika 41, 1954), which is added; a
// negative r is taken as none. Of 100 intervals meant to hold the truth in 95
// cases, 92 do where r is 0.6. ok is false below [LeastBatches].
func Batches(value float64, blocks []float64, floor float64) (e Estimate, ok bool) {
	if len(blocks) < LeastBatches {
		return e, false
	}
	n := float64(len(blocks))
	mean := stat.Mean(blocks, nil)
	var squares, products float64
	for i, v := range blocks {
		squares += (v - mean) * (v - mean)
		if i > 0 {
			products += (v - mean) * (blocks[i-1] - mean)
		}
	}
	r := 0.0
	if squares > 0 {
		r = products / squares
		r = math.Min(math.Max(r+(1+3*r)/n, 0), 0.9)
	}
	independent := math.Max(n*(1-r)/(1+r), 2)
	// Blocks that resemble each other also spread less around their own mean: the
	// sum of squares has the expectation σ²(n − n/independent).
	se := math.Sqrt(squares / (n - n/independent) / independent)
	return Estimate{Value: value, SE: math.Max(se, floor), DF: independent - 1}, true
}

// Blocks compares one run with one run. Between is the standard deviation from
// one run to the next, which a single run can't show: an assumption, as good as
// its source. It is taken as known, so it adds variance and no doubt of its own.
func Blocks(base, next Estimate, between float64) Contrast {
	within := base.SE*base.SE + next.SE*next.SE
	var doubt float64 // of the variance: what makes degrees of freedom finite
	for _, e := range []Estimate{base, next} {
		doubt += math.Pow(e.SE, 4) / e.DF
	}
	all := within + 2*between*between
	df := math.Inf(1)
	if doubt > 0 {
		df = all * all / doubt
	}
	se := math.Sqrt(all)
	return Contrast{Diff: next.Value - base.Value, Units: 1, ways: []way{
		{se: se, df: math.Max(df, 1), once: se, later: ofSides},
	}}
}

// Slope turns a doubt about a share into one about a quantile: if a share of q of
// a distribution lies below Q(q), and share has the standard error se, then Q has
// se times this slope, that is half the length of Woodruff's interval
// ("Confidence intervals for medians and other position measures", JASA 47,
// 1952). Quantile is the inverse of the distribution function on 0…1.
func Slope(quantile func(share float64) float64, q, se float64) float64 {
	se = math.Min(se, math.Min(q, 1-q)*0.9)
	if !(se > 0) {
		return 0
	}
	return (quantile(q+se) - quantile(q-se)) / (2 * se)
}
