package report

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wide holds the blocks whose characters take two columns on a terminal: East
// Asian scripts, full-width forms and pictographs (Unicode Standard Annex 11).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, {Lo: 0x2e80, Hi: 0x303e, Stride: 1},
		{Lo: 0x3041, Hi: 0xa4cf, Stride: 1}, {Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, {Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff00, Hi: 0xff60, Stride: 1}, {Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, {Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1}, {Lo: 0x20000, Hi: 0x3fffd, Stride: 1},
	},
}

// columns is the number of terminal columns that s takes; s holds no escapes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	switch {
	case r < utf8.RuneSelf:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// escapes are the control sequences of terminals (ECMA-48, 5.4) and the titles
// and links that begin with ESC ].
var escapes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(\x07|\x1b\\\\)?")

// clean makes a string from outside safe to print in one line: an escape
// sequence in a server's answer must not steer the reader's terminal.
func clean(s string) string {
	s = escapes.ReplaceAllString(strings.ToValidUTF8(s, "?"), "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || bidirectional(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// bidirectional tells the controls that turn the direction of the text after
// them, which would let a name disguise the rest of its line.
func bidirectional(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// cut shortens s to n columns, the last of which says that something is missing.
func cut(s string, n int, ellipsis string) string {
	if columns(s) <= n {
		return s
	}
	room := n - columns(ellipsis)
	if room < 0 {
		room, ellipsis = n, ""
	}
	for i, r := range s {
		if room -= columnsOf(r); room < 0 {
			return s[:i] + ellipsis
		}
	}
	return s
}

// left and right pad s to n columns.
func left(s string, n int) string  { return s + blanks(n-columns(s)) }
func right(s string, n int) string { return blanks(n-columns(s)) + s }

func blanks(n int) string { return strings.Repeat(" ", max(n, 0)) }

// wrap breaks s between words into lines of at most n columns. A word that is
// longer than a line, as a URL may be, is broken where the line ends: nothing
// that somebody may want to copy is lost.
func wrap(s string, n int) []string {
	n = max(n, 8)
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && columns(line)+1+columns(word) > n {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
		for columns(line) > n {
			head := cut(line, n, "")
			lines, line = append(lines, head), line[len(head):]
		}
	}
	return append(lines, line)
}

// marks are the signs of a report, with a plain twin for terminals that have no
// UTF-8.
type marks struct {
	pass, fail, warn, ellipsis, micro string
}

func marksFor(ascii bool) marks {
	if ascii {
		return marks{pass: "ok", fail: "FAIL", warn: "!", ellipsis: "~", micro: "us"}
	}
	return marks{pass: "✓", fail: "✗", warn: "!", ellipsis: "…", micro: "µs"}
}

// ink colours text, or leaves it as it is: the zero value is without colour.
type ink bool

func (on ink) paint(code, s string) string {
	if !on || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (on ink) red(s string) string    { return on.paint("31", s) }
func (on ink) green(s string) string  { return on.paint("32", s) }
func (on ink) yellow(s string) string { return on.paint("33", s) }
func (on ink) bold(s string) string   { return on.paint("1", s) }
func (on ink) dim(s string) string    { return on.paint("2", s) }
