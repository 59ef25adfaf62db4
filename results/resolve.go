package results

import (
	"fmt"
	"slices"
	"strings"

	"authsoak/metric"
	"authsoak/spelling"
)

// source is where the numbers of a metric come from.
type source uint8

const (
	fromTimes    source = iota // service or response times of series
	fromLateness               // start − intended of all steps
	fromPacer                  // the same, where a worker stood ready
	fromSamples                // how many samples
	fromOutcome                // how many of an outcome
	fromClass                  // how many of an error class
	fromCounter                // how much a counter grew
	fromLedger                 // a number of the session ledger
)

// probe is a metric with its names resolved against a run.
type probe struct {
	expr     metric.Expression
	from     source
	series   []int
	targets  []int
	response bool
	outcome  Outcome
	class    Class
	counter  Counter
	of       Counter // what a share of the counter is a share of
	ledger   func(s SessionCounts, orphaned int64) int64
}

// Resolve tells whether every name in the metric exists in a run of these series
// and targets; the error names what was probably meant.
//
// A path is [target.][step.][request.]what, where what is one of
//
//   - response or service (with p50…mean; response when left out; requests,
//     connect and tls have service times only);
//   - ok, fail, unknown or an error class: with count their number, with rate
//     their share (%) of the samples that the rest of the path names, or their
//     throughput (/s);
//   - nothing, with count or rate: the samples of the step;
//   - planned, started, completed, dropped, interrupted (cycles; shares are of
//     those planned), requests, resends, connections, connections_stale,
//     tls_resumed, renewals, replays (shares are of the requests);
//   - opened, closed, abandoned, expired, live, possibly_open, possibly_closed,
//     orphaned, with count: the session ledger of the whole run so far; max(live)
//     is its peak.
//
// A path that names no step means every step (login, calls, logout), not cycles,
// requests and connections. lateness and pacer stand alone. Where a step is
// called like an error class, the class is meant in a share and the step in a
// throughput or count.
func Resolve(series []Series, targets []string, e metric.Expression) error {
	_, err := resolve(series, targets, e)
	return err
}

func resolve(series []Series, targets []string, e metric.Expression) (probe, error) {
	n := names{series: series, targets: targets, expr: e}
	p, err := n.resolve()
	if err != nil {
		return probe{}, fmt.Errorf("metric %s: %w", e.Metric(), err)
	}
	p.expr = e
	return p, nil
}

type names struct {
	series  []Series
	targets []string
	expr    metric.Expression
}

func (n names) resolve() (probe, error) {
	path := n.expr.Path
	last, left := path[len(path)-1], path[:len(path)-1]
	if ledger := ledgerField(last, n.expr.Func); ledger != nil {
		return n.ledger(left, ledger)
	}
	if n.expr.Func.OfTime() {
		return n.times(path, last, left)
	}
	// A step may be called like an error class (read, say): a share can only mean
	// the class, everything else the step.
	if n.expr.Unit != metric.Percent {
		if found, _ := n.find(path); found != nil && n.series[found[0]].Kind <= CycleSeries && !n.isTarget(path) {
			return probe{from: fromSamples, series: found}, nil
		}
	}
	switch what, ok := n.part(last); {
	case ok && what.from == fromCounter:
		if len(left) > 0 && left[len(left)-1] == "cycle" && what.of == CyclesPlanned {
			left = left[:len(left)-1]
		}
		var err error
		what.targets, err = n.findTargets(left)
		return what, err
	case ok:
		var err error
		what.series, err = n.find(left)
		return what, err
	}
	return n.samples(path, last, left)
}

// samples resolves a count or throughput of series.
func (n names) samples(path []string, last string, left []string) (probe, error) {
	if last == responseTime || last == serviceTime {
		return probe{}, fmt.Errorf("%s counts samples, which have no %s time: write %s(%s)",
			n.expr.Func, last, n.expr.Func, strings.Join(left, "."))
	}
	found, err := n.find(path)
	if err == nil && n.expr.Unit == metric.Percent {
		name := strings.Join(path, ".")
		return probe{}, fmt.Errorf("%s is a throughput, not a share: write a limit in /s, or rate(%s.fail)", name, name)
	}
	return probe{from: fromSamples, series: found}, err
}

