package report

import (
	"io"
	"strings"

	"authsoak/results"
)

// TextOptions says how a text is laid out. The zero value is 80 columns of
// UTF-8 without colour.
type TextOptions struct {
	Width int  // of the terminal in columns; 0: 80. Below 40 lines may be longer
	Color bool // ANSI colours
	ASCII bool // no characters beyond ASCII of our own
	// Brief leaves the verdict, its reasons and the run folder.
	Brief bool
	// Compact leaves out the parts of steps (requests, connect, TLS) and the
	// examples of errors. It comes by itself where there are very many series.
	Compact bool
	// Folder is where the run folder is, as the reader would type it; empty: it
	// isn't mentioned.
	Folder string
}

const (
	defaultWidth = 80
	// proseWidth keeps sentences readable on wide screens.
	proseWidth = 100
	// manySeries is where the summary becomes compact by itself.
	manySeries = 80
)

// Summary writes the summary of a run, or of several merged into one, as text:
// the verdict first, then what it rests on. The error is w's.
func Summary(w io.Writer, s *results.Summary, opt TextOptions) error {
	opt.Compact = opt.Compact || len(s.Steps) > manySeries
	p := newPage(opt)
	p.verdict(s)
	if !opt.Brief {
		p.thresholds(s.Thresholds)
		p.against(s.Comparison)
		p.experiment(s.Experiment)
		p.tested(s)
		p.steps(s)
		p.errors(s)
		p.sessions(s)
		p.gaps(s.Gaps)
		p.drift(s.Drift)
		p.checks(s.Checks)
		p.generator(s)
	}
	p.after(s)
	_, err := io.WriteString(w, p.String())
	return err
}

// page collects the lines of a summary.
type page struct {
	strings.Builder
	marks
	ink
	width int
	opt   TextOptions
}

func newPage(opt TextOptions) *page {
	width := opt.Width
	if width <= 0 {
		width = defaultWidth
	}
	return &page{marks: marksFor(opt.ASCII), ink: ink(opt.Color), width: width, opt: opt}
}

func (p *page) line(s string) {
	p.WriteString(strings.TrimRight(s, " "))
	p.WriteByte('\n')
}

func (p *page) heading(title string) {
	p.line("")
	p.line(p.bold(title))
}

// prose writes text wrapped, its first line after first and the others under
// where it began. Nil paint: no colour.
func (p *page) prose(first, text string, paint func(string) string) {
	p.hanging(first, columns(first), text, paint)
}

// hanging is [page.prose] after a first that may be painted and takes the given
// number of columns.
func (p *page) hanging(first string, taken int, text string, paint func(string) string) {
	for i, l := range wrap(text, min(p.width, proseWidth)-taken) {
		if i == 1 {
			first = blanks(taken)
		}
		if paint != nil {
			l = paint(l)
		}
		p.line(first + l)
	}
}

// labelWidth is the room for the labels of [page.field].
const labelWidth = 12

// field writes a label and a text beside it.
func (p *page) field(label, text string) {
	p.prose("  "+left(label, labelWidth), text, nil)
}

func (p *page) verdict(s *results.Summary) {
	word, paint := verdictWord(s.Verdict), p.red
	switch s.Verdict {
	case results.Pass:
		paint = p.green
	case results.Invalid, results.Interrupted:
		paint = p.yellow
	}
	text := clean(s.RunID)
	if h := headline(s); text != "" && h != "" {
		text += ": " + h
	} else {
		text += h
	}
	p.hanging(p.bold(paint(word))+"  ", columns(word)+2, text, nil)
	for _, r := range s.Reasons {
		p.prose("  - ", clean(r), nil)
	}
}

func verdictWord(v results.Verdict) string {
	if v == "" {
		return "NO VERDICT"
	}
	return strings.ToUpper(clean(string(v)))
}

// headline is the verdict in a few words.
func headline(s *results.Summary) string {
	failed := 0
	for _, t := range s.Thresholds {
		if !t.Pass {
			failed++
		}
	}
	all := int64(len(s.Thresholds))
	experiment := experimentHeadline(s)
	switch {
	case s.Verdict == results.Invalid:
		return "the run cannot be judged"
	case s.Verdict == results.Interrupted:
		return "stopped before its time"
	case failed > 0:
		return count(int64(failed)) + " of " + plural(all, "threshold", "thresholds") + " failed"
	case experiment != "":
		return experiment
	case s.Verdict == results.Pass && all == 1:
		return "the threshold holds"
	case s.Verdict == results.Pass && all > 1:
		return "all " + count(all) + " thresholds hold"
	case s.Verdict == results.Pass && s.Comparison != nil:
		return "held against " + strings.Join(s.Comparison.Baseline, ", ")
	case s.Verdict == results.Pass:
		return "no thresholds were set"
	}
	return ""
}

// thresholds writes each expression with the value it was held against.
func (p *page) thresholds(all []results.ThresholdResult) {
	if len(all) == 0 {
		return
	}
	p.heading("Thresholds")
	signs := max(columns(p.pass), columns(p.fail))
	longest, values := 0, 0
	for i := range all {
		longest = max(longest, columns(clean(all[i].Expression)))
		values = max(values, columns(actual(&all[i])))
	}
	room := min(longest, p.width-signs-values-5)
	for i := range all {
		t := &all[i]
		sign, paint := p.pass, p.green
		if !t.Pass {
			sign, paint = p.fail, p.red
		}
		expression, value := clean(t.Expression), actual(t)
		sign = "  " + paint(left(sign, signs)) + " "
		if !t.Pass {
			value = p.red(value)
		}
		if columns(expression) > room {
			p.hanging(sign, signs+3, expression, nil)
			p.line(blanks(signs+5) + value)
			continue
		}
		p.line(sign + left(expression, room) + "  " + value)
	}
}

func actual(t *results.ThresholdResult) string {
	text := clean(t.ActualText)
	switch {
	case t.NoData:
		text = "no data"
	case text == "":
		text = significant(t.Actual)
	}
	if t.Stopped {
		text += ", stopped the run"
	}
	return text
}
