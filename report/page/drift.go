package page

import (
	"html/template"
	"math"

	"authsoak/report"
	"authsoak/report/chart"
	"authsoak/results"
	"authsoak/stats"
)

// Drift is what became of the run's series; nil where the run was too short to
// ask, or goes on.
func (v *view) Drift() *results.Drift {
	d := v.Summary.Drift
	if d == nil || d.Verdict == results.DriftShort && len(d.Notes) == 0 {
		return nil
	}
	copied := *d
	copied.Series = nil
	for _, m := range []stats.Motion{stats.Rises, stats.Falls, stats.Unclear, stats.Settling, stats.Steady, stats.Short} {
		for _, s := range d.Series {
			if s.Motion == m {
				copied.Series = append(copied.Series, s)
			}
		}
	}
	return &copied
}

// mostDriftCharts is how many series have a chart of their drift.
const mostDriftCharts = 12

// DriftCharts draws the series that move, each with its slope through the
// stretch that was judged.
func (v *view) DriftCharts() (out []template.HTML) {
	for _, s := range v.Drift().Series {
		if (s.Motion != stats.Rises && s.Motion != stats.Falls) || len(s.Points) == 0 || len(out) == mostDriftCharts {
			continue
		}
		line := chart.Series{Name: "points", Color: chart.C1}
		slope := chart.Series{Name: "slope", Color: chart.Bad, Dash: true}
		middle, scale := (s.FromS+s.ToS)/2, 1.0
		if s.Unit == "%" {
			scale = 0.01
		}
		for _, p := range s.Points {
			line.X, line.Y = append(line.X, p.AtS), append(line.Y, p.Value*scale)
			y := math.NaN()
			if p.AtS >= s.FromS && p.AtS <= s.ToS {
				y = (s.Level + s.PerHour*(p.AtS-middle)/3600) * scale
			}
			slope.X, slope.Y = append(slope.X, p.AtS), append(slope.Y, y)
		}
		p := chart.Plot{ID: "drift-" + report.DriftName(&s), Title: report.DriftName(&s), Note: report.DriftSlope(&s) + " an hour",
			X: chart.Axis{Unit: chart.Clock}, Y: chart.Axis{Unit: driftUnits[s.Unit]}, Series: []chart.Series{line, slope}}
		out = append(out, p.Figure())
	}
	return out
}

var driftUnits = map[string]chart.Unit{"ms": chart.Milliseconds, "bytes": chart.Bytes, "%": chart.Share}
