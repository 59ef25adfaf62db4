package report

import (
	"fmt"
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"authsoak/results"
)

// The functions below say what stands in a line. Their callers hold the lock.

func (v *barView) plan(width int) plan {
	name := columns("target")
	for _, n := range v.opt.Targets {
		name = max(name, columns(clean(n)))
	}
	return newPlan(width, name, v.ended)
}

// row is what stands in a slot, and its name; nil: nothing yet. The slot after
// the last is that of all targets.
func (v *barView) row(slot int) (*results.TargetNow, string) {
	if slot == v.slots {
		sum := total(v.now.Targets)
		return &sum, "all " + count(int64(len(v.opt.Targets)))
	}
	if rows := worst(v.now.Targets, v.slots); slot < len(rows) {
		return &rows[slot], clean(rows[slot].Name)
	}
	if !v.seen {
		return nil, clean(v.opt.Targets[slot])
	}
	return nil, ""
}

func (v *barView) titles(width int) styled {
	p := v.plan(width)
	text := left(cut("target", p.name, v.marks.ellipsis), p.name)
	if p.bar > 0 {
		text += " " + left(cut(v.phase(), p.bar, v.marks.ellipsis), p.bar)
	}
	for _, f := range p.figures {
		text += " " + right(f.title, f.wide)
	}
	var s styled
	s.add(text, v.ink.dim)
	return s
}

func (v *barView) phase() string {
	switch {
	case v.ended:
		return "ended"
	case !v.seen:
		return "starting"
	}
	return phaseName(v.now.Phase)
}

func (v *barView) name(slot, width int) styled {
	p := v.plan(width)
	_, name := v.row(slot)
	var s styled
	s.add(left(cut(name, p.name, v.marks.ellipsis), p.name), nil)
	if p.bar > 0 {
		s.add(" ", nil)
	}
	return s
}

func (v *barView) numbers(slot, width int) styled {
	var s styled
	t, _ := v.row(slot)
	for _, f := range v.plan(width).figures {
		text, paint := none, (func(string) string)(nil)
		switch {
		case t == nil || !v.seen:
		case slot == v.slots && f.single:
			text = ""
		case f.text != nil:
			text = f.text(t, v.marks.micro)
		default:
			n := f.value(t)
			text = tight(n)
			if n > 0 && f.alarm != nil {
				paint = func(s string) string { return f.alarm(v.ink, s) }
			}
		}
		s.add(" "+blanks(f.wide-columns(text)), nil)
		s.add(text, paint)
	}
	return s
}

// filler draws the bar of a slot: the time of the run, its warm-up marked, and
// in the drain the sessions that are logged out already. A run without an end
// has a spinner until it drains.
func (v *barView) filler(slot int) mpb.BarFillerBuilder {
	style := mpb.BarStyle().Lbound("").Rbound("").Refiller("╌").Filler("━").Tip("╸").Padding("─")
	spin := mpb.SpinnerStyle().PositionLeft()
	if v.opt.ASCII {
		style = mpb.BarStyle().Lbound("").Rbound("").Refiller("~").Padding(".")
		spin = mpb.SpinnerStyle("|", "/", "-", `\`).PositionLeft()
	}
	style = style.PaddingMeta(v.ink.dim)
	bar, spinner := style.Build(), spin.Build()
	return builder{mpb.BarFillerFunc(func(w io.Writer, st decor.Statistics) error {
		v.Lock()
		defer v.Unlock()
		width := v.plan(v.screen.room()).bar
		if width == 0 {
			return nil
		}
		st.RequestedWidth = width
		st.Total, st.Current, st.Refill = v.fill(slot)
		st.Completed = st.Total > 0 && st.Current >= st.Total
		if st.Total == 0 && !v.ended {
			return spinner.Fill(w, st)
		}
		return bar.Fill(w, st)
	})}
}

// builder hands a filler to mpb.
type builder struct{ mpb.BarFiller }

func (b builder) Build() mpb.BarFiller { return b.BarFiller }

// fill is how far a slot is, and which part of that was warm-up. A total of 0
// has no end.
func (v *barView) fill(slot int) (whole, done, warmup int64) {
	s := &v.now
	t, _ := v.row(slot)
	switch {
	case t == nil:
		return max(int64(s.Planned), 1), 0, 0
	case v.open != nil:
		open := v.open[t.Name]
		if slot == v.slots {
			open = v.drained()
		}
		if open == 0 {
			return 1, 1, 0
		}
		return open, open - t.Sessions.Live, 0
	}
	warmup = int64(v.warmup)
	if s.Phase == results.Warmup {
		warmup = int64(s.Elapsed)
	}
	if s.Planned == 0 {
		warmup = 0
	}
	return int64(s.Planned), int64(min(s.Elapsed, max(s.Planned, 0))), warmup
}

// status is the state of the run and of the generator, as much as fits.
func (v *barView) status(width int) styled {
	var s styled
	if !v.seen {
		text := "waiting for the first second"
		if v.ended {
			text = "ended before the first second"
		}
		s.add(cut(text, width, v.marks.ellipsis), nil)
		return s
	}
	text := v.progress()
	if v.plan(width).bar == 0 {
		text = v.phase() + " " + text
	}
	s.add(cut(text, width, v.marks.ellipsis), nil)
	if v.ended {
		return s
	}
	now, h := &v.now, &v.now.Health
	part := func(text string, alarm bool) {
		if s.wide+3+columns(text) > width {
			return
		}
		s.add("   ", nil)
		if alarm {
			s.add(text, v.ink.yellow)
		} else {
			s.add(text, nil)
		}
	}
	part("late p99 "+short(now.Lateness, v.marks.micro), now.Tainted != "")
	part(fmt.Sprintf("workers %d/%d", now.Busy, now.Workers), now.Workers > 0 && now.Busy >= now.Workers)
	part(fmt.Sprintf("cpu %.0f %%", 100*h.CPUShare), h.CPUShare > 0.9)
	if h.OpenFileLimit > 0 {
		part("files "+tight(int64(h.OpenFiles))+"/"+tight(int64(h.OpenFileLimit)), h.OpenFiles*10 > h.OpenFileLimit*9)
	}
	part("memory "+size(h.RSS), false)
	return s
}

// troubles are the lines below the status: the generator's limit, and the
// threshold that stops the run.
func (v *barView) troubles() []mpb.BarFiller {
	line := func(text func() string, paint func(string) string) mpb.BarFiller {
		return mpb.BarFillerFunc(func(w io.Writer, _ decor.Statistics) error {
			v.Lock()
			defer v.Unlock()
			t := text()
			if t == "" {
				return nil
			}
			_, err := io.WriteString(w, paint(cut(t, v.screen.room(), v.marks.ellipsis))+"\n")
			return err
		})
	}
	return []mpb.BarFiller{
		line(v.limit, v.ink.yellow),
		line(func() string {
			switch {
			case v.now.Broken == "":
				return ""
			case v.ended:
				return "stopped by " + clean(v.now.Broken)
			}
			return "stopping: " + clean(v.now.Broken)
		}, v.ink.red),
	}
}
