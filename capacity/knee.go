package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"authsoak/stats"
)

const (
	// mostMargin caps a margin, so that a step far beyond the limit weighs no more
	// than one clearly beyond it: e² times the limit.
	mostMargin = 2
	// gridPart of the precision is the distance of neighbouring levels.
	gridPart = 3
	// apart is how far from the likeliest limit levels are put at least, in the
	// spacing: near enough to be informative, far enough to tell the sides.
	apart = 0.75
	// window is how far from the likeliest limit steps count for the curve through
	// them, in the spacing: farther away margins bend.
	window = 4.5
	// pooled is how far beyond a level steps count for it as well, in grid steps: a
	// level is met if one above it is.
	pooled = 2.1
	// fewestKnee is the least number of steps for a line, with two on each side.
	fewestKnee = 6
	// steepest is the rise of the line, between the levels next to the limit, from
	// which on it is a cliff: a line through both sides would say nothing about
	// what lies between.
	steepest = 2.5
	// widest bounds the spacing where steps scatter.
	widest = 0.15
	// mostTimes is how many times the usual length a step is made at most.
	mostTimes = 16
)

// grid is the distance of neighbouring levels, as a logarithm.
func (s *Search) grid() float64 { return math.Log1p(s.opt.Precision / gridPart) }

// atLevel is what the steps of one level have shown together.
type atLevel struct {
	level  float64
	margin float64 // median
	n      int
}

// levels sums up the evidence by level, ascending. Where a level has long steps,
// its short ones don't count. A server that has just been overloaded shows how it
// recovers, unless it never does: then the level was too much.
func (s *Search) levels() (out []atLevel) {
	margins := map[float64][]float64{}
	long := map[float64]bool{}
	times := s.times()
	for _, t := range s.past {
		if t.Rejected != "" || long[t.Level] && !t.Long() || t.Kind == Recovery && s.lost(t.Level) < recoveries || t.Long() && max(t.Times, 1) < times {
			continue
		}
		if t.Long() && !long[t.Level] {
			long[t.Level], margins[t.Level] = true, nil
		}
		margins[t.Level] = append(margins[t.Level], t.capped())
	}
	for level, m := range margins {
		out = append(out, atLevel{level: level, margin: median(m), n: len(m)})
	}
	return ascending(out)
}

// capped is the unbiased margin within ±[mostMargin].
func (o Outcome) capped() float64 {
	if o.Dead {
		return mostMargin
	}
	return min(max(o.Unbiased, -mostMargin), mostMargin)
}

// Unbiased corrects a margin by those of the two halves of its step. A quantile
// of few busy spells comes out too low as a rule, by an amount that goes with the
// inverse of the length: halves show twice of it, and what they show more is taken
// off the whole (Quenouille, "Approximate tests of correlation in time-series",
// JRSS B 11, 1949; the first jackknife).
func Unbiased(whole, first, second float64) float64 { return 2*whole - (first+second)/2 }

// evidence are the long steps: the logarithms of their levels, and their margins.
func (s *Search) evidence() evidence { return s.evidenceOf(s.times()) }

// evidenceOf are the long steps of a length.
func (s *Search) evidenceOf(times int) (e evidence) {
	for _, t := range s.past {
		if t.Long() && t.Rejected == "" && max(t.Times, 1) == times {
			e.x, e.margin = append(e.x, math.Log(t.Level)), append(e.margin, t.capped())
		}
	}
	return e
}

type evidence struct{ x, margin []float64 }

// levels are the evidence by level, ascending.
func (e evidence) levels() (out []atLevel) {
	margins := map[float64][]float64{}
	for i, x := range e.x {
		margins[x] = append(margins[x], e.margin[i])
	}
	for x, m := range margins {
		out = append(out, atLevel{level: math.Exp(x), margin: median(m), n: len(m)})
	}
	return ascending(out)
}

func median(m []float64) float64 {
	slices.Sort(m)
	return (m[(len(m)-1)/2] + m[len(m)/2]) / 2
}

