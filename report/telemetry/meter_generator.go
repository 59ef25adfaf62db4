package telemetry

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"authsoak/results"
)

// generator is what the run measures of itself.
func (r *reader) generator() {
	h := &r.now.health
	r.number(&generatorCPU, h.CPU)
	r.number(&generatorCPUShare, h.CPUShare)
	r.count(&generatorRSS, h.RSS)
	r.count(&generatorHeap, h.Heap)
	r.number(&generatorGC, r.gcPause)
	r.number(&generatorSched, h.SchedP50/1e3, "p50")
	r.number(&generatorSched, h.SchedP99/1e3, "p99")
	r.number(&generatorSched, h.SchedMax/1e3, "max")
	r.count(&goroutines, int64(h.Goroutines))
	r.count(&openFiles, int64(h.OpenFiles))
	r.count(&openFileLimit, int64(h.OpenFileLimit))
	r.count(&ports, int64(h.Ports))
	r.count(&portLimit, int64(h.PortLimit))
	r.count(&workers, int64(r.now.workers))
	r.count(&workersBusy, int64(r.now.busy))
	for p := range results.Phases {
		for _, reason := range results.TaintNames() {
			if n := r.tainted[taintKey{p, reason}]; n > 0 || p == results.Hold {
				r.count(&tainted, n, p.String(), reason)
			}
		}
	}
	r.count(&lostSamples, r.lost)
	r.count(&clampedSamples, r.clamped)
}

// labelAttributes are the labels of a run as attributes, in the order of their
// keys: label_build for build. Letters that Prometheus doesn't allow become _;
// where two keys become one name, the later ones are numbered.
func labelAttributes(labels map[string]string) (names, values []string) {
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		name := "label_" + strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
				return r
			}
			return '_'
		}, key)
		unique := name
		for n := 2; slices.Contains(names, unique); n++ {
			unique = name + "_" + strconv.Itoa(n)
		}
		names, values = append(names, unique), append(values, labels[key])
	}
	return names, values
}
