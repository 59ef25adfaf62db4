package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"authsoak/results"
)

// mostErrors is how many classes of errors a text shows; the others are counted
// in one line.
const mostErrors = 10

// meaning says what the times of the table are. What a number includes belongs
// beside it.
const meaning = "Response time runs from the intended start of a step to the last byte of " +
	"its answer: waiting for a worker counts, and so do connect and TLS where the step had to " +
	"open the connection. Only the hold phase counts."

// stepColumns are the columns of the table of steps; which stay on a narrow
// screen, their spare tells.
var stepColumns = []column{
	{title: "", left: true}, {title: "count"}, {title: "ok", derived: true}, {title: "fail"},
	{title: "unkn"}, {title: "rate/s", spare: 5}, {title: "p50"}, {title: "p90", spare: 7},
	{title: "p99"}, {title: "p999", spare: 6}, {title: "max", spare: 4}, {title: "svc p99", spare: 3},
}

// Indices of the columns that stand only where they say something.
const (
	unknownColumn = 4
	serviceColumn = 11
)

// steps writes the table of times, grouped by target.
func (p *page) steps(s *results.Summary) {
	p.heading("Steps: response time in ms")
	if len(s.Steps) == 0 {
		p.prose("  ", "Nothing was measured in the hold phase.", p.yellow)
		return
	}
	service, unknown, bare := false, false, false
	for i := range s.Steps {
		st := &s.Steps[i]
		service = service || differs(st)
		unknown = unknown || st.Unknown > 0
		bare = bare || p.shows(st) && st.Response == nil
	}
	hide := make([]bool, len(stepColumns))
	hide[unknownColumn], hide[serviceColumn] = !unknown, !service
	t := &table{}
	for i, c := range stepColumns {
		if !hide[i] {
			t.columns = append(t.columns, c)
		}
	}
	for _, group := range p.grouped(s) {
		t.across(group.title, p.bold)
		for _, st := range group.steps {
			t.add(visible(p.stepCells(st), hide)...)
		}
	}
	gone := t.print(p, "  ")
	p.stepNotes(gone, bare, service)
}

func visible(cells []cell, hide []bool) []cell {
	var out []cell
	for i, c := range cells {
		if !hide[i] {
			out = append(out, c)
		}
	}
	return out
}

func (p *page) stepNotes(gone []string, bare, service bool) {
	text := meaning
	if bare {
		text += " Rows in brackets are parts of a step; they show service time, from their actual start."
	}
	if service {
		text += " svc p99 is the p99 of service time: where it is lower, users waited to start."
	}
	if p.opt.Compact {
		text += " Parts of steps are left out here; summary.json has them."
	}
	if len(gone) > 0 {
		text += " " + noRoom(gone)
	}
	p.prose("  ", text, p.dim)
}

func noRoom(titles []string) string {
	return "No room for " + strings.Join(titles, ", ") + " at this width."
}

// differs tells whether service and response time tell different stories: the
// tails are 5 % and 0.05 ms apart, more than the histogram's own coarseness.
func differs(st *results.StepSummary) bool {
	if st.Response == nil || st.Count == 0 {
		return false
	}
	d := st.Response.P99 - st.Service.P99
	return d > 0.05 && d > 0.05*st.Service.P99
}

// stepGroup is the part of the table that belongs to one target.
type stepGroup struct {
	title string
	steps []*results.StepSummary
}

// grouped sorts the series by target, in the order of the targets, and inside
// one by kind.
func (p *page) grouped(s *results.Summary) []stepGroup {
	var groups []stepGroup
	at := make(map[string]int)
	for i := range s.Targets {
		t := &s.Targets[i]
		at[t.Name] = len(groups)
		groups = append(groups, stepGroup{title: clean(t.Name) + "  " + targetCycles(t.Cycles)})
	}
	for i := range s.Steps {
		st := &s.Steps[i]
		if !p.shows(st) {
			continue
		}
		g, ok := at[st.Target]
		if !ok {
			g = len(groups)
			at[st.Target] = g
			groups = append(groups, stepGroup{title: clean(st.Target)})
		}
		groups[g].steps = append(groups[g].steps, st)
	}
	for i := range groups {
		slices.SortStableFunc(groups[i].steps, func(a, b *results.StepSummary) int {
			return cmp.Compare(rank(a.Kind), rank(b.Kind))
		})
	}
	return groups
}

