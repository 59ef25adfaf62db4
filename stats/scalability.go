package stats

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Scalability is a fit of the Universal Scalability Law,
//
//	X(N) = γN / (1 + α(N−1) + βN(N−1)),
//
// throughput X over concurrency N: γ is what one alone gets done, α the share of
// the work that queues (contention), β what it costs to agree (coherency)
// (Gunther, "Guerrilla Capacity Planning", Springer 2007, chapters 4 to 6;
// "A general theory of computational scalability based on rational functions",
// arXiv:0808.1931).
type Scalability struct {
	Gamma, Alpha, Beta Coefficient
	// Error is the standard deviation of a point about the curve, in units of X,
	// DF the degrees of freedom left: the points less three, also where a
	// coefficient is held, since it was the points that chose to hold it.
	Error float64
	DF    int
	// Residuals are X less the curve, in the order of the points.
	Residuals []float64
	// Least and Most are the ends of the concurrency that was measured.
	Least, Most float64
}

// Coefficient is an estimate with its standard error and the interval that holds
// the true value with 95 %, if the curve is of the right kind.
type Coefficient struct {
	Value, Error, Low, High float64
	// Held tells that the points would have it below zero and it was held there: it
	// has no standard error, and its interval goes from zero to the highest value
	// that the points don't rule out.
	Held bool
}

// Limits on what a curve is fitted to and asked.
const (
	// fewestLoads is Gunther's rule: six points at least (Guerrilla Capacity
	// Planning, section 5.2).
	fewestLoads = 6
	// leastRange is the least ratio of the highest to the lowest concurrency: in a
	// narrower one a straight line fits as well.
	leastRange = 3
	// farthest is how far beyond the highest concurrency a prediction may go.
	farthest = 2
	// worstError is the standard error about the curve, as a share of the highest
	// throughput, above which it doesn't describe the points.
	worstError = 0.1
)

// FitScalability fits the law to points by least squares in X, with no negative
// cost: where the best curve has one, it is held at zero. Each point is to be a
// load of its own: whoever measured one several times gives the mean. The error
// says why the points don't carry a fit.
func FitScalability(n, x []float64) (*Scalability, error) {
	least, most, distinct := spanOf(n)
	switch {
	case distinct < fewestLoads:
		return nil, fmt.Errorf("%d different loads: a fit takes %d at least", distinct, fewestLoads)
	case most < leastRange*least:
		return nil, fmt.Errorf("concurrency from %.3g to %.3g: a fit takes a range of 1 to %d at least", least, most, leastRange)
	}
	p, free, ok := fitLaw(n, x)
	if !ok {
		return nil, errors.New("the points follow no curve of that kind")
	}
	s := &Scalability{DF: len(n) - 3, Least: least, Most: most}
	var rss, peak float64
	for i := range n {
		r := x[i] - p.at(n[i])
		s.Residuals = append(s.Residuals, r)
		rss += r * r
		peak = math.Max(peak, x[i])
	}
	s.Error = math.Sqrt(rss / float64(s.DF))
	if s.Error > worstError*peak {
		return nil, fmt.Errorf("the points lie %.0f %% of the highest throughput off the best curve: it is no description of them", 100*s.Error/peak)
	}
	s.Gamma.Value, s.Alpha.Value, s.Beta.Value = p[0], p[1], p[2]
	return s, s.intervals(n, x, p, free)
}

func spanOf(n []float64) (least, most float64, distinct int) {
	seen := map[float64]bool{}
	least = math.Inf(1)
	for _, v := range n {
		least, most = math.Min(least, v), math.Max(most, v)
		seen[v] = true
	}
	return least, most, len(seen)
}

// law is γ, α and β.
type law [3]float64

func (p law) below(n float64) float64 { return 1 + p[1]*(n-1) + p[2]*n*(n-1) }
func (p law) at(n float64) float64    { return p[0] * n / p.below(n) }

