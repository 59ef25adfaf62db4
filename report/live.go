package report

import (
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"authsoak/results"
)

// Live shows a run while it lasts. Its methods may be called from any
// goroutine. None but Finish waits for the terminal: where that stands still,
// lines are lost and counted.
type Live interface {
	// Update shows the state of the run.
	Update(results.Snapshot)
	// Message shows one line of text without disturbing the rest.
	Message(text string)
	// Finish shows the last state and returns when everything is written.
	// Nothing is shown after it. A second call does nothing.
	Finish()
}

// LiveOptions says how a run is shown. The zero value prints lines every five
// seconds, without colour.
type LiveOptions struct {
	Terminal bool       // bars that redraw themselves; else plain lines
	Width    func() int // of the terminal, asked for each frame; nil or not positive: 80
	Height   func() int // nil or not positive: 24
	Color    bool
	ASCII    bool // no characters beyond ASCII
	Quiet    bool // nothing at all
	Targets  []string
	// RunFolder is named in the first line; empty: it isn't.
	RunFolder string
	// Every is the time of the run between plain lines; the first comes after
	// one second. 0: five seconds. Bars are redrawn at each Update.
	Every time.Duration
}

const (
	defaultHeight = 24
	defaultEvery  = 5 * time.Second
)

// NewLive returns the view that the options ask for. It must be finished.
func NewLive(w io.Writer, opt LiveOptions) Live {
	if opt.Every <= 0 {
		opt.Every = defaultEvery
	}
	switch {
	case opt.Quiet:
		return quiet{}
	case opt.Terminal:
		return newBarView(w, opt)
	}
	return newLineView(w, opt)
}

// ScreenOptions finds out what f can show: whether it is a terminal that
// understands escapes, how large it is, whether it wants colour (NO_COLOR,
// TERM) and UTF-8 (LC_ALL, LC_CTYPE, LANG). getenv is os.Getenv.
func ScreenOptions(f *os.File, getenv func(string) string) LiveOptions {
	fd := int(f.Fd())
	// A console of Windows takes escapes only when it was switched to them.
	escapes := term.IsTerminal(fd) && getenv("TERM") != "dumb" && runtime.GOOS != "windows"
	dimension := func(pick func(w, h int) int) func() int {
		return func() int {
			w, h, err := term.GetSize(fd)
			if err != nil {
				return 0
			}
			return pick(w, h)
		}
	}
	return LiveOptions{
		Terminal: escapes,
		Color:    escapes && getenv("NO_COLOR") == "",
		ASCII:    !speaksUTF8(getenv),
		Width:    dimension(func(w, _ int) int { return w }),
		Height:   dimension(func(_, h int) int { return h }),
	}
}

// TextFor is [TextOptions] for what [ScreenOptions] found.
func TextFor(o LiveOptions) TextOptions {
	t := TextOptions{Color: o.Color, ASCII: o.ASCII, Folder: o.RunFolder, Brief: o.Quiet}
	if o.Terminal && o.Width != nil {
		t.Width = o.Width()
	}
	return t
}

