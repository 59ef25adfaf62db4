package capacity

import (
	"math"
	"strings"

	"gonum.org/v1/gonum/stat"

	"authsoak/metric"
	"authsoak/results"
)

// A queue near saturation remembers: where it stands now still shows after its
// relaxation time. A step of a few of those that begins with an empty server sees
// shorter waits than a steady state has, whatever is done with its numbers, and
// many such steps agree with each other on a capacity that is too high. So what a
// step is worth is how many relaxation times it lasts.
const (
	// judgedMemories is how many relaxation times a step must be judged for.
	judgedMemories = 7
	// settledMemories is how many pass before, in which the queue fills.
	settledMemories = 1.5
	// settledPart of a lengthened step is what it settles for at least.
	settledPart = 4
)

// tailOf is the time constant, in seconds, of an exponential tail that an
// objective would just admit: of a quantile, the limit over −ln of the share that
// may exceed it; of a mean, the limit. It is 0 where the objective is none on
// times.
func tailOf(e metric.Expression, n int64) float64 {
	if !e.Func.OfTime() || !e.Unit.OfTime() || !e.Upper() {
		return 0
	}
	limit := e.Value * e.Unit.Base()
	switch p, quantile := e.Func.Percentile(); {
	case quantile:
		return limit / -math.Log(1-p/100)
	case e.Func == metric.Max:
		return limit / math.Log(float64(max(n, 3)))
	}
	return limit
}

// remember notes what the relaxation time is told from, after a step was judged.
func (r *runner) remember(s *results.CapacityStep, o *Outcome) {
	o.Settled, o.Judged = s.SettleS, s.HoldS
	worst := math.Inf(-1)
	for i, v := range s.Objectives {
		if v.Margin <= worst || v.Expression == keepsUp && !strings.Contains(v.ActualText, wentWrong) {
			continue // a backlog is the same queue's, whose times are looked at
		}
		worst, o.Tail = v.Margin, 0
		if i < len(r.Objectives) {
			o.Tail = tailOf(r.Objectives[i], s.Planned)
		}
	}
}

// memory is the relaxation time, in seconds, of the server's queue at a level
// where the margin rises by slope as the logarithm of the level does; 0 where it is
// no objective on times that the steps break there. Near saturation a queue is
// Brownian motion with a drift −m, the spare rate, and a variance σ², held at zero
// (Kingman 1962; Harrison, "Brownian Motion and Stochastic Flow Systems", 1985,
// chapter 5): its wait exceeds x with probability exp(−2mSx/σ²) at a saturation S, so
// that a quantile is x = Lσ²/(2mS), L being −ln of the share beyond; it rises with
// the level by d ln x/d ln λ ≈ S/m; and it forgets like exp(−t·m²/(2σ²)). The three
// together, with neither m nor σ nor S:
//
//	τ = 2σ²/m² = 4·x/L · d ln x/d ln λ
//
// For M/M/c that is 4S/m², the limit of (√S − √λ)⁻² (Morse 1955). What a response
// takes besides the wait cancels: it adds to x and flattens the slope alike. Where
// steps are far shorter than τ the slope is that of a queue that only grows, and
// the formula gives about their own length: too short steps show that they are.
func (s *Search) memory(at, slope float64) float64 {
	var tails []float64
	for _, t := range s.longest() {
		if !t.met() && math.Abs(math.Log(t.Level)-at) <= widest {
			tails = append(tails, t.Tail)
		}
	}
	if len(tails) == 0 || slope <= 0 {
		return 0
	}
	return 4 * slope * median(tails)
}

// longest are the steps that are evidence: those of the greatest length.
func (s *Search) longest() (out []taken) {
	times := s.times()
	for _, t := range s.past {
		if t.Long() && t.Rejected == "" && max(t.Times, 1) == times {
			out = append(out, t)
		}
	}
	return out
}

