package page

import (
	"html/template"
	"math"

	"authsoak/report/chart"
	"authsoak/report/timeline"
	"authsoak/results"
)

// percentileLines are what a chart of times shows, from the lowest up.
var percentileLines = [...]struct {
	name  string
	color chart.Color
	value func(q *timeline.Quantiles) float64
}{
	{"p50", chart.Q1, func(q *timeline.Quantiles) float64 { return q.P50 }},
	{"p90", chart.Q2, func(q *timeline.Quantiles) float64 { return q.P90 }},
	{"p99", chart.Q3, func(q *timeline.Quantiles) float64 { return q.P99 }},
	{"p99.9", chart.Q4, func(q *timeline.Quantiles) float64 { return q.P999 }},
	{"max", chart.Q5, func(q *timeline.Quantiles) float64 { return q.Max }},
}

// times draws one series over time: response time where it has one, and the p99
// of service time beside it.
func (o *overTime) times(st *results.StepSummary) template.HTML {
	name := results.SeriesName{Target: st.Target, Step: st.Step, Request: st.Request, Kind: st.Kind}
	series, _ := name.Series()
	response := series.Kind.HasResponse()
	note := "response time"
	if !response {
		note = "service time"
	}
	var lines []chart.Series
	if o.Times != nil {
		lines = o.exact(series, response)
	} else {
		lines = o.bySecond(name, response)
	}
	p := o.plot("times-"+series.Name(), series.Name(), note, chart.Milliseconds, lines...)
	p.Y.Scale, p.Height = chart.Log, 170
	return p.Figure()
}

// exact are lines from histograms.
func (o *overTime) exact(s results.Series, response bool) []chart.Series {
	points := o.phases(s, response)
	xs := o.middles(len(points))
	var lines []chart.Series
	for _, l := range percentileLines {
		lines = append(lines, chart.Series{Name: l.name, Color: l.color, X: xs, Y: values(points, l.value)})
	}
	if response {
		service := o.phases(s, false)
		ys := values(service, func(q *timeline.Quantiles) float64 { return q.P99 })
		if len(ys) == len(xs) {
			lines = append(lines, chart.Series{Name: "service p99", Color: chart.Q3, Dash: true, X: xs, Y: ys})
		}
	}
	return lines
}

// phases joins the points of all phases: a point of two of them shows the one
// that has more.
func (o *overTime) phases(s results.Series, response bool) []timeline.Quantiles {
	var all []timeline.Quantiles
	for p := range results.Phases {
		for i, q := range o.Times.Over[s.Tag(p, response)] {
			for len(all) <= i {
				all = append(all, timeline.Quantiles{})
			}
			if q.Count > all[i].Count {
				all[i] = q
			}
		}
	}
	return all
}

// middles are the middles of the points of percentiles.
func (o *overTime) middles(n int) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		from := float64(i) * o.Times.Width
		xs[i] = (from + math.Max(math.Min(from+o.Times.Width, o.end), from)) / 2
	}
	return xs
}

func values(points []timeline.Quantiles, value func(q *timeline.Quantiles) float64) []float64 {
	ys := make([]float64, len(points))
	for i := range points {
		if ys[i] = math.NaN(); points[i].Count > 0 {
			ys[i] = value(&points[i])
		}
	}
	return ys
}

// bySecond are lines from the quantiles of seconds.
func (o *overTime) bySecond(name results.SeriesName, response bool) []chart.Series {
	line := func(name string, color chart.Color, points []timeline.Step, value func(p *timeline.Step) float64) chart.Series {
		return chart.Series{Name: name, Color: color, X: o.xs, Y: column(o, points, func(_ float64, p *timeline.Step) float64 {
			if p.Count == 0 {
				return math.NaN()
			}
			return value(p)
		})}
	}
	points := o.Timeline.Steps[name]
	of := func(p *timeline.Step) *results.Quantiles { return &p.Service }
	if response {
		of = func(p *timeline.Step) *results.Quantiles { return &p.Response }
	}
	lines := []chart.Series{
		line("p50", chart.Q1, points, func(p *timeline.Step) float64 { return of(p).P50 }),
		line("p99", chart.Q3, points, func(p *timeline.Step) float64 { return of(p).P99 }),
		line("max", chart.Q5, points, func(p *timeline.Step) float64 { return of(p).Max }),
	}
	if response {
		service := line("service p99", chart.Q3, points, func(p *timeline.Step) float64 { return p.Service.P99 })
		service.Dash = true
		lines = append(lines, service)
	}
	return lines
}

// mostSpectrum is how many points a spectrum has, spread evenly over its axis.
const mostSpectrum = 90

// spectrum draws all percentiles of one series in the hold, service time beside
// response time.
func (st *Story) spectrum(step *results.StepSummary) template.HTML {
	name := results.SeriesName{Target: step.Target, Step: step.Step, Request: step.Request, Kind: step.Kind}
	series, _ := name.Series()
	p := &chart.Plot{
		ID: "spectrum-" + series.Name(), Title: series.Name(), Height: 170,
		X: chart.Axis{Unit: chart.Percentile, Scale: chart.HDR}, Y: chart.Axis{Unit: chart.Milliseconds, Scale: chart.Log},
	}
	if h := st.Hold[series.Tag(results.Hold, true)]; series.Kind.HasResponse() && h.Count() > 0 {
		xs, ys := Spectrum(h, mostSpectrum)
		p.Series = append(p.Series, chart.Series{Name: "response time", Color: chart.C1, X: xs, Y: ys})
	}
	if h := st.Hold[series.Tag(results.Hold, false)]; h.Count() > 0 {
		xs, ys := Spectrum(h, mostSpectrum)
		p.Series = append(p.Series, chart.Series{Name: "service time", Color: chart.C2, Dash: len(p.Series) > 0, X: xs, Y: ys})
	}
	if len(p.Series) == 0 {
		return ""
	}
	return p.Figure()
}

// Spectrum returns the percentiles of a histogram and their times in
// milliseconds, at most n, spread evenly over an axis of [chart.HDR]. The last
// is the maximum, at the percentile that all but half of one time don't exceed.
func Spectrum(h *results.Histogram, n int) (percentiles, times []float64) {
	count := float64(h.Count())
	if count == 0 {
		return nil, nil
	}
	last := math.Log10(2 * count)
	step, next, below := last/float64(n), 0.0, int64(0)
	for bucket, amount := range h.Buckets() {
		value := float64(bucket.Low+bucket.Width-1) / 1e6
		if below += amount; below == h.Count() {
			return append(percentiles, 100*(1-0.5/count)), append(times, value)
		}
		share := float64(below) / count
		if nines := -math.Log10(1 - share); nines >= next {
			percentiles, times = append(percentiles, 100*share), append(times, value)
			next = nines + step
		}
	}
	return percentiles, times
}
