package page

import (
	"html/template"
	"math"

	"authsoak/report/chart"
	"authsoak/report/timeline"
)

// generator draws what the harness measured of itself.
func (o *overTime) generator() []template.HTML {
	line := func(name string, color chart.Color, value func(p *timeline.Run) float64) chart.Series {
		return chart.Series{Name: name, Color: color, X: o.xs, Y: o.runs(value)}
	}
	positive := func(value func(p *timeline.Run) float64) func(p *timeline.Run) float64 {
		return func(p *timeline.Run) float64 {
			if v := value(p); v > 0 {
				return v
			}
			return math.NaN() // a logarithm has no zero
		}
	}
	lateness := o.plot("lateness", "Lateness", "start − intended start of steps; pacer: where a worker stood ready", chart.Milliseconds,
		line("p50", chart.Q1, positive(func(p *timeline.Run) float64 { return p.Lateness.P50 })),
		line("p99", chart.Q3, positive(func(p *timeline.Run) float64 { return p.Lateness.P99 })),
		line("max", chart.Q5, positive(func(p *timeline.Run) float64 { return p.Lateness.Max })),
		line("pacer p99", chart.C3, positive(func(p *timeline.Run) float64 { return p.Pacer.P99 })))
	lateness.Y.Scale = chart.Log
	waits := o.plot("waits", "Waits inside the generator", "runnable goroutines that waited for a processor; pauses of the garbage collector", chart.Milliseconds,
		line("scheduler p99", chart.C1, func(p *timeline.Run) float64 { return p.SchedP99 }),
		line("longest collector pause", chart.C4, func(p *timeline.Run) float64 { return p.GCPause }))
	processor := o.plot("processor", "Processor", "share of the cores it may use", chart.Share,
		line("in use", chart.C1, func(p *timeline.Run) float64 { return p.CPUShare }))
	processor.Y = chart.Axis{Unit: chart.Share, Fixed: true, Max: 1}
	workers := o.plot("workers", "Workers and open files", "at most", chart.Plain,
		line("workers", chart.C1, func(p *timeline.Run) float64 { return float64(p.Workers) }),
		line("busy", chart.C2, func(p *timeline.Run) float64 { return float64(p.Busy) }),
		line("open files", chart.C3, func(p *timeline.Run) float64 { return float64(p.OpenFiles) }))
	memory := o.plot("memory", "Memory", "resident, at most", chart.Bytes,
		line("in use", chart.C1, func(p *timeline.Run) float64 { return float64(p.RSS) }))
	var out []template.HTML
	for _, p := range []*chart.Plot{lateness, waits, processor, workers, memory} {
		p.Height = 150
		out = append(out, p.Figure())
	}
	return out
}
