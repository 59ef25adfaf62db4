package report

import (
	"slices"
	"strings"
)

// minName is the width down to which the first column of a table shrinks before
// whole columns are given up; leastName is its very least.
const (
	minName   = 14
	leastName = 6
)

// column is one column of a [table].
type column struct {
	title string
	left  bool
	// spare orders the columns that may be left out where the width doesn't do:
	// the highest goes first; 0 stays.
	spare int
	// derived tells that the other columns add up to it: it stands only where
	// there is plenty of room, and nobody is told when it doesn't.
	derived bool
}

// cell is a value in a table and how to colour it; nil: not at all.
type cell struct {
	text  string
	paint func(string) string
}

// row is a line of a table: cells, or one text across all columns.
type row struct {
	cells []cell
	text  string
	paint func(string) string
}

// table prints rows under column titles. It fits itself to a width: derived
// columns go, then the gaps shrink, then the names in the first column, then
// other columns are left out.
type table struct {
	columns []column
	rows    []row
}

func (t *table) add(cells ...cell) { t.rows = append(t.rows, row{cells: cells}) }

func (t *table) across(text string, paint func(string) string) {
	t.rows = append(t.rows, row{text: text, paint: paint})
}

// fitted is a table's layout for one width.
type fitted struct {
	shown  []int // indices of columns
	widths []int // of the shown ones
	gap    int
}

func (f fitted) total() int {
	n := f.gap * (len(f.widths) - 1)
	for _, w := range f.widths {
		n += w
	}
	return n
}

// fit finds the layout for a width, and the titles of what had to go.
func (t *table) fit(width int) (fitted, []string) {
	natural := t.natural()
	var shown, plain []int
	for i, c := range t.columns {
		shown = append(shown, i)
		if !c.derived {
			plain = append(plain, i)
		}
	}
	if f := layout(natural, shown, 2); f.total() <= width {
		return f, nil
	}
	shown = plain
	var gone []string
	for {
		for _, gap := range []int{2, 1} {
			f := layout(natural, shown, gap)
			over := f.total() - width
			// Names give way only at the narrow gap.
			if over > 0 && (gap == 2 || f.widths[0]-over < min(minName, f.widths[0])) {
				continue
			}
			f.widths[0] -= max(over, 0)
			return f, gone
		}
		i := t.most(shown)
		if i < 0 {
			f := layout(natural, shown, 1)
			f.widths[0] = max(f.widths[0]-(f.total()-width), min(leastName, f.widths[0]))
			return f, gone
		}
		gone = append(gone, t.columns[shown[i]].title)
		shown = slices.Delete(shown, i, i+1)
	}
}

func layout(natural, shown []int, gap int) fitted {
	f := fitted{shown: shown, gap: gap}
	for _, i := range shown {
		f.widths = append(f.widths, natural[i])
	}
	return f
}

// natural is the width each column would like.
func (t *table) natural() []int {
	w := make([]int, len(t.columns))
	for i, c := range t.columns {
		w[i] = columns(c.title)
	}
	for _, r := range t.rows {
		for i, c := range r.cells {
			w[i] = max(w[i], columns(c.text))
		}
	}
	return w
}

// most is the index in shown of the column to leave out next; -1: none.
func (t *table) most(shown []int) int {
	best, spare := -1, 0
	for i, c := range shown {
		if t.columns[c].spare > spare {
			best, spare = i, t.columns[c].spare
		}
	}
	return best
}

// print writes the table, each line after the indent, and returns the titles of
// the columns that found no room. Every line fits the width, indent included,
// but where the first column would become unreadable.
func (t *table) print(p *page, indent string) []string {
	f, gone := t.fit(p.width - len(indent))
	titles := make([]cell, len(t.columns))
	for i, c := range t.columns {
		titles[i] = cell{text: c.title}
	}
	p.line(p.dim(indent + t.join(f, titles, p.ellipsis)))
	for _, r := range t.rows {
		if r.cells == nil {
			text := cut(r.text, p.width-len(indent), p.ellipsis)
			if r.paint != nil {
				text = r.paint(text)
			}
			p.line(indent + text)
			continue
		}
		p.line(indent + t.join(f, r.cells, p.ellipsis))
	}
	return gone
}

func (t *table) join(f fitted, cells []cell, ellipsis string) string {
	var b strings.Builder
	for n, i := range f.shown {
		text := cells[i].text
		if n == 0 {
			text = cut(text, f.widths[0], ellipsis)
		} else {
			b.WriteString(blanks(f.gap))
		}
		pad := blanks(f.widths[n] - columns(text))
		if cells[i].paint != nil {
			text = cells[i].paint(text)
		}
		if t.columns[i].left {
			text += pad
		} else {
			text = pad + text
		}
		b.WriteString(text)
	}
	return strings.TrimRight(b.String(), " ")
}
