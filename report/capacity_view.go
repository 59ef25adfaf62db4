package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"authsoak/results"
)

// CapacityView shows the steps of a search for capacity while it lasts: each as a
// block of lines when it is over, and on a terminal a line in between that is
// written over. It is safe for concurrent use.
type CapacityView struct {
	mu     sync.Mutex
	w      io.Writer
	opt    LiveOptions
	page   *page
	axis   string
	step   *results.CapacityStep
	status int // columns of the line to write over
	next   time.Duration
}

// capacityEvery is how often a step in progress is told of where there is no
// terminal.
const capacityEvery = 15 * time.Second

// NewCapacityView shows a search along an axis.
func NewCapacityView(w io.Writer, axis string, opt LiveOptions) *CapacityView {
	return &CapacityView{w: w, opt: opt, page: newPage(TextFor(opt)), axis: axis}
}

// Begins tells that a step begins.
func (v *CapacityView) Begins(s *results.CapacityStep) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.step, v.next = s, capacityEvery
	p := v.page
	if s.Number == 1 {
		v.put(p.bold(left(fmt.Sprintf("step %d", s.Number), 9)) + levelText(s.Level, v.axis) + ": " + clean(s.Why) + "\n")
	}
}

// Now tells how the step stands.
func (v *CapacityView) Now(s *results.Snapshot) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.step == nil {
		return
	}
	var done float64
	var live, failed int64
	var p99 time.Duration
	for _, t := range s.Targets {
		done += t.CyclesPerSec
		if v.axis == results.SessionsAxis {
			done += t.StepsPerSec - t.CyclesPerSec
		}
		live += t.Sessions.Live
		failed += t.Fail + t.Unknown
		p99 = max(p99, t.P99)
	}
	phase := map[results.Phase]string{results.Warmup: "settling", results.Hold: "judged", results.Drain: "logging out"}[s.Phase]
	_, what := CurveWords(v.axis)
	text := fmt.Sprintf("step %d, %s, %s: %.0f of %.0f s, %.4g %s/s, p99 %s, %s live", v.step.Number, levelText(v.step.Level, v.axis), phase,
		min(s.Elapsed, s.Planned).Seconds(), s.Planned.Seconds(), done, what, lifeSpan(p99.Seconds()), count(live))
	if failed > 0 {
		text += ", " + count(failed) + " failed"
	}
	if s.Tainted != "" {
		text += " " + v.page.warn + " generator"
	}
	switch {
	case v.opt.Terminal:
		v.over(text)
	case s.Elapsed >= v.next:
		v.next = s.Elapsed + capacityEvery
		v.put("         " + text + "\n")
	}
}

// Ends tells what a step has shown and what comes next.
func (v *CapacityView) Ends(s *results.CapacityStep) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := newPage(TextFor(v.opt))
	p.capacityStep(s, v.axis)
	v.step = nil
	v.put(p.String())
}

// Message shows a line of text.
func (v *CapacityView) Message(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.put(text + "\n")
}

// Finish takes the last line off the terminal.
func (v *CapacityView) Finish() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.put("")
}

// put writes lines where the status stands. Nobody is there to be told if the
// terminal is gone.
func (v *CapacityView) put(text string) {
	if v.status > 0 {
		text = "\r" + eraseLine + text
	}
	v.status = 0
	_, _ = io.WriteString(v.w, text)
}

func (v *CapacityView) over(text string) {
	width := defaultWidth
	if v.opt.Width != nil {
		width = ask(v.opt.Width, defaultWidth)
	}
	text = cut(text, width-1, v.page.ellipsis)
	v.status = columns(text)
	_, _ = io.WriteString(v.w, "\r"+text+eraseLine)
}