// lengths are how long those are judged and settle at least, in seconds.
func (s *Search) lengths() (judged, settled float64) {
	judged, settled = math.Inf(1), math.Inf(1)
	for _, t := range s.longest() {
		if t.Outcome.Judged > 0 && t.Margin < mostMargin { // not cut short
			judged, settled = min(judged, t.Outcome.Judged), min(settled, t.Settled)
		}
	}
	return judged, settled
}

// short is how many times longer the steps must be for what they show to be a
// steady state; at most 1 where they are long enough, or nothing is known of it.
func (f Finding) short() float64 {
	if f.Memory == 0 {
		return 0
	}
	return max(judgedMemories*f.Memory/f.Judged, settledMemories*f.Memory/max(f.Settled, 1e-3))
}

// allow lowers the low end of an interval, near which the margin rises by slope as
// the logarithm of the level does, by what steps can't show that are too short: they
// fell behind, or were met only since the queue had no time to become what it
// would. A level that they meet is no more than the saturation S once what was left
// undone is taken off. A queue of long standing is at its limit at λ = S − m, and
// with a slope of λ/m (see [Search.memory]) that is the share slope/(1+slope) of S.
// Short steps show less than that slope, so more is taken off than need be.
func (s *Search) allow(f Finding, slope float64) Finding {
	f.Memory = s.memory(math.Log(f.At), slope)
	f.Judged, f.Settled = s.lengths()
	keep := 1 - s.behind(f.Low)
	if f.short() > 1 {
		keep *= slope / (1 + slope)
	}
	f.Low, f.Allowed = f.Low*keep, 1-keep
	return f
}

// enough is how many times as long as usual steps must be for the evidence so far,
// a power of two: for a steady state, where what must be allowed for steps that
// don't reach one is more than a part of the wanted precision. A line tells as soon
// as there is one, however wide its interval.
func (s *Search) enough(f Finding) int {
	const part = 0.5
	times := s.times()
	if c, ok := s.line(s.evidence(), s.grid()); ok {
		now := s.allow(Finding{At: math.Exp(c.At), Low: math.Exp(c.At)}, c.Slope)
		if now.short() > 1 && now.Allowed > part*s.opt.Precision {
			return longer(times, now)
		}
	}
	if times < mostTimes && f.Decided && s.tooShort(f) {
		return 2 * times
	}
	return times
}

// longer doubles a length until it is that of a steady state, as far as may be.
// That it settles for longer comes with it.
func longer(times int, f Finding) int {
	for judged := f.Judged; times < mostTimes && (judged == f.Judged || judged < judgedMemories*f.Memory); judged *= 2 {
		times *= 2
	}
	return times
}

// behind is the share of what came that the steps at about a level didn't get
// done, where it is clear that they fell behind; else 0. Whoever lets a backlog
// grow within a step meets objectives that a longer one wouldn't: what is got done
// is what can be sustained.
func (s *Search) behind(level float64) float64 {
	const fewest, sure = 3, 3
	var shares []float64
	for _, t := range s.longest() {
		if t.Came > 0 && math.Abs(math.Log(t.Level/level)) <= pooled*s.grid() {
			shares = append(shares, 1-t.Left/t.Came)
		}
	}
	if len(shares) < fewest {
		return 0
	}
	mean, spread := stat.MeanStdDev(shares, nil)
	if mean <= 0 || mean < sure*spread/math.Sqrt(float64(len(shares))) {
		return 0
	}
	return mean
}

// slopeOf is how the margin rises between two levels, as the logarithm of the
// level does; 0 where it doesn't, or there is no level above.
func (s *Search) slopeOf(low, high float64) float64 {
	if math.IsInf(high, 1) {
		return 0
	}
	return max(s.meanMargin(high)-s.meanMargin(low), 0) / math.Log(high/low)
}

// meanMargin is that of the steps which are evidence at a level.
func (s *Search) meanMargin(level float64) float64 {
	var m []float64
	for _, t := range s.longest() {
		if t.Level == level {
			m = append(m, t.capped())
		}
	}
	return stat.Mean(m, nil)
}
