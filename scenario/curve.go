package scenario

import (
	"math"
	"time"
)

// Curve plans how many virtual users are at work: user i is active while the
// level is above i. It is immutable and safe for concurrent use.
type Curve struct {
	segments []segment
}

// NewCurve makes a curve of stages whose levels are numbers of users.
func NewCurve(stages []Stage) *Curve { return &Curve{segments: layOut(stages)} }

// Filled returns the curve with its steps drawn out, the one at its start
// included: where a stage begins at another level than the one before ended, the
// level goes there at perSec users a second, and the stage is that much
// shorter. A stage too short for that never reaches its level. So user i of a
// population that is wanted at once starts at i/perSec. At perSec ≤ 0 the curve
// stays as it is.
func (c *Curve) Filled(perSec float64) *Curve {
	if perSec <= 0 {
		return c
	}
	var stages []Stage
	var level float64
	for i := range c.segments {
		s := c.segments[i].Stage
		need := time.Duration(math.Ceil(math.Abs(s.From-level) / perSec * 1e9))
		if need > 0 {
			// A stage that itself moves is met where it will be by then.
			fill := Stage{From: level, To: s.From, Length: min(need, s.Length)}
			if s.Length != Forever {
				done := fill.Length.Seconds() / s.Length.Seconds()
				fill.To = s.From + (s.To-s.From)*done
				s.From = fill.To
			}
			if fill.Length < need {
				fill.To = level + math.Copysign(perSec*fill.Length.Seconds(), fill.To-level)
			}
			stages = append(stages, fill)
			level = fill.To
			if s.Length != Forever {
				s.Length -= fill.Length
			}
		}
		if s.Length > 0 {
			stages = append(stages, s)
			level = s.To
		}
	}
	return NewCurve(stages)
}

// Length returns when the curve ends, [Forever] if never.
func (c *Curve) Length() time.Duration { return end(c.segments) }

// At returns the level at a time; 0 before the start and from the end on.
func (c *Curve) At(t time.Duration) float64 { return levelAt(c.segments, t) }

// Peak returns the number of users ever active at once: the highest level,
// rounded up.
func (c *Curve) Peak() int {
	var peak float64
	for i := range c.segments {
		peak = max(peak, c.segments[i].From, c.segments[i].To)
	}
	return int(math.Ceil(peak))
}

// Crossing returns the first time not before after at which user i is active,
// and false if it is never active again.
func (c *Curve) Crossing(i int, after time.Duration) (start time.Duration, ok bool) {
	after = max(0, after)
	for n := range c.segments {
		from, to := c.segments[n].active(float64(i))
		if from = max(from, after); from < to {
			return from, true
		}
	}
	return 0, false
}

// ActiveUntil returns the first time from t on at which user i is not active: t
// itself if it isn't active then, the end of the curve if it stays.
func (c *Curve) ActiveUntil(i int, t time.Duration) time.Duration {
	t = max(0, t)
	for n := range c.segments {
		s := &c.segments[n]
		if s.over() <= t {
			continue
		}
		from, to := s.active(float64(i))
		if t < from || t >= to {
			return t
		}
		if t = to; to < s.over() {
			return t
		}
	}
	return t
}

// over returns the end of the segment.
func (s *segment) over() time.Duration {
	if s.Length == Forever {
		return Forever
	}
	return s.start + s.Length
}

// level returns the level at a time of the run within the segment.
func (s *segment) level(t time.Duration) float64 {
	if s.From == s.To {
		return s.From
	}
	return s.From + (s.To-s.From)*((t-s.start).Seconds()/s.seconds)
}

// active returns the part of the segment in which the level is above v, from
// and to in the run's time; it is empty if from = to.
func (s *segment) active(v float64) (from, to time.Duration) {
	meets := (v - s.From) / (s.To - s.From) * s.seconds * 1e9
	switch {
	case s.From > v && s.To > v:
		return s.start, s.over()
	case s.From > v:
		return s.start, s.start + min(time.Duration(math.Ceil(meets)), s.Length)
	case s.To > v:
		return s.start + min(time.Duration(meets)+1, s.Length), s.over()
	}
	return s.start, s.start
}

func levelAt(segments []segment, t time.Duration) float64 {
	if t < 0 {
		return 0
	}
	for i := range segments {
		if s := &segments[i]; t < s.over() {
			return s.level(t)
		}
	}
	return 0
}
