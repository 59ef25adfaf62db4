package stats

import (
	"math"
	"slices"
)

// Limits of what a part of a shape must explain, in variances of the noise at
// frequency 0: those of sup-F for one parameter that may change anywhere, at 1 %,
// and for two at 5 % (Andrews 1993, table I), since a warm-up missed costs more than
// one too many; those of chi squared at 1 % for two and three waves.
const (
	jumpLimit   = 12.35
	warmUpLimit = 11.79
	twoWaves    = 13.28
	threeWaves  = 16.81
	mostJumps   = 3
)

// earliest is the share of a series in which a break or a jump is its warm-up's.
// As long again is left out: two thirds are left at least.
const earliest = 1. / 6

// shape is what a series does besides drifting.
type shape struct {
	warm   int // the first index after the warm-up's break; 0: none
	rhythm bool
	jumps  []int
	left   float64 // the squares of what the shape doesn't explain
}

// shapeOf finds the shape of a series.
func shapeOf(t, v, omegas []float64) (s shape) {
	s.find(t, v, omegas, false)
	return s
}

// after returns the shape of what comes after the warm-up. A rhythm must have shown
// in the whole, since less than a period may be left, and show again: what only
// explained the warm-up is none.
func (s *shape) after(t, v, omegas []float64) (rest shape) {
	if !s.rhythm {
		omegas = nil
	}
	rest.find(t, v, omegas, true)
	return rest
}

// find goes step by step: of all parts that could be added, the one that exceeds
// its limit by most; warm: no warm-up is among them.
func (s *shape) find(t, v, omegas []float64, warm bool) {
	v = despike(v)
	m := newModel(t)
	for {
		m.orthonormal()
		left := m.residual(v)
		all := dot(left, left)
		s.left = all
		if all <= 1e-18*dot(v, v) {
			return
		}
		var parts []part
		if !warm && s.warm == 0 {
			parts = append(parts, m.warmUp(left))
		}
		if len(s.jumps) < mostJumps {
			parts = append(parts, m.jump(left, warm))
		}
		if !s.rhythm && len(omegas) > 0 {
			parts = append(parts, m.waves(left, omegas))
		}
		best, excess := part{}, 1.0
		for _, p := range parts {
			if e := m.excess(&p, v, all); e > excess {
				best, excess = p, e
			}
		}
		switch {
		case best.columns == nil:
			return
		case best.limit == warmUpLimit:
			s.warm = best.at
		case best.limit == jumpLimit:
			s.jumps = append(s.jumps, best.at)
		default:
			s.rhythm = true
		}
		m.columns = append(m.columns, best.columns...)
	}
}

// part is what could be added to a shape.
type part struct {
	at      int
	gain    float64 // by how much it lessens the sum of squares
	limit   float64
	columns [][]float64
}

// excess is by how much a part explains more than its limit. The noise is what
// the model with the part leaves.
func (m *model) excess(p *part, v []float64, all float64) float64 {
	if p.columns == nil {
		return 0
	}
	trial := model{columns: slices.Concat(m.columns, p.columns)}
	trial.orthonormal()
	free := len(v) - len(trial.columns)
	if free < 4 {
		return 0
	}
	noise := math.Max(all-p.gain, 1e-9*all) / float64(free)
	return p.gain / noise / inflation(trial.residual(v), len(trial.columns)) / p.limit
}

// warmUp finds the early break before which a line of its own explains most.
func (m *model) warmUp(left []float64) part {
	n := len(left)
	best := part{limit: warmUpLimit}
	early := func(k int) (one, line []float64) {
		one, line = make([]float64, n), make([]float64, n)
		for i := range k {
			one[i], line[i] = 1, m.columns[slopeColumn][i]
		}
		return one, line
	}
	for k := 3; k <= int(earliest*float64(n)); k++ {
		one, line := early(k)
		m.reject(one)
		gain := project(one, left)
		m.reject(line)
		if norm := dot(one, one); norm > 1e-12 {
			axpy(line, -dot(one, line)/norm, one)
		}
		if gain += project(line, left); gain > best.gain {
			best.at, best.gain = k, gain
		}
	}
	if best.at > 0 {
		one, line := early(best.at)
		best.columns = [][]float64{one, line}
	}
	return best
}

// jump finds the step that explains most; warm: a warm-up was left out already.
// Else an early step is one.
func (m *model) jump(left []float64, warm bool) part {
	n := len(left)
	best := part{limit: jumpLimit}
	margin := max(3, n/20)
	first := margin
	if !warm {
		first = max(margin, int(earliest*float64(n)))
	}
	for k := first; k <= n-margin; k++ {
		c := stepAt(n, k)
		m.reject(c)
		if gain := project(c, left); gain > best.gain {
			best.at, best.gain = k, gain
		}
	}
	if best.at > 0 {
		best.columns = [][]float64{stepAt(n, best.at)}
	}
	return best
}

func stepAt(n, k int) []float64 {
	c := make([]float64, n)
	for i := k; i < n; i++ {
		c[i] = 1
	}
	return c
}

// waves are the rhythm as a whole.
func (m *model) waves(left []float64, omegas []float64) part {
	p := part{limit: twoWaves, columns: wavesOf(m.time, omegas)}
	if len(omegas) > 2 {
		p.limit = threeWaves
	}
	trial := model{columns: slices.Concat(m.columns, p.columns)}
	trial.orthonormal()
	rest := trial.residual(left)
	p.gain = dot(left, left) - dot(rest, rest)
	return p
}

// inflation is by how much the variance of a mean of values that resemble their
// neighbours exceeds that of independent ones.
func inflation(residuals []float64, columns int) float64 {
	r := neighbours(residuals, columns)
	return (1 + r) / (1 - r)
}

// neighbours is the lag-1 correlation of noise, from what a model of so many
// columns left of it. A fit makes the estimate too low: by (1+3r)/n for a mean,
// by (2+4r)/n for a line (Kendall, see [Batches]; Marriott and Pope, "Bias in the
// estimation of autocorrelations", Biometrika 41, 1954), and so on.
func neighbours(residuals []float64, columns int) float64 {
	var products, squares float64
	for i, u := range residuals {
		squares += u * u
		if i > 0 {
			products += u * residuals[i-1]
		}
	}
	if squares == 0 {
		return 0
	}
	r, p := products/squares, float64(columns)
	r += (p + (p+2)*r) / float64(len(residuals))
	return math.Min(math.Max(r, 0), 0.97)
}
