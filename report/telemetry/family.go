package telemetry

import "strings"

// Kind is what a metric is.
type Kind uint8

// Kinds of metrics.
const (
	Counter Kind = iota // grows only, from the start of load
	Gauge
	Histogram // of times in seconds, as counts that grow only
)

// String returns counter, gauge or histogram.
func (k Kind) String() string { return [...]string{"counter", "gauge", "histogram"}[k] }

// Family is one metric with its attributes.
type Family struct {
	// Name is the name in OTLP: authsoak.response_time.
	Name string
	// Unit is in the Unified Code for Units of Measure: s, By, 1 for a ratio, or a
	// noun in braces for what is counted.
	Unit       string
	Kind       Kind
	Help       string
	Attributes []string
}

// Prometheus returns the name by the conventions of Prometheus, which is what
// its translation of OTLP makes of the name too: authsoak_response_time_seconds.
func (f *Family) Prometheus() string {
	name := strings.ReplaceAll(f.Name, ".", "_")
	switch f.Unit {
	case "s":
		name += "_seconds"
	case "By":
		name += "_bytes"
	case "1":
		name += "_ratio"
	}
	if f.Kind == Counter {
		name += "_total"
	}
	return name
}

// whole tells whether every value of the metric is a whole number.
func (f *Family) whole() bool { return f.Unit != "s" && f.Unit != "1" }

// Names of attributes.
const (
	targetAttribute  = "target"
	stepAttribute    = "step"
	requestAttribute = "request"
	phaseAttribute   = "phase"
	outcomeAttribute = "outcome"
	classAttribute   = "class"
	stateAttribute   = "state"
	reasonAttribute  = "reason"
	statAttribute    = "stat"
)

var (
	ofStep       = []string{targetAttribute, stepAttribute, phaseAttribute}
	ofTarget     = []string{targetAttribute, phaseAttribute}
	ofTargetOnly = []string{targetAttribute}
	ofPhase      = []string{phaseAttribute}
)

// Every metric. The attributes of the two with the facts of a run vary with its
// labels.
var (
	buildInfo  = Family{"authsoak.build_info", "", Gauge, "1; the version that drives", []string{"version", "goversion"}}
	runInfo    = Family{"authsoak.run_info", "", Gauge, "1; what is run, with its labels as label_KEY", []string{"run_id", "model", "seed", "shard"}}
	targetInfo = Family{"authsoak.target_info", "", Gauge, "1; what a target is and how it is driven",
		[]string{targetAttribute, "endpoint", "version", "method", "url", "engine", "http", "connections"}}
	phaseState = Family{"authsoak.phase", "", Gauge, "1 for the phase that the schedule is in, 0 for the others", ofPhase}
	elapsed    = Family{"authsoak.elapsed", "s", Gauge, "time since load began", nil}
	plannedFor = Family{"authsoak.planned", "s", Gauge, "length of the whole load as planned; 0: until stopped", nil}

	responseTime = Family{"authsoak.response_time", "s", Histogram, "of a step from its intended start to the last byte of the answer", ofStep}
	serviceTime  = Family{"authsoak.service_time", "s", Histogram, "of a step from its actual start to the last byte of the answer", ofStep}
	requestTime  = Family{"authsoak.request_time", "s", Histogram, "service time of one request of a step that has several",
		[]string{targetAttribute, stepAttribute, requestAttribute, phaseAttribute}}
	cycleResponse = Family{"authsoak.cycle_response_time", "s", Histogram, "of a cycle from its arrival to the end of its last step, think times included", ofTarget}
	cycleService  = Family{"authsoak.cycle_service_time", "s", Histogram, "of a cycle from its actual start to the end of its last step, think times included", ofTarget}
	connectTime   = Family{"authsoak.connect_time", "s", Histogram, "opening a connection, DNS included", ofTarget}
	tlsTime       = Family{"authsoak.tls_handshake_time", "s", Histogram, "the TLS handshake", ofTarget}
	lateStart     = Family{"authsoak.start_lateness", "s", Histogram, "actual − intended start of steps", ofPhase}
	latePacer     = Family{"authsoak.pacer_lateness", "s", Histogram, "actual − intended start where a worker stood ready: the generator's own fault", ofPhase}

	steps = Family{"authsoak.steps", "{step}", Counter, "finished steps by outcome",
		[]string{targetAttribute, stepAttribute, phaseAttribute, outcomeAttribute}}
	stepErrors = Family{"authsoak.errors", "{step}", Counter, "steps that did not end ok, by error class",
		[]string{targetAttribute, stepAttribute, phaseAttribute, classAttribute}}
	cycles = Family{"authsoak.cycles", "{cycle}", Counter, "completed cycles by outcome",
		[]string{targetAttribute, phaseAttribute, outcomeAttribute}}

	sessionsOpened = Family{"authsoak.sessions_opened", "{session}", Counter, "sessions opened", ofTargetOnly}
	sessions       = Family{"authsoak.sessions", "{session}", Gauge, "where the opened sessions are: live, closed, abandoned, expired; the sum is those opened",
		[]string{targetAttribute, stateAttribute}}
	sessionsPeak    = Family{"authsoak.sessions_peak", "{session}", Gauge, "most sessions live at once so far", ofTargetOnly}
	possiblyOpen    = Family{"authsoak.sessions_possibly_open", "{session}", Gauge, "logins whose answer has not come", ofTargetOnly}
	possiblyClosed  = Family{"authsoak.sessions_possibly_closed", "{session}", Gauge, "logouts whose answer has not come; the sessions count as live", ofTargetOnly}
	sessionsOrphans = Family{"authsoak.sessions_orphaned", "{session}", Gauge, "sessions left for authsoak cleanup; known at the end", ofTargetOnly}

	generatorCPU      = Family{"authsoak.generator_cpu", "s", Counter, "processor time that the process has used", nil}
	generatorCPUShare = Family{"authsoak.generator_cpu_utilization", "1", Gauge, "share of the cores it may use, in the last interval", nil}
	generatorRSS      = Family{"authsoak.generator_resident_memory", "By", Gauge, "resident memory", nil}
	generatorHeap     = Family{"authsoak.generator_heap", "By", Gauge, "memory in the heap", nil}
	generatorGC       = Family{"authsoak.generator_gc_pause", "s", Counter, "time the garbage collector stopped everything", nil}
	generatorSched    = Family{"authsoak.generator_scheduler_wait", "s", Gauge, "wait of a runnable goroutine in the last interval: p50, p99, max", []string{statAttribute}}
	goroutines        = Family{"authsoak.generator_goroutines", "{goroutine}", Gauge, "goroutines", nil}
	openFiles         = Family{"authsoak.generator_open_files", "{file}", Gauge, "open files", nil}
	openFileLimit     = Family{"authsoak.generator_open_files_limit", "{file}", Gauge, "limit on open files", nil}
	ports             = Family{"authsoak.generator_ports", "{port}", Gauge, "ephemeral ports in use on the machine; 0: not known", nil}
	portLimit         = Family{"authsoak.generator_ports_limit", "{port}", Gauge, "ephemeral ports there are; 0: not known", nil}
	workers           = Family{"authsoak.generator_workers", "{worker}", Gauge, "workers", nil}
	workersBusy       = Family{"authsoak.generator_workers_busy", "{worker}", Gauge, "workers with a request in flight", nil}
	intervals         = Family{"authsoak.generator_intervals", "{interval}", Counter, "intervals measured", ofPhase}
	tainted           = Family{"authsoak.generator_tainted_intervals", "{interval}", Counter, "intervals in which the generator was the limit, by reason",
		[]string{phaseAttribute, reasonAttribute}}
	lostSamples    = Family{"authsoak.generator_lost_samples", "{sample}", Counter, "samples that could not be kept", nil}
	clampedSamples = Family{"authsoak.generator_clamped_samples", "{sample}", Counter, "times out of 0 to 1 h, recorded as the nearest bound", nil}
)

