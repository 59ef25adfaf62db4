package driver

import (
	"errors"
	"runtime"
	"time"

	"authsoak/driver/health"
	"authsoak/driver/sessions"
	"authsoak/results"
	"authsoak/scenario"
)

// collection sets up the collector of the run.
func (r *run) collection() results.Options {
	o := results.Options{Folder: r.Folder, Earlier: r.Earlier, Run: r.info(), Series: r.series, Limits: r.Limits, Export: r.Export,
		ListedBefore: r.listedBefore()}
	for i := range r.targets {
		o.Targets = append(o.Targets, r.targets[i].Name)
	}
	for _, s := range r.shards {
		o.Recorders = append(o.Recorders, s.recorder)
	}
	for _, e := range r.plan.Thresholds {
		o.Thresholds = append(o.Thresholds, results.NewThreshold(e))
	}
	o.CPUAtStart = r.health().CPU
	return o
}

// info says what is run.
func (r *run) info() results.RunInfo {
	info := results.RunInfo{
		RunID: r.Folder.RunID, Version: r.Version, StartedAt: r.epoch, Planned: r.plan.Duration,
		Authorized: r.plan.Authorized, Model: string(r.plan.Model), Load: r.plan.Describe(), Seed: r.plan.Seed,
		Labels: r.plan.Labels, Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS + "/" + runtime.GOARCH,
		GoVersion: runtime.Version(), Ceilings: r.Ceilings,
	}
	if r.plan.Duration == scenario.Forever {
		info.Planned = 0
	}
	for i := range r.targets {
		t := &r.targets[i]
		if t.TLS.Insecure {
			info.Insecure = append(info.Insecure, t.Name)
		}
		info.Targets = append(info.Targets, t.Info(r.plan.Connections))
	}
	return info
}

// health measures the generator.
func (r *run) health() results.Health {
	if r.Health == nil {
		sampler := health.New()
		r.Health = func() results.Health { return ofSample(sampler.Sample(time.Since(r.epoch))) }
	}
	return r.Health()
}

func ofSample(h health.Health) results.Health {
	return results.Health{
		CPU: h.CPUTotalS, CPUShare: h.CPUShare, RSS: h.RSSBytes, MaxRSS: h.MaxRSSBytes,
		Heap: int64(h.HeapBytes), GCPauseMax: h.GCPauseMaxMS, GCPauseTotal: h.GCPauseTotalMS,
		SchedP50: h.SchedP50MS, SchedP99: h.SchedP99MS, SchedMax: h.SchedMaxMS,
		Goroutines: h.Goroutines, OpenFiles: h.OpenFiles, OpenFileLimit: int(h.FileLimit),
		Ports: h.PortRange - h.PortsHeadRoom, PortLimit: h.PortRange,
	}
}

// tick ends an interval of the load, whose phase is the one its middle lies in,
// and tells the threshold that wants the run stopped.
func (r *run) tick() (broken string) { return r.tickFor(time.Second / 2) }

// tickFor is a tick that shows the interval only if it was that long: the rates
// of a shorter one would mislead.
func (r *run) tickFor(least time.Duration) (broken string) {
	now := r.now()
	phase := r.phaseOf(r.ticked + (now-r.ticked)/2)
	if r.stopping.Load() {
		phase = results.Drain
	}
	short := now-r.ticked < int64(least)
	gauges := r.gauges(now)
	gauges.PlannedUsers, gauges.PlannedPerSec = r.planned(r.ticked, now)
	r.ticked = now
	snapshot, err := r.records.Tick(time.Duration(now), phase, gauges)
	if err != nil {
		r.abort(err)
		return ""
	}
	if r.Observe != nil && !short {
		r.Observe(snapshot)
	}
	return snapshot.Broken
}