// speaksUTF8 follows POSIX: the first of the three that is set decides. A bare
// environment, as containers and CI have it, is taken for UTF-8.
func speaksUTF8(getenv func(string) string) bool {
	for _, key := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(key)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

type quiet struct{}

func (quiet) Update(results.Snapshot) {}
func (quiet) Message(string)          {}
func (quiet) Finish()                 {}

// state is what both views remember from one snapshot to the next.
type state struct {
	sync.Mutex
	now    results.Snapshot
	seen   bool // a snapshot has come
	ended  bool
	warmup time.Duration // where the hold began; 0: not yet, or at once
	// open is how many sessions each target had when the drain began.
	open  map[string]int64
	taint string // the last reason
}

// take remembers a snapshot. The caller holds the lock.
func (v *state) take(s results.Snapshot) {
	if s.Phase == results.Hold && v.seen && v.now.Phase == results.Warmup {
		v.warmup = s.Elapsed
	}
	if s.Phase == results.Drain && v.open == nil {
		v.open = make(map[string]int64)
		for _, t := range v.now.Targets {
			v.open[t.Name] = t.Sessions.Live
		}
	}
	if v.open != nil {
		for _, t := range s.Targets {
			v.open[t.Name] = max(v.open[t.Name], t.Sessions.Live)
		}
	}
	if s.Tainted != "" {
		v.taint = clean(s.Tainted)
	}
	s.Targets = slices.Clone(s.Targets)
	v.now, v.seen = s, true
}

// drained is how many sessions the targets had when the drain began.
func (v *state) drained() int64 {
	n := int64(0)
	for _, o := range v.open {
		n += o
	}
	return n
}

// progress is the time passed and left in words, or in the drain the sessions
// left.
func (v *state) progress() string {
	s := &v.now
	switch {
	case v.ended && s.Planned > s.Elapsed:
		return "stopped after " + clock(s.Elapsed) + " of " + clock(s.Planned)
	case v.ended:
		return "ended after " + clock(s.Elapsed)
	case s.Phase == results.Drain:
		return count(total(s.Targets).Sessions.Live) + " of " + plural(v.drained(), "session", "sessions") + " left to log out"
	case s.Planned > 0:
		return clock(s.Elapsed) + " of " + clock(s.Planned) + ", " + clock(roundUp(s.Planned-s.Elapsed)) + " left"
	}
	return clock(s.Elapsed) + " until stopped"
}

// roundUp keeps the clock from showing 0:00 while there is time left.
func roundUp(d time.Duration) time.Duration {
	return max(d+time.Second-1, 0).Truncate(time.Second)
}

// limit says that the generator was the limit, and why. Empty: it never was.
func (v *state) limit() string {
	if v.now.TaintedIntervals == 0 && v.taint == "" {
		return ""
	}
	text := "generator was the limit in " + plural(int64(max(v.now.TaintedIntervals, 1)), "interval", "intervals")
	switch {
	case v.now.Tainted != "" && !v.ended:
		text += ", now: " + v.taint
	case v.taint != "":
		text += ", last: " + v.taint
	}
	return text
}

func phaseName(p results.Phase) string {
	return [...]string{"warm-up", "hold", "draining"}[min(p, results.Drain)]
}

// total adds targets up. Quantiles don't add: with several targets it has those
// of the slowest, and nobody prints them.
func total(targets []results.TargetNow) results.TargetNow {
	var sum results.TargetNow
	for _, t := range targets {
		sum.CyclesPerSec += t.CyclesPerSec
		sum.StepsPerSec += t.StepsPerSec
		sum.P50, sum.P99 = max(sum.P50, t.P50), max(sum.P99, t.P99)
		sum.Sessions.Live += t.Sessions.Live
		sum.CyclesPlanned += t.CyclesPlanned
		sum.CyclesDone += t.CyclesDone
		sum.Dropped += t.Dropped
		sum.Fail += t.Fail
		sum.Unknown += t.Unknown
	}
	return sum
}

// worst picks the n targets that most deserve a look, in their own order: those
// with the most failures, unknowns and drops, then the slowest.
func worst(targets []results.TargetNow, n int) []results.TargetNow {
	if len(targets) <= n {
		return targets
	}
	at := make([]int, len(targets))
	for i := range at {
		at[i] = i
	}
	trouble := func(t *results.TargetNow) float64 {
		return float64(t.Fail) + float64(t.Unknown) + float64(t.Dropped) +
			float64(t.P99)/math.MaxInt64
	}
	slices.SortStableFunc(at, func(a, b int) int {
		x, y := trouble(&targets[a]), trouble(&targets[b])
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	at = at[:n]
	slices.Sort(at)
	out := make([]results.TargetNow, n)
	for i, t := range at {
		out[i] = targets[t]
	}
	return out
}
