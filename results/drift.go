package results

import (
	"fmt"
	"math"
	"strings"

	"authsoak/metric"
	"authsoak/stats"
)

// DriftVerdict is the answer to the question whether a long run stays as it was.
type DriftVerdict string

// Verdicts on drift.
const (
	NoDrift      DriftVerdict = "steady"    // a drift that matters is ruled out in every series
	Drifting     DriftVerdict = "drift"     // at least one series grows, or loses sessions
	DriftUnclear DriftVerdict = "unclear"   // none was shown, and not every one is ruled out
	DriftShort   DriftVerdict = "too-short" // the hold phase was too short to ask
)

// leastHold is the hold phase below which nothing is said of drift: in less, a
// server has hardly begun to be what it will be all day.
const leastHold = 300

// driftAlpha is the chance that a run in which nothing drifts is said to drift,
// shared by all its series (Dunn, JASA 56, 1961).
const driftAlpha = 0.05

const day = 24. // hours

// Drift is what becomes of a run's series over its hold phase. Hours and seconds
// count from the start of load, gaps of a resumed run included.
type Drift struct {
	Verdict DriftVerdict  `json:"verdict"`
	HoldS   float64       `json:"hold_s"` // how long was looked at
	BinS    float64       `json:"bin_s"`  // the stretch that one point stands for
	Series  []DriftSeries `json:"series"`
	Notes   []string      `json:"notes"` // doubts about the whole
	Sources []DriftSource `json:"sources,omitempty"`
}

// DriftSource is an endpoint that was scraped during the hold phase.
type DriftSource struct {
	Source  string `json:"source"`
	Read    int64  `json:"read"`
	Failed  int64  `json:"failed"`
	Problem string `json:"problem,omitempty"` // of the first failure
}

// DriftSeries is one series with what it does. Values and changes are in Unit.
type DriftSeries struct {
	Target string `json:"target"` // or the source that was scraped
	// Metric is login.response.p99, fail (the share of steps that failed or ended
	// unknown), live (the sessions of the ledger) or the name of a scraped metric.
	Metric string       `json:"metric"`
	Unit   string       `json:"unit"` // ms, %, bytes, or empty for a number of things
	Motion stats.Motion `json:"motion"`
	// Judged is the stretch after the warm-up, in seconds since the start of load.
	FromS float64 `json:"from_s"`
	ToS   float64 `json:"to_s"`
	Level float64 `json:"level"` // median
	// PerHour is the slope; LowPerHour and HighPerHour are the ends of its interval.
	PerHour     float64 `json:"per_hour"`
	LowPerHour  float64 `json:"low_per_hour"`
	HighPerHour float64 `json:"high_per_hour"`
	Change      float64 `json:"change"` // over the stretch that was judged
	Floor       float64 `json:"floor"`  // the least change that counts
	// Rhythm is the height of the daily cycle that was taken out, 0: none.
	Rhythm float64     `json:"rhythm,omitempty"`
	Steps  []DriftStep `json:"steps,omitempty"`
	// Jagged: the motion is unclear for these jumps alone. They climb like stairs, or
	// take back what the slope brings.
	Jagged bool `json:"jagged,omitempty"`
	Teeth  int  `json:"teeth,omitempty"` // of a sawtooth whose lower edge was judged
	// EnoughS is how long a run would have to be judged to show a drift as large as
	// the floor, by this one's noise, or of a sawtooth with too few teeth to have
	// enough of them; 0: this one was long enough, or no length is.
	EnoughS float64      `json:"enough_s,omitempty"`
	Crosses *DriftLimit  `json:"crosses,omitempty"`
	Points  []DriftPoint `json:"points"`
}

// DriftStep is a jump from one level to another: no drift, and worth a look.
type DriftStep struct {
	AtS    float64 `json:"at_s"`
	Height float64 `json:"height"`
}

// DriftLimit is when a growing series would reach a limit if it went on as it
// does. It is an extrapolation: nobody has seen it.
type DriftLimit struct {
	Limit string  `json:"limit"` // the threshold, or the metric that holds the limit
	Value float64 `json:"value"`
	// InS is the time left at the end of the hold; EarliestS and LatestS are by the
	// ends of the slope's interval, LatestS 0: perhaps never.
	InS       float64 `json:"in_s"`
	EarliestS float64 `json:"earliest_s"`
	LatestS   float64 `json:"latest_s,omitempty"`
}

// DriftPoint is one bin: the middle of its time and its value.
type DriftPoint struct {
	AtS   float64 `json:"at_s"`
	Value float64 `json:"value"`
}

