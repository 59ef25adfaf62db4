package stats

import (
	"math"
	"slices"
)

// model is a linear model of a series: columns of regressors, an orthonormal
// basis of them, and after fit their coefficients.
type model struct {
	columns [][]float64
	basis   [][]float64
	beta    []float64
	stepAt  int // the first column of a jump
	time    []float64

	residuals []float64
	scale     float64
	bent      float64 // the share of points that are no outliers
}

// slopeColumn is the column of time; the one before it is constant.
const slopeColumn = 1

func newModel(t []float64) *model {
	m := &model{time: t, stepAt: slopeColumn + 1}
	one, line := make([]float64, len(t)), make([]float64, len(t))
	for i := range t {
		one[i], line[i] = 1, t[i]-(t[0]+t[len(t)-1])/2
	}
	m.columns = [][]float64{one, line}
	return m
}

// wavesOf are a sine and a cosine for each angular frequency.
func wavesOf(t, omegas []float64) (columns [][]float64) {
	for _, omega := range omegas {
		sin, cos := make([]float64, len(t)), make([]float64, len(t))
		for i, at := range t {
			sin[i], cos[i] = math.Sincos(omega * at)
		}
		columns = append(columns, sin, cos)
	}
	return columns
}

// orthonormal makes the basis by Gram and Schmidt, done twice against rounding.
// A column that the others explain adds nothing.
func (m *model) orthonormal() {
	m.basis = m.basis[:0:0]
	for _, c := range m.columns {
		v := slices.Clone(c)
		m.reject(v)
		m.reject(v)
		norm := math.Sqrt(dot(v, v))
		if norm <= 1e-9*math.Sqrt(dot(c, c)) {
			continue
		}
		for i := range v {
			v[i] /= norm
		}
		m.basis = append(m.basis, v)
	}
}

// reject takes what the basis explains out of v.
func (m *model) reject(v []float64) {
	for _, b := range m.basis {
		axpy(v, -dot(b, v), b)
	}
}

func (m *model) residual(v []float64) []float64 {
	out := slices.Clone(v)
	m.reject(out)
	return out
}

// huber is the number of standard deviations from which on a residual counts as
// if it were no larger: 95 % efficient for normal noise.
const huber = 1.345

// fit finds the coefficients by iteratively reweighted least squares.
func (m *model) fit(v []float64) {
	m.beta = make([]float64, len(m.columns))
	m.beta[slopeColumn] = TheilSen(m.time, v)
	level := make([]float64, len(v))
	for i := range v {
		level[i] = v[i] - m.beta[slopeColumn]*m.columns[slopeColumn][i]
	}
	m.beta[0] = median(level)
	weights := make([]float64, len(v))
	for round := range 30 {
		m.residuals = m.less(v)
		m.setScale()
		m.bent = 0
		for i, r := range m.residuals {
			weights[i] = 1
			switch {
			case round == 0 && len(m.columns) > 2:
				m.bent++ // the start knows no wave and no jump
			case math.Abs(r) > huber*m.scale:
				weights[i] = huber * m.scale / math.Abs(r)
			default:
				m.bent++
			}
		}
		m.bent /= float64(len(v))
		next := weighted(m.columns, weights, v)
		if next == nil {
			return
		}
		moved := math.Abs(next[slopeColumn]-m.beta[slopeColumn]) * (m.time[len(m.time)-1] - m.time[0])
		m.beta = next
		if round > 0 && moved <= 1e-6*m.scale {
			break
		}
	}
	m.residuals = m.less(v)
	m.setScale()
}

// setScale estimates the noise; where most residuals agree, by the others.
func (m *model) setScale() {
	var squares float64
	for _, r := range m.residuals {
		squares += r * r
	}
	m.scale = math.Max(spread(m.residuals), 0.3*math.Sqrt(squares/float64(len(m.residuals))))
}

// less returns v without what the model explains.
func (m *model) less(v []float64) []float64 {
	out := slices.Clone(v)
	for c, column := range m.columns {
		axpy(out, -m.beta[c], column)
	}
	return out
}

// without returns v without waves and jumps: the line and the noise.
func (m *model) without(v []float64) []float64 {
	out := slices.Clone(v)
	for c := slopeColumn + 1; c < len(m.columns); c++ {
		axpy(out, -m.beta[c], m.columns[c])
	}
	return out
}

// end is where the line and its jumps end, waves left out.
func (m *model) end(t, v []float64) float64 {
	last := len(v) - 1
	end := m.beta[0] + m.beta[slopeColumn]*m.columns[slopeColumn][last]
	for c := m.stepAt; c < len(m.columns); c++ {
		end += m.beta[c] * m.columns[c][last]
	}
	return end
}

