package results

import (
	"math"
	"slices"
	"strings"
	"time"
)

// bins is how many stretches of time a hold of known length is cut into; one of
// unknown length has up to twice as many, and then neighbours are put together.
// So a day's points are ten minutes each, whatever is measured every second.
const bins = 192

// driftBook keeps what a run's series were like, stretch by stretch of its hold,
// in an amount of memory that doesn't grow with its length.
type driftBook struct {
	series  []Series
	targets []string
	width   float64 // of a bin, s
	shift   float64 // how long gaps before now lasted, s
	bin     int     // the one being filled
	metrics []*driftMetric
	scraped map[[2]string]*driftMetric
	sources []DriftSource

	times  []*Histogram      // by series, of the bin
	tails  [][2]*driftMetric // by series: p50, p99
	fail   []*driftMetric    // by target
	live   []*driftMetric
	load   *driftMetric
	counts [][2]int64 // by target: not ok, all
}

// driftMetric is one series of points.
type driftMetric struct {
	book         *driftBook
	target, name string
	unit         string
	floor, share float64
	of           int  // the index of the series, -1
	lowest       bool // of several values the lowest stands for a bin
	plan         bool // it is the load, not the server
	unknown      bool // some steps of it ended unknown
	points       []driftPoint
}

type driftPoint struct {
	bin           int
	value, weight float64
}

// Floors: the least change over a run that counts.
const (
	floorShare = 0.05 // of the level
	floorMS    = 0.1
	floorFail  = 0.1     // percentage points
	floorBytes = 1 << 20 // of memory
	floorThing = 2       // sessions, files
)

// liveMetric is the number of sessions that the ledger holds.
const liveMetric = "live"

// openModel is the name of the model in which arrivals come by themselves.
const openModel = "open"

func newDriftBook(series []Series, targets []string, model string, planned, every time.Duration) *driftBook {
	if every <= 0 {
		every = time.Second
	}
	b := &driftBook{series: series, targets: targets, width: every.Seconds(), scraped: map[[2]string]*driftMetric{},
		times: make([]*Histogram, len(series)), tails: make([][2]*driftMetric, len(series)), counts: make([][2]int64, len(targets))}
	if n := math.Ceil(planned.Seconds() / bins / b.width); n > 1 {
		b.width *= n
	}
	for i, s := range series {
		if s.Kind != StepSeries || s.Step == ReplayStep {
			continue
		}
		for q, name := range []string{"p50", "p99"} {
			m := b.add(s.Target, s.Step+".response."+name, "ms", floorMS)
			m.of = i
			b.tails[i][q] = m
		}
	}
	for _, t := range targets {
		b.fail = append(b.fail, b.add(t, "fail", "%", floorFail))
		b.fail[len(b.fail)-1].share = 0
	}
	for _, t := range targets {
		b.live = append(b.live, b.add(t, liveMetric, "", floorThing))
	}
	b.load = b.add("all", "planned", "", floorThing)
	b.load.plan = true
	if model == openModel {
		b.load.name = "planned per s"
		b.load.floor = 0
	}
	return b
}

func (b *driftBook) add(target, name, unit string, floor float64) *driftMetric {
	m := &driftMetric{book: b, target: target, name: name, unit: unit, floor: floor, share: floorShare, of: -1}
	b.metrics = append(b.metrics, m)
	return m
}

// hour is the middle of a bin.
func (b *driftBook) hour(bin int) float64 { return (float64(bin) + 0.5) * b.width / 3600 }

// at moves on to the bin of a time, in seconds since the start of load.
func (b *driftBook) at(seconds float64) {
	bin := int((seconds + b.shift) / b.width)
	if bin <= b.bin {
		return
	}
	b.flush()
	for bin >= 2*bins+2 {
		b.fold()
		bin /= 2
	}
	b.bin = bin
}

// skip enters a stretch in which nobody drove.
func (b *driftBook) skip(seconds float64) {
	if b != nil {
		b.shift += seconds
	}
}

