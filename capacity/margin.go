package capacity

import (
	"math"

	"authsoak/metric"
)

// margin is the logarithm of a value over its limit: negative within it. Half a
// cycle of n, or half a microsecond, stands in for nothing.
func margin(e metric.Expression, actual float64, pass bool, n int64) float64 {
	value, limit := actual, e.Value
	var least float64
	switch {
	case e.Unit == metric.Percent:
		least = 50 / float64(max(n, 1))
		if !e.Upper() {
			value, limit = 100-value, 100-limit
		}
	case e.Unit.OfTime():
		least = 0.5e-6 / e.Unit.Base()
	default:
		least = 0.5
	}
	m := math.Log((value + least) / (limit + least))
	if !e.Upper() && e.Unit != metric.Percent {
		m = -m
	}
	const clear = 1e-3 // where rounding would say the opposite
	switch {
	case pass:
		return min(m, -clear)
	default:
		return max(m, clear)
	}
}