// swing is the way from trough to crest of the waves.
func (m *model) swing() float64 {
	if m.stepAt <= slopeColumn+1 {
		return 0
	}
	low, high := math.Inf(1), math.Inf(-1)
	for i := range m.time {
		var sum float64
		for c := slopeColumn + 1; c < m.stepAt; c++ {
			sum += m.beta[c] * m.columns[c][i]
		}
		low, high = math.Min(low, sum), math.Max(high, sum)
	}
	return high - low
}

// mostMemory is the largest correlation of neighbours that is reckoned with.
const mostMemory = 0.98

// cosines is how many cosine transforms the error of a slope rests on, and so its
// degrees of freedom.
const cosines = 6

// slopeError returns the standard error of the slope and its degrees of freedom
// where the noise resembles itself. It is the equal-weighted cosine estimator:
// the long-run variance of the scores x·ψ(u) is the mean square of their first
// few cosine transforms, which is where slow noise is, and the few degrees of
// freedom tell the doubt (Müller, "HAC corrections for strongly autocorrelated
// time series", JBES 32, 2014; Lazarus, Lewis, Stock and Watson, "HAR inference:
// recommendations for practice", JBES 36, 2018). x is time without what the other
// columns explain of it.
//
// A fit takes up much of the slow noise itself, and slow noise has more weight in
// the slope than in the transforms. By how much is known for noise whose only
// memory is that of neighbours; with its correlation estimated, that is made up
// for, in the manner of prewhitening (Andrews and Monahan, Econometrica 60, 1992).
// An estimate too low makes a drift of slow noise, one too high costs little: it is
// raised by its own standard error (Bartlett, "On the theoretical specification and
// sampling properties of autocorrelated time-series", 1946), but for the few teeth
// of a sawtooth, of which it would be larger than what it raises.
func (m *model) slopeError() (se, df float64) {
	n := len(m.time)
	others := model{columns: slices.Concat(m.columns[:slopeColumn], m.columns[slopeColumn+1:])}
	others.orthonormal()
	x := others.residual(m.columns[slopeColumn])
	m.orthonormal()
	count := min(cosines, n/3)
	bent, score := make([]float64, n), make([]float64, n)
	for i, u := range m.residuals {
		bent[i] = math.Max(-huber*m.scale, math.Min(huber*m.scale, u))
		score[i] = x[i] * bent[i]
	}
	r := neighbours(bent, len(m.columns))
	if n >= LeastPoints {
		r = math.Min(r+math.Sqrt((1-r*r)/float64(n)), math.Max(r, mostMemory))
	}
	wave := make([]float64, n)
	var power, expected float64
	for j := 1; j <= count; j++ {
		for i := range wave {
			wave[i] = math.Cos(math.Pi * float64(j) * (float64(i) + 0.5) / float64(n))
		}
		sum := dot(wave, score)
		power += sum * sum
		for i := range wave {
			wave[i] *= x[i]
		}
		m.reject(wave)
		expected += remembering(wave, r)
	}
	if expected <= 0 {
		return math.Inf(1), float64(count)
	}
	variance := power / expected * remembering(x, r)
	return math.Sqrt(variance) / (math.Max(m.bent, 0.1) * dot(x, x)), float64(count)
}

// remembering is the variance of the sum of w times noise of variance 1 whose
// neighbours have the correlation r: Σ w_i w_j r^|i-j|.
func remembering(w []float64, r float64) (variance float64) {
	var past float64
	for _, x := range w {
		past *= r
		variance += x * (x + 2*past)
		past += x
	}
	return variance
}

// weighted solves the normal equations of weighted least squares; nil where they
// have no solution.
func weighted(columns [][]float64, w, v []float64) []float64 {
	p := len(columns)
	a := make([][]float64, p)
	for i := range a {
		a[i] = make([]float64, p+1)
		for k := range v {
			x := columns[i][k] * w[k]
			for j := range p {
				a[i][j] += x * columns[j][k]
			}
			a[i][p] += x * v[k]
		}
	}
	for i := range a {
		pivot := i
		for r := i + 1; r < p; r++ {
			if math.Abs(a[r][i]) > math.Abs(a[pivot][i]) {
				pivot = r
			}
		}
		a[i], a[pivot] = a[pivot], a[i]
		if math.Abs(a[i][i]) < 1e-12 {
			return nil
		}
		for r := range a {
			if r == i {
				continue
			}
			axpy(a[r][i:], -a[r][i]/a[i][i], a[i][i:])
		}
	}
	out := make([]float64, p)
	for i := range out {
		out[i] = a[i][p] / a[i][i]
	}
	return out
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// axpy adds f times x to y.
func axpy(y []float64, f float64, x []float64) {
	for i := range y {
		y[i] += f * x[i]
	}
}

// project returns how much of the square of left the direction c explains.
func project(c, left []float64) float64 {
	norm := dot(c, c)
	if norm <= 1e-12 {
		return 0
	}
	along := dot(c, left)
	return along * along / norm
}
