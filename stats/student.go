package stats

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// normalFrom is the number of degrees of freedom from which Student's t is taken
// as the normal distribution: their tails differ by less than a thousandth there.
const normalFrom = 1e4

// tails returns the probability that |T| exceeds t, for Student's t with df
// degrees of freedom.
func tails(t, df float64) float64 {
	if df >= normalFrom {
		return math.Erfc(math.Abs(t) / math.Sqrt2)
	}
	return 2 * distuv.StudentsT{Sigma: 1, Nu: df}.CDF(-math.Abs(t))
}

// critical returns the value that |T| exceeds with probability alpha.
func critical(alpha, df float64) float64 {
	if df >= normalFrom {
		return -distuv.UnitNormal.Quantile(alpha / 2)
	}
	return -distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(alpha / 2)
}

// nodes are the points and weights of a Gauss-Legendre rule on [-1, 1].
var nodes = sync.OnceValue(func() (n struct{ x, w [128]float64 }) {
	quad.Legendre{}.FixedLocations(n.x[:], n.w[:], -1, 1)
	return n
})

// power returns the probability that |T| exceeds c where T is a noncentral t with
// df degrees of freedom: T = (Z + shift) / U with Z normal and U = sqrt(χ²/df),
// independent (Johnson and Welch, "Applications of the non-central
// t-distribution", Biometrika 31, 1940). It integrates over U:
//
//	P(|T| ≤ c) = ∫ (Φ(c·u − shift) − Φ(−c·u − shift)) f(u) du
func power(shift, df, c float64) float64 {
	within := func(u float64) float64 { return phi(c*u-shift) - phi(-c*u-shift) }
	if df >= normalFrom {
		return 1 - within(1)
	}
	// ln f(u) = ln 2 + (df/2) ln(df/2) − lnΓ(df/2) + (df−1) ln u − df u²/2
	half := df / 2
	gamma, _ := math.Lgamma(half)
	constant := math.Ln2 + half*math.Log(half) - gamma
	spread := 9 / math.Sqrt(2*df) // standard deviations of U, nearly
	low, high := math.Max(0, 1-spread), 1+spread
	n := nodes()
	var inside float64
	for i, x := range n.x {
		u := low + (high-low)*(x+1)/2
		density := math.Exp(constant + (df-1)*math.Log(u) - half*u*u)
		inside += n.w[i] * density * within(u)
	}
	return 1 - inside*(high-low)/2
}

// phi is the distribution function of the standard normal.
func phi(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
