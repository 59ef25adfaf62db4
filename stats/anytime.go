package stats

import "math"

// anytimePrior is the precision, in units of 1/σ², of the normal prior over the
// effect that [Evidence] mixes over: effects of about two standard deviations of
// one observation are what it is best at finding.
const anytimePrior = 0.25

// Evidence is the e-value against a coefficient of a normal linear model being
// zero, when it was estimated with the t statistic t, df degrees of freedom left
// and the information info: the inverse of its variance in units of σ², so that
// n observations of a mean have n. Where the coefficient is zero, it exceeds
// 1/alpha with a probability of at most alpha, however often it is looked at
// while observations come in, so that whoever stops on it may: it is the Bayes
// factor of a normal mixture over the effect, invariant to σ and to the other
// coefficients, which is a test martingale (Lai, "On confidence sequences",
// Annals of Statistics 4, 1976; Lindon, Ham, Tingley and Bojinov, "Anytime-valid
// linear models", arXiv:2210.08589; Wang and Ramdas, "Anytime-valid t-tests",
// arXiv:2310.03722):
//
//	e = √(φ/(φ+m)) · ((1 + t²/ν) / (1 + φ/(φ+m) · t²/ν))^((ν+1)/2)
//
// It is 1, no evidence, where there are no degrees of freedom.
func Evidence(t, df, info float64) float64 {
	if df < 1 || info <= 0 || math.IsNaN(t) {
		return 1
	}
	shrink := anytimePrior / (anytimePrior + info)
	if math.IsInf(t, 0) {
		return math.Sqrt(shrink) * math.Pow(1/shrink, (df+1)/2)
	}
	s := t * t / df
	return math.Sqrt(shrink) * math.Pow((1+s)/(1+shrink*s), (df+1)/2)
}

// MeanEvidence is the [Evidence] against the values having the mean zero, with
// the sign of their mean. Values without any spread are as sure as can be.
func MeanEvidence(values []float64) (e, mean float64) {
	n := float64(len(values))
	if n == 0 {
		return 1, 0
	}
	for _, v := range values {
		mean += v / n
	}
	if n < 2 {
		return 1, mean
	}
	var squares float64
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	t := mean / math.Sqrt(squares/(n-1)/n)
	return Evidence(t, n-1, n), mean
}

// Crossing is where a straight line through points crosses zero.
type Crossing struct {
	At        float64
	Low, High float64 // its confidence interval; infinite where it is open
	Slope     float64
	// Spread is the standard deviation of where one point alone would put it.
	Spread float64
}

// FindCrossing fits a line to the points by least squares and says where it
// crosses zero. The interval is of all places that the [Evidence] against a
// crossing there doesn't rule out at 1/alpha, so that it may be looked at after
// every point; it inverts a test as Fieller's does (Fieller, "Some problems in
// interval estimation", JRSS B 16, 1954). It is false where the points have no
// line that rises: fewer than four, or at one place, or falling.
func FindCrossing(x, y []float64, alpha float64) (Crossing, bool) {
	n := float64(len(x))
	if n < 4 {
		return Crossing{}, false
	}
	var mx, my, sxx, sxy float64
	for i := range x {
		mx += x[i] / n
		my += y[i] / n
	}
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxy += (x[i] - mx) * (y[i] - my)
	}
	if sxx == 0 || sxy <= 0 {
		return Crossing{}, false
	}
	c := Crossing{Slope: sxy / sxx}
	c.At = mx - my/c.Slope
	var rss float64
	for i := range x {
		r := y[i] - my - c.Slope*(x[i]-mx)
		rss += r * r
	}
	scatter := math.Sqrt(rss / (n - 2))
	c.Spread = scatter / c.Slope
	ruledOut := func(at float64) bool {
		variance := 1/n + (at-mx)*(at-mx)/sxx // of the line there, in units of σ²
		t := (my + c.Slope*(at-mx)) / (scatter * math.Sqrt(variance))
		return Evidence(t, n-2, 1/variance) >= 1/alpha
	}
	c.Low, c.High = reach(c.At, -1, math.Sqrt(sxx/n), ruledOut), reach(c.At, 1, math.Sqrt(sxx/n), ruledOut)
	return c, true
}

// reach is how far one may go from a place in a direction until it is ruled out,
// in steps of about a scale; infinite where it never is.
func reach(from, direction, scale float64, ruledOut func(float64) bool) float64 {
	far := scale / 64
	for !ruledOut(from + direction*far) {
		if far *= 2; far > 1e4*scale {
			return math.Inf(int(direction))
		}
	}
	near := 0.0
	for range 60 {
		if mid := (near + far) / 2; ruledOut(from + direction*mid) {
			far = mid
		} else {
			near = mid
		}
	}
	return from + direction*far
}
