package chart

import (
	"fmt"
	"strconv"
	"strings"
)

// trace draws the upper edge of a series.
func (d *drawing) trace(path *pen, s *Series, tops []float64) {
	down := false
	for j := range min(len(s.X), len(tops)) {
		if !d.shown(tops, j) {
			if s.Shape == Area || s.Shape == Stack {
				path.to(d.point(s.X[j], d.y.min))
			}
			down = false
			continue
		}
		x, y := d.point(s.X[j], tops[j])
		switch {
		case !down && s.Shape != Area && s.Shape != Stack:
			path.jump(x, y)
		case s.Shape == Step:
			path.to(x, path.y)
			path.to(x, y)
		default:
			path.to(x, y)
		}
		down = true
	}
}

// pen writes the data of a path, relative to where it is.
type pen struct {
	strings.Builder
	x, y int
}

// jump begins a line. It is a dot until it goes on: a point between two gaps is
// seen.
func (p *pen) jump(x, y int) {
	fmt.Fprintf(p, "M%d %dh0", x, y)
	p.x, p.y = x, y
}

func (p *pen) number(n int) {
	var scratch [20]byte
	p.Write(strconv.AppendInt(scratch[:0], int64(n), 10))
}

func (p *pen) to(x, y int) {
	switch dx, dy := x-p.x, y-p.y; {
	case p.Len() == 0:
		fmt.Fprintf(p, "M%d %d", x, y)
	case dx == 0 && dy == 0:
		return
	case dy == 0:
		p.WriteByte('h')
		p.number(dx)
	case dx == 0:
		p.WriteByte('v')
		p.number(dy)
	default:
		p.WriteByte('l')
		p.number(dx)
		if dy >= 0 {
			p.WriteByte(' ')
		}
		p.number(dy)
	}
	p.x, p.y = x, y
}
