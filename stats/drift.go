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
	// Jagged: Motion is Unclear for its jumps alone. They go one way, as stairs do,
	// or they take back what the slope brings, as a sawtooth of few teeth does.
	Jagged bool
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
// changepoints", Journal of Climate 15, 2002) in the first sixth. What is left is
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
			least = LeastTeeth
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
		from = 2 * s.warm
		d.From = index[from]
		t, v = t[from:], v[from:]
		if from > 0 { // jumps of the whole may have been part of the warm-up
			s = s.after(t, v, omegas)
		}
		if m = newModel(t); s.rhythm {
			m.columns = append(m.columns, wavesOf(t, omegas)...)
			m.stepAt = len(m.columns)
		}
		jumps = s.jumps
	}
	d.line(m, v, jumps, q)
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
	if (d.Motion == Rises || d.Motion == Falls) && q.doubts(&d, times, values) {
		d.Motion = Unclear
	}
	return d
}

// A rhythm of which fewer than two periods were seen is trusted to tell a slope if
// jumps and a warm-up in its place leave so many times the squares, and if it is so
// many times as high as what the slope comes to.
const (
	trustedLeft  = 2.5
	trustedSwing = 1.25
)

// doubts tells whether a drift rests on a rhythm that may be none: a line and a
// wave of one period, taken together, look like a step. Such a drift must show
// without the rhythm, too.
func (q Question) doubts(d *Drift, times, values []float64) bool {
	t, v, _ := present(times, values)
	if d.Rhythm == 0 || t[len(t)-1]-t[0] >= 1.9*q.Period {
		return false
	}
	with, without := shapeOf(t, v, q.harmonics(t)), shapeOf(t, v, nil)
	if d.Rhythm >= trustedSwing*math.Abs(d.Change) && without.left > trustedLeft*with.left {
		return false
	}
	q.Period = 0
	return Judge(times, values, q).Motion != d.Motion
}

// takenBack is the share of a change from which on jumps against it leave open
// whether there is one.
const takenBack = 0.4

// motion says what the numbers mean. A drift must be as large as the floor for
// certain, the second half must go on with it, and jumps must not take it back.
func (d *Drift) motion(length float64) Motion {
	change, reach := math.Abs(d.Change), d.Reach*length
	drifts := change > reach && change-reach >= d.Floor
	steady := change+reach < d.Floor || change == 0 && reach == 0
	up, down := d.jumps()
	back := up
	if d.Slope > 0 {
		back = down
	}
	d.Jagged = drifts && back.height >= takenBack*change || steady && (up.stairs(down, d.Floor) || down.stairs(up, d.Floor))
	switch {
	case d.Jagged:
		return Unclear
	case drifts && d.Late/d.Slope < 0.5:
		return Settling
	case drifts && d.Slope > 0:
		return Rises
	case drifts:
		return Falls
	case steady:
		return Steady
	}
	return Unclear
}

// jumps are those of one direction together.
type jumps struct {
	number int
	height float64
}

func (d *Drift) jumps() (up, down jumps) {
	for _, s := range d.Steps {
		one := &up
		if s.Height < 0 {
			one = &down
		}
		one.number++
		one.height += math.Abs(s.Height)
	}
	return up, down
}

// stairs tells whether jumps climb by more than the floor: one alone is an event,
// and those that others take back are no way anywhere.
func (j jumps) stairs(back jumps, floor float64) bool {
	return j.number >= 2 && j.height-back.height >= floor && back.height <= j.height/4
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
func (d *Drift) line(m *model, v []float64, jumps []int, q Question) {
	slices.Sort(jumps)
	for _, at := range jumps {
		m.columns = append(m.columns, stepAt(len(v), at))
		d.Steps = append(d.Steps, Step{At: at})
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
