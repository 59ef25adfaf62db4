package results

import (
	"errors"
	"fmt"
	"time"
)

// Ending is what the driver knows at the end of a run, once every worker has
// stopped.
type Ending struct {
	Interrupted bool // before its planned end, by a signal
	// Elapsed is the time since load began; Warmup, Hold and Drain are its parts.
	// A Hold of 0 is taken from the ticks.
	Elapsed, Warmup, Hold, Drain time.Duration
	Sessions                     []SessionCounts // by target
	Orphaned                     []int64         // by target: left for cleanup
	// Checks are the session rules judged while load ran. A failed one fails the
	// run; an unknown one makes it invalid.
	Checks []CheckResult
	Listed []Listed // the server's lists of sessions against the ledger
	// Experiment is what the load asked besides; a line that doesn't hold fails
	// the run. Nil: it is an ordinary load.
	Experiment *Experiment
	// Invalid lists further reasons, in words, for which the run tells nothing.
	Invalid []string
	Health  Health // at the very end
}

// Finish takes what the recorders still hold, judges the run, writes
// summary.json and checks.json and closes the files. It is called once; the
// summary is returned even where it could not be written.
func (c *Collector) Finish(end Ending) (*Summary, error) {
	if c.finished {
		return nil, errors.New("finish of a finished run")
	}
	now := max(end.Elapsed, c.last)
	gauges := c.gauges
	gauges.WorkerLimited, gauges.Overdue, gauges.StillOverdue = false, 0, 0
	gauges.Breaches, gauges.Scrapes = nil, nil
	gauges.Sessions, gauges.Orphaned = end.Sessions, end.Orphaned
	if end.Health != (Health{}) {
		gauges.Health = end.Health
	}
	_, err := c.Tick(now, Drain, gauges)
	c.finished = true
	err = errors.Join(err, c.writeHistograms(now))
	o := c.outcome(end)
	for _, j := range c.judges {
		o.thresholds = append(o.thresholds, j.result(c.hold))
	}
	resumed := c.opt.Earlier != nil
	if !resumed {
		o.drift = c.book.judgement(c.held.Seconds(), c.opt.Thresholds)
	}
	s := o.summary()
	err = errors.Join(err, c.encoder.Encode(o.end()), c.flush(), c.close())
	if resumed { // the files hold both parts
		whole, failed := Rebuild(c.opt.Folder)
		if err = errors.Join(err, failed); whole != nil {
			s = whole
		}
	}
	if len(end.Checks) > 0 {
		err = errors.Join(err, c.opt.Folder.WriteChecks(end.Checks))
	}
	return s, errors.Join(err, c.opt.Folder.WriteJSON(SummaryFile, s))
}

// outcome gathers everything the summary is computed from but the thresholds.
func (c *Collector) outcome(end Ending) *outcome {
	o := &outcome{
		run: c.opt.Run, series: c.opt.Series, targets: c.opt.Targets, hold: c.hold, whole: c.whole,
		taints: c.taints, maxTainted: c.limits.MaxTainted,
		warmup: end.Warmup, held: c.held, drain: end.Drain,
		interrupted: end.Interrupted, invalid: end.Invalid, checks: end.Checks, experiment: end.Experiment, listed: end.Listed,
		cpu: c.gauges.Health.CPU - c.opt.CPUAtStart, maxRSS: c.maxRSS, peakWorkers: c.workers,
		clamped: c.clamped, lost: c.lost, example: c.examples.firstOf,
		ceiling: c.near.ceiling(),
	}
	if end.Hold > 0 {
		o.held = end.Hold
	}
	o.hold.seconds = o.held.Seconds()
	return o
}

// end is what the summary is made of besides the numbers of other lines.
func (o *outcome) end() End {
	e := End{
		Line: EndLine, Interrupted: o.interrupted, MaxTainted: o.maxTainted, CPUS: o.cpu,
		WarmupS: o.warmup.Seconds(), HoldS: o.held.Seconds(), DrainS: o.drain.Seconds(),
		Invalid: o.invalid, Thresholds: o.thresholds, Checks: o.checks, Experiment: o.experiment, Drift: o.drift, Listed: o.listed,
	}
	return e
}

