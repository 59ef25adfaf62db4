package results

import (
	"errors"
	"fmt"
	"math"
	"time"

	"authsoak/metric"
)

// Threshold is a limit that a run is held to in its hold phase: as a whole at
// the end, or, with a Window, over every full window of that length (seen once a
// second, or once in a 120th of the window where that is longer). Stop ends the
// run when the limit breaks: without a Window, when the hold so far breaks it.
// Grace is the beginning of the hold in which a Window may not begin and, without
// one, nothing is judged.
type Threshold struct {
	Expr   metric.Expression
	Window time.Duration
	Stop   bool
	Grace  time.Duration
}

// NewThreshold takes window, stop and grace from the expression.
func NewThreshold(e metric.Expression) Threshold {
	return Threshold{Expr: e, Window: e.Window, Stop: e.Stop, Grace: e.Grace}
}

// ParseThreshold reads a threshold in the grammar of package metric.
func ParseThreshold(s string) (Threshold, error) {
	e, err := metric.Parse(s)
	return NewThreshold(e), err
}

// String returns the expression with the threshold's own window, stop and grace.
func (t Threshold) String() string { return t.expression().String() }

func (t Threshold) expression() metric.Expression {
	e := t.Expr
	e.Window, e.Stop, e.Grace = t.Window, t.Stop, t.Grace
	return e
}

// judge follows one threshold through the hold.
type judge struct {
	Threshold
	probe   probe
	held    float64 // seconds of hold seen
	broken  bool
	stopped bool
	judged  bool    // at least once
	worst   float64 // of the windows, or the last value
	sum     amount  // scratch

	// slots hold the recent past of a window, the oldest first; the last is
	// being filled.
	slots   []amount
	slotLen float64
}

// newJudges resolves the thresholds; the error holds every problem.
func newJudges(series []Series, targets []string, thresholds []Threshold) ([]*judge, error) {
	var judges []*judge
	var problems []error
	for _, t := range thresholds {
		e := t.expression()
		p, err := resolve(series, targets, e)
		if err == nil && e.Op == metric.None {
			err = fmt.Errorf("metric %s: a threshold needs a limit, such as %s < 500ms", e, e)
		}
		problems = append(problems, err)
		judges = append(judges, &judge{Threshold: t, probe: p, slotLen: math.Max(1, t.Window.Seconds()/120)})
	}
	return judges, errors.Join(problems...)
}

// tick takes what the interval brought to the hold, and the hold so far in one
// or several parts; it returns true when the threshold breaks for the first time
// and stops the run.
func (j *judge) tick(interval *totals, hold ...*totals) (stop bool) {
	j.held += interval.seconds
	was := j.broken
	switch {
	case j.Window > 0:
		j.slide(interval)
	case j.Stop && j.held > j.Grace.Seconds():
		j.sum.reset()
		for _, part := range hold {
			j.probe.gather(part, &j.sum)
		}
		j.see(&j.sum)
	}
	if j.Stop && j.broken && !was {
		j.stopped = true
	}
	return j.stopped && !was
}

// slide moves the window on by the interval and judges it once it is full.
func (j *judge) slide(interval *totals) {
	if j.held-interval.seconds < j.Grace.Seconds()-0.01 {
		return
	}
	switch n := len(j.slots); {
	case n > 0 && j.slots[n-1].seconds < j.slotLen*0.99:
	case n < cap(j.slots):
		j.slots = j.slots[:n+1] // empty, or one that has been reset
	default:
		j.slots = append(j.slots, amount{})
	}
	current := &j.slots[len(j.slots)-1]
	j.probe.gather(interval, current)
	if current.seconds < j.slotLen*0.99 {
		return
	}
	window := j.Window.Seconds() * 0.99 // ticks are never to the nanosecond
	var seconds float64
	for i := range j.slots {
		seconds += j.slots[i].seconds
	}
	for seconds-j.slots[0].seconds >= window {
		seconds -= j.slots[0].seconds
		oldest := j.slots[0]
		oldest.reset() // its pages serve the newest slot
		copy(j.slots, j.slots[1:])
		j.slots[len(j.slots)-1] = oldest
		j.slots = j.slots[:len(j.slots)-1]
	}
	if seconds < window {
		return
	}
	j.sum.reset()
	for i := range j.slots {
		j.sum.add(&j.slots[i])
	}
	j.see(&j.sum)
}

// see judges one value. Of several, the one that breaks the limit most is kept.
func (j *judge) see(sum *amount) {
	v, ok := j.probe.value(sum)
	if !ok {
		return
	}
	e := j.probe.expr
	holds := e.Holds(v)
	worse := !j.judged || j.Window == 0 || e.Upper() && v > j.worst || !e.Upper() && v < j.worst
	if e.Op == metric.Equal {
		worse = !j.judged || !holds && !j.broken
	}
	if worse {
		j.worst = v
	}
	j.judged = true
	j.broken = j.broken && j.Window > 0 || !holds || j.stopped
}

// sofar is the result if the run ended now. The judgement goes on as if nobody
// had asked.
func (j *judge) sofar(hold ...*totals) ThresholdResult {
	twin := *j
	r := twin.result(hold...)
	j.sum = twin.sum // scratch: its pages are not made again each second
	return r
}

// result closes the judgement with the whole hold, in one or several parts.
func (j *judge) result(hold ...*totals) ThresholdResult {
	if j.Window == 0 && !j.stopped {
		j.judged = false
		j.sum.reset()
		for _, part := range hold {
			j.probe.gather(part, &j.sum)
		}
		j.see(&j.sum)
	}
	r := ThresholdResult{
		Expression: j.String(), Actual: round6(j.worst), Pass: j.judged && !j.broken,
		NoData: !j.judged, Stopped: j.stopped,
	}
	r.ActualText = actualText(j.probe.unit(), r.Actual)
	if r.NoData {
		r.ActualText = "nothing was measured"
		if j.Window > 0 {
			r.ActualText = fmt.Sprintf("no full window of %s in the hold", j.Window)
		}
	}
	return r
}

// round6 keeps six significant digits: more than the histograms have.
func round6(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(v))))
	if math.Abs(v) >= 1e6 {
		return math.Round(v)
	}
	return math.Round(v*scale) / scale
}

// actualText writes a value for people: a time in the unit that suits its size,
// whatever the unit of the threshold.
func actualText(unit metric.Unit, v float64) string {
	if !unit.OfTime() || v <= 0 {
		return unit.Text(v)
	}
	seconds := v * unit.Base()
	switch {
	case seconds < 1e-3:
		return metric.Microseconds.Text(metric.Microseconds.From(seconds))
	case seconds < 1:
		return metric.Milliseconds.Text(metric.Milliseconds.From(seconds))
	case seconds < 60:
		return metric.Seconds.Text(seconds)
	}
	return unit.Text(v)
}
