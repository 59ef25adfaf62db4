package chart

import (
	_ "embed" // the styles and the script
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// CSS is what figures need of a style sheet: the palette of both themes, of
// print, and the layout. It expects nothing of the page; a page may set
// data-theme to light or dark on its root, or leave the choice to the reader's
// system.
//
//go:embed chart.css
var CSS string

// Script shows values on hover. It waits for the page and serves figures that
// are added later too.
//
//go:embed chart.js
var Script string

const (
	defaultHeight = 200
	gridWidth     = 2000 // of the inner coordinates; the browser stretches them
	fine          = 4    // inner units to a pixel of height
	yTicks        = 4
	xTicks        = 7
)

// Figure returns the plot as one HTML element.
func (p *Plot) Figure() template.HTML {
	d := p.drawing()
	d.open()
	d.legend()
	d.svg()
	d.b.WriteString("</figure>")
	return template.HTML(d.b.String())
}

// drawing is a plot being drawn.
type drawing struct {
	*Plot
	b      strings.Builder
	x, y   scale
	height int
	tops   [][]float64 // of the series, stacked where they are
}

func (p *Plot) drawing() *drawing {
	d := &drawing{Plot: p, height: p.Height}
	if d.height <= 0 {
		d.height = defaultHeight
	}
	d.stack()
	d.x = scaleOf(p.X, false, func(yield func(float64) bool) {
		for i := range p.Series {
			for _, v := range p.Series[i].X {
				if !yield(v) {
					return
				}
			}
		}
	})
	d.y = scaleOf(p.Y, true, func(yield func(float64) bool) {
		for _, tops := range d.tops {
			for _, v := range tops {
				if !yield(v) {
					return
				}
			}
		}
		for _, m := range p.Marks {
			if !yield(m.At) {
				return
			}
		}
	})
	return d
}

// stack computes where the upper edge of each series lies.
func (d *drawing) stack() {
	var under []float64
	for i := range d.Series {
		s := &d.Series[i]
		if s.Shape != Stack {
			d.tops = append(d.tops, s.Y)
			continue
		}
		top := make([]float64, len(s.Y))
		for j, v := range s.Y {
			if !finite(v) {
				v = 0
			}
			top[j] = v
			if j < len(under) {
				top[j] += under[j]
			}
		}
		d.tops = append(d.tops, top)
		under = top
	}
}

func (d *drawing) color(i int) Color {
	if c := d.Series[i].Color; c != Auto {
		return c
	}
	return palette[i%len(palette)]
}

func (d *drawing) put(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

func (d *drawing) open() {
	d.b.WriteString(`<figure class="chart"`)
	if d.ID != "" {
		d.put(` id="%s"`, html.EscapeString(d.ID))
	}
	d.put(`><figcaption>%s`, html.EscapeString(d.Title))
	if d.Note != "" {
		d.put(`<small>%s</small>`, html.EscapeString(d.Note))
	}
	d.b.WriteString("</figcaption>")
}

// legend names the series; the script makes its entries switches.
func (d *drawing) legend() {
	if len(d.Series) == 0 {
		return
	}
	d.b.WriteString(`<ul class="legend">`)
	for i := range d.Series {
		s := &d.Series[i]
		class := string(d.color(i))
		if s.Dash {
			class += " dash"
		}
		switch {
		case s.Shape == Stack || s.Shape == Area:
			class += " area"
		case d.scattered(i):
			class += " lone"
		}
		d.put(`<li class="%s" data-series="%d"><i></i>%s</li>`, class, i, html.EscapeString(s.Name))
	}
	for _, k := range d.kinds() {
		d.put(`<li class="band %s"><i></i>%s</li>`, k, bandNames[k])
	}
	d.b.WriteString("</ul>")
}

var bandNames = map[BandKind]string{Aside: "not judged", Tainted: "generator was the limit", Answer: "the answer"}

// kinds are those of the bands in sight.
func (d *drawing) kinds() []BandKind {
	var out []BandKind
	for _, k := range []BandKind{Aside, Tainted, Answer} {
		for _, b := range d.Bands {
			if b.Kind == k {
				out = append(out, k)
				break
			}
		}
	}
	return out
}

// closest is how near two labels of the X axis may come, as a share of it.
const closest = 0.12

const (
	roomAbove = 14 // for the label of the topmost line
	roomBelow = 20 // for the labels of the X axis
)

func (d *drawing) svg() {
	d.put(`<svg height="%d" role="img" tabindex="0" aria-label="%s" data-chart='%s'>`,
		d.height+roomAbove+roomBelow, html.EscapeString(d.describe()), d.data())
	d.bands()
	d.grid()
	d.put(`<svg class="plot" y="%d" width="100%%" height="%d" viewBox="0 0 %d %d" preserveAspectRatio="none">`,
		roomAbove, d.height, gridWidth, d.height*fine)
	d.areas()
	d.lines()
	d.b.WriteString("</svg>")
	d.labels()
	d.b.WriteString("</svg>")
}

// describe is the chart in a sentence, for those who can't see it.
func (d *drawing) describe() string {
	text := d.Title
	for i := range d.Series {
		if low, high, last, ok := span(d.Series[i].Y); ok {
			u := d.Y.Unit
			text += fmt.Sprintf("; %s: %s to %s, last %s", d.Series[i].Name, u.Text(low), u.Text(high), u.Text(last))
		}
	}
	return text
}

func span(values []float64) (low, high, last float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if finite(v) {
			low, high, last, ok = math.Min(low, v), math.Max(high, v), v, true
		}
	}
	return low, high, last, ok
}

// percent is a share of the width as an attribute.
func percent(share float64) string { return strconv.FormatFloat(share*100, 'f', 2, 64) + "%" }

func (d *drawing) bands() {
	for _, b := range d.Bands {
		from, to := d.x.place(b.From), d.x.place(b.To)
		if to <= from {
			continue
		}
		width := percent(math.Max(to-from, 0.001)) // one second of a day is seen too
		d.put(`<rect class="band %s" x="%s" width="%s" y="%d" height="%d"><title>%s</title></rect>`,
			b.Kind, percent(from), width, roomAbove, d.height, html.EscapeString(b.Text))
		if b.Kind == Tainted { // a second sign besides the colour
			d.put(`<rect class="band edge" x="%s" width="%s" y="%d" height="3"/>`, percent(from), width, roomAbove)
		}
	}
}

// across returns where a value lies, in pixels from the top of the figure.
func (d *drawing) across(v float64) float64 {
	return roomAbove + float64(d.height)*(1-d.y.place(v))
}

func (d *drawing) grid() {
	for _, v := range d.y.ticks(d.Y.Unit, yTicks) {
		d.put(`<line class="grid" x2="100%%" y1="%.1f" y2="%.1[1]f"/>`, d.across(v))
	}
	for _, m := range d.Marks {
		d.put(`<line class="mark" x2="100%%" y1="%.1f" y2="%.1[1]f"/>`, d.across(m.At))
	}
}

func (d *drawing) labels() {
	for _, v := range d.y.ticks(d.Y.Unit, yTicks) {
		d.put(`<text x="2" y="%.1f">%s</text>`, d.across(v)-3, html.EscapeString(d.Y.Unit.Text(v)))
	}
	for _, m := range d.Marks {
		d.put(`<text class="mark" x="100%%" dx="-2" text-anchor="end" y="%.1f">%s</text>`, d.across(m.At)-3, html.EscapeString(m.Text))
	}
	ticks := d.x.ticks(d.X.Unit, xTicks)
	step := 0.0
	if len(ticks) > 1 {
		step = ticks[1] - ticks[0]
	}
	bottom, last := roomAbove+d.height, -1.0
	for i, v := range ticks {
		at := d.x.place(v)
		anchor, class := "middle", ""
		switch {
		case at < 0.03:
			anchor = "start"
		case at > 0.97:
			anchor = "end"
		}
		if i%2 == 1 {
			class = ` class="minor"`
		}
		d.put(`<line class="tick" x1="%s" x2="%[1]s" y1="%d" y2="%d"/>`, percent(at), bottom, bottom+4)
		if at-last < closest {
			continue // a percentile whose label would stand on another
		}
		last = at
		d.put(`<text%s x="%s" y="%d" text-anchor="%s">%s</text>`, class, percent(at), bottom+15, anchor, html.EscapeString(d.X.Unit.tickText(v, step)))
	}
}

func (d *drawing) areas() {
	var under []float64
	for i := range d.Series {
		s := &d.Series[i]
		if s.Shape != Stack && s.Shape != Area {
			continue
		}
		var path pen
		d.trace(&path, s, d.tops[i])
		d.floor(&path, s, under)
		d.put(`<path class="area %s" data-series="%d" d="%s"/>`, d.color(i), i, path.String())
		if s.Shape == Stack {
			under = d.tops[i]
		}
	}
}

// floor closes an area along what lies under it. An area with gaps is closed at
// zero as a whole: gaps in one are zeros.
func (d *drawing) floor(path *pen, s *Series, under []float64) {
	if path.Len() == 0 {
		return
	}
	for j := len(s.X) - 1; j >= 0; j-- {
		low := d.y.min
		if j < len(under) {
			low = under[j]
		}
		path.to(d.point(s.X[j], low))
	}
	path.WriteByte('z')
}

func (d *drawing) lines() {
	for i := range d.Series {
		s := &d.Series[i]
		if s.Shape == Stack {
			continue
		}
		var path pen
		d.trace(&path, s, d.tops[i])
		class := string(d.color(i))
		if s.Dash {
			class += " dash"
		}
		d.put(`<path class="line %s" data-series="%d" d="%s"><title>%s</title></path>`, class, i, path.String(), html.EscapeString(s.Name))
		d.dots(i)
	}
}

// dots marks the points that nothing joins, which as a line of no length are
// hardly seen.
func (d *drawing) dots(i int) {
	var path pen
	s, tops := &d.Series[i], d.tops[i]
	for j := range min(len(s.X), len(tops)) {
		if d.lone(tops, j) {
			path.jump(d.point(s.X[j], tops[j]))
		}
	}
	if path.Len() == 0 {
		return
	}
	d.put(`<path class="line lone %s" data-series="%d" d="%s"/>`, d.color(i), i, path.String())
	if s.Dash && d.scattered(i) { // rings, where others of the colour are full
		d.put(`<path class="line lone hole" data-series="%d" d="%s"/>`, i, path.String())
	}
}

// shown tells whether there is a value that the Y axis can show.
func (d *drawing) shown(tops []float64, j int) bool {
	return j >= 0 && j < len(tops) && finite(tops[j]) && (d.Y.Scale != Log || tops[j] > 0)
}

// lone tells whether a value lies between two gaps.
func (d *drawing) lone(tops []float64, j int) bool {
	return d.shown(tops, j) && !d.shown(tops, j-1) && !d.shown(tops, j+1)
}

// scattered tells whether nothing joins any two points of a series.
func (d *drawing) scattered(i int) bool {
	tops := d.tops[i]
	points := 0
	for j := range tops {
		if d.shown(tops, j) {
			points++
			if !d.lone(tops, j) {
				return false
			}
		}
	}
	return points > 0
}

func (d *drawing) point(x, y float64) (int, int) {
	return int(math.Round(d.x.place(x) * gridWidth)), int(math.Round((1 - d.y.place(y)) * float64(d.height*fine)))
}
