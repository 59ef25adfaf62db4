package results

import (
	"fmt"
	"slices"
	"time"
)

// HealthLimits say when an interval was the generator's fault. A zero field
// takes the default beside it.
type HealthLimits struct {
	PacerP99   time.Duration // 100 ms: lateness of the pacer itself, or for want of workers that the user limited
	PacerP50   time.Duration // 10 ms
	CPUShare   float64       // 0.95 of the cores it may use, counted only together with
	CPUSched   time.Duration // 10 ms, p99 of the wait of a runnable goroutine
	SchedP99   time.Duration // 100 ms, at any load
	OpenFiles  float64       // 0.95 of the limit on open files
	MaxTainted float64       // 0.2: share of the hold's intervals above which the run is invalid
}

func (l HealthLimits) withDefaults() HealthLimits {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&l.PacerP99, 100 * time.Millisecond}, {&l.PacerP50, 10 * time.Millisecond},
		{&l.CPUSched, 10 * time.Millisecond}, {&l.SchedP99, 100 * time.Millisecond},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *float64
		value float64
	}{{&l.CPUShare, 0.95}, {&l.OpenFiles, 0.95}, {&l.MaxTainted, 0.2}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return l
}

// taintKind is why an interval was the generator's fault.
type taintKind uint8

const (
	pacerLate taintKind = iota
	cpu
	scheduler
	openFiles
	ports
	workersBusy
	samplesLost
	taintKinds
)

// taintNames stand in intervals.jsonl and are never renamed.
var taintNames = [taintKinds]string{"pacer", "cpu", "scheduler", "open-files", "ports", "workers", "lost"}

// TaintNames lists why an interval may be the generator's fault.
func TaintNames() []string { return slices.Clone(taintNames[:]) }

func parseTaint(name string) (taintKind, bool) {
	for i, n := range taintNames {
		if n == name {
			return taintKind(i), true
		}
	}
	return 0, false
}

var taintWords = [taintKinds]string{
	"arrivals were started late by the pacer", "the processor was exhausted",
	"runnable goroutines waited", "open files ran out", "ports or descriptors ran out",
	"all workers were busy while users were due", "samples were lost",
}

// taint is the first reason, in words with numbers, that the interval was the
// generator's fault.
type taint struct {
	kind taintKind
	text string
}

// taintSize is how bad a taint is, compared only among those of one kind. It is
// taken from the line in intervals.jsonl, so that it can be told again.
func taintSize(k taintKind, line *RunInterval) float64 {
	switch k {
	case cpu, scheduler:
		return line.Health.SchedP99
	case openFiles:
		return float64(line.Health.OpenFiles)
	case samplesLost:
		return float64(line.Lost)
	case workersBusy:
		var dropped int64
		for _, t := range line.Targets {
			for _, counts := range t.Counts {
				dropped += counts[CyclesDropped.String()]
			}
		}
		return float64(dropped)*1e9 + line.Overdue // one that was dropped waited longer than any
	}
	return line.Pacer.P99
}

// intervalHealth is what taintOf judges.
type intervalHealth struct {
	Health
	pacer         *Histogram
	lateness      *Histogram
	workers       int
	workerLimited bool
	// See [Gauges].
	overdue, waiting time.Duration
	dropped, lost    int64
	exhausted        int64 // steps that got no connection for want of a port or descriptor
}

// heldUp tells whether starts were late because the user allows no more workers,
// and it shows: in the times of those that did start, or by those who still wait.
// A stalled server leaves none of the former.
func (h *intervalHealth) heldUp(limit time.Duration) bool {
	return h.workerLimited && (h.waiting > limit || h.overdue > limit && time.Duration(h.lateness.Percentile(99)) > limit)
}