// slopes are the derivatives of X by γ, α and β.
func (p law) slopes(n float64) [3]float64 {
	d := p.below(n)
	x := p[0] * n / d
	return [3]float64{n / d, -x / d * (n - 1), -x / d * n * (n - 1)}
}

// guess starts from the linear form N/X = (1−α)/γ + (α−β)/γ·N + β/γ·N², weighted
// so that its errors are those in X.
func guess(n, x []float64) law {
	var a [3][3]float64
	var b [3]float64
	for i := range n {
		if x[i] <= 0 {
			continue
		}
		w := x[i] * x[i] / n[i]
		row := [3]float64{w, w * n[i], w * n[i] * n[i]}
		for j := range row {
			for k := range row {
				a[j][k] += row[j] * row[k]
			}
			b[j] += row[j] * w * n[i] / x[i]
		}
	}
	inverse, ok := invert(a)
	var c [3]float64
	for j := range c {
		for k := range b {
			c[j] += inverse[j][k] * b[k]
		}
	}
	sum := c[0] + c[1] + c[2] // = 1/γ
	if !ok || sum <= 0 {
		return law{x[0] / n[0], 0.01, 0}
	}
	return law{1 / sum, (c[1] + c[2]) / sum, c[2] / sum}
}

// fitLaw descends with all coefficients free, then with those held at zero that
// came out negative, the more so the sooner.
func fitLaw(n, x []float64) (law, [3]bool, bool) {
	free := [3]bool{true, true, true}
	p, ok := descend(n, x, guess(n, x), free)
	for _, held := range [][2]int{{2, 1}, {1, 2}} {
		if i := held[0]; ok && p[i] < 0 {
			start := p
			start[i], free[i] = 0, false
			start[held[1]] = math.Max(start[held[1]], 0)
			p, ok = descend(n, x, start, free)
		}
	}
	return p, free, ok && p[1] >= 0 && p[2] >= 0
}

// descend improves the free coefficients of a law by the steps of Levenberg and Marquardt (Press et al.,
// Numerical Recipes, 3rd ed., section 15.5) until it stands still.
func descend(n, x []float64, p law, free [3]bool) (law, bool) {
	best := squares(n, x, p)
	damping := 1e-3
	for range 500 {
		a, g := normal(n, x, p, free)
		for j := range a {
			a[j][j] *= 1 + damping
		}
		inverse, ok := invert(a)
		if !ok {
			return p, false
		}
		next := p
		moved := 0.0
		for j := range next {
			var step float64
			for k := range g {
				step += inverse[j][k] * g[k]
			}
			next[j] += step
			moved = math.Max(moved, math.Abs(step)/(math.Abs(p[j])+1e-9))
		}
		rss := squares(n, x, next)
		switch {
		case rss <= best && moved < 1e-10:
			return next, next[0] > 0
		case rss <= best:
			p, best, damping = next, rss, damping/10
		case damping > 1e12:
			return p, p[0] > 0
		default:
			damping *= 10
		}
	}
	return p, p[0] > 0
}

// squares is infinite for a law that divides by nothing within the points.
func squares(n, x []float64, p law) (sum float64) {
	for i := range n {
		if p.below(n[i]) <= 0 {
			return math.Inf(1)
		}
		r := x[i] - p.at(n[i])
		sum += r * r
	}
	return sum
}

// normal is JᵀJ and Jᵀr of the free coefficients; one that is held has no
// part in the others.
func normal(n, x []float64, p law, free [3]bool) (a [3][3]float64, g [3]float64) {
	for i := range n {
		s, r := p.slopes(n[i]), x[i]-p.at(n[i])
		for j := range s {
			if !free[j] {
				s[j] = 0
			}
		}
		for j := range s {
			g[j] += s[j] * r
			for k := range s {
				a[j][k] += s[j] * s[k]
			}
		}
	}
	for j := range a {
		if !free[j] {
			a[j][j] = 1
		}
	}
	return a, g
}

