package results

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrEnded says that a run came to its end, so that there is nothing to resume.
var ErrEnded = errors.New("it has ended: there is nothing to resume")

// GapLine is the kind of line in intervals.jsonl that marks a gap.
const GapLine = "gap"

// Gap is a stretch of time in which a run was not driven: its generator had died.
// Times of load (at_s) go on after it as if it had not been.
type Gap struct {
	Line    string  `json:"line,omitempty"`
	At      float64 `json:"at_s"` // seconds of load before it
	From    string  `json:"from"` // RFC 3339: the last second that was recorded
	To      string  `json:"to"`
	LengthS float64 `json:"length_s"`
	// What became of the sessions that were open when the generator died.
	LoggedOut    int64 `json:"logged_out"`
	AlreadyEnded int64 `json:"already_ended"`
	PossiblyOpen int64 `json:"possibly_open"`
	// GivenUp may still be open: their ledger was removed before they were logged out.
	GivenUp int64 `json:"given_up,omitempty"`
}

// Earlier is what a killed run left, as far as going on with it needs.
type Earlier struct {
	Head   Head
	Driven time.Duration // of load: the end of the last second that was recorded
	Last   time.Time     // that second by the clock on the wall
	Gaps   []Gap
	// Sessions is the ledger at that second, by target.
	Sessions []SessionCounts
	// Planned are the cycles that were recorded as due, by target. Those that
	// nobody had come to yet when the run was killed are missing from it.
	Planned []int64
	// Unfinished are cycles that were planned and never started, and those that
	// were started and never ended, by target and phase.
	Unfinished []([Phases]struct{ Dropped, Interrupted int64 })
	// Orphaned are sessions of earlier gaps that nobody could log out, by target. They
	// count as abandoned.
	Orphaned []int64
	// Breaches is how often each session rule was broken, by target and its name.
	Breaches []map[string]int64
	// Warmup and Hold are how long the phases lasted.
	Warmup, Hold time.Duration
	// Mark is the gap before the part to come; the caller completes it.
	Mark Gap
}

// ReadEarlier reads what a killed run left. The error is [ErrEnded] for one that
// came to its end.
func ReadEarlier(f *Folder) (*Earlier, error) {
	e := &Earlier{}
	counts := map[string]map[string]map[string]int64{}
	breaches := map[string]map[string]int64{}
	var last RunInterval
	phases := map[string]float64{}
	for l, err := range ReadIntervals(f) {
		switch {
		case err != nil:
			return nil, err
		case l.Head != nil:
			e.Head = *l.Head
		case l.End != nil:
			return nil, fmt.Errorf("run %s: %w", f.Dir, ErrEnded)
		case l.Gap != nil:
			e.Gaps = append(e.Gaps, *l.Gap)
		case l.Run != nil:
			last = *l.Run
			phases[last.Phase] += last.Length
			for _, t := range last.Targets {
				addTo(counts, t)
				addBreaches(breaches, t)
			}
		}
	}
	if last.Line == "" {
		return nil, fmt.Errorf("run %s: it was killed in its first second: start it anew", f.Dir)
	}
	e.Driven = toDuration(last.At)
	e.Warmup, e.Hold = toDuration(phases[Warmup.String()]), toDuration(phases[Hold.String()])
	e.Last = e.Head.Run.StartedAt.Add(e.Driven)
	for _, g := range e.Gaps {
		e.Last = e.Last.Add(toDuration(g.LengthS))
	}
	e.books(last, counts, breaches)
	return e, nil
}

func addTo(counts map[string]map[string]map[string]int64, t TargetInterval) {
	for phase, byName := range t.Counts {
		for name, n := range byName {
			if counts[t.Name] == nil {
				counts[t.Name] = map[string]map[string]int64{}
			}
			if counts[t.Name][phase] == nil {
				counts[t.Name][phase] = map[string]int64{}
			}
			counts[t.Name][phase][name] += n
		}
	}
}

