package results

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// A sample is packed into two words, so that a shard under 100,000 steps a
// second writes 1.6 MB a second and touches memory in order. Turning samples
// into histograms is left to the collector: it then happens once, whatever the
// number of shards, and no worker waits for a cache miss in a bucket array.
//
//	when:  service time (42 bits) | series (22 bits)
//	what:  response time (42) | phase (2) | outcome (2) | class (8)
type entry struct{ when, what uint64 }

const (
	timeBits    = 42
	timeMask    = 1<<timeBits - 1
	seriesBits  = 64 - timeBits
	lateSeries  = 1<<seriesBits - 1 // Late, not a sample
	chunkLen    = 4096
	muchChunks  = 8    // half a megabyte: more than that is not left to the tick
	maxChunks   = 1024 // 64 MiB: 4 million samples that nobody has fetched
	maxExamples = 5    // of each series and class
	allExamples = 1000 // of a run
)

// Recorder takes the samples of one shard of the load. All its methods are safe
// for concurrent use; none waits for more than another call or for the handing
// over of a chunk, and none allocates once a run has reached its pace.
type Recorder struct {
	series, targets int

	mu       sync.Mutex
	chunk    []entry   // being filled
	full     [][]entry // waiting for the collector
	free     [][]entry // emptied by the collector
	much     chan<- struct{}
	counts   []int64 // target × phase × counter
	clamped  int64
	lost     int64
	examples []keptExample

	// wanted counts the examples still wanted of each series and class.
	wanted []atomic.Int32
}

type keptExample struct {
	series int
	class  Class
	Example
}

// NewRecorder returns the recorder of one shard for the run's list of series
// and its number of targets.
func NewRecorder(series []Series, targets int) *Recorder {
	r := &Recorder{
		series: len(series), targets: targets,
		chunk:  make([]entry, 0, chunkLen),
		counts: make([]int64, targets*int(Phases)*int(Counters)),
		wanted: make([]atomic.Int32, len(series)*int(Classes)),
	}
	for i := range r.wanted {
		r.wanted[i].Store(maxExamples)
	}
	return r
}

// tell names whom to tell that a lot has been recorded.
func (r *Recorder) tell(much chan<- struct{}) {
	r.mu.Lock()
	r.much = much
	r.mu.Unlock()
}

// Record takes finished samples under one lock. A time below zero or above an
// hour is recorded as the nearest bound and counted as clamped; a sample of an
// unknown series, or one that comes when no tick has fetched four million
// others, is counted as lost, which taints the interval.
func (r *Recorder) Record(samples ...Sample) {
	r.mu.Lock()
	for i := range samples {
		s := &samples[i]
		if uint(s.Series) >= uint(r.series) || s.Class >= Classes || s.Outcome >= outcomes || s.Phase >= Phases {
			r.lost++
			continue
		}
		r.add(entry{
			when: r.clamp(s.Service)<<seriesBits | uint64(s.Series),
			what: r.clamp(s.Response)<<12 | uint64(s.Phase)<<10 | uint64(s.Outcome)<<8 | uint64(s.Class),
		})
	}
	r.mu.Unlock()
}

// Late takes start − intended, in nanoseconds, of a start for which a worker
// stood ready: the pacer's own lateness, and so the generator's fault. It is not
// the lateness of a sample (response − service), which also holds the wait for
// a worker that a slow server keeps busy.
func (r *Recorder) Late(p Phase, ns int64) {
	r.mu.Lock()
	r.add(entry{when: r.clamp(ns)<<seriesBits | lateSeries, what: uint64(p) << 10})
	r.mu.Unlock()
}

// Count adds n to a counter of a target.
func (r *Recorder) Count(p Phase, target int, c Counter, n int64) {
	r.mu.Lock()
	r.counts[countIndex(target, p, c)] += n
	r.mu.Unlock()
}

