package capacity

import (
	"slices"
	"testing"
)

// follow makes a search whose steps show the given margins in turn, and returns
// the steps and how it goes on.
func follow(margins ...float64) (steps []Step, next Step, end End) {
	s := NewSearch(Options{From: 10, Most: 1000, Precision: 0.05, Confidence: 0.95, MaxSteps: 40})
	for _, m := range margins {
		if next, end = s.Next(); end != Going {
			return steps, next, end
		}
		steps = append(steps, next)
		s.Take(next, Outcome{Margin: m, Unbiased: m})
	}
	next, end = s.Next()
	return steps, next, end
}

// After the first overload the server is asked whether it recovers, well below
// what it met, wherever that overload comes. Only one that met the level clearly
// before fails; else the level is too much.
func TestRecovery(t *testing.T) {
	for _, c := range []struct {
		name    string
		margins []float64
		kind    Kind
		level   float64
		end     End
	}{
		{"after the climb", []float64{-1, -1, -0.05, 1}, Recovery, 20, Going},
		{"with nothing met that low", []float64{-0.05, 1}, Recovery, 7.5, Going},
		{"not at once", []float64{-1, -1, -0.05, 1, 1}, Recovery, 20, Going},
		{"never, where it was clear", []float64{-1, -1, -0.05, 1, 1, 1, 1}, "", 0, NoRecovery},
		{"never, where it was hardly met", []float64{-0.05, 1, 1, 1, 1}, Climb, 1.875, Going},
		{"once is enough", []float64{-1, -1, -0.05, 1, -1, 0.1}, Narrow, 47.57, Going},
		{"first of all too much", []float64{1, -1}, Narrow, 5, Going},
		{"and then again", []float64{1, -1, 1}, Recovery, 1.875, Going},
	} {
		steps, next, end := follow(c.margins...)
		if next.Kind != c.kind || next.Level != c.level || end != c.end {
			t.Errorf("%s: after %v comes %s at %v, %q; want %s at %v, %q", c.name, steps, next.Kind, next.Level, end, c.kind, c.level, c.end)
		}
	}
}

// Steps that are to be driven again with sessions opened more slowly are no
// rejections by the generator.
func TestRefill(t *testing.T) {
	s := NewSearch(Options{From: 10, Most: 1000, Precision: 0.05, Confidence: 0.95, MaxSteps: 40, Whole: true})
	var levels []float64
	for _, refill := range []float64{500, 250, 125, 0} {
		step, end := s.Next()
		if end != Going {
			t.Fatalf("the search ends (%s) after %v", end, levels)
		}
		levels = append(levels, step.Level)
		o := Outcome{Margin: 1, Rejected: "too slow", Refill: refill}
		if refill == 0 {
			o = Outcome{Margin: -1}
		}
		s.Take(step, o)
	}
	if want := []float64{10, 10, 10, 10}; !slices.Equal(levels, want) {
		t.Errorf("levels %v, want %v", levels, want)
	}
}
