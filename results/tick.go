package results

import (
	"errors"
	"fmt"
	"time"
)

// tick is the interval that is being closed.
type tick struct {
	now, length   time.Duration
	phase         Phase
	lost, clamped int64 // in the interval
	taint         taint
	tainted       bool
	pacer         *Histogram // of all phases in the interval
	lateness      *Histogram
	increases     []targetCounts // of all phases
}

// gather fetches what the recorders hold into the interval's totals.
func (c *Collector) gather() (lost, clamped int64) {
	for i, r := range c.opt.Recorders {
		r.take(&c.hauls[i])
	}
	for i := range c.hauls {
		h := &c.hauls[i]
		c.sort(h.chunks)
		for target := range c.opt.Targets {
			for p := range Phases {
				for k := range Counters {
					at := countIndex(target, p, k)
					c.interval[p].counts[target][k] += h.counts[at] - c.counted[i][at]
				}
			}
		}
		copy(c.counted[i], h.counts)
		lost += h.lost
		clamped += h.clamped
	}
	lost, c.lost = lost-c.lost, lost
	clamped, c.clamped = clamped-c.clamped, clamped
	return lost, clamped
}

// sort enters samples where they belong.
func (c *Collector) sort(chunks [][]entry) {
	for _, chunk := range chunks {
		for i, e := range chunk {
			if i%512 == 0 {
				c.breath.take()
			}
			c.interval[Phase(e.what>>10&3)].sample(c.opt.Series, e)
		}
	}
}

// look computes what the interval as a whole was like, over all phases: at the
// border of two phases it holds samples of both.
func (c *Collector) look(t *tick) {
	for i := range c.merged {
		reset(c.merged[i])
	}
	t.increases = make([]targetCounts, len(c.opt.Targets))
	var dropped, exhausted int64
	for _, phase := range c.interval {
		mergeInto(&c.merged[0], phase.pacer)
		mergeInto(&c.merged[1], phase.lateness)
		for target := range phase.counts {
			for k, n := range phase.counts[target] {
				t.increases[target][k] += n
				c.whole[target][k] += n
			}
		}
		for i := range phase.series {
			if s := &phase.series[i]; c.opt.Series[i].Kind == StepSeries {
				trouble := &c.trouble[c.targetOf[i]]
				trouble.fail += s.outcomes[Fail]
				trouble.unknown += s.outcomes[Unknown]
				exhausted += s.classes[Exhausted]
			}
		}
	}
	t.pacer, t.lateness = c.merged[0], c.merged[1]
	for _, counts := range t.increases {
		dropped += counts[CyclesDropped]
	}
	t.taint, t.tainted = c.limits.taintOf(intervalHealth{
		Health: c.gauges.Health, pacer: t.pacer, workers: c.gauges.Workers,
		lateness: t.lateness, workerLimited: c.gauges.WorkerLimited, overdue: c.gauges.Overdue, waiting: c.gauges.StillOverdue,
		dropped: dropped, lost: t.lost, exhausted: exhausted,
	})
}

// accumulate adds the interval's counts to the hold, and its times to what the
// histogram log awaits. These reach the hold when they are logged: merging is
// half of what a tick costs, and once is enough.
func (c *Collector) accumulate() {
	c.hold.addCounts(c.interval[Hold])
	for p, phase := range c.interval {
		c.pending[p].addTimes(phase, c.breath.take)
	}
}

func (c *Collector) writeInterval(t *tick) error {
	at := seconds(t.now)
	var problems []error
	for p, phase := range c.interval {
		for i := range phase.series {
			if s := &phase.series[i]; s.count() > 0 {
				c.breath.take()
				problems = append(problems, c.encoder.Encode(c.seriesLine(at, Phase(p), c.opt.Series[i], s)))
			}
		}
	}
	for i := range c.gauges.Scrapes {
		problems = append(problems, c.encoder.Encode(&c.gauges.Scrapes[i]))
	}
	line := RunInterval{
		Line: RunLine, At: at, Length: seconds(t.length), Phase: t.phase.String(),
		Lateness: quantilesOf(t.lateness), Pacer: quantilesOf(t.pacer),
		Workers: c.gauges.Workers, Busy: c.gauges.Busy,
		PlannedUsers: c.gauges.PlannedUsers, PlannedPerSec: c.gauges.PlannedPerSec,
		Overdue: ms(float64(c.gauges.Overdue)), Clamped: t.clamped, Lost: t.lost, Health: c.gauges.Health,
	}
	if t.tainted {
		line.Tainted, line.TaintedBy = t.taint.text, taintNames[t.taint.kind]
	}
	for i, name := range c.opt.Targets {
		target := TargetInterval{Name: name, Counts: c.increases(i)}
		if i < len(c.gauges.Sessions) {
			target.Sessions = c.gauges.Sessions[i]
		}
		if i < len(c.gauges.Orphaned) {
			target.Orphaned = c.gauges.Orphaned[i]
		}
		if i < len(c.gauges.Breaches) {
			target.Breaches = c.gauges.Breaches[i]
		}
		line.Targets = append(line.Targets, target)
	}
	if t.phase == Hold {
		c.taints.see(&line)
	}
	problems = append(problems, c.encoder.Encode(line))
	for i := range c.hauls {
		problems = append(problems, c.examples.write(c.samples, c.hauls[i].examples, c.opt.Recorders))
	}
	return errors.Join(problems...)
}

