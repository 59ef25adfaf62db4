package results

import "time"

// IntervalsSchema names the format of intervals.jsonl.
const IntervalsSchema = "authsoak/intervals/v1"

// Kinds of line in intervals.jsonl, the value of the member "line".
const (
	HeadLine   = "head"   // the first: what was run
	SeriesLine = "series" // one a second for each series and phase that had samples
	ScrapeLine = "scrape" // what a target told of itself, as often as it was asked
	RunLine    = "run"    // one a second, after the other lines of that second
	EndLine    = "end"    // the last; missing: the run was killed
)

// RunInfo says what is run. It begins intervals.jsonl, so that a run that was
// killed can still be summed up.
type RunInfo struct {
	RunID      string        `json:"run_id"`
	Version    string        `json:"authsoak_version"`
	StartedAt  time.Time     `json:"started_at"` // of the load
	Planned    time.Duration `json:"-"`          // of the whole load, warm-up included; 0: until stopped
	Authorized string        `json:"authorized,omitempty"`
	Insecure   []string      `json:"insecure,omitempty"`
	Model      string        `json:"model"`
	Load       string        `json:"load,omitempty"` // how hard and how long, in words
	Seed       uint64        `json:"seed"`
	// Targets say what each target was; their counts are filled in by this
	// package. They stand in the order of the indices used in samples.
	Targets   []TargetInfo      `json:"targets"`
	Labels    map[string]string `json:"labels,omitempty"`
	Shard     string            `json:"shard,omitempty"` // "3/20"; empty: the whole
	Cores     int               `json:"cores"`
	OS        string            `json:"os"`
	GoVersion string            `json:"go_version"`
	Ceilings  []Ceiling         `json:"ceilings,omitempty"` // of the generator, for the ways of the targets
}

// Head is the first line of intervals.jsonl.
type Head struct {
	Line            string       `json:"line"`
	Schema          string       `json:"schema"`
	Run             RunInfo      `json:"run"`
	PlannedS        float64      `json:"planned_s"` // 0: until stopped
	Series          []SeriesName `json:"series"`
	Thresholds      []string     `json:"thresholds"`
	HistogramEveryS float64      `json:"histogram_every_s"` // of latency.hlog
	// ListedBefore is what servers listed before the load, for a run that goes on
	// after a kill: what its first part left behind must not be in the list that the
	// end is held against.
	ListedBefore []ListedBefore `json:"listed_before,omitempty"`
}

// ListedBefore is a server's list of sessions before the load. Numbers that its
// list doesn't tell are -1.
type ListedBefore struct {
	Target  string      `json:"target"`
	Own     map[int]int `json:"own"` // by the account's number, from 0
	All     int         `json:"all"`
	Problem string      `json:"problem,omitempty"` // why some could not be asked
}

// SeriesName is a [Series] in words.
type SeriesName struct {
	Target  string `json:"target"`
	Step    string `json:"step"`
	Request string `json:"request,omitempty"`
	Kind    string `json:"kind"` // step, request, cycle, connect, tls
}

func nameOf(s Series) SeriesName {
	return SeriesName{Target: s.Target, Step: s.Step, Request: s.Request, Kind: s.Kind.String()}
}

// Series returns the series that n names; ok is false where the kind is unknown.
func (n SeriesName) Series() (s Series, ok bool) {
	kind, ok := parseKind(n.Kind)
	return Series{Target: n.Target, Step: n.Step, Request: n.Request, Kind: kind}, ok
}

// End is the last line of intervals.jsonl: what a verdict needs besides numbers.
type End struct {
	Line        string            `json:"line"`
	Interrupted bool              `json:"interrupted"`
	WarmupS     float64           `json:"warmup_s"`
	HoldS       float64           `json:"hold_s"`
	DrainS      float64           `json:"drain_s"`
	CPUS        float64           `json:"cpu_s"` // what driving cost
	MaxTainted  float64           `json:"max_tainted"`
	Invalid     []string          `json:"invalid"`
	Thresholds  []ThresholdResult `json:"thresholds"`
	Checks      []CheckResult     `json:"checks"`
	Drift       *Drift            `json:"drift,omitempty"`
	Listed      []Listed          `json:"listed,omitempty"`
	Experiment  *Experiment       `json:"experiment,omitempty"`
}

