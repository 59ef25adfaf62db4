package page

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"math"
	"slices"

	"authsoak/report"
	"authsoak/report/chart"
	"authsoak/report/timeline"
	"authsoak/results"
)

// overTime draws the charts of one story; x axis and bands are shared by all.
type overTime struct {
	*Story
	xs    []float64 // middles of the timeline's points
	ends  []float64
	bands []chart.Band
	end   float64
}

func newOverTime(st *Story) *overTime {
	o := &overTime{Story: st}
	t := st.Timeline
	n := len(t.Runs)
	for i := range n {
		end := math.Min(float64(i+1)*t.Width, math.Max(t.Elapsed(), t.Width))
		o.ends = append(o.ends, end)
		o.xs = append(o.xs, (float64(i)*t.Width+end)/2)
	}
	o.end = t.Elapsed()
	if st.Live != nil {
		o.end = math.Max(o.end, 10)
	}
	for _, p := range t.Phases {
		if p.Text != results.Hold.String() {
			o.bands = append(o.bands, chart.Band{From: p.From, To: p.To, Kind: chart.Aside, Text: phaseText(p.Text)})
		}
	}
	for _, p := range t.Tainted {
		o.bands = append(o.bands, chart.Band{From: p.From, To: p.To, Kind: chart.Tainted, Text: "generator was the limit: " + p.Text})
	}
	return o
}

func phaseText(phase string) string {
	switch phase {
	case results.Warmup.String():
		return "warm-up, not judged"
	case results.Drain.String():
		return "drain: logging everybody out, not judged"
	}
	return phase
}

// plot is a chart over the whole run.
func (o *overTime) plot(id, title, note string, unit chart.Unit, series ...chart.Series) *chart.Plot {
	return &chart.Plot{
		ID: id, Title: title, Note: note, Bands: o.bands, Series: series,
		X: chart.Axis{Unit: chart.Clock, Fixed: true, Max: o.end}, Y: chart.Axis{Unit: unit},
	}
}

// leastPoint is the share of a point's width that the last one must have: a rate
// of the milliseconds in which a run ends is none.
const leastPoint = 0.1

// column makes a line of one value of each point that was measured.
func column[T any](o *overTime, points []T, value func(seconds float64, p *T) float64) []float64 {
	ys := make([]float64, len(o.xs))
	for i := range ys {
		ys[i] = math.NaN()
		if seconds := o.Timeline.Runs[i].Seconds; seconds > 0 && (i == 0 || i < len(ys)-1 || seconds >= leastPoint*o.Timeline.Width) {
			var p T
			if i < len(points) {
				p = points[i]
			}
			ys[i] = value(seconds, &p)
		}
	}
	return ys
}

// runs is a line of the run as a whole.
func (o *overTime) runs(value func(p *timeline.Run) float64) []float64 {
	return column(o, o.Timeline.Runs, func(_ float64, p *timeline.Run) float64 { return value(p) })
}

// targets lists the names in the order of the summary.
func (o *overTime) targets() []string {
	var names []string
	for i := range o.Summary.Targets {
		names = append(names, o.Summary.Targets[i].Name)
	}
	return names
}

// total adds up the points of several targets.
func (o *overTime) total(names ...string) (cycles []timeline.Target, ended []timeline.Step) {
	cycles, ended = make([]timeline.Target, len(o.xs)), make([]timeline.Step, len(o.xs))
	for _, name := range names {
		for i, p := range o.Timeline.Targets[name] {
			if i < len(cycles) {
				cycles[i].Planned += p.Planned
				cycles[i].Completed += p.Completed
				cycles[i].Dropped += p.Dropped
				cycles[i].Opened += p.Opened
				cycles[i].Live += p.Live
				cycles[i].MaxLive += p.MaxLive
			}
		}
		for i, p := range o.Timeline.Steps[results.SeriesName{Target: name, Step: "cycle", Kind: results.CycleSeries.String()}] {
			if i < len(ended) {
				ended[i].Count += p.Count
				ended[i].OK += p.OK
			}
		}
	}
	return cycles, ended
}

// throughput draws what was planned, what was completed, and what was completed
// and correct.
func (o *overTime) throughput(id, title string, names ...string) template.HTML {
	cycles, ended := o.total(names...)
	rate := func(pick func(p *timeline.Target) int64) []float64 {
		return column(o, cycles, func(s float64, p *timeline.Target) float64 { return float64(pick(p)) / s })
	}
	series := []chart.Series{
		{Name: "planned", Color: chart.Planned, Dash: true, X: o.xs, Y: o.planned(cycles, names)},
		{Name: "completed", Color: chart.C1, X: o.xs, Y: rate(func(p *timeline.Target) int64 { return p.Completed })},
		{Name: "completed and correct", Color: chart.Good, X: o.xs,
			Y: column(o, ended, func(s float64, p *timeline.Step) float64 { return float64(p.OK) / s })},
	}
	if slices.ContainsFunc(cycles, func(p timeline.Target) bool { return p.Dropped > 0 }) {
		series = append(series, chart.Series{Name: "dropped", Color: chart.Bad, X: o.xs, Y: rate(func(p *timeline.Target) int64 { return p.Dropped })})
	}
	if o.Summary.Model != "open" {
		series = series[1:] // nothing is planned by the second
	}
	return o.plot(id, title, "cycles a second", chart.PerSecond, series...).Figure()
}

