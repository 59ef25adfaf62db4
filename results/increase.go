package results

import "time"

// Increase is what one interval of a run added, for outputs that go on while
// load runs. It, and every histogram it gives, holds only until the function
// that it is handed to returns; nothing of it may be changed.
type Increase struct {
	// At is the end of the interval since load began, Length its length: 0 for the
	// first of a run, which adds nothing and tells that load begins.
	At, Length    time.Duration
	Phase         Phase // the one the schedule was in
	Health        Health
	Workers, Busy int
	// TaintedBy says why the interval was the generator's fault, in the words of
	// intervals.jsonl; empty: it wasn't.
	TaintedBy     string
	Lost, Clamped int64

	collector *Collector
}

// SeriesIncrease is what an interval added to one series. A nil histogram is
// empty.
type SeriesIncrease struct {
	Outcomes          [outcomes]int64 // by [Outcome]
	Classes           [Classes]int64  // by [Class]
	Service, Response *Histogram
}

// Run says what is run.
func (i *Increase) Run() *RunInfo { return &i.collector.opt.Run }

// Series are those of the run, the same at every interval.
func (i *Increase) Series() []Series { return i.collector.opt.Series }

// Targets are the names of the targets, the same at every interval.
func (i *Increase) Targets() []string { return i.collector.opt.Targets }

// Samples are what the interval added to a series in a phase.
func (i *Increase) Samples(p Phase, series int) SeriesIncrease {
	t := &i.collector.interval[p].series[series]
	return SeriesIncrease{t.outcomes, t.classes, t.service, t.response}
}

// Counts are what the interval added to the counters of a target in a phase.
func (i *Increase) Counts(p Phase, target int) [Counters]int64 {
	return i.collector.interval[p].counts[target]
}

// Lateness is start − intended of the steps of a phase; Pacer the same where a
// worker stood ready.
func (i *Increase) Lateness(p Phase) *Histogram { return i.collector.interval[p].lateness }

// Pacer is described at [Increase.Lateness].
func (i *Increase) Pacer(p Phase) *Histogram { return i.collector.interval[p].pacer }

// Sessions is the ledger of a target at the end of the interval, and how many of
// its sessions are left for cleanup, which is known at the end of the run.
func (i *Increase) Sessions(target int) (ledger SessionCounts, orphaned int64) {
	g := &i.collector.gauges
	if target < len(g.Sessions) {
		ledger = g.Sessions[target]
	}
	if target < len(g.Orphaned) {
		orphaned = g.Orphaned[target]
	}
	return ledger, orphaned
}

// export hands out what the interval added.
func (c *Collector) export(t *tick) {
	if c.opt.Export == nil {
		return
	}
	i := &Increase{
		At: t.now, Length: t.length, Phase: t.phase, Health: c.gauges.Health,
		Workers: c.gauges.Workers, Busy: c.gauges.Busy, Lost: t.lost, Clamped: t.clamped, collector: c,
	}
	if t.tainted {
		i.TaintedBy = taintNames[t.taint.kind]
	}
	c.opt.Export(i)
}