func (r *run) gauges(now int64) results.Gauges {
	g := results.Gauges{Health: r.health(), Sessions: make([]results.SessionCounts, len(r.targets)), Scrapes: r.scrapes(),
		Breaches: r.continuous.fresh(len(r.targets))}
	for i := range r.targets {
		g.Sessions[i] = ofCounts(r.store.CountsOf(uint8(i)))
		g.Waiting = append(g.Waiting, r.targets[i].line.length())
	}
	for _, s := range r.shards {
		s.mu.Lock()
		g.Workers += len(s.workers)
		for _, w := range s.workers {
			if w.deadline.Load() != noDeadline {
				g.Busy++
			}
		}
		s.mu.Unlock()
		blocked, worst, waits := s.takeOverdue(now)
		// Where nobody set a number, thousands of requests in flight are the
		// server's doing.
		if r.plan.Workers > 0 {
			g.WorkerLimited = g.WorkerLimited || blocked
			g.Overdue = max(g.Overdue, time.Duration(worst))
			g.StillOverdue = max(g.StillOverdue, time.Duration(waits))
		}
	}
	return g
}

// planned is what the plan has in the part of an interval that belongs to the load:
// users or sessions in its middle, or arrivals a second, those of a storm among
// them.
func (r *run) planned(from, to int64) (users, perSec float64) {
	to = min(to, r.end)
	middle := time.Duration(from + (to-from)/2)
	switch {
	case r.stopping.Load() || from >= to:
	case r.plan.Curve != nil:
		users = r.plan.Curve.At(middle)
	case r.plan.Arrivals != nil:
		perSec = r.plan.Arrivals.Between(time.Duration(from), time.Duration(to)) / time.Duration(to-from).Seconds()
	}
	return users, perSec
}

// ofCounts turns the store's counts into those of the results: a session whose
// logout was not answered is live until somebody knows better.
func ofCounts(c sessions.Counts) results.SessionCounts {
	return results.SessionCounts{
		Opened: c.Opened, Closed: c.Closed, Abandoned: c.Abandoned, Expired: c.Expired,
		Live: c.Live + c.PossiblyClosed, PossiblyOpen: c.PossiblyOpen + c.Opening,
		PossiblyClosed: c.PossiblyClosed, PeakLive: c.PeakLive,
	}
}

// tickAside goes on ticking while the run is being stopped and drained.
func (r *run) tickAside() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.tick()
			case <-r.records.Much():
				r.records.Relieve()
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// conclude sums up.
func (r *run) conclude(e runEnding) (*results.Summary, error) {
	warmup, hold := r.phases(e.loadEnd)
	ending := results.Ending{
		Interrupted: e.interrupted, Elapsed: time.Duration(e.end),
		Warmup: warmup, Hold: hold,
		Drain: time.Duration(e.end - e.loadEnd), Health: r.health(),
		Checks: append(r.checks(), e.checks...), Listed: e.listed,
	}
	if r.experiment != nil {
		ending.Experiment = r.experiment.Result()
	}
	if r.problem != "" {
		ending.Invalid = append(ending.Invalid, r.problem)
	}
	for i := range r.targets {
		c := r.store.CountsOf(uint8(i))
		ending.Sessions = append(ending.Sessions, ofCounts(c))
		ending.Orphaned = append(ending.Orphaned, orphans(c)+r.listings.orphans(i))
	}
	return r.records.Finish(ending)
}

// orphans are the sessions that `authsoak cleanup` could log out.
func orphans(c sessions.Counts) int64 { return c.Live + c.Abandoned + c.PossiblyClosed }

// ledgerCheck tells whether every session that was opened is accounted for.
func (r *run) ledgerCheck() results.CheckResult {
	c := results.CheckResult{ID: "ledger.balance", Target: "all", Verdict: "pass", Judged: true,
		Expected: "opened = closed + abandoned + expired + live, by the running counts and by the records",
		Observed: "balanced", Source: "authsoak: what it opened it must account for"}
	if err := r.store.Check(); err != nil {
		c.Verdict, c.Observed = "fail", err.Error()
	}
	return c
}

// close frees what the run held. The ledger stays if a session may still be open.
func (r *run) close() error {
	for _, s := range r.shards {
		s.conns.closeAll()
	}
	var err error
	if r.listings != nil {
		err = r.listings.Close()
	}
	if orphans(r.store.Counts()) > 0 {
		return errors.Join(err, r.store.Close())
	}
	return errors.Join(err, r.store.Remove())
}
