package results

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rebuild makes the summary of one run again from its intervals and histograms.
// That of a finished run is the same as the one in its folder; a run without its
// last line was killed, and its verdict is interrupted. It writes nothing.
func Rebuild(f *Folder) (*Summary, error) { return Merge(f) }

// Merge makes the summary of several shards of one run, histograms without loss.
// The shards are laid beside each other by their start times and judged as one
// run: thresholds over the sum of all, windows at the steps in which histograms
// were written. A run is interrupted if one shard was, and invalid if too many
// intervals of one shard were tainted, or a shard is missing.
func Merge(folders ...*Folder) (*Summary, error) {
	if len(folders) == 0 {
		return nil, errors.New("merge: no run folder given")
	}
	m := &merger{}
	defer m.close()
	for _, f := range folders {
		s, err := openShard(f)
		if err != nil {
			return nil, err
		}
		m.shards = append(m.shards, s)
	}
	if err := m.unite(); err != nil {
		return nil, err
	}
	if err := m.replay(); err != nil {
		return nil, err
	}
	o, err := m.outcome()
	if err != nil {
		return nil, err
	}
	return o.summary(), nil
}

type merger struct {
	shards  []*shard
	run     RunInfo
	series  []Series
	targets []string
	step    time.Duration
	judges  []*judge
	book    *driftBook
	hold    *totals
	peak    []int64 // by target: most sessions live together
	reasons []string
}

func (m *merger) close() {
	for _, s := range m.shards {
		s.close()
	}
}

// unite checks that the shards belong together and makes the merged lists.
func (m *merger) unite() error {
	m.run = m.shards[0].head.Run
	m.run.Cores = 0
	m.run.Targets = nil
	for _, s := range m.shards {
		m.run.Cores += s.head.Run.Cores
		if s.head.Run.StartedAt.Before(m.run.StartedAt) {
			m.run.StartedAt = s.head.Run.StartedAt
		}
		m.step = max(m.step, time.Duration(s.head.HistogramEveryS*1e9))
		if err := errors.Join(m.belongs(s), m.addNames(s)); err != nil {
			return err
		}
	}
	m.step = min(max(m.step, time.Second), time.Hour)
	for _, s := range m.shards {
		if s.offset = s.head.Run.StartedAt.Sub(m.run.StartedAt); s.offset > farApart {
			return fmt.Errorf("merge %s and %s: not shards of one run: they started %s apart", m.shards[0].folder.Dir, s.folder.Dir, s.offset)
		}
		s.bind(m.series, m.targets)
	}
	m.missing()
	if len(m.shards) > 1 {
		m.run.Shard = ""
	}
	m.hold = newTotals(len(m.series), len(m.targets))
	m.peak = make([]int64, len(m.targets))
	m.book = newDriftBook(m.series, m.targets, m.run.Model, time.Duration(m.shards[0].head.PlannedS*1e9), m.step)
	for _, s := range m.shards {
		s.book = m.book
	}
	return m.openJudges()
}

// follow enters a step in the book that tells what drifts. A step ends half of
// one after the histograms that it holds.
func (m *merger) follow(interval *totals, to time.Duration) {
	if interval.seconds == 0 {
		return
	}
	var users float64
	for _, s := range m.shards {
		users += s.last.PlannedUsers
	}
	end := (to - m.step/2).Seconds()
	m.book.addCounts(end-m.step.Seconds(), end, interval, users)
	m.book.addTimes(end-m.step.Seconds(), end, interval)
}

// farApart is when shards can no longer have been one run.
const farApart = 24 * time.Hour

// belongs tells whether s is a shard of the first one's run, and not one that
// was given before.
func (m *merger) belongs(s *shard) error {
	first, r := m.shards[0], s.head.Run
	if r.Model != first.head.Run.Model || r.Seed != first.head.Run.Seed || !slices.Equal(s.head.Thresholds, first.head.Thresholds) {
		return fmt.Errorf("merge %s and %s: not shards of one run: model, seed or thresholds differ", first.folder.Dir, s.folder.Dir)
	}
	for _, other := range m.shards {
		if other == s {
			return nil
		}
		if o := other.head.Run; o.Shard == r.Shard && (r.Shard != "" || o.RunID == r.RunID) {
			return fmt.Errorf("merge %s and %s: the same shard %s twice", other.folder.Dir, s.folder.Dir, r.Shard)
		}
	}
	return nil
}