// part returns what the last name of a path selects from samples or counters.
func (n names) part(word string) (probe, bool) {
	if c, ok := counterWord(word); ok {
		of := CyclesPlanned
		if c >= Requests {
			of = Requests
		}
		return probe{from: fromCounter, counter: c, of: of}, true
	}
	for o := OK; o < outcomes; o++ {
		if o.String() == word {
			return probe{from: fromOutcome, outcome: o}, true
		}
	}
	if c, ok := ParseClass(word); ok {
		return probe{from: fromClass, class: c}, true
	}
	return probe{}, false
}

// counterWord finds a counter by its name, that of cycles without the prefix.
func counterWord(word string) (Counter, bool) {
	word = strings.ReplaceAll(word, "-", "_")
	if c, ok := parseCounter("cycles_" + word); ok {
		return c, true
	}
	if strings.HasPrefix(word, "cycles_") {
		return 0, false
	}
	return parseCounter(word)
}

func (n names) times(path []string, last string, left []string) (probe, error) {
	if len(path) == 1 && last == lateness {
		return probe{from: fromLateness}, nil
	}
	if len(path) == 1 && last == pacerName {
		return probe{from: fromPacer}, nil
	}
	p := probe{from: fromTimes, response: true}
	explicit := last == responseTime || last == serviceTime
	if explicit {
		p.response = last == responseTime
		path = left
	}
	var err error
	if p.series, err = n.find(path); err != nil {
		if _, ok := n.part(last); ok {
			return probe{}, fmt.Errorf("%q has no times of its own: use count or rate", last)
		}
		return probe{}, err
	}
	for _, i := range p.series {
		if s := n.series[i]; p.response && !s.Kind.HasResponse() {
			if explicit {
				return probe{}, fmt.Errorf("%s has no response time, since it has no intended start of its own: write %s.service", s.Name(), s.Name())
			}
			p.response = false
		}
	}
	return p, nil
}

func (n names) isTarget(path []string) bool {
	return len(path) == 1 && slices.Contains(n.targets, path[0])
}

// find returns the series that a path without its ending names: all steps; the
// steps of a target; or those whose name ends in the path, steps before cycles
// and connections, and these before requests.
func (n names) find(path []string) ([]int, error) {
	var byKind [3][]int
	for i, s := range n.series {
		parts := s.parts()
		ends := len(path) > 0 && len(path) <= len(parts) && slices.Equal(parts[len(parts)-len(path):], path)
		switch {
		case s.Kind == StepSeries && (ends || len(path) == 0):
			byKind[0] = append(byKind[0], i)
		case ends && s.Kind == RequestSeries:
			byKind[2] = append(byKind[2], i)
		case ends:
			byKind[1] = append(byKind[1], i)
		}
	}
	var found []int
	for _, group := range byKind {
		if found == nil {
			found = group
		}
	}
	if !n.isTarget(path) {
		if found == nil {
			return nil, n.unknown(path)
		}
		return found, nil
	}
	if found != nil {
		return nil, fmt.Errorf("%q is both a target and a step: write %s", path[0], n.series[found[0]].Name())
	}
	for i, s := range n.series {
		if s.Target == path[0] && s.Kind == StepSeries {
			found = append(found, i)
		}
	}
	if found == nil {
		return nil, fmt.Errorf("target %q has no steps", path[0])
	}
	return found, nil
}

func (n names) findTargets(path []string) ([]int, error) {
	var found []int
	for i, t := range n.targets {
		if len(path) == 0 || len(path) == 1 && path[0] == t {
			found = append(found, i)
		}
	}
	if found == nil {
		near := spelling.Nearest(strings.Join(path, "."), n.targets)
		return nil, fmt.Errorf("no target %q%s; the targets are %s", strings.Join(path, "."), didYouMean(near), strings.Join(n.targets, ", "))
	}
	return found, nil
}

func (n names) ledger(left []string, field func(SessionCounts, int64) int64) (probe, error) {
	if n.expr.Func == metric.Rate {
		return probe{}, fmt.Errorf("the session ledger has counts only: write count(%s), or rate(login.ok) for logins", strings.Join(n.expr.Path, "."))
	}
	if n.expr.Window > 0 {
		return probe{}, fmt.Errorf("the session ledger is of the whole run: leave out `over`")
	}
	targets, err := n.findTargets(left)
	return probe{from: fromLedger, targets: targets, ledger: field}, err
}
