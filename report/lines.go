package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"authsoak/results"
)

const (
	// fewTargets is how many targets get a line of their own.
	fewTargets = 4
	// lineQueue is how many blocks of text wait for a slow reader before the
	// next is dropped.
	lineQueue = 64
	// lineName is the widest name of a target in a line.
	lineName = 14
)

// lineView shows a run as plain text for logs: no escapes, no carriage returns. It
// goes by the run's own time, so it needs no clock.
type lineView struct {
	state
	opt     LiveOptions
	marks   marks
	next    time.Duration
	taints  int
	broken  bool
	queue   chan string
	lost    int
	written sync.WaitGroup
}

func newLineView(w io.Writer, opt LiveOptions) *lineView {
	v := &lineView{opt: opt, marks: marksFor(opt.ASCII), next: time.Second,
		queue: make(chan string, lineQueue)}
	v.written.Go(func() {
		for text := range v.queue {
			// There is no one to tell when the log itself is gone.
			_, _ = io.WriteString(w, text)
		}
	})
	if opt.RunFolder != "" {
		v.put("run folder " + clean(opt.RunFolder) + "\n")
	}
	return v
}

// put hands text to the writer, or counts it as lost. The caller holds the lock
// or is alone.
func (v *lineView) put(text string) {
	if v.lost > 0 {
		text = fmt.Sprintf("(%s not written: the output stood still)\n", plural(int64(v.lost), "block", "blocks")) + text
	}
	select {
	case v.queue <- text:
		v.lost = 0
	default:
		v.lost++
	}
}

func (v *lineView) Update(s results.Snapshot) {
	v.Lock()
	defer v.Unlock()
	if v.ended {
		return
	}
	turned := v.seen && s.Phase != v.now.Phase
	v.take(s)
	broke := s.Broken != "" && !v.broken
	if s.Elapsed < v.next && !turned && !broke {
		return
	}
	v.print()
	v.next = (s.Elapsed/v.opt.Every + 1) * v.opt.Every
}

func (v *lineView) Message(text string) {
	v.Lock()
	defer v.Unlock()
	if !v.ended {
		v.put(clean(text) + "\n")
	}
}

func (v *lineView) Finish() {
	v.Lock()
	if v.ended {
		v.Unlock()
		return
	}
	v.ended = true
	if v.seen {
		v.print()
	}
	lost := v.lost
	v.Unlock()
	if lost > 0 {
		v.queue <- fmt.Sprintf("(%s not written: the output stood still)\n", plural(int64(lost), "block", "blocks"))
	}
	close(v.queue)
	v.written.Wait()
}

// print writes the state: a line for the run, one for each target where there
// are few, else the worst, and what is wrong.
func (v *lineView) print() {
	s := &v.now
	sum := total(s.Targets)
	var b strings.Builder
	phase := phaseName(s.Phase)
	if v.ended {
		phase = "end"
	}
	fmt.Fprintf(&b, "%8s  %s", clock(s.Elapsed), v.numbers(phase, &sum, len(s.Targets) == 1))
	if !v.ended {
		fmt.Fprintf(&b, "  late p99 %s  workers %d/%d", short(s.Lateness, v.marks.micro), s.Busy, s.Workers)
	}
	b.WriteString(unknown(sum.Unknown) + "\n")
	if len(s.Targets) > 1 {
		v.targets(&b, s.Targets)
	}
	v.notes(&b)
	v.put(b.String())
}

func (v *lineView) targets(b *strings.Builder, all []results.TargetNow) {
	if len(all) <= fewTargets {
		for i := range all {
			v.target(b, clean(all[i].Name), &all[i])
		}
		return
	}
	one := worst(all, 1)[0]
	v.target(b, "worst: "+clean(one.Name), &one)
}

func (v *lineView) target(b *strings.Builder, name string, t *results.TargetNow) {
	b.WriteString(blanks(10) + v.numbers(name, t, true) + unknown(t.Unknown) + "\n")
}

// numbers is a row of aligned figures. With one target the row of the run is
// that of the target, quantiles included.
func (v *lineView) numbers(name string, t *results.TargetNow, quantiles bool) string {
	rate := perSecond(t.CyclesPerSec) + " cycles/s"
	if v.ended {
		rate = count(t.CyclesDone) + " cycles  "
	}
	text := fmt.Sprintf("%s %15s %6s live %6s fail", left(cut(name, lineName, v.marks.ellipsis), lineName),
		rate, tight(t.Sessions.Live), tight(t.Fail))
	text += fmt.Sprintf(" %6s dropped", tight(t.Dropped))
	if quantiles && !v.ended {
		text += fmt.Sprintf("  p50 %s  p99 %s", right(short(t.P50, v.marks.micro), 7), right(short(t.P99, v.marks.micro), 7))
	}
	return text
}

// unknown stands at the end of a line, since most runs have none.
func unknown(n int64) string {
	if n == 0 {
		return ""
	}
	return "  " + count(n) + " unknown"
}

// notes tells once of what went wrong since the last line.
func (v *lineView) notes(b *strings.Builder) {
	indent := blanks(10)
	if v.now.TaintedIntervals > v.taints || v.ended && v.taints > 0 {
		b.WriteString(indent + v.marks.warn + " " + v.limit() + "\n")
		v.taints = v.now.TaintedIntervals
	}
	if v.now.Broken != "" && !v.broken {
		b.WriteString(indent + v.marks.fail + " stopping: " + clean(v.now.Broken) + "\n")
		v.broken = true
	}
}
