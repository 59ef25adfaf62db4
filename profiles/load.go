package profiles

import (
	"time"

	"authsoak/document"
)

// Load says how hard a target is driven, and when. Zero values mean "not
// stated", unless [Load.State] says otherwise; [Load.Defaults] fills them in.
type Load struct {
	Model       Model             `yaml:"model,omitempty" about:"open: cycles arrive at a rate, whatever the server does; closed: so many users take turns; population: so many sessions are held"`
	Stages      []Stage           `yaml:"stages,omitempty" about:"the load over time; its unit is cycles a second (open), users (closed) or sessions (population)"`
	Arrivals    Arrivals          `yaml:"arrivals,omitempty" about:"how single arrivals are spread under the rate of the stages (open model)"`
	Think       Distribution      `yaml:"think,omitempty" about:"the pause between two steps of a session"`
	Pacing      document.Duration `yaml:"pacing,omitempty" about:"closed model: the least time from the start of a user's cycle to the start of the next"`
	Calls       Count             `yaml:"calls,omitempty" about:"how many calls a session makes between login and logout; a population takes none, since they follow from think and turnover"`
	Turnover    Distribution      `yaml:"turnover,omitempty" about:"population model: how long one session is held before it is replaced; without it, to the end"`
	Abandon     document.Share    `yaml:"abandon,omitempty" about:"the share of sessions left without a logout"`
	Warmup      document.Duration `yaml:"warmup" about:"the first part of the run, recorded but kept out of the verdict"`
	Connections Connections       `yaml:"connections,omitempty" about:"shared: kept alive in one pool; per-user: each user has its own; per-request: a new one each time"`
	Workers     int               `yaml:"workers,omitempty" about:"how many requests may be in flight at once; 0: chosen by the machine"`
	Timeout     document.Duration `yaml:"timeout,omitempty" about:"how long one request may take"`
	StartLimit  document.Duration `yaml:"start_limit,omitempty" about:"an arrival that could not start within this time is dropped and counted"`
	Slack       document.Duration `yaml:"slack,omitempty" about:"how late a start may be so that starts near each other share one waking of the generator: precision given for processor time; it counts as lateness"`
	Drain       Drain             `yaml:"drain,omitempty" about:"how the sessions still open are logged out at the end"`
	Replay      *document.Share   `yaml:"replay,omitempty" about:"the share of closed sessions whose old cookies are tried once more; they must be refused"`
	Experiment  Experiment        `yaml:"experiment,omitempty" about:"a question that the load asks of the server besides, with verdict lines of its own"`

	stated map[string]bool // keys that somebody gave, by file or flag
}

// Model is how load follows the server.
type Model string

// The models.
const (
	Open       Model = "open"
	Closed     Model = "closed"
	Population Model = "population"
)

// Known lists the models.
func (Model) Known() []string { return []string{string(Open), string(Closed), string(Population)} }

// Connections is who shares a connection.
type Connections string

// The connection policies.
const (
	Shared     Connections = "shared"
	PerUser    Connections = "per-user"
	PerRequest Connections = "per-request"
)

// Known lists the policies.
func (Connections) Known() []string {
	return []string{string(Shared), string(PerUser), string(PerRequest)}
}

// Stage is one part of the load over time: a line from the level before (0 at
// first) to a new one, or a step to a level that is then held.
type Stage struct {
	To   *float64          `yaml:"to,omitempty" about:"the level reached at the end of over, in a straight line from the level before"`
	Over document.Duration `yaml:"over,omitempty" about:"how long the way to the new level takes"`
	At   *float64          `yaml:"at,omitempty" about:"the level stepped to at once"`
	For  document.Duration `yaml:"for,omitempty" about:"how long that level is held"`
}

// Hold makes the stage that holds a level.
func Hold(level float64, length time.Duration) Stage {
	return Stage{At: &level, For: document.Duration(length)}
}

// Line makes the stage that goes to a level in a straight line.
func Line(level float64, length time.Duration) Stage {
	return Stage{To: &level, Over: document.Duration(length)}
}

// Ramp tells that the stage is a line rather than a step.
func (s Stage) Ramp() bool { return s.To != nil }

// Level is the level at the end of the stage.
func (s Stage) Level() float64 {
	switch {
	case s.To != nil:
		return *s.To
	case s.At != nil:
		return *s.At
	}
	return 0
}

// Length is how long the stage takes.
func (s Stage) Length() time.Duration {
	if s.Ramp() {
		return time.Duration(s.Over)
	}
	return time.Duration(s.For)
}

// Process is how arrivals are spread.
type Process string

// The arrival processes.
const (
	Constant Process = "constant" // evenly
	Poisson  Process = "poisson"  // independently of each other
	Trace    Process = "trace"    // at recorded times
)

// Known lists the processes.
func (Process) Known() []string { return []string{string(Constant), string(Poisson), string(Trace)} }

// Arrivals says when cycles of the open model start.
type Arrivals struct {
	Process Process `yaml:"process,omitempty" about:"constant: evenly spaced; poisson: independent of each other; trace: at the times of a file"`
	File    string  `yaml:"file,omitempty" about:"trace: the file of times, one a line, in seconds from the start or RFC 3339; the run ends with the last cycle"`
}

