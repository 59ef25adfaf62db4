package health

import (
	"runtime"
	"runtime/metrics"
	"time"
)

// Sampler takes samples. It belongs to one goroutine. A sample costs some tens
// of microseconds and no memory that grows.
type Sampler struct {
	metrics []metrics.Sample
	pauses  delta
	sched   delta
	gc      uint64
	cpu     time.Duration
	wall    time.Time
	proc    proc
}

// What the sampler asks of the runtime, in the order of its slice.
const (
	pauseHistogram = iota
	schedHistogram
	heapBytes
	totalBytes
	releasedBytes
	gcCycles
	goroutines
)

var metricNames = [...]string{
	pauseHistogram: "/sched/pauses/total/gc:seconds",
	schedHistogram: "/sched/latencies:seconds",
	heapBytes:      "/memory/classes/heap/objects:bytes",
	totalBytes:     "/memory/classes/total:bytes",
	releasedBytes:  "/memory/classes/heap/released:bytes",
	gcCycles:       "/gc/cycles/total:gc-cycles",
	goroutines:     "/sched/goroutines:goroutines",
}

// New returns a sampler whose first interval begins now. It keeps a few
// descriptors of /proc open until [Sampler.Close], so that it can still tell
// when descriptors have run out.
func New() *Sampler {
	s := &Sampler{metrics: make([]metrics.Sample, len(metricNames)), wall: time.Now()}
	for i, name := range metricNames {
		s.metrics[i].Name = name
	}
	s.proc.open()
	s.Sample(0)
	return s
}

// Sample measures the interval since the last sample. now, the time since the
// run's epoch, is only passed on; the interval is taken from the clock.
func (s *Sampler) Sample(now time.Duration) Health {
	var h Health
	wall := time.Now()
	interval := wall.Sub(s.wall)
	h.AtS, h.IntervalS = now.Seconds(), interval.Seconds()
	s.wall = wall

	s.runtime(&h)
	s.usage(&h, interval)
	s.proc.sample(&h)
	if h.RSSBytes == 0 {
		h.RSSBytes = int64(h.GoBytes)
	}
	h.MaxRSSBytes = max(h.MaxRSSBytes, h.RSSBytes)
	h.FileLimit, _ = fileLimit()
	return h
}

// Close gives the descriptors back.
func (s *Sampler) Close() error { return s.proc.close() }

func (s *Sampler) runtime(h *Health) {
	metrics.Read(s.metrics)
	h.HeapBytes = s.count(heapBytes)
	h.GoBytes = s.count(totalBytes) - s.count(releasedBytes)
	h.Goroutines = int(s.count(goroutines))
	cycles := s.count(gcCycles)
	h.GCCycles, s.gc = cycles-s.gc, cycles
	if hist := s.histogram(pauseHistogram); hist != nil {
		s.pauses.take(hist)
		h.GCPauseMaxMS = 1e3 * s.pauses.quantile(1)
		h.GCPauseTotalMS = 1e3 * s.pauses.sum()
	}
	if hist := s.histogram(schedHistogram); hist != nil {
		s.sched.take(hist)
		h.SchedP50MS = 1e3 * s.sched.quantile(0.5)
		h.SchedP99MS = 1e3 * s.sched.quantile(0.99)
		h.SchedMaxMS = 1e3 * s.sched.quantile(1)
	}
}

// count reads a metric, 0 if this Go doesn't have it.
func (s *Sampler) count(i int) uint64 {
	if s.metrics[i].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s.metrics[i].Value.Uint64()
}

func (s *Sampler) histogram(i int) *metrics.Float64Histogram {
	if s.metrics[i].Value.Kind() != metrics.KindFloat64Histogram {
		return nil
	}
	return s.metrics[i].Value.Float64Histogram()
}

func (s *Sampler) usage(h *Health, interval time.Duration) {
	cpu, maxRSS := usage()
	h.Cores = runtime.GOMAXPROCS(0)
	h.CPUTotalS = cpu.Seconds()
	h.CPUS = (cpu - s.cpu).Seconds()
	if interval > 0 {
		h.CPUShare = min(1, h.CPUS/(interval.Seconds()*float64(h.Cores)))
	}
	h.MaxRSSBytes = maxRSS
	s.cpu = cpu
}
