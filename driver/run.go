package driver

import (
	"context"
	"errors"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"authsoak/driver/experiment"
	"authsoak/driver/pacer"
	"authsoak/driver/scrape"
	"authsoak/driver/sessions"
	"authsoak/driver/timetable"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// Config is what a run needs. Plan, Targets and Folder are required.
type Config struct {
	Plan    *scenario.Plan
	Targets []Target
	Folder  *results.Folder
	// Limits says from when on the generator itself is the limit.
	Limits results.HealthLimits
	// Version is authsoak's own, for the results.
	Version string
	// Ceilings are what the generator can do on this machine, for the results.
	Ceilings []results.Ceiling
	// Agent is the User-Agent of requests whose profile states none.
	Agent string
	// Observe is told the state of the run every second; nil: nobody is.
	Observe func(results.Snapshot)
	// Export is told what each interval added; nil: nobody is. See
	// [results.Options].
	Export func(*results.Increase)
	// Health measures the generator; nil: [health.Sampler].
	Health func() results.Health
	// NewPacer makes the pacer of a shard; nil: [pacer.New]. With Targets'
	// dialers it is all a run needs of the world.
	NewPacer func(epoch time.Time) pacer.Pacer
	// Restart restarts the target of a restart experiment, at its time; nil:
	// somebody else does. An error makes the run invalid. The context outlasts the
	// load by two minutes, and ends at once only where the run does.
	Restart func(context.Context) error
	// Shards is the number of parts that share nothing; 0: one a processor.
	Shards int
	// Earlier is the part of the run that was driven before it was killed, its
	// sessions settled; nil: the run begins.
	Earlier *results.Earlier
}

// policy says who shares a connection, as a number for the path of a request.
type policy uint8

const (
	shared policy = iota
	perUser
	perRequest
)

// run is one run in progress.
type run struct {
	Config
	plan    *scenario.Plan
	targets []target
	series  []results.Series
	store   *sessions.Store
	shards  []*shard
	records *results.Collector

	ctx     context.Context // ends at the second interrupt
	cancel  context.CancelFunc
	dialing context.Context // ends when the run is cut short
	hangUp  context.CancelFunc
	group   errgroup.Group // the workers
	epoch   time.Time
	ticked  int64 // the last tick, ns since the epoch
	end     int64 // of the load, ns since the epoch

	policy           policy
	touches          bool // sessions left behind are tried once more
	open, population bool
	workers          int // there may be at once, all shards together

	stopping atomic.Bool   // no new cycle or step
	cut      atomic.Bool   // no more exchanges
	halt     chan struct{} // closed when the run has to stop by itself
	through  chan struct{} // closed when a recorded trace has been driven to its end
	ended    sync.Once

	mu      sync.Mutex
	halted  bool
	fatal   error  // why the harness can't go on
	problem string // why the run is invalid

	wereDue []int64 // cycles of the parts before, by target

	listed   []listing // by servers, before the load
	listings *Kept     // the sessions that ask for lists; nil where no server has one

	continuous *continuous       // nil in a cleanup
	scraper    *scrape.Scraper   // nil where no endpoint is to be asked
	experiment *experiment.Judge // nil: an ordinary load
}

// Run drives the plan until its end, until stop is closed (a clean stop: no new
// cycle, every live session logged out), or until ctx ends (at once). It leaves
// the run's files in the folder. An error means that the harness could not
// work; what a server did wrong is in the summary.
func Run(ctx context.Context, stop <-chan struct{}, c Config) (*results.Summary, error) {
	r, err := newRun(ctx, c)
	if err != nil {
		return nil, err
	}
	defer r.cancel()
	if err := r.keepListings(); err != nil {
		return nil, errors.Join(err, r.close())
	}
	r.listed = r.before()
	ended, err := r.load(stop)
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	ended.listed, ended.checks = r.reconcile(r.listed, r.listAll(r.listed))
	summary, err := r.conclude(ended)
	return summary, errors.Join(r.failure(), err, r.close())
}

func newRun(ctx context.Context, c Config) (*run, error) {
	r := &run{Config: c, plan: c.Plan, halt: make(chan struct{}), through: make(chan struct{}), continuous: newContinuous()}
	var err error
	if r.targets, r.series, err = lineUp(c.Plan, c.Targets, c.Agent); err != nil {
		return nil, err
	}
	r.experiment = newExperiment(r)
	r.touches = c.Plan.Experiment != nil && c.Plan.Experiment.Kind == profiles.Leak
	r.policy = map[scenario.Connections]policy{profiles.PerUser: perUser, profiles.PerRequest: perRequest}[c.Plan.Connections]
	r.open = c.Plan.Model == profiles.Open
	r.population = c.Plan.Model == profiles.Population
	r.end = int64(c.Plan.Duration)
	if c.Plan.Duration == scenario.Forever {
		r.end = math.MaxInt64
	}
	r.setDefaults()
	if r.store, err = sessions.Create(c.Folder.Path(results.LedgerFile), r.Shards); err != nil {
		return nil, err
	}
	r.ctx, r.cancel = context.WithCancel(ctx)
	r.dialing, r.hangUp = context.WithCancel(r.ctx)
	for i := range r.Shards {
		r.shards = append(r.shards, r.newShard(i))
	}
	if err := r.settle(); err != nil {
		r.cancel()
		return nil, errors.Join(err, r.store.Remove())
	}
	return r, nil
}

// Most workers of a run that nobody set: more hardly ever answer faster, and
// each may hold a connection.
const mostWorkers = 4096

func (r *run) setDefaults() {
	if r.Shards == 0 {
		r.Shards = runtime.GOMAXPROCS(0)
	}
	if r.NewPacer == nil {
		r.NewPacer = pacer.New
	}
	workers := r.plan.Workers
	if workers == 0 {
		workers = mostWorkers
		if r.plan.Curve != nil {
			workers = min(workers, max(r.plan.Curve.Peak(), 1))
		}
	}
	r.Shards = min(r.Shards, workers)
	r.workers = workers
}

func (r *run) newShard(i int) *shard {
	s := &shard{run: r, index: i, users: r.store.Shard(i),
		recorder: results.NewRecorder(r.series, len(r.targets)),
		due:      timetable.New(), conns: newConnections()}
	s.most = r.workers / r.Shards
	if i < r.workers%r.Shards {
		s.most++
	}
	if r.open {
		s.arrivals = r.plan.Arrivals.Cursor(i, r.Shards)
	}
	return s
}

// phaseOf is the phase of what was meant to start at that time.
func (r *run) phaseOf(intended int64) results.Phase {
	switch {
	case intended < r.warmTill():
		return results.Warmup
	case intended >= r.end:
		return results.Drain
	}
	return results.Hold
}

// settle puts the users that stay into the timetables.
func (r *run) settle() error {
	r.wereDue = make([]int64, len(r.targets))
	if r.plan.Curve == nil {
		for _, s := range r.shards {
			for s.nextArrival(); s.arrival.at < r.driven(); s.nextArrival() {
				r.wereDue[r.plan.Mix.Pick(s.arrival.k)]++
			}
		}
		return nil
	}
	peak := r.plan.Curve.Peak()
	for i := range peak {
		at, ok := r.plan.Curve.Crossing(i, time.Duration(r.driven()))
		if !ok || int64(at) >= r.end {
			continue
		}
		s := r.shards[i%r.Shards]
		id, err := s.users.Take()
		if err != nil {
			return err
		}
		u := s.users.At(id)
		u.Target = uint8(r.plan.Mix.Pick(int64(i)))
		due, cycle := r.again(i, peak, int64(at))
		u.Cycle = uint64(i)<<32 | cycle
		u.Due = due
		s.due.Add(uint32(id), u.Due)
	}
	for _, s := range r.shards {
		s.arrival.at = never
	}
	return nil
}

// manySessions is how many users make a run's memory a matter of bytes a user, and
// tightGC the percentage by which its heap may then grow between collections.
const (
	manySessions = 100_000
	tightGC      = 40
)

// tightenHeap lets the heap grow by two fifths between collections rather than
// double, while many sessions are held: a step allocates nothing, so collections
// are as rare as before, and what the heap may grow by costs 14 bytes a session of
// a million. Who has set GOGC is left alone. It returns what undoes it.
func (r *run) tightenHeap() (undo func()) {
	if r.plan.Curve == nil || r.plan.Curve.Peak() < manySessions || os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(tightGC)
	if before < tightGC {
		debug.SetGCPercent(before)
	}
	return func() { debug.SetGCPercent(before) }
}

// load drives until the load ends, and tells how it did.
func (r *run) load(stop <-chan struct{}) (ending runEnding, err error) {
	defer r.tightenHeap()()
	r.epoch = time.Now().Add(-time.Duration(r.driven()))
	r.ticked = r.driven()
	if e := r.Earlier; e != nil {
		now := time.Now()
		e.Mark.Line, e.Mark.At = results.GapLine, e.Driven.Seconds()
		e.Mark.From, e.Mark.To = e.Last.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339)
		e.Mark.LengthS = now.Sub(e.Last).Seconds()
	}
	if r.records, err = results.NewCollector(r.collection()); err != nil {
		return ending, err
	}
	if err := r.store.Describe(r.Folder.RunID, r.epoch); err != nil {
		return ending, err
	}
	r.resume()
	for _, s := range r.shards {
		s.pacer = r.NewPacer(r.epoch)
	}
	defer r.startScrapes()()
	watched, unwatch := context.WithCancel(context.Background())
	var aux errgroup.Group
	aux.Go(func() error { return r.watchdog(watched) })
	aux.Go(func() error { return r.keepSafe(watched) })
	if r.Restart != nil && r.experiment != nil {
		aux.Go(func() error { return r.restartTarget(watched) })
	}
	defer func() {
		unwatch()
		aux.Wait()
	}()
	for _, s := range r.shards {
		s.mu.Lock()
		s.startWorker()
		s.mu.Unlock()
	}
	ending.interrupted = r.watch(stop)
	ending.loadEnd = min(r.now(), r.end)
	r.tick() // what is left of the load's last second
	stopTicks := r.tickAside()
	limit, cancel := context.WithTimeout(r.ctx, r.plan.DrainLimit)
	defer cancel()
	release := context.AfterFunc(limit, r.cutAll)
	r.stopWorkers()
	r.drain(limit, ending.loadEnd)
	release()
	stopTicks()
	r.tickFor(0) // the last word: what is still open
	ending.end = r.now()
	return ending, nil
}