func addBreaches(into map[string]map[string]int64, t TargetInterval) {
	for rule, n := range t.Breaches {
		if into[t.Name] == nil {
			into[t.Name] = map[string]int64{}
		}
		into[t.Name][rule] += n
	}
}

// books puts what was counted in the order of the targets.
func (e *Earlier) books(last RunInterval, counts map[string]map[string]map[string]int64, breaches map[string]map[string]int64) {
	for _, t := range e.Head.Run.Targets {
		var now TargetInterval
		for _, l := range last.Targets {
			if l.Name == t.Name {
				now = l
			}
		}
		e.Sessions = append(e.Sessions, now.Sessions)
		e.Orphaned = append(e.Orphaned, now.Orphaned)
		e.Breaches = append(e.Breaches, breaches[t.Name])
		var left [Phases]struct{ Dropped, Interrupted int64 }
		var planned int64
		for p := range Phases {
			n := counts[t.Name][p.String()]
			planned += n[CyclesPlanned.String()]
			left[p].Dropped = n[CyclesPlanned.String()] - n[CyclesStarted.String()] - n[CyclesDropped.String()]
			left[p].Interrupted = n[CyclesStarted.String()] - n[CyclesCompleted.String()] - n[CyclesInterrupted.String()]
		}
		e.Planned = append(e.Planned, planned)
		e.Unfinished = append(e.Unfinished, left)
	}
}

// Settle enters what became of the sessions that were open when the generator
// died; nil: the ledger is gone and nobody knows, so that all of them are given up.
// A session that the last record holds and the ledger didn't was closed in the
// second that nobody recorded.
func (e *Earlier) Settle(c *Cleaned) {
	for i := range e.Sessions {
		s := &e.Sessions[i]
		var t CleanedTarget
		switch {
		case c == nil:
			t.Left = max(0, s.Live+s.Abandoned-e.Orphaned[i])
		case i < len(c.Targets):
			t = c.Targets[i]
		}
		e.Orphaned[i] += t.Left
		s.Closed += t.LoggedOut
		s.Expired += t.AlreadyEnded
		s.Live, s.Abandoned, s.PossiblyClosed = 0, e.Orphaned[i], 0
		s.Opened = max(s.Opened, s.Closed+s.Expired+s.Abandoned)
		s.Closed = s.Opened - s.Expired - s.Abandoned
		s.PossiblyOpen = max(s.PossiblyOpen, t.PossiblyOpen)
		e.Mark.LoggedOut += t.LoggedOut
		e.Mark.AlreadyEnded += t.AlreadyEnded
		e.Mark.PossiblyOpen += t.PossiblyOpen
		e.Mark.GivenUp += t.Left
	}
}

// whole enters in the gauges of the part being driven the ledger of the whole run.
func (e *Earlier) whole(g *Gauges) {
	g.Sessions = append([]SessionCounts(nil), g.Sessions...)
	g.Orphaned = append([]int64(nil), g.Orphaned...)
	for i := range g.Sessions {
		if i >= len(e.Sessions) {
			return
		}
		g.Sessions[i].goOn(e.Sessions[i])
		if len(g.Orphaned) <= i {
			g.Orphaned = append(g.Orphaned, 0)
		}
		g.Orphaned[i] += e.Orphaned[i]
	}
}

// goOn adds to the sessions of the part being driven those of the parts before.
func (s *SessionCounts) goOn(earlier SessionCounts) {
	peak := max(s.PeakLive, earlier.PeakLive)
	s.add(earlier)
	s.PeakLive = peak
}

// openAgain opens a file to go on with it, without the line that the kill tore.
func openAgain(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	whole, err := wholeLines(f)
	if err == nil {
		err = f.Truncate(whole)
	}
	if err == nil {
		_, err = f.Seek(whole, 0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// wholeLines returns where the last complete line ends.
func wholeLines(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	chunk := make([]byte, 64<<10)
	for end := info.Size(); end > 0; {
		from := max(0, end-int64(len(chunk)))
		if _, err := f.ReadAt(chunk[:end-from], from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(chunk[:end-from], '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}
