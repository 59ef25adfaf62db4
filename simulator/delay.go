package simulator

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// queue is the work of logging in: a fixed number of servers, first come
// first served. It keeps only the time each server is free again, so that its
// capacity is exact however coarse the timers are. Safe for concurrent use.
type queue struct {
	options CostOptions
	mu      sync.Mutex
	free    []int64 // a heap: the server that is free first stands first
	rng     *rand.Rand
}

func newQueue(o CostOptions, seed uint64) *queue {
	return &queue{options: o, free: make([]int64, o.Servers), rng: rand.New(rand.NewPCG(seed, 0x6c6f67696e))}
}

// admit takes an arrival in and returns when its service ends; false when it
// would have to wait longer than the queue allows.
func (q *queue) admit(now int64) (int64, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	start := max(now, q.free[0])
	if limit := int64(q.options.MaxWait); limit > 0 && start-now > limit {
		return 0, false
	}
	service := float64(q.options.Mean)
	if q.options.Distribution == Exponential {
		service *= q.rng.ExpFloat64()
	}
	end := start + int64(service)
	q.free[0] = end
	q.sink()
	return end, true
}

// sink restores the heap after its first element grew.
func (q *queue) sink() {
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(q.free) {
			return
		}
		if child+1 < len(q.free) && q.free[child+1] < q.free[child] {
			child++
		}
		if q.free[i] <= q.free[child] {
			return
		}
		q.free[i], q.free[child] = q.free[child], q.free[i]
		i = child
	}
}

// draw is one random delay.
func (l *LatencyOptions) draw(rng *rand.Rand) time.Duration {
	mean := float64(l.Mean)
	switch l.Distribution {
	case Uniform:
		return l.Mean - l.Spread + time.Duration(rng.Float64()*2*float64(l.Spread))
	case Exponential:
		return time.Duration(mean * rng.ExpFloat64())
	case LogNormal: // mean = exp(mu + sigma^2/2), so mu = ln mean - sigma^2/2
		return time.Duration(math.Exp(math.Log(mean) - l.Sigma*l.Sigma/2 + l.Sigma*rng.NormFloat64()))
	default:
		return l.Mean
	}
}

// over is the first moment at or after now at which the server doesn't stall;
// both are nanoseconds since it began.
func (s *StallOptions) over(now int64) int64 {
	if s.Every <= 0 || now < int64(s.Every) {
		return now
	}
	if begin := now - now%int64(s.Every); now < begin+int64(s.For) {
		return begin + int64(s.For)
	}
	return now
}