// intervals adds standard errors and intervals of Student's t, from the
// curvature at the minimum; those of a coefficient that is held by how much worse
// the best curve becomes as it grows (Bates and Watts, "Nonlinear Regression
// Analysis", 1988, section 6.1).
func (s *Scalability) intervals(n, x []float64, p law, free [3]bool) error {
	a, _ := normal(n, make([]float64, len(n)), p, free)
	inverse, ok := invert(a)
	if !ok {
		return errors.New("the points don't tell contention from coherency")
	}
	t := distuv.StudentsT{Sigma: 1, Nu: float64(s.DF)}.Quantile(0.975)
	for i, c := range []*Coefficient{&s.Gamma, &s.Alpha, &s.Beta} {
		if !free[i] {
			c.Held, c.High = true, highest(n, x, p, free, i, t*s.Error)
			continue
		}
		c.Error = s.Error * math.Sqrt(inverse[i][i])
		c.Low, c.High = c.Value-t*c.Error, c.Value+t*c.Error
	}
	return nil
}

// highest is how large a coefficient may be that is held at zero, before the sum
// of squares of the best curve with it exceeds that of p by worse²; infinite where
// it never does.
func highest(n, x []float64, p law, free [3]bool, i int, worse float64) float64 {
	allowed := squares(n, x, p) + worse*worse
	ruledOut := func(v float64) bool {
		start := p
		start[i] = v
		best, ok := descend(n, x, start, free)
		return !ok || squares(n, x, best) > allowed
	}
	high := 1e-9
	for ; !ruledOut(high); high *= 2 {
		if high > 1e3 {
			return math.Inf(1)
		}
	}
	low := 0.0
	for range 50 {
		if mid := (low + high) / 2; ruledOut(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// Residual is how far a throughput lies above the curve at a concurrency.
func (s *Scalability) Residual(n, x float64) float64 {
	return x - law{s.Gamma.Value, s.Alpha.Value, s.Beta.Value}.at(n)
}

// invert is the inverse of a symmetric positive matrix, scaled to a diagonal of
// ones first, since γ and β lie many powers of ten apart.
func invert(a [3][3]float64) (inverse [3][3]float64, ok bool) {
	var scale [3]float64
	for i := range a {
		if a[i][i] <= 0 || math.IsNaN(a[i][i]) || math.IsInf(a[i][i], 0) {
			return inverse, false
		}
		scale[i] = math.Sqrt(a[i][i])
	}
	for i := range a {
		for j := range a {
			a[i][j] /= scale[i] * scale[j]
		}
	}
	minor := func(i, j int) float64 {
		r, c := [2]int{(i + 1) % 3, (i + 2) % 3}, [2]int{(j + 1) % 3, (j + 2) % 3}
		return a[r[0]][c[0]]*a[r[1]][c[1]] - a[r[0]][c[1]]*a[r[1]][c[0]]
	}
	det := a[0][0]*minor(0, 0) + a[0][1]*minor(0, 1) + a[0][2]*minor(0, 2)
	if !(det > 1e-15) {
		return inverse, false
	}
	for i := range a {
		for j := range a {
			inverse[i][j] = minor(j, i) / det / (scale[i] * scale[j])
		}
	}
	return inverse, true
}

// At is the throughput that the curve gives for a concurrency. It refuses to go
// far beyond what was measured.
func (s *Scalability) At(n float64) (float64, error) {
	if n > farthest*s.Most {
		return 0, fmt.Errorf("a concurrency of %.4g: measured up to %.4g, and a prediction goes no farther than %d times that", n, s.Most, farthest)
	}
	return law{s.Gamma.Value, s.Alpha.Value, s.Beta.Value}.at(n), nil
}

// Peak is where the curve turns down, N = √((1−α)/β), and the throughput there.
// It is an error where the points don't show that it does, or only far beyond
// them.
func (s *Scalability) Peak() (n, x float64, err error) {
	if s.Beta.Low <= 0 || s.Alpha.Value >= 1 {
		return 0, 0, errors.New("the points show no peak: no cost of coherency that differs from none")
	}
	n = math.Sqrt((1 - s.Alpha.Value) / s.Beta.Value)
	x, err = s.At(n)
	return n, x, err
}