func ascending(levels []atLevel) []atLevel {
	slices.SortFunc(levels, func(a, b atLevel) int { return cmp.Compare(a.level, b.level) })
	return levels
}

// spacing is the distance of levels from the limit: a grid step, or as far as
// the values of single steps scatter.
func (s *Search) spacing(e evidence) float64 {
	g := s.grid()
	if c, ok := s.line(e, g); ok {
		return min(max(g, c.Spread), max(g, widest))
	}
	if len(e.x) < fewestKnee && !s.opt.Whole {
		return 2 * g
	}
	return g
}

// times is the length of the longest steps so far: shorter ones are no evidence
// beside them.
func (s *Search) times() int {
	n := 1
	for _, t := range s.past {
		n = max(n, t.Times)
	}
	return n
}

// timesBefore is the length of steps before they were made longer the last time;
// 0: they never were.
func (s *Search) timesBefore() (n int) {
	for _, t := range s.past {
		if k := max(t.Times, 1); t.Long() && k < s.times() {
			n = max(n, k)
		}
	}
	return n
}

// tooShort tells whether the steps are too short for the answer: those beyond it
// fall behind, and get less done than the answer says. A queue near saturation
// takes long to grow, and a short step that begins without one meets its
// objectives at loads that nobody could sustain.
func (s *Search) tooShort(f Finding) bool {
	const fewest, least, sure = 3, 0.02, 3
	var behind []float64
	var left float64
	for _, t := range s.longest() {
		if t.Left > 0 && t.Level > f.At {
			behind = append(behind, 1-t.Left/t.Came)
			left += t.Left
		}
	}
	n := float64(len(behind))
	if n < fewest || left/n >= f.High {
		return false
	}
	mean, spread := stat.MeanStdDev(behind, nil)
	return mean >= least && mean >= sure*spread/math.Sqrt(n)
}

// knee gathers evidence on both sides of the likeliest limit in turn until the
// interval is narrow enough.
func (s *Search) knee() (Step, End) {
	f := s.Finding()
	times, longer := s.enough(f), ""
	if n := times / s.times(); n > 1 {
		longer = fmt.Sprintf("; steps %d times as long from here on, since these end before the queue is what it would become", n)
	} else if f.Decided && (f.High <= f.Low*(1+s.opt.Precision) || s.opt.Whole && f.High-f.Low <= 1) {
		return Step{}, Decided
	}
	if lo, hi := s.bracket(); lo >= s.opt.Most && math.IsInf(hi, 1) {
		if f.Decided {
			return Step{}, AtGuard
		}
		return Step{Kind: Knee, Level: s.opt.Most, Times: times, Why: "the highest that may be tried; no single step decides"}, Going
	}
	e := s.evidence()
	at, d := s.likeliest(e), s.spacing(e)
	g := s.grid()
	low := s.level(math.Exp(g * math.Floor((at-apart*d)/g)))
	high := s.level(math.Exp(g * math.Ceil((at+apart*d)/g)))
	if s.opt.Whole && high <= low {
		high = low + 1
	}
	var below, above int
	for _, v := range e.x {
		switch {
		case math.Abs(v-at) > window*d:
		case v < at:
			below++
		default:
			above++
		}
	}
	side, level := "above", high
	if below <= above && low < s.opt.Most {
		side, level = "below", low
	}
	why := fmt.Sprintf("just %s %s, where the limit seems to be", side, s.text(math.Exp(at)))
	if why += longer; longer == "" && s.tried(level) {
		why += "; again, since no single step decides"
	}
	return Step{Kind: Knee, Level: min(level, s.opt.Most), Why: why, Times: times}, Going
}

// tried tells whether a level has a step that is evidence.
func (s *Search) tried(level float64) bool {
	times := s.times()
	return slices.ContainsFunc(s.past, func(t taken) bool { return t.Level == level && t.Long() && max(t.Times, 1) == times })
}

