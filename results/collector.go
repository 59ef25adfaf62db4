package results

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// Options set up a [Collector]. Series, Targets and Recorders belong together:
// the recorders were made for these series and this number of targets.
type Options struct {
	Folder     *Folder
	Run        RunInfo
	Series     []Series
	Targets    []string // names, in the order of the samples' and counters' indices
	Recorders  []*Recorder
	Thresholds []Threshold
	// HistogramEvery is the interval of latency.hlog; 0: by the length of the run
	// ([HistogramEvery]).
	HistogramEvery time.Duration
	Limits         HealthLimits
	// CPUAtStart is the processor time, in seconds, that the process had used
	// before the load; it isn't counted as the cost of driving.
	CPUAtStart float64
	// ListedBefore is what servers listed before the load.
	ListedBefore []ListedBefore
	// Export is told what each interval added, before any when load begins; nil:
	// nobody is. It is called where the run ticks, so it must be quick.
	Export func(*Increase)
	// Earlier is the part of the run that was driven before it was killed; nil: the
	// run begins. What [Collector.Tick] and its snapshots tell is of the part being
	// driven, what [Collector.Finish] does of the whole.
	Earlier *Earlier
}

// HistogramEvery returns the interval at which a run of that length writes whole
// histograms, so that a day stays small: 1 s up to 5 minutes, 10 s up to 2
// hours, 1 minute beyond. A run without end (0) counts as long.
func HistogramEvery(planned time.Duration) time.Duration {
	switch {
	case planned <= 0 || planned > 2*time.Hour:
		return time.Minute
	case planned > 5*time.Minute:
		return 10 * time.Second
	}
	return time.Second
}

// Gauges are what the driver sees of itself and of the sessions at a tick.
type Gauges struct {
	Health   Health
	Sessions []SessionCounts // by target
	Orphaned []int64         // by target; may be nil before the end
	// Waiting is how many cycles wait for an account, by target; nil: none.
	Waiting       []int
	Workers, Busy int
	// PlannedUsers is how many users or sessions the plan has now; 0: it plans
	// arrivals.
	PlannedUsers float64
	// PlannedPerSec is how many arrivals the plan has in the interval, a second; 0: it
	// plans users.
	PlannedPerSec float64
	// Breaches is how often each session rule was broken since the last tick, by
	// target and the rule's name; nil where none was.
	Breaches []map[string]int64
	// Scrapes is what targets told of themselves since the last tick.
	Scrapes []ScrapeInterval
	// WorkerLimited says that at some moment of the interval somebody was due while
	// all workers were busy and the number of workers, which the user set, could not
	// grow; Overdue is how long somebody waited so at worst, StillOverdue how long
	// whoever still does at the tick has.
	WorkerLimited         bool
	Overdue, StillOverdue time.Duration
}

// Collector merges the recorders of a run once an interval, keeps its files and
// judges it. Its methods belong to one goroutine.
type Collector struct {
	opt      Options
	targetOf []int // of each series
	limits   HealthLimits
	judges   []*judge

	breath   breath
	last     time.Duration // end of the last interval
	phase    Phase
	interval [Phases]*totals
	hold     *totals        // its times without those pending
	whole    []targetCounts // by target, all phases
	held     time.Duration
	warmedUp time.Duration
	taints   taints
	much     chan struct{}
	hauls    []haul
	counted  [][]int64 // the counters of each recorder at the last tick
	lost     int64     // so far
	clamped  int64
	merged   [2]*Histogram // scratch of look and snapshot
	gauges   Gauges
	trouble  []trouble // by target: since load began
	broken   string
	maxRSS   int64
	workers  int

	shown    *totals // scratch of sofar
	book     *driftBook
	near     nearness
	logged   time.Duration // end of the last interval in latency.hlog
	pending  [Phases]*totals
	examples exampleStore

	files     []*os.File
	intervals *bufio.Writer
	encoder   *json.Encoder
	samples   *bufio.Writer
	hlog      *hlogWriter
	finished  bool
}

type trouble struct{ fail, unknown int64 }