func countIndex(target int, p Phase, c Counter) int {
	return (target*int(Phases)+int(p))*int(Counters) + int(c)
}

func (r *Recorder) clamp(ns int64) uint64 {
	if uint64(ns) <= highestNS {
		return uint64(ns)
	}
	r.clamped++
	if ns < 0 {
		return 0
	}
	return highestNS
}

func (r *Recorder) add(e entry) {
	if len(r.chunk) == cap(r.chunk) && !r.turn() {
		r.lost++
		return
	}
	r.chunk = append(r.chunk, e)
}

// turn puts the full chunk aside and begins another; false: there are too many.
func (r *Recorder) turn() bool {
	if len(r.full) >= maxChunks {
		return false
	}
	r.full = append(r.full, r.chunk)
	if len(r.full)%muchChunks == 0 {
		select {
		case r.much <- struct{}{}:
		default: // nobody collects, or is on the way already
		}
	}
	if n := len(r.free); n > 0 {
		r.chunk, r.free = r.free[n-1], r.free[:n-1]
		return true
	}
	r.chunk = make([]entry, 0, chunkLen)
	return true
}

// WantsExample tells whether the failure at hand should be kept in full: the
// first five of each series and class are, and 1,000 in a run. It costs one
// atomic load.
func (r *Recorder) WantsExample(series int, c Class) bool {
	return uint(series) < uint(r.series) && c < Classes && r.wanted[series*int(Classes)+int(c)].Load() > 0
}

// Example keeps one failure in full. One that isn't wanted any more is dropped.
func (r *Recorder) Example(series int, c Class, e Example) {
	if !r.WantsExample(series, c) || r.wanted[series*int(Classes)+int(c)].Add(-1) < 0 {
		return
	}
	r.mu.Lock()
	r.examples = append(r.examples, keptExample{series, c, e})
	r.mu.Unlock()
}

// enough says that no more examples of that series and class are wanted, since
// the other shards have brought them.
func (r *Recorder) enough(series int, c Class) { r.wanted[series*int(Classes)+int(c)].Store(0) }

// enoughOfAll says that no example is wanted any more.
func (r *Recorder) enoughOfAll() {
	for i := range r.wanted {
		r.wanted[i].Store(0)
	}
}

// haul is what a recorder holds at a tick. It is reused from tick to tick.
type haul struct {
	chunks        [][]entry
	counts        []int64 // since the beginning
	examples      []keptExample
	clamped, lost int64 // since the beginning
}

// take moves everything recorded since the last call into h, whose chunks of
// the last call go back to be filled again.
func (r *Recorder) take(h *haul) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchange(h)
	if len(r.chunk) > 0 {
		h.chunks = append(h.chunks, r.chunk)
		if n := len(r.free); n > 0 {
			r.chunk, r.free = r.free[n-1], r.free[:n-1]
		} else {
			r.chunk = make([]entry, 0, chunkLen)
		}
	}
	h.counts = append(h.counts[:0], r.counts...)
	clear(h.examples)
	r.examples, h.examples = h.examples[:0], r.examples
	h.clamped, h.lost = r.clamped, r.lost
}

// relieve moves the full chunks into h, whose chunks of the last call go back to
// be filled again.
func (r *Recorder) relieve(h *haul) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchange(h)
}

// exchange swaps the full chunks for the emptied ones of h. As many as were full
// are kept to be filled again, the rest is freed.
func (r *Recorder) exchange(h *haul) {
	for _, c := range h.chunks {
		if len(r.free) <= len(r.full) {
			r.free = append(r.free, c[:0])
		}
	}
	clear(h.chunks)
	r.full, h.chunks = h.chunks[:0], r.full
}

// Size returns the bytes the recorder holds.
func (r *Recorder) Size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	chunks := 1 + len(r.full) + len(r.free)
	return chunks*chunkLen*int(unsafe.Sizeof(entry{})) + len(r.counts)*8 + len(r.wanted)*4
}
