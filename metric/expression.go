package metric

import (
	"strconv"
	"strings"
	"time"
)

// Func says what is computed from a metric.
type Func string

// Functions. Rate is completions a second where the path names a step, and the
// share of an outcome or error class where it names one of those.
const (
	P50   Func = "p50"
	P90   Func = "p90"
	P99   Func = "p99"
	P999  Func = "p999"
	Max   Func = "max"
	Mean  Func = "mean"
	Count Func = "count"
	Rate  Func = "rate"
)

var funcs = []Func{P50, P90, P99, P999, Max, Mean, Count, Rate}

// Percentile returns the percentile, in 0..100, that a quantile function asks
// for; ok is false for the functions that are none.
func (f Func) Percentile() (p float64, ok bool) {
	switch f {
	case P50:
		return 50, true
	case P90:
		return 90, true
	case P99:
		return 99, true
	case P999:
		return 99.9, true
	}
	return 0, false
}

// OfTime tells whether the function is one of a distribution of times.
func (f Func) OfTime() bool { return f != Count && f != Rate }

// Op compares an actual value, on the left, with a limit.
type Op string

// Comparisons. An Expression without one only names a metric.
const (
	None         Op = ""
	Less         Op = "<"
	LessEqual    Op = "<="
	Equal        Op = "=="
	GreaterEqual Op = ">="
	Greater      Op = ">"
)

// Expression is one metric, with the limit it is held against where Op isn't
// None. The zero value names nothing; expressions come from [Parse].
type Expression struct {
	Func   Func
	Path   []string // from wide to narrow, never empty
	Op     Op
	Value  float64 // in Unit
	Unit   Unit
	Window time.Duration // sliding window; 0: the whole hold phase
	Stop   bool          // a broken limit ends the run
	Grace  time.Duration // not judged before this much of the hold has passed
}

// Holds tells whether the actual value, in e.Unit, keeps the limit. It is false
// when e has no limit or actual is not a number.
func (e Expression) Holds(actual float64) bool {
	switch e.Op {
	case Less:
		return actual < e.Value
	case LessEqual:
		return actual <= e.Value
	case Equal:
		return actual == e.Value
	case GreaterEqual:
		return actual >= e.Value
	case Greater:
		return actual > e.Value
	}
	return false
}

// Upper tells whether the limit is one from above: smaller values keep it.
func (e Expression) Upper() bool { return e.Op == Less || e.Op == LessEqual }

// Metric returns the expression without its limit: p99(octane.login).
func (e Expression) Metric() string {
	return string(e.Func) + "(" + strings.Join(e.Path, ".") + ")"
}

// String returns the canonical text, which [Parse] or [ParseMetric] reads back
// as an equal expression.
func (e Expression) String() string {
	var b strings.Builder
	b.WriteString(e.Metric())
	if e.Op == None {
		return b.String()
	}
	b.WriteString(" " + string(e.Op) + " " + number(e.Value) + string(e.Unit))
	if e.Window > 0 {
		b.WriteString(" over " + duration(e.Window))
	}
	if e.Stop {
		b.WriteString(" stop")
	}
	if e.Grace > 0 {
		b.WriteString(" after " + duration(e.Grace))
	}
	return b.String()
}

// number writes no exponent, so that the text stays one the grammar reads.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// duration drops the empty parts that time.Duration.String writes: 10m, not
// 10m0s.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
