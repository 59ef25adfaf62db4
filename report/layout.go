package report

import (
	"slices"

	"authsoak/results"
)

// figure is a column of numbers beside the bars. It has either a text or a
// value.
type figure struct {
	title string
	wide  int
	// spare orders the figures that a narrow terminal leaves out: the highest
	// goes first; 0 stays.
	spare int
	// roomy figures stand on wide terminals only.
	roomy bool
	// lasting figures still mean something when the run is over.
	lasting bool
	// single figures have no sum over targets.
	single bool
	text   func(t *results.TargetNow, micro string) string
	value  func(t *results.TargetNow) int64
	// alarm colours a value that should be zero and isn't.
	alarm func(ink, string) string
}

var figures = []figure{
	{title: "cycles/s", wide: 8,
		text: func(t *results.TargetNow, _ string) string { return fitRate(t.CyclesPerSec) }},
	{title: "steps/s", wide: 8, spare: 9, roomy: true,
		text: func(t *results.TargetNow, _ string) string { return fitRate(t.StepsPerSec) }},
	{title: "live", wide: 6, spare: 2, lasting: true,
		value: func(t *results.TargetNow) int64 { return t.Sessions.Live }},
	{title: "p50", wide: 7, spare: 4, single: true,
		text: func(t *results.TargetNow, micro string) string { return short(t.P50, micro) }},
	{title: "p99", wide: 7, single: true,
		text: func(t *results.TargetNow, micro string) string { return short(t.P99, micro) }},
	{title: "cycles", wide: 8, spare: 8, roomy: true, lasting: true,
		value: func(t *results.TargetNow) int64 { return t.CyclesDone }},
	{title: "fail", wide: 6, lasting: true, alarm: ink.red,
		value: func(t *results.TargetNow) int64 { return t.Fail }},
	{title: "unknown", wide: 7, spare: 5, lasting: true, alarm: ink.yellow,
		value: func(t *results.TargetNow) int64 { return t.Unknown }},
	{title: "dropped", wide: 7, spare: 1, lasting: true, alarm: ink.yellow,
		value: func(t *results.TargetNow) int64 { return t.Dropped }},
}

// fitRate prints a rate in at most eight columns.
func fitRate(v float64) string {
	if s := perSecond(v); len(s) <= 8 {
		return s
	}
	return tight(int64(v))
}

// Widths of the parts of a line.
const (
	leastBar  = 10 // a smaller bar gives way to numbers
	mostBar   = 60
	leastLive = 6 // the least room for a name
	mostName  = 32
	roomyFrom = 100 // the terminal that has room for roomy figures
)

// plan is the layout of the bars for one width of the terminal.
type plan struct {
	name, bar int
	figures   []*figure
}

// newPlan fits a name, a bar and figures into a line. Where they don't fit
// together, figures go; where too few are left, the bar goes; then the name
// shrinks.
func newPlan(width, name int, ended bool) plan {
	name = min(max(name, leastLive), mostName, max(width/6, 10))
	for _, bar := range []int{leastBar, 0} {
		p := plan{name: name, figures: chosen(width, ended)}
		for p.used()+bar > width && p.drop() {
		}
		if p.used()+bar > width {
			continue
		}
		if bar > 0 {
			p.bar = min(width-p.used(), mostBar)
		}
		return p
	}
	p := plan{name: name}
	for _, f := range chosen(width, ended) {
		if f.spare == 0 && leastLive+p.numbers()+1+f.wide <= width {
			p.figures = append(p.figures, f)
		}
	}
	p.name = max(min(p.name, width-p.numbers()), 0)
	return p
}

// chosen are the figures that belong on a terminal of that width at all.
func chosen(width int, ended bool) []*figure {
	var fs []*figure
	for i := range figures {
		f := &figures[i]
		if (width >= roomyFrom || !f.roomy || ended) && (f.lasting || !ended) {
			fs = append(fs, f)
		}
	}
	return fs
}

// numbers is the width of the figures, each with a blank before it.
func (p *plan) numbers() int {
	n := 0
	for _, f := range p.figures {
		n += 1 + f.wide
	}
	return n
}

// used is the width of all but the bar itself.
func (p *plan) used() int { return p.name + 1 + p.numbers() }

// drop leaves out the figure that matters least, and tells whether there was
// one.
func (p *plan) drop() bool {
	at := -1
	for i, f := range p.figures {
		if f.spare > 0 && (at < 0 || f.spare > p.figures[at].spare) {
			at = i
		}
	}
	if at >= 0 {
		p.figures = slices.Delete(p.figures, at, at+1)
	}
	return at >= 0
}
