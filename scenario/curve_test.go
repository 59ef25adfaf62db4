package scenario

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCurve(t *testing.T) {
	s := time.Second
	// Up to 10 in 10 s, held for 10 s, a spike to 20 for 5 s, down to 0 in 10 s.
	c := NewCurve([]Stage{{0, 10, 10 * s}, {10, 10, 10 * s}, {20, 20, 5 * s}, {10, 0, 10 * s}})
	if got := c.Length(); got != 35*s {
		t.Errorf("Length() = %v, want 35s", got)
	}
	if got := c.Peak(); got != 20 {
		t.Errorf("Peak() = %d, want 20", got)
	}
	for _, tt := range []struct {
		at   time.Duration
		want float64
	}{{-s, 0}, {0, 0}, {5 * s, 5}, {15 * s, 10}, {20 * s, 20}, {25 * s, 10}, {30 * s, 5}, {35 * s, 0}, {time.Hour, 0}} {
		if got := c.At(tt.at); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("At(%v) = %v, want %v", tt.at, got, tt.want)
		}
	}
	for _, tt := range []struct {
		user         int
		after        time.Duration
		start, until time.Duration
		ok           bool
	}{
		{0, 0, 1, 35 * s, true},
		{4, 0, 4*s + 1, 31 * s, true},
		{4, 6 * s, 6 * s, 31 * s, true},
		{9, 0, 9*s + 1, 26 * s, true},
		{12, 0, 20 * s, 25 * s, true},
		{12, 24 * s, 24 * s, 25 * s, true},
		{12, 25 * s, 0, 25 * s, false},
		{20, 0, 0, 0, false},
		{0, 35 * s, 0, 35 * s, false},
	} {
		start, ok := c.Crossing(tt.user, tt.after)
		if ok != tt.ok || (start-tt.start).Abs() > 1 {
			t.Errorf("Crossing(%d, %v) = %v, %v, want %v, %v", tt.user, tt.after, start, ok, tt.start, tt.ok)
		}
		if ok {
			if until := c.ActiveUntil(tt.user, start); (until - tt.until).Abs() > 1 {
				t.Errorf("ActiveUntil(%d, %v) = %v, want %v", tt.user, start, until, tt.until)
			}
		}
	}
}

func TestFilled(t *testing.T) {
	s := time.Second
	// A population wanted at once is filled user by user.
	c := NewCurve([]Stage{{100, 100, 30 * s}, {50, 50, 30 * s}}).Filled(10)
	for _, user := range []int{0, 1, 50, 99} {
		start, ok := c.Crossing(user, 0)
		if want := time.Duration(user) * s / 10; !ok || (start-want).Abs() > 2 {
			t.Errorf("user %d starts at %v, %v, want %v", user, start, ok, want)
		}
	}
	if until := c.ActiveUntil(99, 20*s); (until - 30*s - s/10).Abs() > 2 {
		t.Errorf("user 99 leaves at %v, want a tenth of a second after the step down", until)
	}
	for _, tt := range []struct {
		at   time.Duration
		want float64
	}{{5 * s, 50}, {10 * s, 100}, {30 * s, 100}, {32 * s, 80}, {35 * s, 50}, {59 * s, 50}, {60 * s, 0}} {
		if got := c.At(tt.at); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("At(%v) = %v, want %v", tt.at, got, tt.want)
		}
	}
	// A stage too short is cut, and the next one goes on from there.
	short := NewCurve([]Stage{{100, 100, 4 * s}, {60, 60, 10 * s}}).Filled(10)
	if got := short.At(4 * s); math.Abs(got-40) > 1e-6 {
		t.Errorf("level after the short stage is %v, want 40", got)
	}
	if got := short.At(6 * s); math.Abs(got-60) > 1e-6 {
		t.Errorf("level 2 s later is %v, want 60", got)
	}
	// Nothing to fill, nothing changed; an endless stage stays endless.
	ramp := NewCurve([]Stage{{0, 100, 4 * s}, {100, 100, Forever}}).Filled(10)
	if ramp.Length() != Forever || ramp.At(2*s) != 50 || ramp.At(time.Hour) != 100 {
		t.Errorf("a ramp was changed: %v at 2 s", ramp.At(2*s))
	}
	if got := NewCurve([]Stage{{100, 100, Forever}}).Filled(10); got.At(5*s) != 50 || got.Length() != Forever {
		t.Errorf("At(5s) of a filled endless stage = %v, want 50", got.At(5*s))
	}
}

// Crossing and ActiveUntil walk through exactly the times when the level is
// above the user.
func TestCurveAgreesWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := NewCurve(stagesOf(t))
		if rapid.Bool().Draw(t, "filled") {
			c = c.Filled(rapid.Float64Range(1, 200).Draw(t, "rate"))
		}
		user := rapid.IntRange(0, 500).Draw(t, "user")
		at := time.Duration(0)
		for range 20 {
			start, ok := c.Crossing(user, at)
			if !ok {
				break
			}
			if start < at {
				t.Fatalf("Crossing(%d, %v) = %v goes back", user, at, start)
			}
			if start > at {
				idle(t, c, user, at, start)
			}
			at = c.ActiveUntil(user, start)
			if at <= start {
				t.Fatalf("user %d starts at %v and is gone at %v", user, start, at)
			}
			busy(t, c, user, start, at)
		}
		if end := c.Length(); at < end {
			idle(t, c, user, at, end)
		}
	})
}

const slack = 1e-4 // of a level, for what a nanosecond changes

func idle(t *rapid.T, c *Curve, user int, from, to time.Duration) {
	for i := range 9 {
		at := from + (to-from)*time.Duration(i)/10
		if level := c.At(at); level > float64(user)+slack {
			t.Fatalf("user %d is idle at %v with the level at %v", user, at, level)
		}
	}
}

func busy(t *rapid.T, c *Curve, user int, from, to time.Duration) {
	for i := range 9 {
		at := from + (to-from)*time.Duration(i)/10
		if level := c.At(at); level < float64(user)-slack {
			t.Fatalf("user %d is active at %v with the level at %v", user, at, level)
		}
	}
}

func TestFilledKeepsLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := NewCurve(stagesOf(t))
		rate := rapid.Float64Range(0.1, 1000).Draw(t, "rate")
		filled := c.Filled(rate)
		if filled.Length() != c.Length() {
			t.Fatalf("length %v became %v", c.Length(), filled.Length())
		}
		for i := range filled.segments {
			if i > 0 && math.Abs(filled.segments[i].From-filled.segments[i-1].To) > 1e-3 {
				t.Fatalf("a step is left: %v to %v", filled.segments[i-1].To, filled.segments[i].From)
			}
		}
	})
}
