package knee

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"authsoak/report"
	"authsoak/report/chart"
	"authsoak/results"
	"authsoak/stats"
)

//go:embed page.tmpl
var source string

var page = template.Must(template.New("knee").Parse(source))

// view is what the template shows.
type view struct {
	*results.CapacityResult
	CSS     template.CSS
	Script  template.JS
	Word    string
	Facts   []fact
	Charts  []template.HTML
	NoCurve string
	Done    string // what is counted a second: cycles, or steps of held sessions
	Rows    []row
}

type fact struct{ Name, Text, Class string }

type row struct {
	*results.CapacityStep
	Level, Class, Rate, Busy, Live string
}

// Write writes the page of a search. The error is w's.
func Write(w io.Writer, r *results.CapacityResult) error {
	v := view{CapacityResult: r, CSS: template.CSS(chart.CSS), Script: template.JS(chart.Script), Word: strings.ToUpper(string(r.Verdict)),
		Facts: facts(r), NoCurve: r.USL.Refused}
	_, v.Done = report.CurveWords(r.Axis)
	if r.Verdict == results.Pass {
		v.Word = "CAPACITY"
	}
	if len(r.Steps) > 0 {
		v.Charts = append(v.Charts, margins(r))
	}
	if r.USL.Gamma != nil {
		v.Charts = append(v.Charts, curve(&r.USL, r.Axis), residuals(&r.USL))
	}
	for i := range r.Steps {
		s := &r.Steps[i]
		rate := s.RatePerS
		if r.Axis == results.SessionsAxis {
			rate = s.StepsPerS
		}
		v.Rows = append(v.Rows, row{CapacityStep: s, Level: level(s.Level, r.Axis), Class: classOf(s), Rate: fmt.Sprintf("%.4g", rate),
			Busy: report.Busy(s.Concurrency), Live: fmt.Sprintf("%.0f", s.Sessions)})
	}
	return page.Execute(w, v)
}

func level(v float64, axis string) string {
	if axis == results.SessionsAxis {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g/s", v)
}

func classOf(s *results.CapacityStep) string {
	switch s.Verdict {
	case string(results.Pass):
		return "good"
	case string(results.Failed):
		return "bad"
	}
	return "warn"
}

// facts are the lines of the answer, as the terminal has them.
func facts(r *results.CapacityResult) (out []fact) {
	for _, l := range report.CapacityFacts(r) {
		out = append(out, fact{Name: l.Name, Text: l.Text})
	}
	for _, f := range r.Findings {
		out = append(out, fact{"note", f, "warn"})
	}
	for _, l := range r.Left {
		out = append(out, fact{"left open", fmt.Sprintf("%d sessions by step %d, in %s", l.Sessions, l.Step, l.Folder), "bad"})
	}
	return out
}

// curve draws the Universal Scalability Law through its points.
func curve(c *results.CapacityCurve, axis string) template.HTML {
	over, done := report.CurveWords(axis)
	var points [][2]float64
	var most float64
	for _, q := range c.Points {
		points = append(points, [2]float64{q.Concurrency, q.RatePerS})
		most = max(most, q.Concurrency)
	}
	fit := stats.Scalability{Most: most}
	fit.Gamma.Value, fit.Alpha.Value, fit.Beta.Value = c.Gamma.Value, c.Alpha.Value, c.Beta.Value
	line := chart.Series{Name: "Universal Scalability Law", Color: chart.C1}
	const parts = 120
	for i := range parts + 1 {
		n := most * float64(i) / parts
		if x, err := fit.At(n); err == nil && n > 0 {
			line.X, line.Y = append(line.X, n), append(line.Y, x)
		}
	}
	p := chart.Plot{ID: "scalability", X: roomy(chart.Linear, 0, most), Title: "What gets done: " + done + " per second over " + over,
		Note:   fmt.Sprintf("γ = %.4g/s, α = %.3g, β = %.3g; drawn as far as was measured.", c.Gamma.Value, c.Alpha.Value, c.Beta.Value),
		Series: []chart.Series{line, dots("steps", chart.C2, points)}}
	return p.Figure()
}

func residuals(c *results.CapacityCurve) template.HTML {
	var points [][2]float64
	low, high, most := 0.0, 0.0, 0.0
	for _, q := range c.Points {
		points = append(points, [2]float64{q.Concurrency, q.Residual})
		low, high, most = min(low, q.Residual), max(high, q.Residual), max(most, q.Concurrency)
	}
	p := chart.Plot{ID: "residuals", Title: "Residuals: steps less the curve, per second", Height: 120, X: roomy(chart.Linear, 0, most),
		Y: chart.Axis{Min: 1.1 * low, Max: 1.1*high + 1e-9, Fixed: true}, Marks: []chart.Mark{{At: 0, Text: "the curve"}},
		Series: []chart.Series{dots("residual", chart.C2, points)}}
	return p.Figure()
}