// Quantiles are those of one interval, in milliseconds.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func quantilesOf(h *Histogram) Quantiles {
	return Quantiles{P50: ms(float64(h.Percentile(50))), P99: ms(float64(h.Percentile(99))), Max: ms(float64(h.Max()))}
}

// SeriesInterval is one series in one interval and phase. The phase is that of
// the samples: a step that was due in the warm-up and ends in the hold counts as
// warm-up.
type SeriesInterval struct {
	Line string  `json:"line"`
	At   float64 `json:"at_s"` // end of the interval, seconds since the start of load
	SeriesName
	Phase    string           `json:"phase"`
	Count    int64            `json:"count"`
	OK       int64            `json:"ok"`
	Fail     int64            `json:"fail,omitempty"`
	Unknown  int64            `json:"unknown,omitempty"`
	Errors   map[string]int64 `json:"errors,omitempty"` // by class
	Service  Quantiles        `json:"service_ms"`
	Response *Quantiles       `json:"response_ms,omitempty"`
}

// ScrapeInterval is what a target told of itself at one moment.
type ScrapeInterval struct {
	Line   string             `json:"line"`
	At     float64            `json:"at_s"`   // seconds since the start of load
	Source string             `json:"source"` // the URL that was asked, without user info and query
	Values map[string]float64 `json:"values,omitempty"`
	// Problem is why it told nothing.
	Problem string `json:"problem,omitempty"`
}

// RunInterval is the run as a whole in one interval.
type RunInterval struct {
	Line     string    `json:"line"`
	At       float64   `json:"at_s"`        // end of the interval, seconds since the start of load
	Length   float64   `json:"len_s"`       // its length
	Phase    string    `json:"phase"`       // the one the schedule was in
	Lateness Quantiles `json:"lateness_ms"` // start − intended of all steps
	Pacer    Quantiles `json:"pacer_ms"`    // the same, where a worker stood ready
	Workers  int       `json:"workers"`
	Busy     int       `json:"busy"`
	// PlannedUsers is how many users (closed model) or sessions (population) the
	// plan has at the end of the interval; 0 in the open model, which plans none.
	PlannedUsers float64 `json:"planned_users,omitempty"`
	// PlannedPerSec is the rate of arrivals that the plan has then; 0 in the other
	// models, and where recorded times are driven.
	PlannedPerSec float64 `json:"planned_per_s,omitempty"`
	// Overdue is how long somebody who was due waited at worst, in milliseconds,
	// since all the workers that the user allows were busy.
	Overdue   float64          `json:"overdue_ms,omitempty"`
	Tainted   string           `json:"tainted,omitempty"`    // why the generator was at fault
	TaintedBy string           `json:"tainted_by,omitempty"` // pacer, cpu, scheduler, open-files, ports, workers, lost
	Clamped   int64            `json:"clamped,omitempty"`    // times out of range, recorded as the nearest bound
	Lost      int64            `json:"lost,omitempty"`       // samples that could not be kept
	Targets   []TargetInterval `json:"targets"`
	Health    Health           `json:"health"`
}

// TargetInterval is one target in one interval.
type TargetInterval struct {
	Name     string        `json:"name"`
	Sessions SessionCounts `json:"sessions"`           // at its end
	Orphaned int64         `json:"orphaned,omitempty"` // left for cleanup, known at the end of the run; and given up before it was resumed
	// Counts are the increases of the [Counter] values, by phase and name; what
	// did not grow is left out.
	Counts map[string]map[string]int64 `json:"counts,omitempty"`
	// Breaches is how often a session rule of the load was broken, by its name.
	Breaches map[string]int64 `json:"breaches,omitempty"`
}
