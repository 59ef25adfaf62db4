package main

import (
	"fmt"
	"slices"
)

// median returns 0 of nothing.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

// spread is the least and the most.
func spread(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f … %.2f", slices.Min(values), slices.Max(values))
}

// ratios divides value by value, as far as both go.
func ratios(values, by []float64) []float64 {
	var out []float64
	for i := range min(len(values), len(by)) {
		out = append(out, values[i]/by[i])
	}
	return out
}

// rotated is the turn order of a round, so that nobody always follows the same
// one.
func rotated[T any](all []T, round int) []T {
	n := round % len(all)
	return append(slices.Clone(all[n:]), all[:n]...)
}