// judgement makes the verdict from the book. holdS is the length of the hold phase.
func (b *driftBook) judgement(holdS float64, thresholds []Threshold) *Drift {
	b.flush()
	d := &Drift{Verdict: DriftShort, HoldS: round6(holdS), BinS: b.width, Series: []DriftSeries{}, Notes: []string{}, Sources: b.sources}
	for _, s := range b.sources {
		if s.Failed > 0 {
			d.Notes = append(d.Notes, fmt.Sprintf("%s could not be read %d times of %d: %s", s.Source, s.Failed, s.Failed+s.Read, s.Problem))
		}
	}
	if holdS < leastHold {
		if len(b.scraped) > 0 {
			d.Notes = append(d.Notes, "too short to tell: it takes five minutes to say anything, and a day to find what grows by one per cent an hour")
		}
		return d
	}
	asked := 0
	for _, m := range b.metrics {
		if len(m.points) >= stats.LeastPoints && !m.aside() {
			asked++
		}
	}
	if asked == 0 {
		return d
	}
	for _, m := range b.metrics {
		if len(m.points) > 0 && !m.aside() {
			d.Series = append(d.Series, b.judge(m, driftAlpha/float64(asked), thresholds))
		}
	}
	d.sum()
	d.notes(b, holdS)
	return d
}

// Drifts tells whether the series alone makes the verdict drift: it rises, or it
// is the ledger and falls, since sessions that are to be held are lost then. What
// else falls may be a server that gets faster: it is no drift, and not steady.
func (s *DriftSeries) Drifts() bool {
	return s.Motion == stats.Rises || s.Motion == stats.Falls && s.Metric == liveMetric
}

func (d *Drift) sum() {
	d.Verdict = NoDrift
	for i := range d.Series {
		switch s := &d.Series[i]; {
		case s.Drifts():
			d.Verdict = Drifting
			return
		case s.Motion != stats.Steady:
			d.Verdict = DriftUnclear
		}
	}
}

func (d *Drift) notes(b *driftBook, holdS float64) {
	if d.Verdict == Drifting || d.Verdict == NoDrift {
		if holdS < 0.95*day*3600 {
			d.Notes = append(d.Notes, "shorter than a day: a daily rhythm of the server's, or of others who use it, looks the same as a drift, or hides one")
		}
	}
	for _, m := range b.metrics {
		if !m.plan || len(m.points) < stats.LeastPoints {
			continue
		}
		if j := m.ask(driftAlpha); j.Motion != stats.Steady && j.Motion != stats.Unclear || len(j.Steps) > 0 {
			d.Notes = append(d.Notes, "the planned load itself changed during the hold: what moves with the load can't be told from what drifts; hold the load for a verdict")
			if d.Verdict == Drifting {
				d.Verdict = DriftUnclear
			}
		}
	}
	for i := range d.Series {
		s := &d.Series[i]
		if s.Jagged {
			d.Notes = append(d.Notes, fmt.Sprintf("%s of %s moves in jumps, which may be stairs or the teeth of a long sawtooth: look at its chart, and run longer", s.Metric, s.Target))
		}
		if s.Motion == stats.Short && s.EnoughS > 0 {
			d.Notes = append(d.Notes, fmt.Sprintf("too short to tell: %s of %s is a sawtooth, and of the %d teeth that its lower edge is judged by %d were seen: it takes about %s",
				s.Metric, s.Target, stats.LeastTeeth, s.Teeth, hours(s.EnoughS)))
		}
	}
	if longest := d.enough(); longest > 0 && d.Verdict == DriftUnclear {
		d.Notes = append(d.Notes, fmt.Sprintf("too short to tell: by the noise of this run it takes about %s to show, or to rule out, a change as large as the floor in every series", hours(longest)))
	}
}

// enough is how long the noise of the series asks for.
func (d *Drift) enough() (longest float64) {
	for i := range d.Series {
		if d.Series[i].Motion == stats.Unclear {
			longest = math.Max(longest, d.Series[i].EnoughS)
		}
	}
	return longest
}

func hours(seconds float64) string {
	switch h := seconds / 3600; {
	case h < 1.5:
		return fmt.Sprintf("%.0f minutes", math.Ceil(h*60))
	case h < 72:
		return fmt.Sprintf("%.0f hours", math.Ceil(h))
	default:
		return fmt.Sprintf("%.0f days", math.Ceil(h/24))
	}
}

// longestAdvice is the most that a run is advised to take, s.
const longestAdvice = 30 * 24 * 3600

// advised is a length in whole seconds; 0 where nobody would take that long.
func advised(seconds float64) float64 {
	if seconds > longestAdvice {
		return 0
	}
	return math.Ceil(seconds)
}