// counted are the metrics of [results.Counter], in its order.
var counted = [...]Family{
	{"authsoak.cycles_planned", "{cycle}", Counter, "arrivals that were due", ofTarget},
	{"authsoak.cycles_started", "{cycle}", Counter, "cycles started", ofTarget},
	{"authsoak.cycles_completed", "{cycle}", Counter, "cycles completed", ofTarget},
	{"authsoak.cycles_dropped", "{cycle}", Counter, "arrivals that never started", ofTarget},
	{"authsoak.cycles_interrupted", "{cycle}", Counter, "cycles cut by the end of the run", ofTarget},
	{"authsoak.requests", "{request}", Counter, "requests written, resends included", ofTarget},
	{"authsoak.resends", "{request}", Counter, "requests written a second time", ofTarget},
	{"authsoak.connections", "{connection}", Counter, "connections opened", ofTarget},
	{"authsoak.connections_stale", "{connection}", Counter, "connections that the server had closed before a request was written", ofTarget},
	{"authsoak.tls_resumed", "{handshake}", Counter, "TLS handshakes that resumed an earlier one", ofTarget},
	{"authsoak.renewals", "{cookie}", Counter, "cookies that a call's answer renewed", ofTarget},
	{"authsoak.replays", "{session}", Counter, "closed sessions tried again", ofTarget},
}

// Families lists every metric, in the order of the outputs.
func Families() []*Family {
	all := []*Family{&buildInfo, &runInfo, &targetInfo, &phaseState, &elapsed, &plannedFor,
		&responseTime, &serviceTime, &requestTime, &cycleResponse, &cycleService, &connectTime, &tlsTime, &lateStart, &latePacer,
		&steps, &stepErrors, &cycles}
	for i := range counted {
		all = append(all, &counted[i])
	}
	return append(all, &sessionsOpened, &sessions, &sessionsPeak, &possiblyOpen, &possiblyClosed, &sessionsOrphans,
		&generatorCPU, &generatorCPUShare, &generatorRSS, &generatorHeap, &generatorGC, &generatorSched, &goroutines,
		&openFiles, &openFileLimit, &ports, &portLimit, &workers, &workersBusy, &intervals, &tainted, &lostSamples, &clampedSamples)
}