func (c *Collector) seriesLine(at float64, p Phase, name Series, s *seriesTotals) *SeriesInterval {
	line := &SeriesInterval{
		Line: SeriesLine, At: at, SeriesName: nameOf(name), Phase: p.String(),
		Count: s.count(), OK: s.outcomes[OK], Fail: s.outcomes[Fail], Unknown: s.outcomes[Unknown],
		Service: quantilesOf(s.service),
	}
	if s.response != nil {
		q := quantilesOf(s.response)
		line.Response = &q
	}
	for class, n := range s.classes {
		if n > 0 {
			if line.Errors == nil {
				line.Errors = map[string]int64{}
			}
			line.Errors[Class(class).String()] = n
		}
	}
	return line
}

// increases returns what the counters of a target grew by, by phase and name.
func (c *Collector) increases(target int) map[string]map[string]int64 {
	var byPhase map[string]map[string]int64
	for p, phase := range c.interval {
		var byName map[string]int64
		for k, n := range phase.counts[target] {
			if n == 0 {
				continue
			}
			if byName == nil {
				byName = map[string]int64{}
			}
			byName[Counter(k).String()] = n
		}
		if byName != nil {
			if byPhase == nil {
				byPhase = map[string]map[string]int64{}
			}
			byPhase[Phase(p).String()] = byName
		}
	}
	return byPhase
}

// writeHistograms appends what has gathered since the last time to latency.hlog.
func (c *Collector) writeHistograms(now time.Duration) error {
	c.hold.addTimes(c.pending[Hold], c.breath.take)
	c.book.addTimes(c.logged.Seconds(), now.Seconds(), c.pending[Hold])
	var problems []error
	write := func(tag string, h *Histogram) {
		c.breath.take()
		problems = append(problems, c.hlog.write(tag, c.logged, now, h))
	}
	for p, phase := range c.pending {
		for i := range phase.series {
			s, name := &phase.series[i], c.opt.Series[i]
			write(name.Tag(Phase(p), false), s.service)
			write(name.Tag(Phase(p), true), s.response)
		}
		write(phaseTag(Phase(p), lateness), phase.lateness)
		write(phaseTag(Phase(p), pacerName), phase.pacer)
		phase.reset()
	}
	c.logged = now
	return errors.Join(problems...)
}

func (c *Collector) snapshot(t *tick) Snapshot {
	s := Snapshot{
		Elapsed: t.now, Planned: c.opt.Run.Planned, Phase: t.phase,
		Lateness: time.Duration(t.lateness.Percentile(99)), Health: c.gauges.Health,
		Tainted: t.taint.text, TaintedIntervals: c.taints.tainted,
		Workers: c.gauges.Workers, Busy: c.gauges.Busy, Broken: c.broken, Result: c.sofar,
	}
	for target, name := range c.opt.Targets {
		s.Targets = append(s.Targets, c.targetNow(t, target, name))
	}
	return s
}

func (c *Collector) targetNow(t *tick, target int, name string) TargetNow {
	var steps int64
	reset(c.merged[0])
	for _, phase := range c.interval {
		for i := range phase.series {
			if c.targetOf[i] == target && c.opt.Series[i].Kind == StepSeries {
				c.breath.take()
				steps += phase.series[i].count()
				mergeInto(&c.merged[0], phase.series[i].response)
			}
		}
	}
	now := TargetNow{
		Name: name, CyclesPlanned: c.whole[target][CyclesPlanned], CyclesDone: c.whole[target][CyclesCompleted],
		P50: time.Duration(c.merged[0].Percentile(50)), P99: time.Duration(c.merged[0].Percentile(99)),
		Dropped: c.whole[target][CyclesDropped], Fail: c.trouble[target].fail, Unknown: c.trouble[target].unknown,
	}
	if t.length > 0 {
		now.CyclesPerSec = float64(t.increases[target][CyclesCompleted]) / t.length.Seconds()
		now.StepsPerSec = float64(steps) / t.length.Seconds()
	}
	if target < len(c.gauges.Sessions) {
		now.Sessions = c.gauges.Sessions[target]
	}
	if target < len(c.gauges.Waiting) {
		now.Waiting = c.gauges.Waiting[target]
	}
	return now
}

// seconds rounds to milliseconds, for people who read the file.
func seconds(d time.Duration) float64 { return float64(d.Round(time.Millisecond)) / 1e9 }

// targetIndex returns the index of the target of each series.
func targetIndex(series []Series, targets []string) ([]int, error) {
	index := make([]int, len(series))
	for i, s := range series {
		index[i] = -1
		for t, name := range targets {
			if name == s.Target {
				index[i] = t
			}
		}
		if index[i] < 0 {
			return nil, fmt.Errorf("series %s: no target %q", s.Name(), s.Target)
		}
	}
	return index, nil
}
