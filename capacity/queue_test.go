package capacity

import (
	"math"
	"math/rand/v2"
	"slices"
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

// capacity is the rate at which a share of the responses takes longer than t.
func (q queue) capacity(share, t float64) float64 {
	low, high := 0.0, float64(q.servers)/q.service
	for range 100 {
		if mid := (low + high) / 2; q.exceeds(mid, t) < share {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// responses draws the response times of arrivals between settle and the end, of
// a queue that begins empty.
func (q queue) responses(rng *rand.Rand, rate, settle, hold float64) (out []float64) {
	free := make([]float64, q.servers)
	for now := rng.ExpFloat64() / rate; now < settle+hold; now += rng.ExpFloat64() / rate {
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
		if now >= settle {
			out = append(out, free[first]-now)
		}
	}
	return out
}

func quantile(values []float64, p float64) float64 {
	slices.Sort(values)
	return values[min(int(math.Ceil(p*float64(len(values)))), len(values))-1]
}
