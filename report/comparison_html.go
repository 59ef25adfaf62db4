package report

import (
	"bytes"
	_ "embed" // the page
	"html/template"
	"time"

	"authsoak/report/chart"
	"authsoak/results"
)

//go:embed comparison.tmpl
var comparisonPage string

var comparisonTemplate = template.Must(template.New("comparison").Funcs(template.FuncMap{
	"word": compareWord, "headline": compareHeadline, "method": compareMethod, "value": compareValue, "changed": changed,
	"interval": func(m results.ComparedMetric) string { return interval(&m) }, "probability": probability, "magnitude": magnitude, "rounds": moreRounds, "notes": compareNotes, "started": startedAt,
	"unfound": func(m results.ComparedMetric) string { return unfound(&m) },
}).Parse(comparisonPage))

// comparisonView is what the page shows.
type comparisonView struct {
	*results.Comparison
	CSS    template.CSS
	Script template.JS
	Charts []template.HTML
	Sides  []comparisonSide
}

// comparisonSide is one side of a comparison.
type comparisonSide struct {
	Name    string
	Targets []string
	Runs    []results.ComparedRun
}

// sidesOf are the base and the new side.
func sidesOf(c *results.Comparison) []comparisonSide {
	out := []comparisonSide{{Name: "base", Runs: c.Base}, {Name: "new", Runs: c.New}}
	for i := range out {
		if len(out[i].Runs) > 0 {
			out[i].Targets = out[i].Runs[0].Targets
		}
	}
	return out
}

// startedAt is a time of RFC 3339 to the second.
func startedAt(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// ComparisonHTML returns a comparison as one HTML page that needs nothing else:
// the answer, the metrics, and for each step the percentiles of both sides in one
// chart.
func ComparisonHTML(c *results.Comparison) []byte {
	view := comparisonView{Comparison: c, CSS: template.CSS(chart.CSS), Script: template.JS(chart.Script), Sides: sidesOf(c)}
	for i := range c.Spectra {
		view.Charts = append(view.Charts, spectrum(&c.Spectra[i]))
	}
	var b bytes.Buffer
	if err := comparisonTemplate.Execute(&b, view); err != nil {
		panic(err) // the template and its values are both ours
	}
	return b.Bytes()
}

// spectrum draws the percentiles of a step on both sides over each other.
func spectrum(s *results.Spectrum) template.HTML {
	base := chart.Series{Name: "base", Color: chart.C1, Dash: true}
	next := chart.Series{Name: "new", Color: chart.C2}
	for _, p := range s.Points {
		base.X, base.Y = append(base.X, p.Percentile), append(base.Y, p.Base)
		next.X, next.Y = append(next.X, p.Percentile), append(next.Y, p.New)
	}
	plot := chart.Plot{
		ID: "spectrum-" + s.Target + "-" + s.Step, Title: s.Target + "." + s.Step,
		Note:   "response time by percentile, all runs of a side together",
		X:      chart.Axis{Unit: chart.Percentile, Scale: chart.HDR},
		Y:      chart.Axis{Unit: chart.Milliseconds, Scale: chart.Log},
		Series: []chart.Series{base, next},
	}
	return plot.Figure()
}
