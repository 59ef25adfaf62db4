package results

import "authsoak/metric"

// amount is what a metric gathered over some time; amounts of consecutive times
// add up to that of the whole.
type amount struct {
	n, of   float64 // the number, and what it is a share of
	seconds float64
	times   *Histogram
}

func (a *amount) add(b *amount) {
	a.n += b.n
	a.of += b.of
	a.seconds += b.seconds
	mergeInto(&a.times, b.times)
}

func (a *amount) reset() {
	reset(a.times)
	*a = amount{times: a.times}
}

// gather adds what t holds of the metric to a.
func (p *probe) gather(t *totals, a *amount) {
	a.seconds += t.seconds
	switch p.from {
	case fromLateness:
		mergeInto(&a.times, t.lateness)
	case fromPacer:
		mergeInto(&a.times, t.pacer)
	case fromCounter:
		for _, i := range p.targets {
			a.n += float64(t.counts[i][p.counter])
			a.of += float64(t.counts[i][p.of])
		}
	case fromLedger:
		for _, i := range p.targets {
			a.n += float64(p.ledger(t.sessions[i], t.orphaned[i]))
		}
	default:
		for _, i := range p.series {
			p.gatherSeries(&t.series[i], a)
		}
	}
}

func (p *probe) gatherSeries(s *seriesTotals, a *amount) {
	a.of += float64(s.count())
	switch p.from {
	case fromTimes:
		if p.response {
			mergeInto(&a.times, s.response)
		} else {
			mergeInto(&a.times, s.service)
		}
	case fromSamples:
		a.n += float64(s.count())
	case fromOutcome:
		a.n += float64(s.outcomes[p.outcome])
	case fromClass:
		a.n += float64(s.classes[p.class])
	}
}

// value computes the metric from what was gathered, in the unit of the
// expression (milliseconds, shares in percent, throughputs in 1/s where it has
// none). ok is false where nothing was measured: no time has a quantile of no
// samples, and no share is one of none.
func (p *probe) value(a *amount) (v float64, ok bool) {
	e := p.expr
	switch p.from {
	case fromTimes, fromLateness, fromPacer:
		unit := e.Unit
		if unit == metric.Bare {
			unit = metric.Milliseconds
		}
		return unit.FromNanoseconds(nanoseconds(e.Func, a.times)), a.times.Count() > 0
	case fromLedger:
		return a.n, true
	}
	switch {
	case e.Func == metric.Count:
		return a.n, true
	case p.isShare():
		if a.of == 0 {
			return 0, false
		}
		return a.n / a.of * 100, true
	case a.seconds <= 0:
		return 0, false
	}
	return a.n / a.seconds, true
}

// isShare tells a share from a throughput where the unit doesn't.
func (p *probe) isShare() bool {
	if p.expr.Unit != metric.Bare {
		return p.expr.Unit == metric.Percent
	}
	return p.from == fromOutcome || p.from == fromClass
}

// unit is the one that value computes in.
func (p *probe) unit() metric.Unit {
	switch {
	case p.expr.Unit != metric.Bare || p.expr.Func == metric.Count || p.from == fromLedger:
		return p.expr.Unit
	case p.expr.Func.OfTime():
		return metric.Milliseconds
	case p.isShare():
		return metric.Percent
	}
	return metric.PerSecond
}

func nanoseconds(f metric.Func, h *Histogram) float64 {
	if p, ok := f.Percentile(); ok {
		return float64(h.Percentile(p))
	}
	if f == metric.Max {
		return float64(h.Max())
	}
	return h.Mean()
}
