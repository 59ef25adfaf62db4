package health

// Health is the state of the generator over one interval, from the previous
// sample to this one. What a system doesn't tell is zero.
type Health struct {
	AtS       float64 `json:"at_s"`       // the instant of the sample, as it was given
	IntervalS float64 `json:"interval_s"` // since the previous sample

	// Processor time of the process: user and system, in the interval and since
	// its start; Share is the interval's part of what the Cores (GOMAXPROCS)
	// could have given, 0 to 1.
	CPUS      float64 `json:"cpu_s"`
	CPUTotalS float64 `json:"cpu_total_s"`
	CPUShare  float64 `json:"cpu_share"`
	Cores     int     `json:"cores"`

	RSSBytes    int64  `json:"rss_bytes"`     // now
	MaxRSSBytes int64  `json:"max_rss_bytes"` // the most so far
	HeapBytes   uint64 `json:"heap_bytes"`    // Go objects, dead ones not yet swept too
	GoBytes     uint64 `json:"go_bytes"`      // all memory of the Go runtime

	// Stops of the world for the collector in the interval. The runtime keeps
	// them by size class, so that Max may be high by a quarter of itself and
	// Total is a middle estimate.
	GCCycles       uint64  `json:"gc_cycles"`
	GCPauseMaxMS   float64 `json:"gc_pause_max_ms"`
	GCPauseTotalMS float64 `json:"gc_pause_total_ms"`

	// How long goroutines that could run waited for a processor, in the interval;
	// quantiles are the upper edge of their class.
	SchedP50MS float64 `json:"sched_p50_ms"`
	SchedP99MS float64 `json:"sched_p99_ms"`
	SchedMaxMS float64 `json:"sched_max_ms"`
	Goroutines int     `json:"goroutines"`

	OpenFiles int    `json:"open_files"`
	FileLimit uint64 `json:"file_limit"`

	// TCP sockets of the machine (of the network namespace), and how many local
	// ports they leave if all of them go to one server address: a lower bound.
	TCPInUse      int `json:"tcp_in_use"`
	TCPTimeWait   int `json:"tcp_time_wait"`
	PortRange     int `json:"port_range"`
	PortsHeadRoom int `json:"ports_head_room"`
}
