package telemetry

import (
	"strconv"
	"sync"
	"time"

	"authsoak/results"
)

// Meter sums up what the intervals of a run add. Its methods are safe for
// concurrent use; [Meter.Observe] is meant for one goroutine, the run's tick, and
// waits for no more than the copying of the sums.
type Meter struct {
	version, goVersion string

	mu      sync.Mutex
	begun   bool
	run     results.RunInfo
	series  []results.Series
	targets []string
	sums    [results.Phases]sums
	ledgers []ledger
	now     moment
	tainted map[taintKey]int64
	gcPause float64 // seconds
	lost    int64
	clamped int64
}

// sums are what was added in one phase.
type sums struct {
	used            bool
	series          []seriesSum
	counts          [][results.Counters]int64 // by target
	lateness, pacer distribution
	intervals       int64
}

type seriesSum struct {
	outcomes          [3]int64
	classes           [results.Classes]int64
	service, response distribution
}

type ledger struct {
	results.SessionCounts
	orphaned int64
}

type taintKey struct {
	phase  results.Phase
	reason string
}

// moment is the last interval's state.
type moment struct {
	at            time.Duration
	phase         results.Phase
	health        results.Health
	workers, busy int
}

// NewMeter returns a meter of a run that has not begun.
func NewMeter(version, goVersion string) *Meter {
	return &Meter{version: version, goVersion: goVersion, tainted: map[taintKey]int64{}}
}

// Observe adds an interval.
func (m *Meter) Observe(i *results.Increase) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.begun {
		m.begin(i)
	}
	for p := range results.Phases {
		m.add(i, p)
	}
	for t := range m.targets {
		m.ledgers[t].SessionCounts, m.ledgers[t].orphaned = i.Sessions(t)
	}
	if i.Length == 0 {
		return
	}
	m.now = moment{i.At, i.Phase, i.Health, i.Workers, i.Busy}
	m.gcPause += i.Health.GCPauseTotal / 1e3
	m.lost += i.Lost
	m.clamped += i.Clamped
	m.sums[i.Phase].used = true
	m.sums[i.Phase].intervals++
	if i.TaintedBy != "" {
		m.tainted[taintKey{i.Phase, i.TaintedBy}]++
	}
}

func (m *Meter) begin(i *results.Increase) {
	m.begun = true
	m.run, m.series, m.targets = *i.Run(), i.Series(), i.Targets()
	m.ledgers = make([]ledger, len(m.targets))
	for p := range m.sums {
		m.sums[p].series = make([]seriesSum, len(m.series))
		m.sums[p].counts = make([][results.Counters]int64, len(m.targets))
	}
	// What is judged is there from the first moment on, at zero, so that a rate
	// sees the first increase.
	m.sums[results.Hold].used = true
	m.now.phase = results.Phases // none yet
}

func (m *Meter) add(i *results.Increase, p results.Phase) {
	s := &m.sums[p]
	for n := range m.series {
		add, to := i.Samples(p, n), &s.series[n]
		for o, count := range add.Outcomes {
			to.outcomes[o] += count
			s.used = s.used || count > 0
		}
		for c, count := range add.Classes {
			to.classes[c] += count
		}
		to.service.add(add.Service)
		to.response.add(add.Response)
	}
	for t := range m.targets {
		for c, count := range i.Counts(p, t) {
			s.counts[t][c] += count
			s.used = s.used || count > 0
		}
	}
	s.lateness.add(i.Lateness(p))
	s.pacer.add(i.Pacer(p))
}

// reading is a copy of the sums in the form of the outputs.
type reading struct {
	start    time.Time // of load; zero: it hasn't begun
	at       time.Time // of the last interval
	run      string
	families []familyReading
}

type familyReading struct {
	*Family
	attributes []string // names, where they aren't those of the family
	points     []point
}

type point struct {
	values []string // of the attributes
	number float64
	times  *distributionRead // of a histogram
}

// read copies the sums.
func (m *Meter) read() *reading {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &reader{Meter: m, byFamily: map[*Family]*familyReading{}}
	r.number(&buildInfo, 1, m.version, m.goVersion)
	if m.begun {
		r.facts()
		for p := range m.sums {
			if m.sums[p].used {
				r.phase(results.Phase(p), &m.sums[p])
			}
		}
		r.ledgers()
		r.generator()
	}
	out := &reading{start: m.run.StartedAt, at: m.run.StartedAt.Add(m.now.at), run: m.run.RunID}
	for _, f := range Families() {
		if got := r.byFamily[f]; got != nil {
			out.families = append(out.families, *got)
		}
	}
	return out
}