func (m *merger) openJudges() error {
	var thresholds []Threshold
	for _, text := range m.shards[0].head.Thresholds {
		t, err := ParseThreshold(text)
		if err != nil {
			return fmt.Errorf("read %s: %w", m.shards[0].folder.Path(IntervalsFile), err)
		}
		thresholds = append(thresholds, t)
	}
	var err error
	m.judges, err = newJudges(m.series, m.targets, thresholds)
	return err
}

func (m *merger) addNames(s *shard) error {
	for _, n := range s.head.Series {
		name, ok := n.Series()
		if !ok {
			return fmt.Errorf("read %s: no kind of series %q", s.folder.Path(IntervalsFile), n.Kind)
		}
		if !slices.Contains(m.series, name) {
			m.series = append(m.series, name)
		}
	}
	for _, t := range s.head.Run.Targets {
		at := slices.Index(m.targets, t.Name)
		if at >= 0 {
			if u := m.run.Targets[at]; u.Endpoint != t.Endpoint || u.Version != t.Version || u.Method != t.Method {
				return fmt.Errorf("merge %s and %s: not shards of one run: target %s differs", m.shards[0].folder.Dir, s.folder.Dir, t.Name)
			}
			continue
		}
		m.targets = append(m.targets, t.Name)
		m.run.Targets = append(m.run.Targets, t)
	}
	return nil
}

// missing notes the shards that were planned and not given. One shard alone is
// looked at for its own sake.
func (m *merger) missing() {
	_, of, ok := strings.Cut(m.run.Shard, "/")
	var n int
	if !ok || len(m.shards) == 1 {
		return
	}
	if _, err := fmt.Sscan(of, &n); err == nil && n != len(m.shards) {
		m.reasons = append(m.reasons, fmt.Sprintf("%d shards given of a run that was cut in %d", len(m.shards), n))
	}
}

// replay goes through all shards together, in steps of the longest interval of
// their histograms; a step ends between two ticks, so that a tick which came a
// little late still falls into its own.
func (m *merger) replay() error {
	interval := newTotals(len(m.series), len(m.targets))
	for to := m.step + m.step/2; !m.done(); to += m.step {
		if gap := m.next() - to; gap > 0 {
			to += (gap + m.step - 1) / m.step * m.step // nobody ticked: the machine slept
		}
		interval.reset()
		for _, s := range m.shards {
			held, err := s.until(to, interval)
			if err != nil {
				return err
			}
			interval.seconds = max(interval.seconds, held)
		}
		m.levels(interval)
		m.follow(interval, to)
		m.hold.addCounts(interval)
		m.hold.addTimes(interval, atOnce)
		m.hold.seconds += interval.seconds
		copy(m.hold.sessions, interval.sessions)
		copy(m.hold.orphaned, interval.orphaned)
		if interval.seconds == 0 {
			continue
		}
		for _, j := range m.judges {
			j.tick(interval, m.hold)
		}
	}
	return nil
}

func (m *merger) next() time.Duration {
	next := m.shards[0].next()
	for _, s := range m.shards[1:] {
		next = min(next, s.next())
	}
	return next
}

func (m *merger) done() bool {
	for _, s := range m.shards {
		if !s.done() {
			return false
		}
	}
	return true
}

// levels sums the ledgers of the shards as they stand.
func (m *merger) levels(t *totals) {
	clear(t.sessions)
	clear(t.orphaned)
	for _, s := range m.shards {
		for _, target := range s.last.Targets {
			if i, ok := s.targets[target.Name]; ok {
				t.sessions[i].add(target.Sessions)
				orphaned := target.Orphaned
				if s.end == nil && s.done() { // killed: what lived then is in the ledger
					orphaned = max(orphaned, target.Sessions.Live+target.Sessions.Abandoned)
				}
				t.orphaned[i] += orphaned
			}
		}
	}
	for i := range t.sessions {
		// Two shards need not have had their peaks together, so the peak of the sum
		// is looked for step by step; a run alone knows its own.
		m.peak[i] = max(m.peak[i], t.sessions[i].Live)
		if len(m.shards) > 1 {
			t.sessions[i].PeakLive = m.peak[i]
		}
	}
}

func (s *SessionCounts) add(d SessionCounts) {
	s.Opened += d.Opened
	s.Closed += d.Closed
	s.Abandoned += d.Abandoned
	s.Expired += d.Expired
	s.Live += d.Live
	s.PossiblyOpen += d.PossiblyOpen
	s.PossiblyClosed += d.PossiblyClosed
	s.PeakLive += d.PeakLive
}

