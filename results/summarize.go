package results

import (
	"sort"
	"time"
)

func (o *outcome) summary() *Summary {
	s := &Summary{
		Schema: SummarySchema, RunID: o.run.RunID, Version: o.run.Version,
		StartedAt: o.run.StartedAt.UTC().Format(time.RFC3339Nano),
		DurationS: seconds(o.held), WarmupS: seconds(o.warmup), DrainS: seconds(o.drain),
		Authorized: o.run.Authorized, Insecure: o.run.Insecure, Model: o.run.Model, Load: o.run.Load, Seed: o.run.Seed,
		Lateness: TimesOf(o.hold.lateness), Labels: o.run.Labels,
		Thresholds: o.thresholds, Checks: o.checks, Experiment: o.experiment.told(), Drift: o.drift, Gaps: o.gaps, Listed: o.listed, Generator: o.generator(),
	}
	s.Verdict, s.Reasons = o.judge()
	for i, name := range o.targets {
		t := TargetInfo{Name: name}
		if i < len(o.run.Targets) {
			t = o.run.Targets[i]
		}
		t.Cycles, t.Sessions, t.Traffic = o.cycles(i), o.sessions(i), o.traffic(i)
		s.Targets = append(s.Targets, t)
		s.Cycles.add(t.Cycles)
		s.Sessions.add(t.Sessions, i == 0)
	}
	for i := range o.series {
		if step := o.step(i); step.Count > 0 || o.series[i].mayBeNeeded() {
			s.Steps = append(s.Steps, step)
		}
	}
	s.fillEmpty()
	return s
}

// fillEmpty replaces nil by empty: readers of the JSON count on lists and
// objects, not on null.
func (s *Summary) fillEmpty() {
	if s.Labels == nil {
		s.Labels = map[string]string{}
	}
	if s.Targets == nil {
		s.Targets = []TargetInfo{}
	}
	if s.Steps == nil {
		s.Steps = []StepSummary{}
	}
	if s.Thresholds == nil {
		s.Thresholds = []ThresholdResult{}
	}
	if s.Checks == nil {
		s.Checks = []CheckResult{}
	}
}

func (o *outcome) cycles(target int) CycleCounts {
	n := o.hold.counts[target]
	c := CycleCounts{
		Planned: n[CyclesPlanned], Started: n[CyclesStarted], Completed: n[CyclesCompleted],
		Dropped: n[CyclesDropped], Interrupted: n[CyclesInterrupted],
	}
	for i, s := range o.series {
		if s.Kind == CycleSeries && s.Target == o.targets[target] {
			t := &o.hold.series[i]
			c.OK += t.outcomes[OK]
			c.Fail += t.outcomes[Fail]
			c.Unknown += t.outcomes[Unknown]
		}
	}
	return c
}

func (c *CycleCounts) add(d CycleCounts) {
	c.Planned += d.Planned
	c.Started += d.Started
	c.Completed += d.Completed
	c.OK += d.OK
	c.Fail += d.Fail
	c.Unknown += d.Unknown
	c.Dropped += d.Dropped
	c.Interrupted += d.Interrupted
}

func (o *outcome) sessions(target int) SessionSummary {
	n := o.hold.sessions[target]
	return SessionSummary{
		Opened: n.Opened, Closed: n.Closed, Abandoned: n.Abandoned, Expired: n.Expired,
		LiveAtEnd: n.Live, PossiblyOpen: n.PossiblyOpen, PossiblyClosed: n.PossiblyClosed,
		Orphaned: o.hold.orphaned[target], PeakLive: n.PeakLive,
		Balanced: n.Opened == n.Closed+n.Abandoned+n.Expired+n.Live,
	}
}

// add sums two ledgers; first: s is still empty, and so neither balanced nor
// not. The peaks of two targets need not have come together: their sum is an
// upper bound.
func (s *SessionSummary) add(d SessionSummary, first bool) {
	s.Opened += d.Opened
	s.Closed += d.Closed
	s.Abandoned += d.Abandoned
	s.Expired += d.Expired
	s.LiveAtEnd += d.LiveAtEnd
	s.PossiblyOpen += d.PossiblyOpen
	s.PossiblyClosed += d.PossiblyClosed
	s.Orphaned += d.Orphaned
	s.PeakLive += d.PeakLive
	s.Balanced = (first || s.Balanced) && d.Balanced
}

func (o *outcome) traffic(target int) Traffic {
	n := o.whole[target]
	return Traffic{
		Requests: n[Requests], Resends: n[Resends], Connections: n[Connections],
		ConnectionsStale: n[ConnectionsStale], TLSResumed: n[TLSResumed], Renewals: n[Renewals], Replays: n[Replays],
	}
}

func (o *outcome) step(i int) StepSummary {
	name, t := o.series[i], &o.hold.series[i]
	s := StepSummary{
		Target: name.Target, Step: name.Step, Request: name.Request, Kind: name.Kind.String(),
		Count: t.count(), OK: t.outcomes[OK], Fail: t.outcomes[Fail], Unknown: t.outcomes[Unknown],
		Service: TimesOf(t.service), Errors: []ErrorCount{},
	}
	if o.held > 0 {
		s.RatePerS = round6(float64(s.Count) / o.held.Seconds())
	}
	if name.Kind.HasResponse() {
		times := TimesOf(t.response)
		s.Response = &times
	}
	for class, n := range t.classes {
		if n > 0 {
			s.Errors = append(s.Errors, ErrorCount{Class: Class(class).String(), Count: n, Example: o.example(i, Class(class))})
		}
	}
	sort.SliceStable(s.Errors, func(a, b int) bool { return s.Errors[a].Count > s.Errors[b].Count })
	return s
}

func (o *outcome) generator() GeneratorSummary {
	g := GeneratorSummary{
		CPUS: round6(o.cpu), MaxRSSBytes: o.maxRSS, Intervals: o.taints.intervals,
		TaintedIntervals: o.taints.tainted, TaintReasons: o.taints.reasons(),
		PeakWorkers: o.peakWorkers, Cores: o.run.Cores, OS: o.run.OS, GoVersion: o.run.GoVersion,
		Pacer: TimesOf(o.hold.pacer), Clamped: o.clamped, Lost: o.lost, Ceiling: o.ceiling,
	}
	var requests int64
	for _, t := range o.whole {
		requests += t[Requests]
	}
	if requests > 0 {
		g.CPUUsPerRequest = round6(o.cpu * 1e6 / float64(requests))
	}
	return g
}
