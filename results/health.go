package results

// Health is what the generator measured of itself in one interval.
type Health struct {
	CPU           float64 `json:"cpu_s"`     // processor time of the process so far
	CPUShare      float64 `json:"cpu_share"` // of the cores it may use, in the interval
	RSS           int64   `json:"rss_bytes"`
	MaxRSS        int64   `json:"max_rss_bytes"`
	Heap          int64   `json:"heap_bytes"`
	GCPauseMax    float64 `json:"gc_pause_max_ms"`
	GCPauseTotal  float64 `json:"gc_pause_total_ms"`
	SchedP50      float64 `json:"sched_p50_ms"` // wait of a runnable goroutine
	SchedP99      float64 `json:"sched_p99_ms"`
	SchedMax      float64 `json:"sched_max_ms"`
	Goroutines    int     `json:"goroutines"`
	OpenFiles     int     `json:"open_files"`
	OpenFileLimit int     `json:"open_file_limit"`
	Ports         int     `json:"ports"`      // ephemeral ports in use on the machine; 0: not known
	PortLimit     int     `json:"port_limit"` // 0: not known
}

// SessionCounts is the ledger of a target: Opened = Closed + Abandoned +
// Expired + Live, always; logins and logouts whose answer never came stand
// apart.
type SessionCounts struct {
	Opened         int64 `json:"opened"`
	Closed         int64 `json:"closed"`
	Abandoned      int64 `json:"abandoned"`
	Expired        int64 `json:"expired"`
	Live           int64 `json:"live"`
	PossiblyOpen   int64 `json:"possibly_open"`
	PossiblyClosed int64 `json:"possibly_closed"`
	PeakLive       int64 `json:"peak_live"`
}
