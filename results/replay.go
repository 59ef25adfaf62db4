package results

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"time"
)

// shard is one run folder being read again, a stretch of time after the other.
type shard struct {
	folder *Folder
	head   Head
	end    *End
	offset time.Duration // its start, after that of the first shard

	lines *peeker[Interval]
	hists *peeker[HistogramInterval]

	series  map[SeriesName]int // in the merged lists
	tags    map[string]tagOf
	targets map[string]int

	last   RunInterval // the last line of the run, with its ledger
	book   *driftBook
	near   nearness
	begins bool // no line of this process has been seen
	taints taints
	whole  []targetCounts // by merged target
	phases [Phases]float64
	gaps   []Gap
	earlierCPU, firstCPU,
	clamped, lost float64
	maxRSS  int64
	workers int
}

// tagOf says which times a tag in latency.hlog names.
type tagOf struct {
	series   int
	response bool
}

// peeker is an iterator that can be looked at before it moves on.
type peeker[T any] struct {
	next func() (T, error, bool)
	stop func()
	head T
	ok   bool
	err  error
}

func newPeeker[T any](seq iter.Seq2[T, error]) *peeker[T] {
	p := &peeker[T]{}
	p.next, p.stop = iter.Pull2(seq)
	p.advance()
	return p
}

func (p *peeker[T]) advance() {
	p.head, p.err, p.ok = p.next()
	if p.err != nil {
		p.ok = false
	}
}

// openShard reads the head of a folder. The caller calls close.
func openShard(f *Folder) (*shard, error) {
	s := &shard{folder: f, begins: true, lines: newPeeker(ReadIntervals(f)), hists: newPeeker(ReadHistograms(f))}
	err := errors.Join(s.lines.err, s.hists.err)
	if err == nil && (!s.lines.ok || s.lines.head.Head == nil) {
		err = fmt.Errorf("read %s: it doesn't begin with a line that says what was run", f.Path(IntervalsFile))
	}
	if err != nil {
		s.close()
		return nil, err
	}
	s.head = *s.lines.head.Head
	s.near = newNearness(&s.head.Run)
	s.lines.advance()
	return s, nil
}

func (s *shard) close() {
	s.lines.stop()
	s.hists.stop()
}

func (s *shard) done() bool { return !s.lines.ok && !s.hists.ok }

// bind connects the shard's names with the merged lists.
func (s *shard) bind(series []Series, targets []string) {
	s.series, s.tags, s.targets = map[SeriesName]int{}, map[string]tagOf{}, map[string]int{}
	for i, name := range series {
		s.series[nameOf(name)] = i
		s.tags[name.Tag(Hold, false)] = tagOf{i, false}
		s.tags[name.Tag(Hold, true)] = tagOf{i, true}
	}
	for i, name := range targets {
		s.targets[name] = i
	}
	s.whole = make([]targetCounts, len(targets))
}

// until adds what the hold phase brought up to that time to t, whose seconds it
// leaves alone, and returns how long the hold lasted in that stretch.
func (s *shard) until(to time.Duration, t *totals) (held float64, err error) {
	for s.lines.ok && s.at(s.lines.head) <= to {
		switch l := s.lines.head; {
		case l.Series != nil:
			err = s.addSeries(l.Series, t)
		case l.Run != nil:
			held += s.addRun(l.Run, t)
		case l.Gap != nil:
			s.addGap(l.Gap)
		case l.Scrape != nil && s.last.Phase == Hold.String():
			s.book.addScrape(l.Scrape)
		case l.End != nil:
			s.end = l.End
		}
		if err != nil {
			return 0, err
		}
		s.lines.advance()
	}
	for s.hists.ok && s.hists.head.To+s.offset <= to {
		s.addTimes(s.hists.head, t)
		s.hists.advance()
	}
	return held, errors.Join(s.lines.err, s.hists.err)
}

