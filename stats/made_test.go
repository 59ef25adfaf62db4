package stats

import (
	"math"
	"math/rand/v2"
)

// noises are the kinds of noise that made series have, of standard deviation 1.
var noises = []struct {
	name string
	make func(r *rand.Rand, n int) []float64
}{
	{"white", func(r *rand.Rand, n int) []float64 { return autoregressive(r, n, 0) }},
	{"AR(1) 0.5", func(r *rand.Rand, n int) []float64 { return autoregressive(r, n, 0.5) }},
	{"AR(1) 0.8", func(r *rand.Rand, n int) []float64 { return autoregressive(r, n, 0.8) }},
	{"AR(1) 0.9", func(r *rand.Rand, n int) []float64 { return autoregressive(r, n, 0.9) }},
	{"long memory, H 0.8", longMemory},
	{"outliers", outliers},
}

func autoregressive(r *rand.Rand, n int, rho float64) []float64 {
	out := make([]float64, n)
	x := r.NormFloat64()
	for i := range out {
		x = rho*x + math.Sqrt(1-rho*rho)*r.NormFloat64()
		out[i] = x
	}
	return out
}

// longMemory is fractional noise of d = H - 1/2 = 0.3 (Granger and Joyeux, "An
// introduction to long-memory time series models", 1980), cut after 2,000 terms.
func longMemory(r *rand.Rand, n int) []float64 {
	const d, terms = 0.3, 2000
	shocks := make([]float64, n+terms)
	for i := range shocks {
		shocks[i] = r.NormFloat64()
	}
	weights, squares := make([]float64, terms), 0.0
	for k, w := 0, 1.0; k < terms; k++ {
		weights[k] = w
		squares += w * w
		w *= (float64(k) + d) / float64(k+1)
	}
	out := make([]float64, n)
	for i := range out {
		for k, w := range weights {
			out[i] += w * shocks[i+terms-k-1]
		}
		out[i] /= math.Sqrt(squares)
	}
	return out
}

// outliers come five in a hundred, up to 50 standard deviations high.
func outliers(r *rand.Rand, n int) []float64 {
	out := autoregressive(r, n, 0.3)
	for i := range out {
		if r.Float64() < 0.05 {
			out[i] += 50 * r.Float64()
		}
	}
	return out
}

// madeShape is what a server does, around a level of 100.
type madeShape struct {
	name  string
	drift bool
	hours float64
	gauge bool
	value func(r *rand.Rand) func(hour float64) float64
}

// shapes are those that are no drift, and those that are one.
var shapes = []madeShape{
	{"level", false, 24, false, fixed(func(h float64) float64 { return 0 })},
	{"one step of 20 %", false, 24, false, func(r *rand.Rand) func(float64) float64 {
		at := 2 + 20*r.Float64()
		return func(h float64) float64 {
			if h > at {
				return 20
			}
			return 0
		}
	}},
	{"daily cycle of ±20 %, 24 h", false, 24, false, wave(20, math.Sin)},
	{"daily cycle of ±20 %, 72 h", false, 72, false, wave(20, math.Sin)},
	{"office hours of +30 %, 72 h", false, 72, false, wave(30, func(x float64) float64 {
		if math.Sin(x) > 0.3 {
			return 1
		}
		return 0
	})},
	{"sawtooth of 50 %, teeth of about an hour", false, 24, true, sawtooth(0, 0.8, 1.8)},
	{"sawtooth of 50 %, teeth of 7 to 20 h", false, 24, true, sawtooth(0, 7, 20)},
	{"warm-up of 1 h", false, 24, false, fixed(func(h float64) float64 { return -40 * math.Exp(-h) })},
	{"1 % an hour", true, 24, false, fixed(func(h float64) float64 { return h })},
	{"1 % an hour, after a warm-up of 1 h", true, 24, false, fixed(func(h float64) float64 { return h + 40*math.Exp(-h) })},
	{"1 % an hour under a sawtooth", true, 24, true, sawtooth(1, 0.8, 1.8)},
	{"1 % an hour under a daily cycle", true, 24, false, func(r *rand.Rand) func(float64) float64 {
		w := wave(20, math.Sin)(r)
		return func(h float64) float64 { return w(h) + h }
	}},
}

func fixed(f func(float64) float64) func(*rand.Rand) func(float64) float64 {
	return func(*rand.Rand) func(float64) float64 { return f }
}

func wave(height float64, f func(float64) float64) func(*rand.Rand) func(float64) float64 {
	return func(r *rand.Rand) func(float64) float64 {
		phase := 2 * math.Pi * r.Float64()
		return func(h float64) float64 { return height * f(2*math.Pi*h/24+phase) }
	}
}

func sawtooth(slope, shortest, longest float64) func(*rand.Rand) func(float64) float64 {
	return func(r *rand.Rand) func(float64) float64 {
		length, phase := shortest+(longest-shortest)*r.Float64(), r.Float64()
		return func(h float64) float64 {
			_, part := math.Modf(h/length + phase)
			return 50*part + slope*h
		}
	}
}

func series(r *rand.Rand, shape, noise int, sd float64) (t, v []float64) {
	const n = 144
	s := shapes[shape]
	value := s.value(r)
	for i, e := range noises[noise].make(r, n) {
		h := s.hours * (float64(i) + 0.5) / n
		t, v = append(t, h), append(v, 100+value(h)+sd*e)
	}
	return t, v
}
