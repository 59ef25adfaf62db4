package report

import (
	"strconv"
	"strings"
	"testing"
)

// terminal is a little terminal for tests: it knows carriage return, line feed,
// cursor up, erase to the end of line and screen, and colours, and it wraps at
// its width. Every write is one frame, announced on drawn.
type terminal struct {
	t        *testing.T
	width    int
	cells    [][]rune
	row, col int
	wrapped  int // lines that were broken
	frames   int
	drawn    chan struct{}
}

func newTerminal(t *testing.T, width int) *terminal {
	return &terminal{t: t, width: width, cells: [][]rune{nil}, drawn: make(chan struct{}, 100)}
}

func (m *terminal) Write(b []byte) (int, error) {
	text := []rune(string(b))
	for i := 0; i < len(text); i++ {
		switch r := text[i]; {
		case r == '\r':
			m.col = 0
		case r == '\n':
			m.down()
			m.col = 0
		case r == 0x1b:
			end := i + 2
			for end < len(text) && text[end] < 0x40 {
				end++
			}
			if text[i+1] != '[' || end == len(text) {
				m.t.Errorf("broken escape in %q", b)
				return len(b), nil
			}
			m.escape(text[end], string(text[i+2:end]))
			i = end
		default:
			m.put(r)
		}
	}
	m.frames++
	m.drawn <- struct{}{}
	return len(b), nil
}

func (m *terminal) down() {
	if m.row++; m.row == len(m.cells) {
		m.cells = append(m.cells, nil)
	}
}

func (m *terminal) put(r rune) {
	if m.col == m.width {
		m.wrapped++
		m.down()
		m.col = 0
	}
	line := m.cells[m.row]
	for len(line) <= m.col {
		line = append(line, ' ')
	}
	line[m.col] = r
	m.cells[m.row] = line
	m.col++
}

func (m *terminal) escape(final rune, args string) {
	switch final {
	case 'A':
		n, err := strconv.Atoi(args)
		if err != nil || n > m.row {
			m.t.Errorf("cursor up %q in line %d", args, m.row)
		}
		m.row -= n
	case 'K':
		m.cells[m.row] = m.cells[m.row][:min(m.col, len(m.cells[m.row]))]
	case 'J':
		m.cells = m.cells[:m.row+1]
		m.escape('K', "")
	case 'm':
	default:
		m.t.Errorf("unexpected escape %q %c", args, final)
	}
}

func (m *terminal) String() string {
	var b strings.Builder
	for _, l := range m.cells {
		b.WriteString(strings.TrimRight(string(l), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// resize breaks the lines anew, as most terminals do.
func (m *terminal) resize(width int) {
	var cells [][]rune
	row := 0
	for i, l := range m.cells {
		if i == m.row {
			row = len(cells)
		}
		for len(l) > width {
			cells, l = append(cells, l[:width:width]), l[width:]
		}
		cells = append(cells, l)
	}
	m.cells, m.row, m.width = cells, row, width
}