// NewCollector checks the thresholds against the series, opens the files of the
// folder and writes their heads. The error holds every threshold's problem.
func NewCollector(opt Options) (*Collector, error) {
	judges, err := newJudges(opt.Series, opt.Targets, opt.Thresholds)
	targetOf, targetErr := targetIndex(opt.Series, opt.Targets)
	if err = errors.Join(err, targetErr); err != nil {
		return nil, err
	}
	if opt.HistogramEvery == 0 {
		opt.HistogramEvery = HistogramEvery(opt.Run.Planned)
	}
	for i := len(opt.Run.Targets); i < len(opt.Targets); i++ {
		opt.Run.Targets = append(opt.Run.Targets, TargetInfo{Name: opt.Targets[i]})
	}
	if opt.Run.RunID == "" {
		opt.Run.RunID = opt.Folder.RunID
	}
	c := &Collector{
		opt: opt, targetOf: targetOf, limits: opt.Limits.withDefaults(), judges: judges,
		much:    make(chan struct{}, 1),
		hold:    newTotals(len(opt.Series), len(opt.Targets)),
		whole:   make([]targetCounts, len(opt.Targets)),
		hauls:   make([]haul, len(opt.Recorders)),
		counted: make([][]int64, len(opt.Recorders)),
		trouble: make([]trouble, len(opt.Targets)),
	}
	for p := range c.interval {
		c.interval[p] = newTotals(len(opt.Series), len(opt.Targets))
		c.pending[p] = newTotals(len(opt.Series), len(opt.Targets))
	}
	for _, r := range opt.Recorders {
		r.tell(c.much)
	}
	for i := range c.counted {
		c.counted[i] = make([]int64, len(opt.Targets)*int(Phases)*int(Counters))
	}
	c.examples.init(opt.Series)
	c.book = newDriftBook(opt.Series, opt.Targets, opt.Run.Model, opt.Run.Planned, opt.HistogramEvery)
	c.near = newNearness(&opt.Run)
	if e := opt.Earlier; e != nil {
		c.last, c.logged = e.Driven, e.Driven
	}
	if err := c.open(); err != nil {
		return nil, fmt.Errorf("run folder %s: %w", opt.Folder.Dir, err)
	}
	c.export(&tick{})
	return c, nil
}

func (c *Collector) open() error {
	for _, name := range []string{IntervalsFile, SamplesFile, HistogramsFile} {
		f, err := c.openFile(c.opt.Folder.Path(name))
		if err != nil {
			return errors.Join(err, c.close())
		}
		c.files = append(c.files, f)
	}
	c.intervals = bufio.NewWriterSize(c.files[0], 64<<10)
	c.encoder = json.NewEncoder(c.intervals)
	c.encoder.SetEscapeHTML(false)
	c.samples = bufio.NewWriter(c.files[1])
	if e := c.opt.Earlier; e != nil {
		c.hlog = newHlogWriter(c.files[2], time.Time{})
		return errors.Join(c.encoder.Encode(e.Mark), c.flush(), forgetCleaned(c.opt.Folder))
	}
	c.hlog = newHlogWriter(c.files[2], c.opt.Run.StartedAt)
	return errors.Join(c.encoder.Encode(c.head()), c.flush())
}

func (c *Collector) openFile(path string) (*os.File, error) {
	if c.opt.Earlier != nil {
		return openAgain(path)
	}
	// O_EXCL: the files of an earlier run are never overwritten.
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
}

func (c *Collector) head() Head {
	h := Head{
		Line: HeadLine, Schema: IntervalsSchema, Run: c.opt.Run, PlannedS: seconds(c.opt.Run.Planned), Thresholds: []string{},
		HistogramEveryS: c.opt.HistogramEvery.Seconds(), ListedBefore: c.opt.ListedBefore,
	}
	for _, s := range c.opt.Series {
		h.Series = append(h.Series, nameOf(s))
	}
	for _, t := range c.opt.Thresholds {
		h.Thresholds = append(h.Thresholds, t.String())
	}
	return h
}

