package results

import "strings"

var kindNames = [...]string{"step", "request", "cycle", "connect", "tls"}

// String returns step, request, cycle, connect or tls.
func (k Kind) String() string { return kindNames[k] }

// HasResponse tells whether samples of the kind have an intended start, and so a
// response time.
func (k Kind) HasResponse() bool { return k == StepSeries || k == CycleSeries }

func parseKind(name string) (Kind, bool) {
	for i, n := range kindNames {
		if n == name {
			return Kind(i), true
		}
	}
	return 0, false
}

func parsePhase(name string) (Phase, bool) {
	for p := Warmup; p < Phases; p++ {
		if p.String() == name {
			return p, true
		}
	}
	return 0, false
}

// parts returns the names that a path in a metric may give, from wide to narrow.
func (s Series) parts() []string {
	if s.Kind == RequestSeries {
		return []string{s.Target, s.Step, s.Request}
	}
	return []string{s.Target, s.Step}
}

// Name returns target.step or target.step.request: the path that names the
// series in a metric.
func (s Series) Name() string { return strings.Join(s.parts(), ".") }

// Endings of a tag in latency.hlog, and of a path in a metric.
const (
	serviceTime  = "service"
	responseTime = "response"
	lateness     = "lateness"
	pacerName    = "pacer"
)

// tagEscaper keeps a tag from breaking the columns of an HDR log.
var tagEscaper = strings.NewReplacer(",", "_", " ", "_", "\t", "_", "\r", "_", "\n", "_")

// Tag returns the name of the series' service or response times in
// latency.hlog: octane.login.response. Samples of warm-up and drain stand under
// tags of their own, warmup:octane.login.response, so that a tool which filters
// by the plain tag sees what is judged.
func (s Series) Tag(p Phase, response bool) string {
	time := serviceTime
	if response {
		time = responseTime
	}
	return phaseTag(p, s.Name()+"."+time)
}

func phaseTag(p Phase, tag string) string {
	tag = tagEscaper.Replace(tag)
	if p == Hold {
		return tag
	}
	return p.String() + ":" + tag
}

// cutTag takes the phase off a tag.
func cutTag(tag string) (Phase, string) {
	if name, rest, ok := strings.Cut(tag, ":"); ok {
		if p, ok := parsePhase(name); ok {
			return p, rest
		}
	}
	return Hold, tag
}

var counterNames = [Counters]string{
	"cycles_planned", "cycles_started", "cycles_completed", "cycles_dropped", "cycles_interrupted",
	"requests", "resends", "connections", "connections_stale", "tls_resumed", "renewals", "replays",
}

// String returns the counter's name as it stands in intervals.jsonl.
func (c Counter) String() string { return counterNames[c] }

func parseCounter(name string) (Counter, bool) {
	for i, n := range counterNames {
		if n == name {
			return Counter(i), true
		}
	}
	return 0, false
}

// mayBeNeeded tells whether a series without samples says something: that a
// step of the cycle never ran. That no handshake was needed says nothing.
func (s Series) mayBeNeeded() bool {
	return s.Kind == CycleSeries || s.Kind == StepSeries && s.Step != ReplayStep
}

// ReplayStep is the step that tries the cookies of a closed session again.
const ReplayStep = "replay"