// outcome gathers what the summary is made of.
func (m *merger) outcome() (*outcome, error) {
	o := &outcome{
		run: m.run, series: m.series, targets: m.targets, hold: m.hold,
		whole: make([]targetCounts, len(m.targets)), invalid: m.reasons,
	}
	var err error
	if o.example, err = m.examples(); err != nil {
		return nil, err
	}
	for _, s := range m.shards {
		s.addTo(o, len(m.shards) > 1)
	}
	o.experiment = m.experiment()
	o.ceiling = nearest(m.shards)
	m.hold.seconds = o.held.Seconds()
	for _, j := range m.judges {
		o.thresholds = append(o.thresholds, j.result(m.hold))
	}
	if end := m.shards[0].end; len(m.shards) == 1 && end != nil && len(m.shards[0].gaps) == 0 {
		o.thresholds = end.Thresholds // judged every second, not at the steps of the histograms
		o.drift = end.Drift
	}
	if o.drift == nil {
		o.drift = m.book.judgement(o.held.Seconds(), thresholdsOf(m.judges))
	}
	if lost := m.withoutTimes(); lost > 0 && o.interrupted {
		o.reasons = append(o.reasons, fmt.Sprintf("the times of the last %d samples were lost; they are counted, but in no quantile", lost))
	}
	return o, nil
}

// name is how the shard is called where several are spoken of.
func (s *shard) name() string { return "shard " + s.folder.Dir }

// addTo adds the shard as a whole to the outcome.
func (s *shard) addTo(o *outcome, several bool) {
	who := ""
	if several {
		who = s.name() + ": "
	}
	parts := [Phases]float64(s.phases)
	if s.end == nil {
		o.interrupted = true
		o.maxTainted = HealthLimits{}.withDefaults().MaxTainted
		o.reasons = append(o.reasons, who+fmt.Sprintf("killed: nothing is known after second %.0f", s.last.At))
	} else {
		parts = [Phases]float64{s.end.WarmupS, s.end.HoldS, s.end.DrainS}
		o.maxTainted = s.end.MaxTainted
		if s.end.Interrupted {
			o.interrupted = true
			o.reasons = append(o.reasons, who+interruptedReason)
		}
		for _, r := range s.end.Invalid {
			o.invalid = append(o.invalid, who+r)
		}
		o.checks = append(o.checks, s.end.Checks...)
		o.listed = append(o.listed, s.end.Listed...)
	}
	o.warmup = max(o.warmup, toDuration(parts[Warmup]))
	o.held = max(o.held, toDuration(parts[Hold]))
	o.drain = max(o.drain, toDuration(parts[Drain]))
	if several && s.taints.exceeds(o.maxTainted) {
		o.invalid = append(o.invalid, who+fmt.Sprintf("the generator was the limit in %d of %d intervals", s.taints.tainted, s.taints.intervals))
	}
	o.gaps = append(o.gaps, s.gaps...)
	o.taints.add(&s.taints)
	o.cpu += s.cpu()
	o.maxRSS = max(o.maxRSS, s.maxRSS)
	o.peakWorkers += s.workers
	o.clamped += int64(s.clamped)
	o.lost += int64(s.lost)
	for i := range s.whole {
		for c, n := range s.whole[i] {
			o.whole[i][c] += n
		}
	}
}

func toDuration(sec float64) time.Duration { return time.Duration(sec * 1e9) }

// withoutTimes counts the samples whose times were still in memory when the run
// was killed.
func (m *merger) withoutTimes() (lost int64) {
	for i := range m.hold.series {
		s := &m.hold.series[i]
		lost += max(0, s.count()-s.service.Count())
	}
	return lost
}

// examples returns the first message of each series and class.
func (m *merger) examples() (func(series int, c Class) string, error) {
	type key struct{ target, step, request, class string }
	first := map[key]string{}
	for _, s := range m.shards {
		for e, err := range ReadSamples(s.folder) {
			if err != nil {
				return nil, err
			}
			k := key{e.Target, e.Step, e.Request, e.Class}
			if _, ok := first[k]; !ok {
				first[k] = e.Message
			}
		}
	}
	return func(series int, c Class) string {
		s := m.series[series]
		return first[key{s.Target, s.Step, s.Request, c.String()}]
	}, nil
}

func thresholdsOf(judges []*judge) (out []Threshold) {
	for _, j := range judges {
		out = append(out, j.Threshold)
	}
	return out
}
