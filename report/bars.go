package report

import (
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"authsoak/results"
)

// mostBars is how many targets have a bar; with more, the bars belong to those
// that most deserve a look.
const mostBars = 12

// barView shows a run as bars that redraw themselves: a line of titles, one bar
// for each target, one for all, and below what the generator says of itself.
type barView struct {
	state
	opt    LiveOptions
	marks  marks
	ink    ink
	screen *screen
	all    *mpb.Progress
	bars   []*mpb.Bar
	slots  int // bars of targets
	redraw chan any
}

func newBarView(w io.Writer, opt LiveOptions) *barView {
	v := &barView{opt: opt, marks: marksFor(opt.ASCII), ink: ink(opt.Color),
		screen: &screen{w: w, width: opt.Width, height: opt.Height},
		slots:  min(len(opt.Targets), mostBars),
		// One request waits at most: a slow terminal misses frames, and whoever
		// asks never waits.
		redraw: make(chan any, 1)}
	if opt.RunFolder != "" {
		v.screen.say("run folder " + clean(opt.RunFolder))
	}
	v.all = mpb.New(mpb.WithConsoleWriter(v.screen), mpb.WithManualRefresh(v.redraw))
	v.text(v.titles)
	for i := range v.slots {
		v.bar(i)
	}
	if len(opt.Targets) > 1 {
		v.bar(v.slots)
	}
	v.text(v.status, v.troubles()...)
	return v
}

// text adds a line without a bar. The lines below it stand only while they have
// something to say.
func (v *barView) text(line func(width int) styled, below ...mpb.BarFiller) {
	v.bars = append(v.bars, v.all.New(0, mpb.NopStyle(), mpb.BarFillerTrim(),
		mpb.PrependDecorators(v.decorator(line)), mpb.BarBtmExtender(below...)))
}

// bar adds the bar of a slot: a name, the bar, and numbers. The slot after the
// last is that of all targets together.
func (v *barView) bar(slot int) {
	v.bars = append(v.bars, v.all.New(0, v.filler(slot), mpb.BarFillerTrim(),
		mpb.PrependDecorators(v.decorator(func(width int) styled { return v.name(slot, width) })),
		mpb.AppendDecorators(v.decorator(func(width int) styled { return v.numbers(slot, width) }))))
}

func (v *barView) Update(s results.Snapshot) {
	v.Lock()
	if v.ended {
		v.Unlock()
		return
	}
	v.take(s)
	v.Unlock()
	v.refresh()
}

func (v *barView) Message(text string) {
	v.Lock()
	defer v.Unlock()
	if !v.ended {
		v.screen.say(clean(text))
		v.refresh()
	}
}

// refresh asks for a frame, unless one is already asked for.
func (v *barView) refresh() {
	select {
	case v.redraw <- time.Now():
	default:
	}
}

func (v *barView) Finish() {
	v.Lock()
	if v.ended {
		v.Unlock()
		return
	}
	v.ended = true
	v.Unlock()
	// No bar completes by itself, since a run may end before its time or after:
	// every one must be ended here, or Wait would never return. The last to go
	// draws the final frame.
	for _, b := range v.bars {
		b.Abort(false)
	}
	v.all.Wait()
}

// styled is a text and the columns it takes, escapes not counted.
type styled struct {
	text string
	wide int
}

func (s *styled) add(text string, paint func(string) string) {
	s.wide += columns(text)
	if paint != nil {
		text = paint(text)
	}
	s.text += text
}

// decoration makes a decorator of a function that knows the width of the
// terminal and the columns its text takes; mpb would count the escapes of
// colours as columns.
type decoration struct {
	decor.WC
	view *barView
	line func(width int) styled
}

func (v *barView) decorator(line func(width int) styled) decor.Decorator {
	d := decoration{view: v, line: line}
	d.Init()
	return d
}

// Decor runs on the goroutine of its bar. All decorators of a frame lay out the
// same width, that of the screen, so that their columns stand below each other.
func (d decoration) Decor(decor.Statistics) (string, int) {
	d.view.Lock()
	defer d.view.Unlock()
	s := d.line(d.view.screen.room())
	return s.text, s.wide
}
