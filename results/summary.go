package results

// SummarySchema names the format of summary.json.
const SummarySchema = "authsoak/summary/v1"

// Verdict of a run.
type Verdict string

// Verdicts, with the exit code of each.
const (
	Pass        Verdict = "pass"        // 0
	Failed      Verdict = "fail"        // 1
	Invalid     Verdict = "invalid"     // 3
	Interrupted Verdict = "interrupted" // 130
)

// Summary is summary.json: the verdict and every total of a run. Counts and
// times are of the hold phase; sessions and generator are of the whole run.
type Summary struct {
	Schema  string   `json:"schema"`
	Verdict Verdict  `json:"verdict"`
	Reasons []string `json:"reasons"` // why not pass, in words
	// Command is check or timeout, which drive no load; empty: run.
	Command    string            `json:"command,omitempty"`
	RunID      string            `json:"run_id"`
	Version    string            `json:"authsoak_version"`
	StartedAt  string            `json:"started_at"` // RFC 3339
	DurationS  float64           `json:"duration_s"` // of the hold phase
	WarmupS    float64           `json:"warmup_s"`
	DrainS     float64           `json:"drain_s"`
	Authorized string            `json:"authorized,omitempty"`
	Insecure   []string          `json:"insecure,omitempty"` // targets whose certificate was not verified
	Model      string            `json:"model"`
	Load       string            `json:"load,omitempty"` // how hard and how long, in words
	Seed       uint64            `json:"seed"`
	Targets    []TargetInfo      `json:"targets"`
	Cycles     CycleCounts       `json:"cycles"`
	Steps      []StepSummary     `json:"steps"`
	Lateness   Times             `json:"lateness_ms"`
	Sessions   SessionSummary    `json:"sessions"`
	Labels     map[string]string `json:"labels"`
	Generator  GeneratorSummary  `json:"generator"`
	Thresholds []ThresholdResult `json:"thresholds"`
	Checks     []CheckResult     `json:"checks"`
	// Experiment is what the load asked of the server besides, where it did.
	Experiment *Experiment `json:"experiment,omitempty"`
	// Compared is what changed against a snapshot, where there was one.
	Compared   *ContractComparison `json:"compared,omitempty"`
	Comparison *ComparisonBrief    `json:"comparison,omitempty"` // with a baseline, where one was given
	// Drift is what became of the run's series over its hold phase; nil while it
	// goes on.
	Drift *Drift `json:"drift,omitempty"`
	// Listed holds the ledger against the server's own list of sessions, of each
	// target whose profile says how to read one.
	Listed []Listed `json:"listed,omitempty"`
	// Gaps are the times in which the run was not driven, since its generator had
	// died: they are in no count and no length.
	Gaps []Gap `json:"gaps,omitempty"`
}

// TargetInfo says what a target was and how it was driven.
type TargetInfo struct {
	Name        string         `json:"name"`
	Endpoint    string         `json:"endpoint"`
	Version     string         `json:"version"`
	Method      string         `json:"method"`
	URL         string         `json:"url"` // without user info and query
	ClientType  string         `json:"client_type,omitempty"`
	CSRF        bool           `json:"csrf,omitempty"`
	Engine      string         `json:"engine"`
	HTTP        string         `json:"http"`
	Connections string         `json:"connections"`
	Insecure    bool           `json:"insecure,omitempty"`
	Cycles      CycleCounts    `json:"cycles"`
	Sessions    SessionSummary `json:"sessions"`
	Traffic     Traffic        `json:"traffic"`
}

// Traffic counts what went over the wire in the whole run.
type Traffic struct {
	Requests         int64 `json:"requests"`
	Resends          int64 `json:"resends"`
	Connections      int64 `json:"connections"`
	ConnectionsStale int64 `json:"connections_stale"`
	TLSResumed       int64 `json:"tls_resumed"`
	Renewals         int64 `json:"renewals"`
	Replays          int64 `json:"replays"`
}

// CycleCounts counts cycles whose intended start lies in the hold phase:
// planned = started + dropped, started = completed + interrupted,
// completed = ok + fail + unknown.
type CycleCounts struct {
	Planned     int64 `json:"planned"`
	Started     int64 `json:"started"`
	Completed   int64 `json:"completed"`
	OK          int64 `json:"ok"`
	Fail        int64 `json:"fail"`
	Unknown     int64 `json:"unknown"`
	Dropped     int64 `json:"dropped"`
	Interrupted int64 `json:"interrupted"`
}

// Times are quantiles of one time, in milliseconds.
type Times struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// StepSummary is one series. Response is nil where the kind has none.
type StepSummary struct {
	Target   string       `json:"target"`
	Step     string       `json:"step"`
	Request  string       `json:"request,omitempty"`
	Kind     string       `json:"kind"` // step, request, cycle, connect, tls
	Count    int64        `json:"count"`
	OK       int64        `json:"ok"`
	Fail     int64        `json:"fail"`
	Unknown  int64        `json:"unknown"`
	RatePerS float64      `json:"rate_per_s"`
	Service  Times        `json:"service_ms"`
	Response *Times       `json:"response_ms,omitempty"`
	Errors   []ErrorCount `json:"errors"`
}

