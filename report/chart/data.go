package chart

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// data is what the script knows of the chart, as JSON for an attribute in single
// quotes: the axes, the values themselves, and the bands. A list of X that a
// series shares with the one before it isn't written twice.
func (d *drawing) data() string {
	var b strings.Builder
	axis := func(name string, s scale, u Unit) {
		b.WriteString(`"` + name + `":{"unit":` + quote(string(u)) + `,"scale":` + strconv.Itoa(int(s.Scale)) +
			`,"min":` + number(s.min, 6) + `,"max":` + number(s.max, 13) + `}`)
	}
	b.WriteByte('{')
	axis("x", d.x, d.X.Unit)
	b.WriteByte(',')
	axis("y", d.y, d.Y.Unit)
	b.WriteString(`,"top":` + strconv.Itoa(roomAbove) + `,"height":` + strconv.Itoa(d.height) + `,"series":[`)
	for i := range d.Series {
		if i > 0 {
			b.WriteByte(',')
		}
		s := &d.Series[i]
		b.WriteString(`{"name":` + quote(s.Name) + `,"color":` + quote(string(d.color(i))))
		if d.scattered(i) {
			b.WriteString(`,"lone":true`)
		}
		if i == 0 || !same(s.X, d.Series[i-1].X) {
			b.WriteString(`,"x":`)
			if d.X.Scale == HDR {
				list(&b, s.X, 9)
			} else {
				list(&b, s.X, 6)
			}
		}
		b.WriteString(`,"y":`)
		list(&b, s.Y, 3)
		b.WriteByte('}')
	}
	b.WriteString(`],"bands":[`)
	for i, band := range d.Bands {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("[" + number(band.From, 6) + "," + number(band.To, 6) + "," + quote(band.Text) + "]")
	}
	b.WriteString("]}")
	return strings.NewReplacer("&", "&amp;", "'", "&#39;", "<", "&lt;").Replace(b.String())
}

func same(a, b []float64) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b)
}

func list(b *strings.Builder, values []float64, digits int) {
	b.WriteByte('[')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		var scratch [32]byte
		b.Write(appendNumber(scratch[:0], v, digits))
	}
	b.WriteByte(']')
}

func number(v float64, digits int) string { return string(appendNumber(nil, v, digits)) }

// appendNumber writes v with so many significant digits, integers in full, as
// short as JSON allows; what is no number is null.
func appendNumber(b []byte, v float64, digits int) []byte {
	switch {
	case !finite(v):
		return append(b, "null"...)
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.AppendInt(b, int64(v), 10)
	}
	text := strconv.AppendFloat(b, v, 'g', digits, 64)
	if !bytes.ContainsRune(text[len(b):], 'e') || math.Abs(v) < 1e-4 {
		return text
	}
	// 1230 and not 1.23e+03.
	rounded, _ := strconv.ParseFloat(string(text[len(b):]), 64)
	return strconv.AppendFloat(b, rounded, 'f', -1, 64)
}
