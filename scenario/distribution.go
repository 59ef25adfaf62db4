package scenario

import (
	"fmt"
	"math"
	"time"
)

// Shape is a family of distributions.
type Shape uint8

// Shapes.
const (
	Constant Shape = iota
	Uniform
	Exponential
	Lognormal
	Geometric
)

var shapeNames = [...]string{"constant", "uniform", "exponential", "lognormal", "geometric"}

// String returns the shape's name in scenario files.
func (s Shape) String() string { return shapeNames[s] }

// Distribution is a distribution of times. The zero value is always 0.
type Distribution struct {
	Shape Shape
	// Average is the mean, and the value of Constant.
	Average time.Duration
	// Min and Max bound Uniform.
	Min, Max time.Duration
	// Sigma is the standard deviation of the logarithm, Lognormal only.
	Sigma float64
}

// ConstantTime is always d.
func ConstantTime(d time.Duration) Distribution { return Distribution{Shape: Constant, Average: d} }

// UniformTime is spread evenly over [low, high].
func UniformTime(low, high time.Duration) Distribution {
	return Distribution{Shape: Uniform, Average: low + (high-low)/2, Min: low, Max: high}
}

// ExponentialTime has the given mean and no memory.
func ExponentialTime(mean time.Duration) Distribution {
	return Distribution{Shape: Exponential, Average: mean}
}

// LognormalTime has the given mean m, and ln X has the standard deviation σ: so
// ln X is normal with mean ln m − σ²/2 (Johnson, Kotz and Balakrishnan,
// Continuous Univariate Distributions 1, 1994, eq. 14.8).
func LognormalTime(mean time.Duration, sigma float64) Distribution {
	return Distribution{Shape: Lognormal, Average: mean, Sigma: sigma}
}

// IsZero tells whether every time is 0.
func (d Distribution) IsZero() bool { return d.Average <= 0 && d.Max <= 0 }

// Mean returns the mean.
func (d Distribution) Mean() time.Duration { return d.Average }

// Deviation returns the standard deviation: uniform (b−a)/√12, exponential the
// mean, lognormal m·√(exp(σ²)−1) (Johnson, Kotz and Balakrishnan, Continuous
// Univariate Distributions 1, 1994, eq. 14.8b).
func (d Distribution) Deviation() time.Duration {
	var t float64
	switch d.Shape {
	case Uniform:
		t = float64(d.Max-d.Min) / math.Sqrt(12)
	case Exponential:
		t = float64(d.Average)
	case Lognormal:
		t = float64(d.Average) * math.Sqrt(math.Expm1(d.Sigma*d.Sigma))
	}
	return time.Duration(min(t, float64(maxDraw)))
}

// At returns the quantile of the distribution at a draw in (0, 1), never below
// 0. By inversion, F⁻¹(u): uniform a + u(b−a), exponential −m·ln(1−u), lognormal
// m·exp(σz − σ²/2) with z = Φ⁻¹(u) = √2·erf⁻¹(2u−1) (Devroye, Non-Uniform
// Random Variate Generation, 1986, ch. II.2).
func (d Distribution) At(u float64) time.Duration {
	var t float64
	switch d.Shape {
	case Uniform:
		return d.Min + time.Duration(u*float64(d.Max-d.Min))
	case Exponential:
		t = -float64(d.Average) * math.Log1p(-u)
	case Lognormal:
		z := math.Sqrt2 * math.Erfinv(2*u-1)
		t = float64(d.Average) * math.Exp(d.Sigma*z-d.Sigma*d.Sigma/2)
	default:
		return d.Average
	}
	return time.Duration(min(t, float64(maxDraw)))
}

// maxDraw keeps a heavy tail from overflowing: a year is never waited for.
const maxDraw = 365 * 24 * time.Hour

// String returns the distribution as a reader would say it.
func (d Distribution) String() string {
	switch d.Shape {
	case Uniform:
		return fmt.Sprintf("uniform %v to %v", d.Min, d.Max)
	case Exponential:
		return fmt.Sprintf("exponential, mean %v", d.Average)
	case Lognormal:
		return fmt.Sprintf("lognormal, mean %v, sigma %g", d.Average, d.Sigma)
	}
	return d.Average.String()
}

// Calls is a distribution of the number of calls in a session. The zero value
// is always 0.
type Calls struct {
	Shape    Shape   // Constant, Uniform or Geometric
	Min, Max int     // Constant: both; Uniform: inclusive bounds
	Average  float64 // Geometric: the mean
}

// ConstantCalls is always n.
func ConstantCalls(n int) Calls { return Calls{Shape: Constant, Min: n, Max: n, Average: float64(n)} }

// UniformCalls is each of low … high equally often.
func UniformCalls(low, high int) Calls {
	return Calls{Shape: Uniform, Min: low, Max: high, Average: float64(low+high) / 2}
}

// GeometricCalls is the number of calls of a user who after each step leaves
// with the same probability p = 1/(1+mean); 0 calls are possible.
func GeometricCalls(mean float64) Calls { return Calls{Shape: Geometric, Average: mean} }

// Mean returns the mean number.
func (c Calls) Mean() float64 { return c.Average }

// Deviation returns the standard deviation: uniform over n numbers √((n²−1)/12),
// geometric √(m(1+m)).
func (c Calls) Deviation() float64 {
	switch c.Shape {
	case Uniform:
		n := float64(c.Max - c.Min + 1)
		return math.Sqrt((n*n - 1) / 12)
	case Geometric:
		return math.Sqrt(c.Average * (1 + c.Average))
	}
	return 0
}

// At returns the number at a draw in (0, 1). Geometric: P(N ≥ n) = (1−p)ⁿ, hence
// N = ⌊ln u / ln(1−p)⌋ (Devroye 1986, ch. X.2).
func (c Calls) At(u float64) int {
	switch c.Shape {
	case Uniform:
		return c.Min + int(u*float64(c.Max-c.Min+1))
	case Geometric:
		if c.Average <= 0 {
			return 0
		}
		n := math.Log(u) / math.Log(c.Average/(1+c.Average))
		return int(min(n, math.MaxInt32))
	}
	return c.Min
}