func (p *page) shows(st *results.StepSummary) bool { return !p.opt.Compact || !isPart(st.Kind) }

func isPart(kind string) bool { return kind != "step" && kind != "cycle" && kind != "" }

// rank puts the cycle under its steps, and what the network cost below both.
func rank(kind string) int {
	return slices.Index([]string{"cycle", "connect", "tls"}, kind)
}

func targetCycles(c results.CycleCounts) string {
	text := count(c.Planned) + " cycles: " + outcomes(c.OK, c.Fail, c.Unknown)
	if c.Interrupted > 0 {
		text += ", " + count(c.Interrupted) + " cut short"
	}
	if c.Dropped > 0 {
		text += ", " + count(c.Dropped) + " dropped"
	}
	return text
}

// stepCells are the cells of one row, one for each of stepColumns.
func (p *page) stepCells(st *results.StepSummary) []cell {
	times, service := st.Service, cell{text: none}
	if st.Response != nil {
		times = *st.Response
	}
	if st.Response != nil && st.Count > 0 {
		service = cell{text: bareMillis(st.Service.P99)}
		if differs(st) {
			service.paint = p.yellow
		}
	}
	cells := []cell{
		{text: stepName(st)}, {text: count(st.Count)}, {text: count(st.OK)},
		p.alarm(st.Fail, p.red), p.alarm(st.Unknown, p.yellow), {text: perSecond(st.RatePerS)},
	}
	for _, v := range []float64{times.P50, times.P90, times.P99, times.P999, times.Max} {
		if st.Count == 0 {
			v = math.NaN()
		}
		cells = append(cells, cell{text: bareMillis(v)})
	}
	return append(cells, service)
}

// alarm colours a number that should be zero and isn't.
func (p *page) alarm(n int64, paint func(string) string) cell {
	c := cell{text: count(n)}
	if n > 0 {
		c.paint = paint
	}
	return c
}

func stepName(st *results.StepSummary) string {
	name := clean(st.Step)
	if st.Request != "" {
		name = clean(st.Request)
	}
	if isPart(st.Kind) {
		return "  (" + name + ")"
	}
	return "  " + name
}

// failure is an error class of one step.
type failure struct {
	step *results.StepSummary
	results.ErrorCount
}

// errors writes the classes of errors, the most frequent first.
func (p *page) errors(s *results.Summary) {
	all := failures(s)
	if len(all) == 0 {
		return
	}
	p.heading("Errors")
	rest := all[min(len(all), mostErrors):]
	t := &table{columns: []column{
		{title: "step", left: true}, {title: "class", left: true}, {title: "count"}, {title: "share"},
	}}
	for _, f := range all[:len(all)-len(rest)] {
		share := float64(f.Count) / float64(max(f.step.Count, 1))
		t.add(cell{text: place(f.step)}, cell{text: clean(f.Class), paint: p.red},
			cell{text: count(f.Count)}, cell{text: percent(share)})
		if f.Example != "" && !p.opt.Compact {
			t.across("  "+clean(f.Example), p.dim)
		}
	}
	t.print(p, "  ")
	if p.opt.Folder != "" {
		p.prose("  ", "samples.jsonl in the run folder holds the first of each class in full", p.dim)
	}
	if len(rest) > 0 {
		n := int64(0)
		for _, f := range rest {
			n += f.Count
		}
		p.prose("  ", "and "+plural(int64(len(rest)), "more class", "more classes")+" with "+
			plural(n, "error", "errors")+"; summary.json has them all", nil)
	}
}

// failures gathers the errors of steps. Those of a part are left out when its
// step tells of the same class: they are the same errors.
func failures(s *results.Summary) []failure {
	type key struct{ target, class string }
	told := make(map[key]bool)
	var all []failure
	for _, parts := range []bool{false, true} {
		for i := range s.Steps {
			st := &s.Steps[i]
			if (st.Kind != "step") != parts {
				continue
			}
			for _, e := range st.Errors {
				k := key{st.Target, e.Class}
				if parts && told[k] {
					continue
				}
				told[k] = told[k] || !parts
				all = append(all, failure{st, e})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b failure) int { return cmp.Compare(b.Count, a.Count) })
	return all
}

// place names a series as thresholds do.
func place(st *results.StepSummary) string {
	name := clean(st.Target) + "." + clean(st.Step)
	if st.Request != "" {
		name += "." + clean(st.Request)
	}
	return name
}