// flush hands everything to the kernel, so that a kill of the process loses
// nothing written before.
func (c *Collector) flush() error {
	return errors.Join(c.intervals.Flush(), c.samples.Flush(), c.hlog.flush())
}

// Sync waits until what was handed to the kernel is on the disk, so that it
// outlives the machine. It takes as long as the disk does, and is the one method
// that may be called beside the others, up to [Collector.Finish].
func (c *Collector) Sync() error {
	var problems []error
	for _, f := range c.files {
		problems = append(problems, f.Sync())
	}
	return errors.Join(problems...)
}

func (c *Collector) close() error {
	var problems []error
	for _, f := range c.files {
		problems = append(problems, f.Close())
	}
	return errors.Join(problems...)
}

// Much tells that a recorder holds more than should wait for the tick: it is time
// for [Collector.Relieve].
func (c *Collector) Much() <-chan struct{} { return c.much }

// Relieve enters what fills the recorders in the interval, so that their memory
// does not grow with the pace and the tick has less left to do.
func (c *Collector) Relieve() {
	c.breath.begin()
	for i, r := range c.opt.Recorders {
		r.relieve(&c.hauls[i])
		c.sort(c.hauls[i].chunks)
	}
}

// Tick ends the interval that began at the last tick: now is the time since load
// began, and phase the one the schedule was in during the interval. The driver
// ticks once a second and when the phase changes.
func (c *Collector) Tick(now time.Duration, phase Phase, in Gauges) (Snapshot, error) {
	if c.finished {
		return Snapshot{}, errors.New("tick of a finished run")
	}
	c.breath.begin()
	length := now - c.last
	lost, clamped := c.gather()
	if e := c.opt.Earlier; e != nil && !c.finished {
		e.whole(&in)
	}
	c.gauges, c.phase = in, phase
	c.maxRSS = max(c.maxRSS, in.Health.MaxRSS, in.Health.RSS)
	c.workers = max(c.workers, in.Workers)

	t := tick{now: now, length: length, phase: phase, lost: lost, clamped: clamped}
	c.look(&t)
	if phase == Warmup {
		c.warmedUp += length
	}
	if phase == Hold {
		c.held += length
		c.interval[Hold].seconds = length.Seconds()
		c.hold.seconds = c.held.Seconds()
	}
	c.setLevels(c.hold)
	c.setLevels(c.interval[Hold])
	c.near.see(func(i int) int64 { return c.interval[Hold].counts[i][Requests] }, c.interval[Hold].seconds)
	err := c.writeInterval(&t)
	c.accumulate()
	if phase == Hold {
		c.judge()
		c.follow(&t)
	}
	snapshot := c.snapshot(&t)
	c.export(&t)
	if now-c.logged >= c.opt.HistogramEvery-tickSlack {
		err = errors.Join(err, c.writeHistograms(now))
	}
	for _, phase := range c.interval {
		c.breath.take()
		phase.reset()
	}
	c.last = now
	if err = errors.Join(err, c.flush()); err != nil {
		err = fmt.Errorf("run folder %s: %w", c.opt.Folder.Dir, err)
	}
	return snapshot, err
}

// tickSlack is how much too early a tick may come and still count as the one on
// which a minute ends.
const tickSlack = 250 * time.Millisecond

// judge holds the interval against the thresholds.
func (c *Collector) judge() {
	for _, j := range c.judges {
		c.breath.take()
		if j.tick(c.interval[Hold], c.hold, c.pending[Hold]) && c.broken == "" {
			c.broken = j.String()
		}
	}
}

// follow enters the interval in the book that tells what drifts.
func (c *Collector) follow(t *tick) {
	c.book.addCounts((t.now - t.length).Seconds(), t.now.Seconds(), c.interval[Hold], c.gauges.PlannedUsers)
	for i := range c.gauges.Scrapes {
		c.book.addScrape(&c.gauges.Scrapes[i])
	}
}

// setLevels copies the session ledger, which is a level, into t.
func (c *Collector) setLevels(t *totals) {
	copy(t.sessions, c.gauges.Sessions)
	copy(t.orphaned, c.gauges.Orphaned)
}
