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
}

// Earlier is what a killed run left, as far as going on with it needs.
type Earlier struct {
	Head   Head
	Driven time.Duration // of load: the end of the last second that was recorded
	Last   time.Time     // that second by the clock on the wall
	Gaps   []Gap
	// Sessions is the ledger at that second, by target.
	Sessions []SessionCounts
	// Unfinished are cycles that were planned and never started, and those that
	// were started and never ended, by target and phase.
	Unfinished []([Phases]struct{ Dropped, Interrupted int64 })
	// Classes counts the failures of each class, by target.
	Classes []map[Class]int64
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
	classes := map[string]map[Class]int64{}
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
		case l.Series != nil && l.Series.Kind == StepSeries.String():
			countClasses(classes, l.Series)
		case l.Run != nil:
			last = *l.Run
			phases[last.Phase] += last.Length
			for _, t := range last.Targets {
				addTo(counts, t)
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
	e.books(last, counts, classes)
	return e, nil
}

func countClasses(into map[string]map[Class]int64, l *SeriesInterval) {
	for name, n := range l.Errors {
		if c, ok := ParseClass(name); ok {
			if into[l.Target] == nil {
				into[l.Target] = map[Class]int64{}
			}
			into[l.Target][c] += n
		}
	}
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

// books puts what was counted in the order of the targets.
func (e *Earlier) books(last RunInterval, counts map[string]map[string]map[string]int64, classes map[string]map[Class]int64) {
	for _, t := range e.Head.Run.Targets {
		var sessions SessionCounts
		for _, l := range last.Targets {
			if l.Name == t.Name {
				sessions = l.Sessions
			}
		}
		e.Sessions = append(e.Sessions, sessions)
		e.Classes = append(e.Classes, classes[t.Name])
		var left [Phases]struct{ Dropped, Interrupted int64 }
		for p := range Phases {
			n := counts[t.Name][p.String()]
			left[p].Dropped = n[CyclesPlanned.String()] - n[CyclesStarted.String()] - n[CyclesDropped.String()]
			left[p].Interrupted = n[CyclesStarted.String()] - n[CyclesCompleted.String()] - n[CyclesInterrupted.String()]
		}
		e.Unfinished = append(e.Unfinished, left)
	}
}

// Settle enters what became of the sessions that target had open: those logged
// out, and those that had ended already. A session that the last record holds and
// the ledger doesn't was closed in the second that nobody recorded.
func (e *Earlier) Settle(target int, loggedOut, ended, possiblyOpen int64) {
	s := &e.Sessions[target]
	s.Closed += loggedOut
	s.Expired += ended
	s.Opened = max(s.Opened, s.Closed+s.Expired)
	s.Closed = s.Opened - s.Expired
	s.Live, s.Abandoned, s.PossiblyClosed = 0, 0, 0
	s.PossiblyOpen = max(s.PossiblyOpen, possiblyOpen)
	e.Mark.LoggedOut += loggedOut
	e.Mark.AlreadyEnded += ended
	e.Mark.PossiblyOpen += possiblyOpen
}

// whole returns the ledger of the whole run, given that of the part being driven.
func (e *Earlier) whole(part []SessionCounts) []SessionCounts {
	out := append([]SessionCounts(nil), part...)
	for i := range out {
		if i < len(e.Sessions) {
			out[i].goOn(e.Sessions[i])
		}
	}
	return out
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
