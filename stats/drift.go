package stats

import (
	"math"
	"slices"
)

// Motion is what a series does over its length.
type Motion string

// Motions. Only Rises and Falls say that something drifts.
const (
	Steady   Motion = "steady"   // a drift as large as the floor is ruled out
	Rises    Motion = "rises"    // it grows, and by more than the floor
	Falls    Motion = "falls"    // it shrinks, and by more than the floor
	Settling Motion = "settling" // it moved, and hardly does any more
	Unclear  Motion = "unclear"  // a drift as large as the floor may be there or not
	Short    Motion = "short"    // too few points to say anything
)

// LeastPoints is the number of points below which a series says nothing of its
// own drift: eight degrees of freedom are needed for its noise alone.
const LeastPoints = 24

// leastTeeth is how many troughs of a sawtooth a slope is drawn through.
const leastTeeth = 8

// Question says how a series is to be judged. Times and slopes are in the unit
// of the series' times.
type Question struct {
	// Alpha is the chance of calling a drift where there is none, both directions
	// together.
	Alpha float64
	// Floor is the least change over the whole series that matters to anybody:
	// the larger of an amount and a share of the level.
	Floor, FloorShare float64
	// Period is that of a rhythm the series may follow, a day; 0: none.
	Period float64
	// Envelope follows the troughs of a sawtooth rather than the whole: what a
	// garbage collector leaves is what a process holds.
	Envelope bool
}

// Drift is the answer.
type Drift struct {
	Motion Motion
	// From is the index of the first point that was judged; those before it are
	// the warm-up.
	From int
	// Slope and Reach: the interval of the slope is Slope ± Reach. It misses the
	// truth with probability Alpha at most.
	Slope, Reach float64
	P            float64 // the probability of such a slope where there is none
	Level        float64 // the median of what was judged
	End          float64 // where the line ends
	Change       float64 // Slope over the length of what was judged
	Floor        float64 // the least change that counts
	Late         float64 // the slope of the second half alone
	Steps        []Step
	Rhythm       float64 // from the trough to the crest of what Period repeats
	Teeth        int     // troughs of the sawtooth that were followed; 0: none
}

// Step is a jump from one level to another at the point of that index.
type Step struct {
	At     int
	Height float64
}

// Judge tells whether values drift over times, which ascend. NaN is no value.
//
// The end of the warm-up is the break of a two-phase regression (Quandt, "The
// estimation of the parameters of a linear regression system obeying two
// separate regimes", JASA 53, 1958; Lund and Reeves, "Detection of undocumented
// changepoints", Journal of Climate 15, 2002) in the first half. What is left is
// fitted by a line, the first harmonics of the period where a whole one was seen,
// and the jumps that a sup-F test finds (Andrews, "Tests for parameter instability
// and structural change", Econometrica 61, 1993): a jump is no drift, nor is a day.
// The fit is Huber's M-estimate ("Robust regression", Annals of Statistics 1,
// 1973) from the start of Theil and Sen, so that outliers don't steer it. The
// interval is one for autocorrelated noise: see [slopeError].
func Judge(times, values []float64, q Question) Drift {
	t, v, index := present(times, values)
	d := Drift{Motion: Short, P: 1, Reach: math.Inf(1)}
	if len(v) < LeastPoints {
		return d
	}
	least := LeastPoints
	if q.Envelope {
		if at := troughs(v); at != nil {
			d.Teeth = len(at)
			t, v, index = pick(t, at), pick(v, at), pickInt(index, at)
			least = leastTeeth
		}
	}
	d.Level = median(v)
	d.Floor = math.Max(q.Floor, q.FloorShare*math.Abs(d.Level))
	if len(v) < least {
		return d
	}
	from, m := 0, newModel(t)
	var jumps []int
	if d.Teeth == 0 {
		omegas := q.harmonics(t)
		s := shapeOf(t, v, omegas)
		// What settles does so ever more slowly: as long again is left out.
		from = min(2*s.warm, len(v)/2)
		d.From = index[from]
		t, v = t[from:], v[from:]
		if m = newModel(t); s.rhythm {
			m.columns = append(m.columns, wavesOf(t, omegas)...)
			m.stepAt = len(m.columns)
		}
		jumps = s.jumps
	}
	d.line(m, v, from, jumps, q)
	for i := range d.Steps {
		d.Steps[i].At = index[from+d.Steps[i].At]
	}
	length := t[len(t)-1] - t[0]
	d.Level = median(v)
	d.Floor = math.Max(q.Floor, q.FloorShare*math.Abs(d.Level))
	d.Change = d.Slope * length
	d.End = m.end(t, v)
	half := len(v) / 2
	d.Late = TheilSen(t[half:], m.without(v)[half:])
	d.Motion = d.motion(length)
	return d
}

// motion says what the numbers mean. A drift must be as large as the floor by its
// estimate and half as large for certain, and the second half must go on with it.
func (d *Drift) motion(length float64) Motion {
	change, reach := math.Abs(d.Change), d.Reach*length
	drifts := change >= d.Floor && change > reach && change-reach >= d.Floor/2
	switch {
	case drifts && d.Late/d.Slope < 0.5:
		return Settling
	case drifts && d.Slope > 0:
		return Rises
	case drifts:
		return Falls
	case change+reach < d.Floor || change == 0 && reach == 0:
		return Steady
	}
	return Unclear
}