func (m *driftMetric) ask(alpha float64) stats.Drift {
	t, v := make([]float64, len(m.points)), make([]float64, len(m.points))
	for i, p := range m.points {
		t[i], v[i] = m.book.hour(p.bin), p.value
	}
	return stats.Judge(t, v, stats.Question{Alpha: alpha, Floor: m.floor, FloorShare: m.share, Period: day, Envelope: m.lowest})
}

func (b *driftBook) judge(m *driftMetric, alpha float64, thresholds []Threshold) DriftSeries {
	j := m.ask(alpha)
	s := DriftSeries{
		Target: m.target, Metric: m.name, Unit: m.unit, Motion: j.Motion, Level: round6(j.Level), Floor: round6(j.Floor),
		Rhythm: round6(j.Rhythm), Teeth: j.Teeth, Jagged: j.Jagged,
	}
	for _, p := range m.points {
		s.Points = append(s.Points, DriftPoint{AtS: round6(b.hour(p.bin) * 3600), Value: round6(p.value)})
	}
	last := m.points[len(m.points)-1].bin
	s.FromS, s.ToS = s.Points[j.From].AtS, round6(b.hour(last)*3600)
	if j.Motion == stats.Short {
		if j.Teeth > 0 { // those at both ends are cut off
			s.EnoughS = advised((s.ToS - s.Points[0].AtS) * float64(stats.LeastTeeth+1) / float64(j.Teeth+1))
		}
		return s
	}
	s.PerHour, s.LowPerHour, s.HighPerHour = round6(j.Slope), round6(j.Slope-j.Reach), round6(j.Slope+j.Reach)
	s.Change = round6(j.Change)
	for _, step := range j.Steps {
		s.Steps = append(s.Steps, DriftStep{AtS: s.Points[step.At].AtS, Height: round6(step.Height)})
	}
	length := s.ToS - s.FromS
	// The change that noise hides shrinks with the root of the length.
	if reach := j.Reach * length / 3600; j.Motion == stats.Unclear && !j.Jagged && j.Floor > 0 {
		s.EnoughS = advised(length * math.Max(1.1, math.Pow(reach/j.Floor, 2)))
	}
	if j.Motion == stats.Rises {
		s.Crosses = b.crossing(m, &j, thresholds)
	}
	return s
}

// crossing finds the limit of a growing series that would be reached first.
func (b *driftBook) crossing(m *driftMetric, j *stats.Drift, thresholds []Threshold) (first *DriftLimit) {
	consider := func(name string, limit float64) {
		left := limit - j.End
		if !(left > 0) {
			return
		}
		c := &DriftLimit{Limit: name, Value: round6(limit), InS: math.Round(left / j.Slope * 3600),
			EarliestS: math.Round(left / (j.Slope + j.Reach) * 3600)}
		if slow := j.Slope - j.Reach; slow > 0 {
			c.LatestS = math.Round(left / slow * 3600)
		}
		if first == nil || c.InS < first.InS {
			first = c
		}
	}
	for _, t := range thresholds {
		if limit, ok := m.limit(b, t); ok {
			consider(t.String(), limit)
		}
	}
	for _, other := range b.metrics {
		if other.target == m.target && other.name == limitMetrics[m.name] && len(other.points) > 0 {
			consider(other.name, other.points[len(other.points)-1].value)
		}
	}
	return first
}

// limitMetrics tell how far another metric can go.
var limitMetrics = map[string]string{
	"process_open_fds":      "process_max_fds",
	"jvm_memory_used_bytes": "jvm_memory_max_bytes",
}

// aside tells what is not asked itself: the load, and limits of others.
func (m *driftMetric) aside() bool {
	for _, limit := range limitMetrics {
		if m.name == limit {
			return true
		}
	}
	return m.plan
}

// limit is what a threshold allows the metric, in the metric's unit.
func (m *driftMetric) limit(b *driftBook, t Threshold) (float64, bool) {
	e := t.expression()
	if !e.Upper() || e.Op == metric.None {
		return 0, false
	}
	p, err := resolve(b.series, b.targets, e)
	if err != nil {
		return 0, false
	}
	function := string(e.Func)
	switch {
	case p.from == fromTimes && p.response && m.of >= 0 && strings.HasSuffix(m.name, "."+function):
		for _, i := range p.series {
			if i == m.of {
				return e.Value * e.Unit.Base() * 1e3, true
			}
		}
	case p.from == fromOutcome && p.outcome == Fail && m.name == "fail" && e.Unit == metric.Percent && !m.unknown:
		// The threshold doesn't count what ended unknown: then it is another number.
		return e.Value, true
	}
	return 0, false
}
