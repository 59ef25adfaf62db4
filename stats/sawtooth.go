package stats

import (
	"math"
	"slices"
)

// LeastTeeth is how many troughs of a sawtooth a slope is drawn through.
const LeastTeeth = 8

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
		if i >= 3 { // what falls back from a spike was not up there
			fall = math.Min(fall, median(flat[i-3:i])-flat[i])
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

func indices(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i)
	}
	return out
}