// ErrorCount is one error class of a step with its first example in one line.
type ErrorCount struct {
	Class   string `json:"class"`
	Count   int64  `json:"count"`
	Example string `json:"example"`
}

// SessionSummary is the ledger at the end: opened = closed + abandoned +
// expired + live_at_end.
type SessionSummary struct {
	Opened         int64 `json:"opened"`
	Closed         int64 `json:"closed"`
	Abandoned      int64 `json:"abandoned"`
	Expired        int64 `json:"expired"`
	LiveAtEnd      int64 `json:"live_at_end"`
	PossiblyOpen   int64 `json:"possibly_open"`
	PossiblyClosed int64 `json:"possibly_closed"`
	Orphaned       int64 `json:"orphaned"` // left for `authsoak cleanup`
	PeakLive       int64 `json:"peak_live"`
	Balanced       bool  `json:"balanced"`
}

// Listed is what a server listed before the load and after the drain. Own counts
// are of a sample of the run's accounts, each asked with a session of its own,
// which counts both times.
type Listed struct {
	Target    string `json:"target"`
	Accounts  int    `json:"accounts"` // in the sample, asked both times
	OwnBefore int64  `json:"own_before"`
	OwnAfter  int64  `json:"own_after"`
	Held      int64  `json:"held"`    // by the ledger, of these accounts, at the end
	Perhaps   int64  `json:"perhaps"` // may be open besides: an answer never came
	Surplus   int64  `json:"surplus"` // listed more than before and than held
	// Of all users of the server, others' too; where AllKnown.
	AllKnown  bool  `json:"all_known"`
	AllBefore int64 `json:"all_before,omitempty"`
	AllAfter  int64 `json:"all_after,omitempty"`
	// Trial is what logins and logouts one by one did to the number of all users'
	// sessions, where that is all that is known and had risen; Leaks: each left one
	// session behind, and waiting left none.
	Trial   string `json:"trial,omitempty"`
	Leaks   bool   `json:"leaks,omitempty"`
	Problem string `json:"problem,omitempty"` // why some could not be asked
}

// GeneratorSummary is what driving cost, and whether the generator was ever
// the limit.
type GeneratorSummary struct {
	CPUS             float64  `json:"cpu_s"`
	CPUUsPerRequest  float64  `json:"cpu_us_per_request"`
	MaxRSSBytes      int64    `json:"max_rss_bytes"`
	Intervals        int      `json:"intervals"` // of the hold phase
	TaintedIntervals int      `json:"tainted_intervals"`
	TaintReasons     []string `json:"taint_reasons"`
	PeakWorkers      int      `json:"peak_workers"`
	Cores            int      `json:"cores"`
	OS               string   `json:"os"`
	GoVersion        string   `json:"go_version"`
	Pacer            Times    `json:"pacer_ms"`        // start − intended where a worker stood ready
	Clamped          int64    `json:"clamped_samples"` // times out of 0…1 h, recorded as the nearest bound
	Lost             int64    `json:"lost_samples"`    // could not be kept
	// Ceiling is how near it came to what authsoak calibrate measured; nil: nobody
	// has on this machine.
	Ceiling *GeneratorCeiling `json:"ceiling,omitempty"`
}

// ThresholdResult is one threshold with the value it was held against.
type ThresholdResult struct {
	Expression string  `json:"expression"`
	Actual     float64 `json:"actual"` // in the unit of the expression's value
	ActualText string  `json:"actual_text"`
	Pass       bool    `json:"pass"`
	NoData     bool    `json:"no_data,omitempty"` // nothing was measured: not passed
	Stopped    bool    `json:"stopped_run,omitempty"`
}

// CheckResult is one session rule with its verdict.
type CheckResult struct {
	ID       string `json:"id"`
	Target   string `json:"target"`
	Verdict  string `json:"verdict"` // pass, fail, unknown, not-tried, not-applicable, info
	Expected string `json:"expected"`
	Observed string `json:"observed"`
	Source   string `json:"source"`
	Title    string `json:"title,omitempty"` // what must hold, in one line
	// Judged tells a rule that passes or fails from one that is observed.
	Judged bool `json:"judged,omitempty"`
	// Seen is the behaviour in normal form: name to value.
	Seen map[string]string `json:"seen,omitempty"`
	// Exchanges show a failure in full, secrets blanked.
	Exchanges []Exchange `json:"exchanges,omitempty"`
}

// Exchange is one request and its answer as text, secrets blanked.
type Exchange struct {
	Step     string `json:"step"`
	Request  string `json:"request"`
	Sent     string `json:"sent"`
	Received string `json:"received"`
}
