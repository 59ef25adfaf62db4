package timeline

import (
	"math"
	"time"

	"authsoak/results"
)

// Timeline gathers the lines of intervals.jsonl of one run, or of one shard.
// Point i holds the time from i·Width to (i+1)·Width seconds after the start of
// load. All lists may be shorter than the run: nothing happened after them.
type Timeline struct {
	Head  *results.Head // nil: no line has come
	End   *results.End  // nil: the run goes on, or was killed
	Width float64

	Runs    []Run
	Targets map[string][]Target // by name
	Steps   map[results.SeriesName][]Step
	Errors  map[string][]int64 // of all steps, by class

	Phases  []Stretch // consecutive, Text is the phase
	Tainted []Stretch // Text is why

	limit int
	last  float64                          // end of the last interval
	open  map[string]results.SessionCounts // of the last interval, by target
	held  *results.RunInterval             // the last line of the run
}

// Stretch is a part of a run.
type Stretch struct {
	From, To float64 // seconds since the start of load
	Text     string
	Seconds  float64 // that count; those between them may not
}

// mostStretches bounds how often a run can change between good and tainted
// before neighbours are shown as one.
const mostStretches = 200

// New returns an empty timeline of at most limit points, which begin at a second
// each.
func New(limit int) *Timeline {
	return &Timeline{
		Width: 1, limit: max(limit, 2),
		Targets: map[string][]Target{}, Steps: map[results.SeriesName][]Step{}, Errors: map[string][]int64{},
		open: map[string]results.SessionCounts{},
	}
}

// Elapsed is the end of the last interval, in seconds since the start of load.
func (t *Timeline) Elapsed() float64 { return t.last }

// Last is the last line about the run as a whole; nil: none has come.
func (t *Timeline) Last() *results.RunInterval { return t.held }

// Add takes the next line.
func (t *Timeline) Add(l results.Interval) {
	switch {
	case l.Head != nil:
		t.Head = l.Head
	case l.Series != nil:
		t.series(l.Series)
	case l.Run != nil:
		t.run(l.Run)
	case l.End != nil:
		t.End = l.End
	}
}

// longest is what a time in a broken file is held to.
const longest = 1e9

// index returns the point in which the interval from the last one's end to at
// lies, folding until there is one.
func (t *Timeline) index(at float64) int {
	middle := math.Min(math.Max((t.last+at)/2, 0), longest)
	for middle/t.Width >= float64(t.limit) {
		t.fold()
	}
	return int(middle / t.Width)
}

func (t *Timeline) fold() {
	t.Width *= 2
	t.Runs = fold(t.Runs, (*Run).add)
	for name := range t.Targets {
		t.Targets[name] = fold(t.Targets[name], (*Target).add)
	}
	for name := range t.Steps {
		t.Steps[name] = fold(t.Steps[name], (*Step).add)
	}
	for class := range t.Errors {
		t.Errors[class] = fold(t.Errors[class], func(a *int64, b int64) { *a += b })
	}
}

func (t *Timeline) series(l *results.SeriesInterval) {
	i := t.index(l.At)
	points := t.Steps[l.SeriesName]
	p := Step{Count: l.Count, OK: l.OK, Fail: l.Fail, Unknown: l.Unknown, Service: l.Service}
	if l.Response != nil {
		p.Response = *l.Response
	}
	at(&points, i).add(p)
	t.Steps[l.SeriesName] = points
	if l.Kind != stepKind {
		return // the same errors, once more
	}
	for class, n := range l.Errors {
		counts := t.Errors[class]
		*at(&counts, i) += n
		t.Errors[class] = counts
	}
}

var stepKind = results.StepSeries.String()

func (t *Timeline) run(l *results.RunInterval) {
	i := t.index(l.At)
	p := Run{
		Seconds: l.Length, Lateness: l.Lateness, Pacer: l.Pacer, PlannedUsers: l.PlannedUsers, PlannedPerSec: l.PlannedPerSec, Workers: l.Workers, Busy: l.Busy,
		CPUShare: l.Health.CPUShare, SchedP99: l.Health.SchedP99, GCPause: l.Health.GCPauseMax, RSS: l.Health.RSS, OpenFiles: l.Health.OpenFiles,
	}
	if l.Tainted != "" {
		p.Tainted = l.Length
		t.Tainted = extend(t.Tainted, Stretch{t.last, l.At, l.Tainted, l.Length}, 0)
	}
	at(&t.Runs, i).add(p)
	for j := range l.Targets {
		t.target(i, &l.Targets[j])
	}
	t.Phases = extend(t.Phases, Stretch{t.last, l.At, l.Phase, l.Length}, 0)
	for gap := t.Width; len(t.Tainted) > mostStretches; gap *= 2 {
		t.Tainted = closeGaps(t.Tainted, gap)
	}
	t.last, t.held = math.Max(l.At, t.last), l
}

func (t *Timeline) target(i int, l *results.TargetInterval) {
	p := Target{Live: l.Sessions.Live, MaxLive: l.Sessions.Live, Opened: l.Sessions.Opened - t.open[l.Name].Opened, seen: true}
	t.open[l.Name] = l.Sessions
	for _, counts := range l.Counts {
		p.Planned += counts[results.CyclesPlanned.String()]
		p.Completed += counts[results.CyclesCompleted.String()]
		p.Dropped += counts[results.CyclesDropped.String()]
	}
	points := t.Targets[l.Name]
	at(&points, i).add(p)
	t.Targets[l.Name] = points
}

// extend appends a stretch, or makes the last one longer if it says the same.
func extend(all []Stretch, s Stretch, gap float64) []Stretch {
	if n := len(all); n > 0 && s.From-all[n-1].To <= gap && (all[n-1].Text == s.Text || gap > 0) {
		last := &all[n-1]
		last.To = s.To
		last.Seconds += s.Seconds
		return all
	}
	return append(all, s)
}

func closeGaps(all []Stretch, gap float64) []Stretch {
	out := all[:0]
	for _, s := range all {
		out = extend(out, s, gap)
	}
	return out
}

// Read gathers the whole intervals.jsonl of a folder.
func Read(f *results.Folder, limit int) (*Timeline, error) {
	t := New(limit)
	for l, err := range results.ReadIntervals(f) {
		if err != nil {
			return nil, err
		}
		t.Add(l)
	}
	return t, nil
}

// start is when the load began.
func (t *Timeline) start() time.Time {
	if t.Head == nil {
		return time.Time{}
	}
	return t.Head.Run.StartedAt
}
