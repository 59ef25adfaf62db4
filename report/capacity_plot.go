package report

import (
	"fmt"
	"math"
	"strings"

	"authsoak/results"
)

// The size of the plot: lines, and the columns left of it.
const (
	plotLines  = 13
	plotLabels = 9
	plotMost   = 72
)

// plotRange of a margin: from a twentieth of the limit to twenty times it.
var plotRange = math.Log(20)

// capacityPlot draws the steps: level across, the value that decides as a share of
// its limit upwards on a logarithmic scale, at the bottom where there is none; nil where there are too few. The interval of
// the answer is shaded.
func capacityPlot(r *results.CapacityResult, width int, ascii bool) []string {
	low, high, n := math.Inf(1), 0.0, 0
	for i := range r.Steps {
		if s := &r.Steps[i]; len(s.Objectives) > 0 {
			low, high = math.Min(low, s.Level), math.Max(high, s.Level)
			n++
		}
	}
	if n < 3 || high <= low {
		return nil
	}
	g := newGrid(min(width-plotLabels-2, plotMost), low, high, ascii)
	g.limit(&r.Answer)
	for i := range r.Steps {
		if s := &r.Steps[i]; len(s.Objectives) > 0 {
			g.point(s)
		}
	}
	return append(g.lines(r.Axis), "")
}

// plotGrid is a plot in the making.
type plotGrid struct {
	cells     [plotLines][]rune
	low, high float64
	marks     plotMarks
}

type plotMarks struct{ met, failed, rejected, limit, shade, axis, corner, tick rune }

func newGrid(width int, low, high float64, ascii bool) *plotGrid {
	g := &plotGrid{low: math.Log(low), high: math.Log(high), marks: plotMarks{'●', '✗', '?', '─', '░', '│', '└', '┴'}}
	if ascii {
		g.marks = plotMarks{'o', 'x', '?', '-', ':', '|', '+', '+'}
	}
	for i := range g.cells {
		g.cells[i] = []rune(strings.Repeat(" ", max(width, 20)))
	}
	return g
}

func (g *plotGrid) column(level float64) int {
	last := len(g.cells[0]) - 1
	return min(max(int(math.Round((math.Log(level)-g.low)/(g.high-g.low)*float64(last))), 0), last)
}

func (g *plotGrid) row(margin float64) int {
	margin = min(max(margin, -plotRange), plotRange)
	return int(math.Round((plotRange - margin) / (2 * plotRange) * (plotLines - 1)))
}

// limit draws the limit and the interval.
func (g *plotGrid) limit(a *results.CapacityAnswer) {
	for i := range g.cells[0] {
		g.cells[g.row(0)][i] = g.marks.limit
	}
	if !a.Known || a.High == nil || !a.Decided {
		return
	}
	for c := g.column(a.Low); c <= g.column(*a.High); c++ {
		for i := range g.cells {
			g.cells[i][c] = g.marks.shade
		}
	}
}

func (g *plotGrid) point(s *results.CapacityStep) {
	mark := g.marks.rejected
	switch s.Verdict {
	case string(results.Pass):
		mark = g.marks.met
	case string(results.Failed):
		mark = g.marks.failed
	}
	margin := -plotRange
	if o, measured := Deciding(s); measured {
		margin = o.Margin
	}
	g.cells[g.row(margin)][g.column(s.Level)] = mark
}

func (g *plotGrid) lines(axis string) []string {
	m := g.marks
	out := []string{fmt.Sprintf("  decides, %% of its limit   %c met  %c not met  %c answer", m.met, m.failed, m.shade)}
	labels := map[int]string{g.row(plotRange): "2000", g.row(math.Log(4)): "400", g.row(0): "100", g.row(-math.Log(4)): "25", g.row(-plotRange): "5"}
	for i, cells := range g.cells {
		out = append(out, right(labels[i], plotLabels-1)+" "+string(m.axis)+string(cells))
	}
	width := len(g.cells[0])
	out = append(out, blanks(plotLabels)+string(m.corner)+strings.Repeat(string(m.limit), width))
	from, to := levelText(math.Exp(g.low), axis), levelText(math.Exp(g.high), axis)
	middle := levelText(math.Exp((g.low+g.high)/2), axis)
	if axis != results.SessionsAxis {
		middle = fmt.Sprintf("%.3g/s", math.Exp((g.low+g.high)/2))
	}
	half := (width - columns(middle)) / 2
	return append(out, blanks(plotLabels+1)+left(from, half)+middle+right(to, width-half-columns(middle)))
}