// reader gathers the points of each family.
type reader struct {
	*Meter
	byFamily map[*Family]*familyReading
}

func (r *reader) of(f *Family) *familyReading {
	got := r.byFamily[f]
	if got == nil {
		got = &familyReading{Family: f, attributes: f.Attributes}
		r.byFamily[f] = got
	}
	return got
}

func (r *reader) number(f *Family, v float64, values ...string) {
	got := r.of(f)
	got.points = append(got.points, point{values: values, number: v})
}

func (r *reader) count(f *Family, n int64, values ...string) { r.number(f, float64(n), values...) }

// times adds a histogram. Of the phases that aren't judged, and of what not
// every run does, an empty one says nothing.
func (r *reader) times(f *Family, d *distribution, values ...string) {
	always := f == &responseTime || f == &serviceTime || f == &cycleResponse || f == &cycleService || f == &lateStart
	if d.count == 0 && !(always && values[len(values)-1] == results.Hold.String()) {
		return
	}
	copied := d.clone()
	got := r.of(f)
	got.points = append(got.points, point{values: values, times: &copied})
}

// facts are what doesn't change while a run lasts, and where it is.
func (r *reader) facts() {
	names, values := labelAttributes(r.run.Labels)
	got := r.of(&runInfo)
	got.attributes = append(append([]string{}, runInfo.Attributes...), names...)
	got.points = []point{{number: 1, values: append([]string{r.run.RunID, r.run.Model, strconv.FormatUint(r.run.Seed, 10), r.run.Shard}, values...)}}
	for i := range r.run.Targets {
		t := &r.run.Targets[i]
		r.number(&targetInfo, 1, t.Name, t.Endpoint, t.Version, t.Method, t.URL, t.Engine, t.HTTP, t.Connections)
	}
	for p := range results.Phases {
		is := 0.0
		if p == r.now.phase {
			is = 1
		}
		r.number(&phaseState, is, p.String())
	}
	r.number(&elapsed, r.now.at.Seconds())
	r.number(&plannedFor, r.run.Planned.Seconds())
}

func (r *reader) phase(p results.Phase, s *sums) {
	phase := p.String()
	for i := range r.series {
		r.oneSeries(&r.series[i], phase, &s.series[i])
	}
	for t, name := range r.targets {
		for c, n := range s.counts[t] {
			r.count(&counted[c], n, name, phase)
		}
	}
	r.times(&lateStart, &s.lateness, phase)
	r.times(&latePacer, &s.pacer, phase)
	r.count(&intervals, s.intervals, phase)
}

func (r *reader) oneSeries(name *results.Series, phase string, s *seriesSum) {
	switch name.Kind {
	case results.StepSeries:
		r.times(&responseTime, &s.response, name.Target, name.Step, phase)
		r.times(&serviceTime, &s.service, name.Target, name.Step, phase)
		for o, n := range s.outcomes {
			r.count(&steps, n, name.Target, name.Step, phase, results.Outcome(o).String())
		}
		for c, n := range s.classes {
			if n > 0 {
				r.count(&stepErrors, n, name.Target, name.Step, phase, results.Class(c).String())
			}
		}
	case results.RequestSeries:
		r.times(&requestTime, &s.service, name.Target, name.Step, name.Request, phase)
	case results.CycleSeries:
		r.times(&cycleResponse, &s.response, name.Target, phase)
		r.times(&cycleService, &s.service, name.Target, phase)
		for o, n := range s.outcomes {
			r.count(&cycles, n, name.Target, phase, results.Outcome(o).String())
		}
	case results.ConnectSeries:
		r.times(&connectTime, &s.service, name.Target, phase)
	case results.TLSSeries:
		r.times(&tlsTime, &s.service, name.Target, phase)
	}
}

func (r *reader) ledgers() {
	for t, name := range r.targets {
		l := &r.Meter.ledgers[t]
		r.count(&sessionsOpened, l.Opened, name)
		r.count(&sessions, l.Live, name, "live")
		r.count(&sessions, l.Closed, name, "closed")
		r.count(&sessions, l.Abandoned, name, "abandoned")
		r.count(&sessions, l.Expired, name, "expired")
		r.count(&sessionsPeak, l.PeakLive, name)
		r.count(&possiblyOpen, l.PossiblyOpen, name)
		r.count(&possiblyClosed, l.PossiblyClosed, name)
		r.count(&sessionsOrphans, l.orphaned, name)
	}
}