// planned is the rate of arrivals in the plan: the targets' part of it. The plan
// of recorded times has none, and what counts then is when they were taken up.
func (o *overTime) planned(cycles []timeline.Target, names []string) []float64 {
	share := o.share(names)
	rates := o.runs(func(p *timeline.Run) float64 { return p.PlannedPerSec * share })
	if !slices.ContainsFunc(rates, func(v float64) bool { return v > 0 }) {
		return column(o, cycles, func(s float64, p *timeline.Target) float64 { return float64(p.Planned) / s })
	}
	return rates
}

// share is the targets' part of all cycles planned.
func (o *overTime) share(names []string) float64 {
	some := int64(0)
	for _, t := range o.Summary.Targets {
		if slices.Contains(names, t.Name) {
			some += t.Cycles.Planned
		}
	}
	if len(names) == len(o.Summary.Targets) || o.Summary.Cycles.Planned == 0 {
		return 1
	}
	return float64(some) / float64(o.Summary.Cycles.Planned)
}

// sessions draws the live sessions against the plan and Little's law.
func (o *overTime) sessions() template.HTML {
	cycles, _ := o.total(o.targets()...)
	series := []chart.Series{{Name: "held", Color: chart.C1, X: o.xs,
		Y: column(o, cycles, func(_ float64, p *timeline.Target) float64 { return float64(p.MaxLive) })}}
	if planned := o.runs(func(p *timeline.Run) float64 { return p.PlannedUsers }); slices.ContainsFunc(planned, func(v float64) bool { return v > 0 }) {
		name := "planned sessions"
		if o.Summary.Model == "closed" {
			name = "planned users"
		}
		series = append(series, chart.Series{Name: name, Color: chart.Planned, Dash: true, Shape: chart.Step, X: o.xs, Y: planned})
	}
	if ys, ok := o.little(); ok {
		series = append(series, chart.Series{Name: "by Little's law", Color: chart.C2, X: o.xs, Y: ys})
	}
	return o.plot("live-sessions", "Live sessions", "held: the ledger at the end of each second; by Little's law: sessions opened a second × their mean length", chart.Plain, series...).Figure()
}

// little estimates the live sessions of each point by N = λ·W (Little, 1961): λ
// from the sessions opened in about the W before it, W from the means of the
// hold: a session lives from the answer to its login to the end of its cycle.
func (o *overTime) little() (sum []float64, ok bool) {
	sum = make([]float64, len(o.xs))
	for _, target := range o.Summary.Targets {
		cycle, login := o.mean(target.Name, "cycle"), o.mean(target.Name, "login")
		if cycle == 0 {
			continue
		}
		ok = true
		length := math.Max(cycle-login, 0) / 1e9
		points := o.Timeline.Targets[target.Name]
		for i := range sum {
			opened, seconds := int64(0), 0.0
			for j := i; j >= 0 && (seconds < length || i-j < 5); j-- {
				if j < len(points) {
					opened += points[j].Opened
				}
				seconds += o.Timeline.Runs[j].Seconds
			}
			if seconds > 0 {
				sum[i] += float64(opened) / seconds * length
			}
		}
	}
	return sum, ok
}

// mean is that of a step's service time in the hold, in nanoseconds; 0: there was
// none.
func (o *overTime) mean(target, step string) float64 {
	s := results.Series{Target: target, Step: step}
	return o.Hold[s.Tag(results.Hold, false)].Mean()
}

// errors draws the classes on top of each other, the most frequent first.
func (o *overTime) errors() template.HTML {
	classes := slices.SortedFunc(maps.Keys(o.Timeline.Errors), func(a, b string) int {
		return cmp.Or(cmp.Compare(sum(o.Timeline.Errors[b]), sum(o.Timeline.Errors[a])), cmp.Compare(a, b))
	})
	if len(classes) == 0 {
		return ""
	}
	rate := func(counts []int64) []float64 {
		return column(o, counts, func(s float64, n *int64) float64 { return float64(*n) / s })
	}
	var series []chart.Series
	var rest []int64
	for i, class := range classes {
		if i < 7 {
			series = append(series, chart.Series{Name: class, Shape: chart.Stack, X: o.xs, Y: rate(o.Timeline.Errors[class])})
			continue
		}
		for j, n := range o.Timeline.Errors[class] {
			for len(rest) <= j {
				rest = append(rest, 0)
			}
			rest[j] += n
		}
	}
	if rest != nil {
		series = append(series, chart.Series{Name: "other", Color: chart.C8, Shape: chart.Stack, X: o.xs, Y: rate(rest)})
	}
	return o.plot("errors-over-time", "Errors by class", "steps a second that failed or whose outcome is unknown", chart.PerSecond, series...).Figure()
}

func sum(counts []int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// resolution says what a point of the charts over time is.
func (o *overTime) resolution() string {
	text := fmt.Sprintf("A point of counts and levels is %s", report.Span(o.Timeline.Width))
	if o.Times != nil {
		return text + fmt.Sprintf("; one of percentiles is %s, taken from whole histograms. The highest value of each stretch is kept.", report.Span(o.Times.Width))
	}
	return text + "; of percentiles and levels the highest second in it is shown."
}
