package scenario

import (
	"math"
	"time"
)

// Forever is the length of a stage that lasts until the run is stopped.
const Forever time.Duration = math.MaxInt64

// Stage is one part of a load's shape: the level (a rate in 1/s, or a number of
// users) goes in a straight line from From to To within Length. A step is a
// stage whose From differs from the To of the stage before.
type Stage struct {
	From, To float64
	Length   time.Duration // only the last may be [Forever], and then From = To
}

// Burst is a stage of no length: n arrivals at one instant. Only arrivals know it.
func Burst(n int) Stage { return Stage{From: float64(n), To: float64(n)} }

// segment is a stage with where it begins: at which time, and after how many
// arrivals. The number of arrivals is kept in two parts, so that billions of
// them lose no fraction.
type segment struct {
	Stage
	start   time.Duration
	whole   int64   // arrivals before the segment, the integer part
	frac    float64 // and the rest, 0 ≤ frac < 1
	seconds float64
	arrived float64 // arrivals within the segment; +Inf if it lasts forever
}

// layOut places the stages one after the other.
func layOut(stages []Stage) []segment {
	segments := make([]segment, 0, len(stages))
	var start time.Duration
	var whole int64
	var frac float64
	for _, st := range stages {
		s := segment{Stage: st, start: start, whole: whole, frac: frac}
		s.seconds = st.Length.Seconds()
		s.arrived = (st.From + st.To) / 2 * s.seconds
		if st.Length == 0 {
			s.arrived = st.From
		}
		if st.Length == Forever {
			s.arrived = math.Inf(1)
			if st.From == 0 {
				s.arrived = 0
			}
		}
		segments = append(segments, s)
		if math.IsInf(s.arrived, 1) {
			return segments
		}
		n := math.Floor(s.arrived)
		whole += int64(n)
		frac += s.arrived - n
		if f := math.Floor(frac + countSlack); f > 0 {
			whole, frac = whole+int64(f), max(0, frac-f)
		}
		start += st.Length
	}
	return segments
}

// countSlack is the share of an arrival below which a fraction is taken for a
// rounding error: 0.1/s for 30 s plans 3 arrivals, not 4.
const countSlack = 1e-6

// end returns when the last segment ends, [Forever] if never.
func end(segments []segment) time.Duration {
	if len(segments) == 0 {
		return 0
	}
	last := &segments[len(segments)-1]
	if last.Length == Forever {
		return Forever
	}
	return last.start + last.Length
}

// reach returns the time within the segment at which x arrivals (0 ≤ x ≤
// arrived; x = n − sub, n an integer) have come.
//
// With the rate r₀ + a·t, a = (r₁ − r₀)/T, the arrivals so far are
// Λ(t) = r₀t + at²/2; solved for t in the form that does not cancel,
//
//	t = 2x / (r₀ + √(r₀² + 2ax))
//
// (Press et al., Numerical Recipes, 3rd ed., eq. 5.6.4). A falling ramp is
// solved from its end, where the same form is stable again. For a constant rate
// t = x/r₀, of which the whole seconds are taken out first, so that the rest
// keeps its nanoseconds however long the segment is.
func (s *segment) reach(n int64, sub float64) time.Duration {
	if s.Length == 0 {
		return 0
	}
	if s.From == s.To {
		return s.reachConstant(n, sub)
	}
	x := float64(n) - sub
	var t float64
	if s.To > s.From {
		t = rampTime(s.From, (s.To-s.From)/s.seconds, x)
	} else {
		t = s.seconds - rampTime(s.To, (s.From-s.To)/s.seconds, s.arrived-x)
	}
	return min(max(0, time.Duration(math.Round(t*1e9))), s.Length-1)
}

// rampTime solves x = r·t + a·t²/2 for t, with a > 0; x below 0 counts as 0.
func rampTime(r, a, x float64) float64 {
	if x <= 0 {
		return 0
	}
	return 2 * x / (r + math.Sqrt(r*r+2*a*x))
}

func (s *segment) reachConstant(n int64, sub float64) time.Duration {
	rate, x := s.From, float64(n)
	q := math.Floor(x / rate)
	rest := math.FMA(-q, rate, x) - sub
	t := time.Duration(q)*time.Second + time.Duration(math.Round(rest/rate*1e9))
	return min(max(0, t), s.Length-1)
}
