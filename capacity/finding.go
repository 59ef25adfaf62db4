package capacity

import (
	"fmt"
	"math"
	"slices"

	"authsoak/stats"
)

// Finding is what a search knows.
type Finding struct {
	// Low was met and High was not; 0 and infinity where nothing was.
	Low, High float64
	At        float64 // the likeliest limit
	// Decided tells whether Low and High hold the limit with the confidence asked
	// for; else they are those of single steps.
	Decided bool
	// Allowed is the share by which Low was lowered for steps that are too short.
	Allowed float64
	// Memory is the relaxation time of the server's queue at the limit, 0 where it
	// isn't known; Judged and Settled are the lengths of the steps that the interval
	// rests on. Seconds.
	Memory, Judged, Settled float64
	Exact                   bool // High is Low+1, the first level beyond a cap
	Method                  string
}

// Methods by which an interval was found.
const (
	byLine   = "a line through the margins of the long steps near the limit; its interval inverts an anytime-valid t-test, as far as margins lie on a line and scatter alike"
	byLevels = "an anytime-valid t-test of the margins at single levels, its error divided among them"
	byCap    = "sequential probability ratio test of the number of sessions and the next"
	bySteps  = "single steps, undecided"
)

// Finding sums up the outcomes so far.
func (s *Search) Finding() Finding {
	if c, ok := s.sessionCap(); ok && s.capDecided(c) {
		return Finding{Low: float64(c), High: float64(c + 1), At: float64(c), Decided: true, Exact: true, Method: byCap}
	}
	e := s.evidence()
	if c, ok := s.line(e, s.grid()); ok && !math.IsInf(c.Low, 0) && !math.IsInf(c.High, 0) {
		return s.allow(Finding{Low: math.Exp(c.Low), High: math.Exp(c.High), At: math.Exp(c.At), Decided: true, Method: byLine}, c.Slope)
	}
	lo, hi := s.bracket()
	f := Finding{Low: lo, High: hi, At: lo, Method: bySteps}
	if lo > 0 && !math.IsInf(hi, 1) {
		f.At = math.Exp(crossing(s.levels()))
	}
	low, high := s.decidedLevels(e.x, e.margin)
	if low == 0 && math.IsInf(high, 1) || low >= high {
		return f
	}
	if low > 0 && (!math.IsInf(high, 1) || low >= s.opt.Most) {
		f.Low, f.High, f.Decided, f.Method = low, high, true, byLevels
		f.At = min(max(f.At, low), high)
		if math.IsInf(high, 1) {
			f.At = low
		}
		if !s.opt.Whole {
			f = s.allow(f, s.slopeOf(low, high))
		}
	}
	return f
}

// decidedLevels are the highest level that the test calls met and the lowest
// that it calls failed. Steps a little above a level count for its being met,
// and a little below for its being failed. The error that is allowed is divided
// among the levels in the order in which they are first driven, the kth has
// 1/(k(k+1)) of it, which makes one in all however many there will be.
func (s *Search) decidedLevels(x, y []float64) (low, high float64) {
	high = math.Inf(1)
	reach := pooled * s.grid()
	var places []float64
	for _, at := range x {
		if slices.Contains(places, at) {
			continue
		}
		places = append(places, at)
		k := float64(len(places))
		alpha := (1 - s.opt.Confidence) / (k * (k + 1))
		var up, down []float64
		for j := range x {
			if d := x[j] - at; d >= 0 && d <= reach {
				up = append(up, y[j])
			}
			if d := at - x[j]; d >= 0 && d <= reach {
				down = append(down, y[j])
			}
		}
		if says(up, -1, alpha) {
			low = math.Max(low, math.Exp(at))
		}
		if says(down, 1, alpha) {
			high = math.Min(high, math.Exp(at))
		}
	}
	return s.driven(low), s.driven(high)
}

// driven is the level that was driven at such a place.
func (s *Search) driven(v float64) float64 {
	for _, t := range s.past {
		if math.Abs(t.Level-v) < 1e-9*v {
			return t.Level
		}
	}
	return v
}

// capRuns is how many more steps must speak for a supposed cap than against it:
// where a step tells the truth with a chance of 0.8 at least, Wald's bound for
// errors of 5 % is ln(0.95/0.05) / ln(0.8/0.2) = 2.1 (Wald, "Sequential tests of
// statistical hypotheses", Annals of Mathematical Statistics 16, 1945).
const capRuns = 3

// sessionCap is the number of sessions at which logins were refused in the last
// step that showed such a thing, unless steps have spoken against it.
func (s *Search) sessionCap() (c int, ok bool) {
	if !s.opt.Whole {
		return 0, false
	}
	for _, t := range s.past {
		if t.Rejected == "" && t.Outcome.Cap > 0 && float64(t.Outcome.Cap) < t.Level {
			c = t.Outcome.Cap
		}
	}
	if c == 0 {
		return 0, false
	}
	for _, score := range []int{s.capScore(float64(c), true), s.capScore(float64(c+1), false)} {
		if score <= -capRuns {
			return 0, false
		}
	}
	return c, true
}

// capScore counts the steps of a level that were met, or not, less the others.
func (s *Search) capScore(level float64, met bool) (n int) {
	for _, t := range s.past {
		if t.Rejected != "" || t.Level != level {
			continue
		}
		if t.met() == met {
			n++
		} else {
			n--
		}
	}
	return n
}

func (s *Search) capDecided(c int) bool {
	return s.capScore(float64(c), true) >= capRuns && (s.capScore(float64(c+1), false) >= capRuns || float64(c+1) > s.opt.Most)
}

// tryCap repeats a supposed cap and the number above it in turn.
func (s *Search) tryCap(c int) (Step, End) {
	if s.capDecided(c) {
		return Step{}, Decided
	}
	at, beyond := s.capScore(float64(c), true), s.capScore(float64(c+1), false)
	if at < capRuns && (at <= beyond || beyond >= capRuns) {
		return Step{Kind: Cap, Level: float64(c), Why: fmt.Sprintf("logins were refused at %d live sessions: so many should be possible", c)}, Going
	}
	return Step{Kind: Cap, Level: float64(c + 1), Why: fmt.Sprintf("if %d is a cap, one session more is refused", c)}, Going
}

// says tells whether the margins prove a sign, with an error of alpha at most.
func says(margins []float64, sign, alpha float64) bool {
	e, mean := stats.MeanEvidence(margins)
	return mean*sign > 0 && e >= 1/alpha
}
