package scenario

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestThinking(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		think           Distribution
		calls           Calls
		mean, deviation time.Duration
	}{
		{Distribution{}, ConstantCalls(5), 0, 0},
		{ConstantTime(2 * s), ConstantCalls(5), 12 * s, 0},
		{ExponentialTime(2 * s), ConstantCalls(0), 2 * s, 2 * s},
		{ExponentialTime(2 * s), ConstantCalls(3), 8 * s, 4 * s},
		{UniformTime(0, 12*s), ConstantCalls(2), 18 * s, 6 * s},
		{ConstantTime(2 * s), GeometricCalls(1), 4 * s, 2828427125},
		{ExponentialTime(maxDraw), ConstantCalls(5), maxTail, maxTail},
	} {
		mean, deviation := (&Plan{Think: c.think, Calls: c.calls}).Thinking()
		if mean != c.mean || (deviation-c.deviation).Abs() > time.Microsecond {
			t.Errorf("%s before each step, %v calls: %s ± %s, want %s ± %s", c.think, c.calls, mean, deviation, c.mean, c.deviation)
		}
	}
}

// The deviation is that of the draws, by their second moment over evenly spaced
// quantiles.
func TestDeviation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean := time.Duration(rapid.Int64Range(1e9, 1e12).Draw(t, "mean"))
		d := rapid.SampledFrom([]Distribution{ConstantTime(mean), ExponentialTime(mean), UniformTime(mean/2, 2*mean), LognormalTime(mean, 0.5)}).Draw(t, "distribution")
		const n = 20_000
		var sum, squares float64
		for i := range n {
			v := d.At((float64(i) + 0.5) / n).Seconds()
			sum += v / n
			squares += v * v / n
		}
		got, want := d.Deviation().Seconds(), math.Sqrt(max(squares-sum*sum, 0))
		if math.Abs(got-want) > 0.01*sum {
			t.Errorf("%s: deviation %v, its draws have %v", d, got, want)
		}
	})
}