// harmonics are the angular frequencies of the rhythm, none where less than a
// whole period was seen: then a rhythm can't be told from a trend.
func (q *Question) harmonics(t []float64) (omegas []float64) {
	span := t[len(t)-1] - t[0]
	if q.Period <= 0 || span < 0.95*q.Period || len(t) < LeastPoints {
		return nil
	}
	most := 2
	if span >= 1.9*q.Period {
		most = 3
	}
	for h := 1; h <= most; h++ {
		omegas = append(omegas, 2*math.Pi*float64(h)/q.Period)
	}
	return omegas
}

// line fits what is left after the warm-up.
func (d *Drift) line(m *model, v []float64, from int, jumps []int, q Question) {
	slices.Sort(jumps)
	for _, at := range jumps {
		if at -= from; at > 1 && at < len(v)-1 {
			m.columns = append(m.columns, stepAt(len(v), at))
			d.Steps = append(d.Steps, Step{At: at})
		}
	}
	m.fit(v)
	for i := range d.Steps {
		d.Steps[i].Height = m.beta[m.stepAt+i]
	}
	d.Rhythm = m.swing()
	d.Slope = m.beta[slopeColumn]
	se, df := m.slopeError()
	d.Reach = critical(q.Alpha, df) * se
	switch {
	case se > 0:
		d.P = tails(d.Slope/se, df)
	case d.Slope != 0:
		d.P = 0
	}
}

// Shown returns the smallest change over a length that the noise of this series
// would have let through as a drift.
func (d *Drift) Shown(length float64) float64 { return math.Max(d.Reach*length, d.Floor) }

// TheilSen returns the median of the slopes between all pairs of points (Theil,
// "A rank-invariant method of linear and polynomial regression analysis", 1950;
// Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63,
// 1968). Up to 29 % of the points may be anything. Of many points each is paired
// with every so manieth other, so that the cost stays bounded.
func TheilSen(t, v []float64) float64 {
	n := len(v)
	stride := max(1, n/512)
	slopes := make([]float64, 0, n*(n-1)/2/stride+1)
	for i := range v {
		for j := i + 1; j < n; j += stride {
			if t[j] > t[i] {
				slopes = append(slopes, (v[j]-v[i])/(t[j]-t[i]))
			}
		}
	}
	return median(slopes)
}

// median leaves its argument alone; that of nothing is 0.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Clone(v)
	slices.Sort(s)
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// spread is the standard deviation of normal values, estimated by their median
// absolute deviation.
func spread(v []float64) float64 {
	m := median(v)
	dev := make([]float64, len(v))
	for i, x := range v {
		dev[i] = math.Abs(x - m)
	}
	return 1.4826 * median(dev)
}

func present(times, values []float64) (t, v []float64, index []int) {
	for i, x := range values {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			t, v, index = append(t, times[i]), append(v, x), append(index, i)
		}
	}
	return t, v, index
}

func pick(v []float64, at []int) []float64 {
	out := make([]float64, len(at))
	for i, a := range at {
		out[i] = v[a]
	}
	return out
}

func pickInt(v, at []int) []int {
	out := make([]int, len(at))
	for i, a := range at {
		out[i] = v[a]
	}
	return out
}

// troughs returns the lowest point of each tooth of a sawtooth, nil where the
// series is none: where it doesn't fall at least three times by a third of its
// range within two points, and rise in between. The first and the last tooth are
// cut off by the ends of the series and don't count.
func troughs(v []float64) []int {
	flat := make([]float64, len(v))
	slope := TheilSen(indices(len(v)), v)
	for i := range v {
		flat[i] = v[i] - slope*float64(i)
	}
	s := slices.Clone(flat)
	slices.Sort(s)
	high, low := s[len(s)*19/20], s[len(s)/20]
	drop := (high - low) / 3
	if !(drop > 0) || drop < 4*quiet(flat) {
		return nil
	}
	var falls []int
	for i := 1; i < len(flat); i++ {
		fall := flat[i-1] - flat[i]
		if i >= 2 {
			fall = math.Max(fall, flat[i-2]-flat[i])
		}
		if fall < drop {
			continue
		}
		if n := len(falls); n > 0 && i-falls[n-1] <= 2 {
			if flat[i] < flat[falls[n-1]] {
				falls[n-1] = i
			}
			continue
		}
		falls = append(falls, i)
	}
	if len(falls) < 3 {
		return nil
	}
	var at []int
	for n := range falls[:len(falls)-1] {
		lowest := falls[n]
		for i := falls[n]; i < falls[n+1]; i++ {
			if v[i] < v[lowest] {
				lowest = i
			}
		}
		at = append(at, lowest)
	}
	return at
}

// quiet is the noise of a series between its falls: the spread of the differences
// of neighbours.
func quiet(v []float64) float64 {
	diff := make([]float64, len(v)-1)
	for i := range diff {
		diff[i] = v[i+1] - v[i]
	}
	return spread(diff) / math.Sqrt2
}

func indices(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i)
	}
	return out
}

// despike replaces what lies far from its neighbours by their median (Hampel,
// "The influence curve and its role in robust estimation", JASA 69, 1974): a
// single outlier is no jump.
func despike(v []float64) []float64 {
	const reach = 3
	out := slices.Clone(v)
	var around [2*reach + 1]float64
	noise := quiet(v)
	for i := range v {
		near := around[:copy(around[:], v[max(0, i-reach):min(len(v), i+reach+1)])]
		if m := median(near); math.Abs(v[i]-m) > 3*noise {
			out[i] = m
		}
	}
	return out
}