// runEnding is how the load of a run ended.
type runEnding struct {
	interrupted bool
	loadEnd     int64 // the first instant of the drain
	end         int64
	// What servers listed, against the ledger.
	listed []results.Listed
	checks []results.CheckResult
}

func (r *run) now() int64 { return int64(time.Since(r.epoch)) }

// watch ticks every second until the load has to end.
func (r *run) watch(stop <-chan struct{}) (interrupted bool) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	warm := time.NewTimer(time.Duration(r.warmTill() - r.now()))
	defer warm.Stop()
	var end <-chan time.Time
	if r.end != math.MaxInt64 {
		t := time.NewTimer(time.Duration(r.end - r.now()))
		defer t.Stop()
		end = t.C
	}
	for {
		select {
		case <-tick.C:
			if r.tick() != "" { // a threshold that wants the run stopped
				return false
			}
		case <-r.records.Much():
			r.records.Relieve()
		case <-warm.C:
			if r.plan.Warmup > 0 {
				r.tick()
			}
		case <-end:
			return false
		case <-stop:
			return true
		case <-r.ctx.Done():
			return true
		case <-r.halt:
			return false
		case <-r.through:
			return false
		}
	}
}

// stopWorkers lets every worker finish its step.
func (r *run) stopWorkers() {
	r.stopping.Store(true)
	for _, s := range r.shards {
		s.stop()
	}
	for i := range r.targets {
		r.targets[i].line.disperse()
	}
	r.group.Wait()
	for _, s := range r.shards {
		s.pacer.Close()
	}
}

// cutAll ends every exchange in progress, and every later one at once.
func (r *run) cutAll() {
	r.cut.Store(true)
	r.hangUp()
	for _, s := range r.shards {
		s.abortAll()
	}
}