// capacityStep writes one step: a line for each objective, then what comes next
// and why.
func (p *page) capacityStep(s *results.CapacityStep, axis string) {
	head := left(fmt.Sprintf("step %d", s.Number), 9) + left(levelText(s.Level, axis), 14)
	switch s.Verdict {
	case string(results.Pass):
		head += p.green("met")
	case string(results.Failed):
		head += p.red("not met")
	case "rejected":
		head += p.yellow("rejected")
	default:
		head += p.yellow(clean(s.Verdict))
	}
	head += p.dim(fmt.Sprintf("   %s, judged %.0f s", clean(s.Kind), max(s.HoldS, 0)))
	if s.CutShort {
		head += p.dim(", cut short")
	}
	p.line(p.bold(head))
	names := 0
	for _, o := range s.Objectives {
		names = max(names, columns(o.Expression))
	}
	names = min(names, 34)
	for _, o := range s.Objectives {
		word := p.green("PASS")
		if !o.Pass {
			word = p.red("FAIL")
		}
		p.hanging("  "+word+"  "+left(clean(o.Expression), names)+"  ", 10+max(names, columns(clean(o.Expression))), clean(o.ActualText)+ofLimit(&o), nil)
	}
	if s.Rejected != "" {
		p.prose("  "+p.warn+" ", "no evidence: "+clean(s.Rejected), p.yellow)
	}
	if s.Orphaned > 0 {
		p.prose("  "+p.warn+" ", fmt.Sprintf("%s left open: authsoak cleanup %s", plural(s.Orphaned, "session", "sessions"),
			quoted(clean(filepath.Join(p.opt.Folder, s.Folder)))), p.yellow)
	}
	if s.Next != "" {
		p.prose("  "+p.arrow()+" ", clean(s.Next), nil)
	}
}

// ofLimit says how near a value is to its limit, where that is a multiple of it.
func ofLimit(o *results.CapacityObjective) string {
	if o.Limit == 0 || o.Actual == 0 {
		return ""
	}
	share := 100 * o.Actual / o.Limit
	if share > 999 {
		return fmt.Sprintf(" (%.0f times the limit)", share/100)
	}
	return fmt.Sprintf(" (%.0f %% of the limit)", share)
}

// levelText writes a level of an axis.
func levelText(level float64, axis string) string {
	if axis == results.SessionsAxis {
		return fmt.Sprintf("%.0f sessions", level)
	}
	return fmt.Sprintf("%.4g/s", level)
}

// CapacityPlan writes the plan of a search that starts at a time.
func CapacityPlan(w io.Writer, r *results.CapacityResult, start time.Time, opt TextOptions) error {
	p := newPage(opt)
	pl := &r.Plan
	p.field("target", join(r.Targets))
	for i, o := range r.Objectives {
		label := "objective"
		if i > 0 {
			label = ""
		}
		p.field(label, clean(o))
	}
	p.field("load", clean(r.Load))
	p.field("levels", fmt.Sprintf("from %s, doubled until too much; never above %s", levelText(pl.From, r.Axis), levelText(pl.Most, r.Axis)))
	near := lifeSpan(pl.StepS)
	if pl.LongStepS > pl.StepS {
		near += fmt.Sprintf(" (at %s %s, for the objectives to be told)", levelText(pl.From, r.Axis), lifeSpan(pl.LongStepS))
	}
	p.field("steps", fmt.Sprintf("%s judged near the limit, %s on the way there, after %s to settle; at most %d",
		near, lifeSpan(pl.ClimbS), lifeSpan(pl.SettleS), pl.MaxSteps))
	p.field("answer", fmt.Sprintf("an interval %.3g %% wide that holds the capacity with %.3g %%", 100*pl.Precision, 100*pl.Confidence))
	p.field("takes", takesText(r))
	p.field("ends", endsText(r, start))
	p.line("")
	_, err := io.WriteString(w, p.String())
	return err
}

// endsText says when a search that starts now is over.
func endsText(r *results.CapacityResult, start time.Time) string {
	pl := &r.Plan
	at := func(seconds float64) string {
		format := "15:04:05"
		if seconds > 20*3600 {
			format = "Mon 2 Jan 15:04"
		}
		return start.Add(time.Duration(seconds * float64(time.Second))).Format(format)
	}
	late := "logouts"
	if r.Axis == results.SessionsAxis {
		late = "logouts, and logins slower than that,"
	}
	return fmt.Sprintf("by %s where such steps will do, by %s at the latest where they must be longer; what %s take comes on top", at(pl.UsualS), at(pl.LongestS), late)
}

// takesText says what a search takes of a server at most.
func takesText(r *results.CapacityResult) string {
	var parts []string
	pl := &r.Plan
	if r.Axis == results.SessionsAxis {
		parts = append(parts, "up to "+count(int64(pl.Most))+" sessions at once")
	} else {
		parts = append(parts, fmt.Sprintf("up to %s logins in a step", count(pl.LoginsStep)))
	}
	parts = append(parts, fmt.Sprintf("at most %s logins in all", count(pl.Logins)))
	if pl.Accounts > 0 {
		parts = append(parts, count(int64(pl.Accounts))+" accounts, each in one session at a time")
	} else {
		parts = append(parts, "shared accounts")
	}
	return strings.Join(parts, "; ")
}
