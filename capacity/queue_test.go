package capacity

import (
	"math"
	"math/rand/v2"

	"authsoak/stats"
)

// queue is c servers, first come first served: M/M/c, or M/D/c where the service
// takes the same time always.
type queue struct {
	servers  int
	service  float64 // mean, seconds
	constant bool
}

// erlangC is the probability that an arrival waits (Erlang 1917; Kleinrock,
// "Queueing Systems" I, 1975, eq. 3.40).
func (q queue) erlangC(rate float64) float64 {
	load := rate * q.service
	blocked := 1.0 // Erlang's B by its recursion
	for k := 1; k <= q.servers; k++ {
		blocked = load * blocked / (float64(k) + load*blocked)
	}
	use := load / float64(q.servers)
	return blocked / (1 - use*(1-blocked))
}

// exceeds is the probability that a response takes longer than t in M/M/c: the
// wait is zero or exponential with rate cμ − λ, the service exponential with μ.
func (q queue) exceeds(rate, t float64) float64 {
	mu := 1 / q.service
	theta := float64(q.servers)*mu - rate
	c := q.erlangC(rate)
	if math.Abs(theta-mu) < 1e-9*mu {
		return (1-c)*math.Exp(-mu*t) + c*(1+mu*t)*math.Exp(-mu*t)
	}
	return (1-c)*math.Exp(-mu*t) + c*(theta*math.Exp(-mu*t)-mu*math.Exp(-theta*t))/(theta-mu)
}

// exceedsConstant is the probability that a response takes longer than t in M/D/c,
// for t a multiple of the service time: an arrival waits no longer than k services if at
// most kc+c−1 were there before it (Tijms, "A First Course in Stochastic Models",
// 2003, section 9.6.2). The number of those follows from one service time to the
// next: all in service are done then, and a Poisson number has come.
func (q queue) exceedsConstant(rate, t float64) float64 {
	const most = 4000
	load := rate * q.service
	arrive := make([]float64, most)
	arrive[0] = math.Exp(-load)
	for k := 1; k < most; k++ {
		arrive[k] = arrive[k-1] * load / float64(k)
	}
	last := 0
	for sum := 0.0; last < most && sum < 1-1e-14; last++ {
		sum += arrive[last]
	}
	p := make([]float64, most)
	p[0] = 1
	for range 200_000 {
		next := make([]float64, most)
		for n, v := range p {
			if v < 1e-16 {
				continue
			}
			left := max(n-q.servers, 0)
			for k := 0; k < last && left+k < most; k++ {
				next[left+k] += v * arrive[k]
			}
		}
		var moved float64
		for n := range p {
			moved += math.Abs(next[n] - p[n])
		}
		if p = next; moved < 1e-9 {
			break
		}
	}
	// Response ≤ t = (k+1)·D, k whole, means a wait ≤ k·D.
	k := int(math.Round(t/q.service)) - 1
	over := 1.0
	for n := 0; n < (k+1)*q.servers; n++ {
		over -= p[n]
	}
	return over
}

// capacity is the rate at which a share of the responses takes longer than t.
func (q queue) capacity(share, t float64) float64 {
	low, high := 0.0, float64(q.servers)/q.service
	exceeds, rounds := q.exceeds, 100
	if q.constant {
		exceeds, rounds = q.exceedsConstant, 14
		low = 0.5 * high
	}
	for range rounds {
		if mid := (low + high) / 2; exceeds(mid, t) < share {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// second is what came, went out, and took how long, in one second of a step. A
// response belongs to the second in which it ends.
type second struct {
	came, left int
	responses  []float64
}

// draw draws whole seconds of a queue that begins empty.
func (q queue) draw(rng *rand.Rand, rate float64, seconds int) []second {
	out := make([]second, seconds)
	free := make([]float64, q.servers)
	for now := rng.ExpFloat64() / rate; now < float64(seconds); now += rng.ExpFloat64() / rate {
		first := 0
		for i := range free {
			if free[i] < free[first] {
				first = i
			}
		}
		work := q.service
		if !q.constant {
			work *= rng.ExpFloat64()
		}
		free[first] = max(now, free[first]) + work
		out[int(now)].came++
		if end := free[first]; end < float64(seconds) {
			s := &out[int(end)]
			s.left++
			s.responses = append(s.responses, end-now)
		}
	}
	return out
}

// quantile puts the values into another order and returns the one below which the
// share p lies.
func quantile(values []float64, p float64) float64 {
	return stats.Select(values, min(int(math.Ceil(p*float64(len(values)))), len(values))-1)
}