// likeliest is the logarithm of the level where the limit seems to be.
func (s *Search) likeliest(e evidence) float64 {
	if c, ok := s.line(e, s.grid()); ok {
		return math.Min(c.At, math.Log(s.opt.Most))
	}
	if len(e.x) < 4 { // until longer steps know better
		if c, ok := s.line(s.evidenceOf(s.timesBefore()), s.grid()); ok {
			// Short steps overrate by a share of 1/(1+slope) at most.
			return math.Min(c.At-math.Log1p(1/c.Slope)/2, math.Log(s.opt.Most))
		}
	}
	all := crossing(s.levels())
	met, failed := extremes(e)
	reach := 1.75 * s.grid()
	switch {
	case len(e.x) == 0:
	case math.IsInf(failed, 1): // everything was met so far: go up, ever faster
		all = math.Max(all, met+reach*float64(distinct(e.x)))
	case math.IsInf(met, -1):
		all = math.Min(all, failed-reach*float64(distinct(e.x)))
	}
	return math.Min(all, math.Log(s.opt.Most))
}

func distinct(x []float64) int {
	x = slices.Clone(x)
	slices.Sort(x)
	return len(slices.Compact(x))
}

// extremes are the highest place that was met and the lowest that was not.
func extremes(e evidence) (met, failed float64) {
	met, failed = math.Inf(-1), math.Inf(1)
	for i, x := range e.x {
		if e.margin[i] < 0 {
			met = math.Max(met, x)
		} else {
			failed = math.Min(failed, x)
		}
	}
	return met, failed
}

// crossing is the logarithm of the level where rising margins fitted to the
// levels cross zero (pooling adjacent violators: Ayer et al., "An empirical
// distribution function for sampling with incomplete information", 1955).
func crossing(levels []atLevel) float64 {
	type pool struct{ first, last, margin, n float64 }
	var pools []pool
	for _, l := range levels {
		pools = append(pools, pool{math.Log(l.level), math.Log(l.level), l.margin, float64(l.n)})
		for k := len(pools) - 1; k > 0 && pools[k-1].margin >= pools[k].margin; k-- {
			a, b := pools[k-1], pools[k]
			pools[k-1] = pool{a.first, b.last, (a.margin*a.n + b.margin*b.n) / (a.n + b.n), a.n + b.n}
			pools = pools[:k]
		}
	}
	for k, p := range pools {
		if p.margin >= 0 {
			if k == 0 {
				return p.first
			}
			q := pools[k-1]
			return q.last + (p.first-q.last)*q.margin/(q.margin-p.margin)
		}
	}
	return pools[len(pools)-1].last
}

// line fits a line to the long steps near the limit; false where they are too
// few, all on one side, or lie on the two sides of a cliff. The window is of the
// given spacing, or as wide as the steps scatter.
func (s *Search) line(e evidence, spacing float64) (c stats.Crossing, ok bool) {
	if len(e.x) < fewestKnee {
		return c, false
	}
	middle := crossing(e.levels())
	for range 3 { // until the window fits the scatter
		var x, margin []float64
		below, above := math.Inf(-1), math.Inf(1)
		var met, failed int
		for i, at := range e.x {
			if math.Abs(at-middle) > window*spacing {
				continue
			}
			x, margin = append(x, at), append(margin, e.margin[i])
			if e.margin[i] < 0 {
				met++
			} else {
				failed++
			}
		}
		if len(x) < fewestKnee || met < 2 || failed < 2 {
			return c, false
		}
		if c, ok = stats.FindCrossing(x, margin, 1-s.opt.Confidence); !ok {
			return c, false
		}
		for _, at := range x {
			if at <= c.At {
				below = math.Max(below, at)
			} else {
				above = math.Min(above, at)
			}
		}
		if c.Slope*(above-below) > steepest {
			return c, false
		}
		if middle = c.At; c.Spread <= spacing {
			break
		}
		spacing = min(c.Spread, widest)
	}
	return c, true
}