// Shape is the shape of a distribution.
type Shape string

// The shapes. Only times take lognormal and exponential, only counts
// geometric.
const (
	ConstantShape Shape = "constant"
	Uniform       Shape = "uniform"
	Exponential   Shape = "exponential"
	Lognormal     Shape = "lognormal"
	Geometric     Shape = "geometric"
)

// Known lists the shapes.
func (Shape) Known() []string {
	return []string{string(ConstantShape), string(Uniform), string(Exponential), string(Lognormal), string(Geometric)}
}

// Distribution is a distribution of times. The zero value is always zero.
type Distribution struct {
	Distribution Shape             `yaml:"distribution,omitempty" about:"constant (mean), uniform (min, max), exponential (mean) or lognormal (mean, sigma); left out, it follows from the numbers given, exponential for a mean alone"`
	Mean         document.Duration `yaml:"mean,omitempty" about:"the mean, also of lognormal"`
	Min          document.Duration `yaml:"min,omitempty" about:"uniform: the shortest"`
	Max          document.Duration `yaml:"max,omitempty" about:"uniform: the longest"`
	Sigma        float64           `yaml:"sigma,omitempty" about:"lognormal: the standard deviation of the logarithm"`
}

// Count is a distribution of whole numbers.
type Count struct {
	Distribution Shape   `yaml:"distribution,omitempty" about:"constant (count), uniform (min, max) or geometric (mean); left out, it follows from the numbers given"`
	Count        int     `yaml:"count,omitempty" about:"constant: the number"`
	Min          int     `yaml:"min,omitempty" about:"uniform: the least"`
	Max          int     `yaml:"max,omitempty" about:"uniform: the most"`
	Mean         float64 `yaml:"mean,omitempty" about:"geometric: the mean"`
}

// Drain is the paced logout at the end of a run.
type Drain struct {
	Limit document.Duration `yaml:"limit,omitempty" about:"how long it may take; what is open then is reported as left behind"`
	Rate  float64           `yaml:"rate,omitempty" about:"logouts a second; 0: so that all are out in half the limit, and never slower than 100"`
}

// Length is the time of all stages together.
func (l *Load) Length() time.Duration {
	var sum time.Duration
	for _, s := range l.Stages {
		sum += s.Length()
	}
	return sum
}

// Defaults fills in what isn't stated, stages excepted: there is no load that
// suits a server unasked.
func (l *Load) Defaults() {
	fill(&l.Model, Open)
	fill(&l.Arrivals.Process, l.process())
	fill(&l.Think.Distribution, l.Think.shape())
	fill(&l.Turnover.Distribution, l.Turnover.shape())
	if l.Calls == (Count{}) {
		l.Calls.Count = 5
	}
	fill(&l.Calls.Distribution, l.Calls.shape())
	fill(&l.Connections, Shared)
	fill(&l.Timeout, document.Duration(30*time.Second))
	fill(&l.StartLimit, document.Duration(10*time.Second))
	fill(&l.Drain.Limit, document.Duration(time.Minute))
	if l.Replay == nil {
		share := document.Share(0.01)
		l.Replay = &share
	}
}

// Merge takes from base what l doesn't state. Each key of the load section
// counts as a whole: stages, think, calls and the like are never mixed.
func (l *Load) Merge(base Load) {
	fill(&l.Model, base.Model)
	if l.Stages == nil && !l.stated["stages"] {
		l.Stages = base.Stages
	}
	inherit(l, "arrivals", &l.Arrivals, base.Arrivals)
	inherit(l, "think", &l.Think, base.Think)
	inherit(l, "pacing", &l.Pacing, base.Pacing)
	inherit(l, "calls", &l.Calls, base.Calls)
	inherit(l, "turnover", &l.Turnover, base.Turnover)
	inherit(l, "abandon", &l.Abandon, base.Abandon)
	inherit(l, "warmup", &l.Warmup, base.Warmup)
	fill(&l.Connections, base.Connections)
	inherit(l, "workers", &l.Workers, base.Workers)
	inherit(l, "timeout", &l.Timeout, base.Timeout)
	inherit(l, "start_limit", &l.StartLimit, base.StartLimit)
	inherit(l, "slack", &l.Slack, base.Slack)
	inherit(l, "drain", &l.Drain, base.Drain)
	fill(&l.Replay, base.Replay)
	inherit(l, "experiment", &l.Experiment, base.Experiment)
	if base.stated["warmup"] {
		l.State("warmup") // none at all is not the same as nothing said
	}
	if base.Model == Population && base.stated["calls"] {
		l.State("calls")
	}
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (l *Load) process() Process {
	if l.Arrivals.File != "" {
		return Trace
	}
	return Constant
}

// shape is the shape that the given numbers speak of.
func (d Distribution) shape() Shape {
	switch {
	case d.Sigma != 0:
		return Lognormal
	case d.Min != 0 || d.Max != 0:
		return Uniform
	case d.Mean != 0:
		return Exponential
	}
	return ConstantShape
}

func (c Count) shape() Shape {
	switch {
	case c.Mean != 0:
		return Geometric
	case c.Min != 0 || c.Max != 0:
		return Uniform
	}
	return ConstantShape
}