// flush turns what the bin gathered into points.
func (b *driftBook) flush() {
	for i, h := range b.times {
		if n := h.Count(); n > 0 {
			for q, least := range [2]int64{10, 100} {
				if n >= least {
					percent := [2]float64{50, 99}[q]
					b.tails[i][q].see(ms(float64(h.Percentile(percent))), float64(n))
				}
			}
			h.Reset()
		}
	}
	for i := range b.counts {
		if c := &b.counts[i]; c[1] > 0 {
			b.fail[i].see(100*float64(c[0])/float64(c[1]), float64(c[1]))
			*c = [2]int64{}
		}
	}
}

// see adds a value to the bin being filled.
func (m *driftMetric) see(value, weight float64) {
	p := driftPoint{m.book.bin, value, weight}
	if n := len(m.points); n > 0 && m.points[n-1].bin == p.bin {
		m.points[n-1] = m.join(m.points[n-1], p)
		return
	}
	m.points = append(m.points, p)
}

func (m *driftMetric) join(a, b driftPoint) driftPoint {
	w := a.weight + b.weight
	if m.lowest {
		return driftPoint{a.bin, math.Min(a.value, b.value), w}
	}
	return driftPoint{a.bin, (a.value*a.weight + b.value*b.weight) / w, w}
}

// fold puts neighbours together, so that bins are twice as long.
func (b *driftBook) fold() {
	b.width *= 2
	b.bin /= 2
	for _, m := range b.metrics {
		folded := m.points[:0]
		for _, p := range m.points {
			p.bin /= 2
			if n := len(folded); n > 0 && folded[n-1].bin == p.bin {
				folded[n-1] = m.join(folded[n-1], p)
				continue
			}
			folded = append(folded, p)
		}
		m.points = folded
	}
}

// addTimes takes the histograms of a stretch of the hold that ended at a time.
func (b *driftBook) addTimes(from, to float64, hold *totals) {
	b.at((from + to) / 2)
	for i := range hold.series {
		if b.tails[i][0] != nil {
			mergeInto(&b.times[i], hold.series[i].response)
		}
	}
}

// addCounts takes the counts and levels of a stretch of the hold.
func (b *driftBook) addCounts(from, to float64, hold *totals, plannedUsers float64) {
	if to <= from {
		return
	}
	b.at((from + to) / 2)
	var planned int64
	for i, s := range b.series {
		if s.Kind != StepSeries {
			continue
		}
		if t := slices.Index(b.targets, s.Target); t >= 0 {
			// A step whose answer never came is one that the server owes, too.
			o := &hold.series[i].outcomes
			b.counts[t][0] += o[Fail] + o[Unknown]
			b.counts[t][1] += hold.series[i].count()
			b.fail[t].unknown = b.fail[t].unknown || o[Unknown] > 0
		}
	}
	for i := range b.targets {
		b.live[i].see(float64(hold.sessions[i].Live), to-from)
		planned += hold.counts[i][CyclesPlanned]
	}
	if b.load.floor == 0 {
		b.load.see(float64(planned)/(to-from), to-from)
	} else if plannedUsers > 0 {
		b.load.see(plannedUsers, to-from)
	}
}

// account counts how often a source was read.
func (b *driftBook) account(s *ScrapeInterval) {
	i := slices.IndexFunc(b.sources, func(d DriftSource) bool { return d.Source == s.Source })
	if i < 0 {
		i = len(b.sources)
		b.sources = append(b.sources, DriftSource{Source: s.Source})
	}
	if s.Problem == "" {
		b.sources[i].Read++
		return
	}
	if b.sources[i].Failed++; b.sources[i].Problem == "" {
		b.sources[i].Problem = s.Problem
	}
}

// addScrape takes what a target told of itself during the hold.
func (b *driftBook) addScrape(s *ScrapeInterval) {
	if b == nil {
		return // who reads asks for no drift
	}
	b.account(s)
	b.at(s.At)
	names := make([]string, 0, len(s.Values))
	for name := range s.Values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		key := [2]string{s.Source, name}
		m := b.scraped[key]
		if m == nil {
			m = b.add(s.Source, name, "", floorThing)
			if strings.HasSuffix(name, "_bytes") {
				m.unit, m.floor = "bytes", floorBytes
			}
			m.lowest = true
			b.scraped[key] = m
		}
		m.see(s.Values[name], 1)
	}
}