// outcome is all that the summary of a run, or of several shards, is made of.
type outcome struct {
	run                 RunInfo
	series              []Series
	targets             []string
	hold                *totals
	whole               []targetCounts // by target, all phases
	taints              taints
	maxTainted          float64
	warmup, held, drain time.Duration
	interrupted         bool
	reasons             []string // said first, whatever the verdict
	invalid             []string
	thresholds          []ThresholdResult
	checks              []CheckResult
	drift               *Drift
	gaps                []Gap
	listed              []Listed
	experiment          *Experiment
	ceiling             *GeneratorCeiling
	cpu                 float64
	maxRSS              int64
	peakWorkers         int
	clamped, lost       int64
	example             func(series int, c Class) string
}

const interruptedReason = "interrupted before its planned end"

// judge returns the verdict and why it is not pass, in words. An interrupted run
// was not seen to its end, an invalid one tells nothing about the server, and
// only what is left can fail.
func (o *outcome) judge() (Verdict, []string) {
	invalid, failed := o.invalidReasons(), o.failures()
	reasons := append([]string{}, o.reasons...)
	verdict := Pass
	switch {
	case o.interrupted:
		verdict = Interrupted
		if len(reasons) == 0 {
			reasons = append(reasons, interruptedReason)
		}
	case len(invalid) > 0:
		verdict = Invalid
	case len(failed) > 0:
		verdict = Failed
	}
	reasons = append(reasons, invalid...)
	return verdict, append(reasons, failed...)
}

func (o *outcome) invalidReasons() []string {
	reasons := append([]string{}, o.invalid...)
	if t := o.taints; t.exceeds(o.maxTainted) {
		reasons = append(reasons, fmt.Sprintf("the generator was the limit in %d of %d intervals (more than %.0f %%)",
			t.tainted, t.intervals, o.maxTainted*100))
		reasons = append(reasons, t.reasons()...)
	}
	var steps, cycles int64
	for i, s := range o.series {
		switch s.Kind {
		case StepSeries:
			steps += o.hold.series[i].count()
		case CycleSeries:
			cycles += o.hold.series[i].count()
		}
	}
	if steps == 0 && cycles == 0 {
		reasons = append(reasons, "nothing was measured: no step finished in the hold phase")
	}
	for _, c := range o.checks {
		if c.Verdict == "unknown" {
			reasons = append(reasons, fmt.Sprintf("rule %s on %s could not be judged: %s", c.ID, c.Target, c.Observed))
		}
	}
	return reasons
}

// allBroken names the targets of which not one step went well: whatever the
// thresholds say, or if there are none, that is no pass.
func (o *outcome) allBroken() []string {
	all, good := map[string]int64{}, map[string]int64{}
	for i, s := range o.series {
		if s.Kind == StepSeries {
			all[s.Target] += o.hold.series[i].count()
			good[s.Target] += o.hold.series[i].outcomes[OK]
		}
	}
	var reasons []string
	for _, target := range o.targets {
		if all[target] > 0 && good[target] == 0 {
			reasons = append(reasons, fmt.Sprintf("not one step of target %s went well", target))
		}
	}
	return reasons
}

func (o *outcome) failures() []string {
	reasons := o.allBroken()
	for _, t := range o.thresholds {
		switch {
		case t.NoData:
			reasons = append(reasons, fmt.Sprintf("threshold %s: %s", t.Expression, t.ActualText))
		case !t.Pass:
			reasons = append(reasons, fmt.Sprintf("threshold %s: it was %s", t.Expression, t.ActualText))
		}
	}
	reasons = append(reasons, o.experiment.failures()...)
	for _, c := range o.checks {
		if c.Verdict == "fail" {
			reasons = append(reasons, fmt.Sprintf("rule %s on %s: expected %s, observed %s", c.ID, c.Target, c.Expected, c.Observed))
		}
	}
	return reasons
}