// taintOf says why the interval was the generator's fault; ok is false where it
// was not.
func (l HealthLimits) taintOf(h intervalHealth) (t taint, ok bool) {
	p50, p99 := time.Duration(h.pacer.Percentile(50)), time.Duration(h.pacer.Percentile(99))
	limit := func(d time.Duration) float64 { return float64(d) / 1e6 }
	switch {
	case h.lost > 0:
		return taint{samplesLost, fmt.Sprintf("%d samples were lost: no tick fetched them in time", h.lost)}, true
	case h.OpenFileLimit > 0 && float64(h.OpenFiles) > l.OpenFiles*float64(h.OpenFileLimit):
		return taint{openFiles, fmt.Sprintf("%d of %d open files in use: raise ulimit -n", h.OpenFiles, h.OpenFileLimit)}, true
	case h.exhausted > 0:
		return taint{ports, fmt.Sprintf("%d steps got no connection, for want of ports or descriptors (%d of %d ports in use on this machine): keep connections, add source addresses, or raise ulimit -n",
			h.exhausted, h.Ports, h.PortLimit)}, true
	case h.workerLimited && h.dropped > 0:
		return taint{workersBusy, fmt.Sprintf("all %d workers busy and %d arrivals dropped: raise --workers", h.workers, h.dropped)}, true
	case h.heldUp(l.PacerP99):
		return taint{workersBusy, fmt.Sprintf("all %d workers busy while users were due for up to %.0f ms (limit %s): raise --workers", h.workers, limit(h.overdue), l.PacerP99)}, true
	case h.CPUShare >= l.CPUShare && h.SchedP99 > limit(l.CPUSched):
		return taint{cpu, fmt.Sprintf("%.0f %% of the processor used and runnable goroutines waited %.0f ms (p99)", h.CPUShare*100, h.SchedP99)}, true
	case h.SchedP99 > limit(l.SchedP99):
		return taint{scheduler, fmt.Sprintf("runnable goroutines waited %.0f ms (p99, limit %s)", h.SchedP99, l.SchedP99)}, true
	case p99 > l.PacerP99:
		return taint{pacerLate, fmt.Sprintf("the pacer was %.0f ms late (p99, limit %s)", limit(p99), l.PacerP99)}, true
	case p50 > l.PacerP50:
		return taint{pacerLate, fmt.Sprintf("the pacer was %.0f ms late (median, limit %s)", limit(p50), l.PacerP50)}, true
	}
	return taint{}, false
}

// taints counts the tainted intervals of a hold, with the worst of each kind.
type taints struct {
	intervals, tainted int
	counts             [taintKinds]int
	sizes              [taintKinds]float64
	worst              [taintKinds]string
}

// see takes one interval of the hold.
func (t *taints) see(line *RunInterval) {
	t.intervals++
	if line.Tainted == "" {
		return
	}
	t.tainted++
	k, ok := parseTaint(line.TaintedBy)
	if !ok {
		return
	}
	t.counts[k]++
	if size := taintSize(k, line); t.counts[k] == 1 || size > t.sizes[k] {
		t.sizes[k], t.worst[k] = size, line.Tainted
	}
}

// add takes the intervals of another shard.
func (t *taints) add(from *taints) {
	t.intervals += from.intervals
	t.tainted += from.tainted
	for k, n := range from.counts {
		if n > 0 && (t.counts[k] == 0 || from.sizes[k] > t.sizes[k]) {
			t.sizes[k], t.worst[k] = from.sizes[k], from.worst[k]
		}
		t.counts[k] += n
	}
}

// exceeds tells whether more than the given share was tainted.
func (t *taints) exceeds(share float64) bool {
	return float64(t.tainted) > share*float64(t.intervals)
}

// reasons returns one line for each kind of taint.
func (t *taints) reasons() []string {
	lines := []string{}
	for k, n := range t.counts {
		if n > 0 {
			lines = append(lines, fmt.Sprintf("%s in %d of %d intervals, at worst: %s", taintWords[k], n, t.intervals, t.worst[k]))
		}
	}
	return lines
}
