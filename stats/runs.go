package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// Rounds compares runs that were driven in turn: base[i] and next[i] are of one
// round. Floor is the least standard deviation that a single value can have, by
// its resolution or its sampling: values that agree by chance, or because they
// are counted in steps, don't make an interval of no length.
//
// With few rounds, pairs cost half the degrees of freedom and bring something
// only where the runs of a round have much in common; a test that breaks the
// pairs is valid all the same, and careful if they do (Diehr, Martin, Koepsell and
// Cheadle, "Breaking the matches in a paired t-test for community interventions
// when the number of pairs is small", Statistics in Medicine 14, 1995). Which of
// the two is better can't be known beforehand, so both are made: see [Contrast].
// The variance of both sides is pooled: with as many runs on each, that is right
// even if they differ (Scheffé, "The analysis of variance", 1959, 10.2).
func Rounds(base, next []float64, floor float64) Contrast {
	n := len(base)
	if n < 2 || n != len(next) {
		return Contrast{}
	}
	differences := make([]float64, n)
	for i := range base {
		differences[i] = next[i] - base[i]
	}
	mean, spread := stat.MeanStdDev(differences, nil)
	both := math.Sqrt2 * floor
	spread = math.Max(spread, both)
	sides := math.Max(math.Sqrt(stat.Variance(base, nil)+stat.Variance(next, nil)), both)
	root := math.Sqrt(float64(n))
	return Contrast{Diff: mean, Units: n, ways: []way{
		{se: spread / root, df: ofPairs(float64(n)), once: spread, later: ofPairs},
		{se: sides / root, df: ofSides(float64(n)), once: sides, later: ofSides},
	}}
}

// Runs compares runs that were not driven in turn. With two and more on both
// sides it is Welch's test ("The generalization of Student's problem when several
// different population variances are involved", Biometrika 34, 1947). Where one
// side has a single run, that one is held against the spread of the other
// (Crawford and Howell, "Comparing an individual's test score against norms",
// The Clinical Neuropsychologist 12, 1998).
func Runs(base, next []float64, floor float64) Contrast {
	nb, nn := float64(len(base)), float64(len(next))
	if nb < 1 || nn < 1 || nb+nn < 3 {
		return Contrast{}
	}
	vb, vn := variance(base, floor), variance(next, floor)
	c := Contrast{Diff: stat.Mean(next, nil) - stat.Mean(base, nil), Units: int(math.Min(nb, nn))}
	w := way{later: ofSides}
	switch {
	case nb == 1:
		w.se, w.df, w.once = math.Sqrt(vn*(1+1/nn)), nn-1, math.Sqrt(2*vn)
	case nn == 1:
		w.se, w.df, w.once = math.Sqrt(vb*(1+1/nb)), nb-1, math.Sqrt(2*vb)
	default:
		w.se, w.df = welch(vb/nb, nb-1, vn/nn, nn-1)
		w.once = math.Sqrt(vb + vn)
	}
	c.ways = []way{w}
	return c
}

func variance(values []float64, floor float64) float64 {
	if len(values) < 2 {
		return floor * floor
	}
	return math.Max(stat.Variance(values, nil), floor*floor)
}

// welch returns the standard error of the difference of two means of squared
// standard errors a and b, and its degrees of freedom by Satterthwaite ("An
// approximate distribution of estimates of variance components", Biometrics
// Bulletin 2, 1946).
func welch(a, dfA, b, dfB float64) (se, df float64) {
	if a+b == 0 {
		return 0, dfA + dfB
	}
	return math.Sqrt(a + b), (a + b) * (a + b) / (a*a/dfA + b*b/dfB)
}
