package results

// seriesTotals is what was counted of one series over some time.
type seriesTotals struct {
	outcomes          [outcomes]int64
	classes           [Classes]int64
	service, response *Histogram // nil: nothing recorded
}

func (t *seriesTotals) count() int64 {
	return t.outcomes[OK] + t.outcomes[Fail] + t.outcomes[Unknown]
}

func (t *seriesTotals) addCounts(from *seriesTotals) {
	for i, n := range from.outcomes {
		t.outcomes[i] += n
	}
	for i, n := range from.classes {
		t.classes[i] += n
	}
}

// reset empties t and keeps its histograms' pages.
func (t *seriesTotals) reset() {
	reset(t.service)
	reset(t.response)
	*t = seriesTotals{service: t.service, response: t.response}
}

type targetCounts [Counters]int64

// totals is what was counted over some time of one phase: an interval, the hold
// of a run, or the holds of several shards together.
type totals struct {
	series          []seriesTotals
	lateness, pacer *Histogram
	counts          []targetCounts  // by target
	sessions        []SessionCounts // by target; a level, not a sum: of the whole run so far
	orphaned        []int64         // by target; known at the end
	seconds         float64
}

func newTotals(series, targets int) *totals {
	return &totals{
		series: make([]seriesTotals, series),
		counts: make([]targetCounts, targets), sessions: make([]SessionCounts, targets),
		orphaned: make([]int64, targets),
	}
}

// addCounts sums everything but the histograms, the levels and the seconds.
func (t *totals) addCounts(from *totals) {
	for i := range from.series {
		t.series[i].addCounts(&from.series[i])
	}
	for i := range from.counts {
		for c, n := range from.counts[i] {
			t.counts[i][c] += n
		}
	}
}

// addTimes sums the histograms only, and pauses between series.
func (t *totals) addTimes(from *totals, pause func()) {
	for i := range from.series {
		pause()
		mergeInto(&t.series[i].service, from.series[i].service)
		mergeInto(&t.series[i].response, from.series[i].response)
	}
	mergeInto(&t.lateness, from.lateness)
	mergeInto(&t.pacer, from.pacer)
}

func (t *totals) reset() {
	for i := range t.series {
		t.series[i].reset()
	}
	reset(t.lateness)
	reset(t.pacer)
	clear(t.counts)
	t.seconds = 0
}

// sample adds one packed sample of the list of series.
func (t *totals) sample(list []Series, e entry) {
	service := int64(e.when >> seriesBits)
	index := int(e.when & (1<<seriesBits - 1))
	if index == lateSeries {
		record(&t.pacer, service)
		return
	}
	s := &t.series[index]
	outcome, class := Outcome(e.what>>8&3), Class(e.what&0xff)
	s.outcomes[outcome]++
	if outcome != OK {
		s.classes[class]++
	}
	record(&s.service, service)
	kind := list[index].Kind
	if !kind.HasResponse() {
		return
	}
	response := int64(e.what >> 12)
	record(&s.response, response)
	if kind == StepSeries {
		record(&t.lateness, max(0, response-service))
	}
}