// next returns when the next line of the shard was written.
func (s *shard) next() time.Duration {
	next := time.Duration(math.MaxInt64)
	if s.lines.ok {
		next = s.at(s.lines.head)
	}
	if s.hists.ok {
		next = min(next, s.hists.head.To+s.offset)
	}
	return next
}

// at returns when a line was written; the end comes with the last line of the run.
func (s *shard) at(l Interval) time.Duration {
	sec := s.last.At
	switch {
	case l.Series != nil:
		sec = l.Series.At
	case l.Run != nil:
		sec = l.Run.At
	}
	return time.Duration(math.Min(math.Max(sec, 0), 1e9)*1e9) + s.offset
}

func (s *shard) addSeries(l *SeriesInterval, t *totals) error {
	i, ok := s.series[l.SeriesName]
	if !ok {
		return fmt.Errorf("read %s: series %s.%s.%s is not in its head", s.folder.Path(IntervalsFile), l.Target, l.Step, l.Request)
	}
	if l.Phase != Hold.String() {
		return nil
	}
	for o, n := range [outcomes]int64{l.OK, l.Fail, l.Unknown} {
		t.series[i].outcomes[o] += n
	}
	for name, n := range l.Errors {
		class, ok := ParseClass(name)
		if !ok && name != NoClass.String() {
			return fmt.Errorf("read %s: no error class %q", s.folder.Path(IntervalsFile), name)
		}
		t.series[i].classes[class] += n
	}
	return nil
}

func (s *shard) addRun(l *RunInterval, t *totals) (held float64) {
	if phase, ok := parsePhase(l.Phase); ok {
		s.phases[phase] += l.Length
	}
	for _, target := range l.Targets {
		i, ok := s.targets[target.Name]
		if !ok {
			continue
		}
		for phase, counts := range target.Counts {
			for name, n := range counts {
				c, ok := parseCounter(name)
				if !ok {
					continue // of a later version
				}
				s.whole[i][c] += n
				if phase == Hold.String() {
					t.counts[i][c] += n
				}
			}
		}
	}
	s.clamped += float64(l.Clamped)
	s.lost += float64(l.Lost)
	s.maxRSS = max(s.maxRSS, l.Health.MaxRSS, l.Health.RSS)
	s.workers = max(s.workers, l.Workers)
	if s.begins {
		s.begins, s.firstCPU = false, l.Health.CPU
	}
	s.last = *l
	if l.Phase == Hold.String() {
		s.taints.see(l)
		held = l.Length
	}
	s.near.see(s.requestsOf(l), held)
	return held
}

// requestsOf returns the requests of the hold by the targets of the shard's head.
func (s *shard) requestsOf(l *RunInterval) func(int) int64 {
	return func(i int) (n int64) {
		for _, t := range l.Targets {
			if t.Name == s.head.Run.Targets[i].Name {
				n += t.Counts[Hold.String()][Requests.String()]
			}
		}
		return n
	}
}

// addGap enters a time in which nobody drove: another process counts from here on.
func (s *shard) addGap(g *Gap) {
	s.earlierCPU += s.last.Health.CPU - s.firstCPU
	s.firstCPU, s.begins = 0, true
	s.book.skip(g.LengthS)
	kept := *g
	kept.Line = ""
	s.gaps = append(s.gaps, kept)
}

func (s *shard) addTimes(l HistogramInterval, t *totals) {
	if l.Phase != Hold {
		return
	}
	switch l.Tag {
	case lateness:
		mergeInto(&t.lateness, l.Times)
	case pacerName:
		mergeInto(&t.pacer, l.Times)
	}
	of, ok := s.tags[l.Tag]
	switch {
	case ok && of.response:
		mergeInto(&t.series[of.series].response, l.Times)
	case ok:
		mergeInto(&t.series[of.series].service, l.Times)
	}
}

// cpu returns the processor time that driving cost: of a killed run as far as
// the lines tell, without its first second.
func (s *shard) cpu() float64 {
	if s.end != nil {
		return s.earlierCPU + s.end.CPUS
	}
	return s.earlierCPU + s.last.Health.CPU - s.firstCPU
}
