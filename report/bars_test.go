package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"authsoak/results"
)

var fourNames = []string{"octane", "alm", "space", "lre-production-east"}

// at is the state of a run of one minute, ten seconds of them warm-up, after
// the given second. It drains from second 60 to 65.
func at(second int, names []string) results.Snapshot {
	s := results.Snapshot{Elapsed: time.Duration(second) * time.Second, Planned: time.Minute, Workers: 64,
		Busy: second % 64, Lateness: time.Duration(second*7) * time.Microsecond, Phase: results.Hold,
		Health: results.Health{CPUShare: 0.34, RSS: 48_300_000, OpenFiles: 120, OpenFileLimit: 1024}}
	switch {
	case second < 10:
		s.Phase = results.Warmup
	case second >= 60:
		s.Phase = results.Drain
	}
	if second >= 30 {
		s.TaintedIntervals = min(second, 32) - 29
	}
	if second >= 30 && second <= 32 {
		s.Tainted = "lateness p99 41.2 ms is above 10 ms, processor use 98 % of 2 cores"
	}
	for i, n := range names {
		t := results.TargetNow{Name: n, CyclesPerSec: 1234.5 / float64(i+1), StepsPerSec: 6172.5 / float64(i+1),
			P50: time.Duration(300*(i*i*i+1)) * time.Microsecond, P99: time.Duration(12*(i+1)) * time.Millisecond,
			CyclesPlanned: int64(second * 1240), CyclesDone: int64(second * 1234)}
		t.Sessions.Live = int64(min(second, 60, (65-second)*12) * 250)
		if i == 2 {
			t.Fail, t.Unknown, t.Dropped = int64(second*second), int64(second/20), int64(max(second-40, 0))
		}
		s.Targets = append(s.Targets, t)
	}
	return s
}

// play shows snapshots on a terminal, one frame each.
func play(m *terminal, l Live, snapshots ...results.Snapshot) {
	for _, s := range snapshots {
		l.Update(s)
		<-m.drawn
	}
}

func liveOn(m *terminal, opt LiveOptions) Live {
	opt.Terminal = true
	opt.Width = func() int { return m.width }
	return NewLive(m, opt)
}

func TestBars(t *testing.T) {
	forever := func(second int) results.Snapshot {
		s := at(second, fourNames[:1])
		s.Planned = 0
		return s
	}
	broken := at(45, fourNames)
	broken.Broken = "p99(login) < 500ms"
	var forty []string
	for i := range 40 {
		forty = append(forty, fmt.Sprintf("node-%02d", i))
	}
	few := forty[:20:20]
	for _, c := range []struct {
		name   string
		width  int
		opt    LiveOptions
		show   []results.Snapshot
		finish bool
	}{
		{"bars-start", 80, LiveOptions{Targets: fourNames}, []results.Snapshot{at(0, fourNames)}, false},
		{"bars-warmup", 80, LiveOptions{Targets: fourNames}, []results.Snapshot{at(5, fourNames)}, false},
		{"bars-hold", 80, LiveOptions{Targets: fourNames, RunFolder: folder}, []results.Snapshot{at(9, fourNames), at(10, fourNames), at(29, fourNames)}, false},
		{"bars-tainted", 80, LiveOptions{Targets: fourNames}, []results.Snapshot{at(31, fourNames)}, false},
		{"bars-broken", 80, LiveOptions{Targets: fourNames}, []results.Snapshot{at(31, fourNames), broken}, false},
		{"bars-drain", 80, LiveOptions{Targets: fourNames}, []results.Snapshot{at(59, fourNames), at(60, fourNames), at(62, fourNames)}, false},
		{"bars-end", 80, LiveOptions{Targets: fourNames}, []results.Snapshot{at(59, fourNames), at(60, fourNames), at(65, fourNames)}, true},
		{"bars-stopped", 80, LiveOptions{Targets: fourNames}, []results.Snapshot{at(29, fourNames)}, true},
		{"bars-nothing", 80, LiveOptions{Targets: fourNames}, nil, true},
		{"bars-wide", 160, LiveOptions{Targets: fourNames}, []results.Snapshot{at(9, fourNames), at(10, fourNames), at(50, fourNames)}, false},
		{"bars-narrow", 40, LiveOptions{Targets: fourNames}, []results.Snapshot{at(31, fourNames)}, false},
		{"bars-ascii", 80, LiveOptions{Targets: fourNames, ASCII: true}, []results.Snapshot{at(9, fourNames), at(10, fourNames), at(50, fourNames)}, false},
		{"bars-forever", 80, LiveOptions{Targets: fourNames[:1]}, []results.Snapshot{forever(5), forever(6), forever(50)}, false},
		{"bars-forever-drain", 80, LiveOptions{Targets: fourNames[:1]}, []results.Snapshot{forever(59), forever(62)}, false},
		{"bars-many", 80, LiveOptions{Targets: few, Height: func() int { return 40 }}, []results.Snapshot{at(31, few)}, false},
		{"bars-low", 80, LiveOptions{Targets: few, Height: func() int { return 6 }}, []results.Snapshot{at(31, few), at(33, few)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newTerminal(t, c.width)
			l := liveOn(m, c.opt)
			play(m, l, c.show...)
			if !c.finish {
				golden(t, c.name, m.String())
			}
			l.Finish()
			if c.finish {
				golden(t, c.name, m.String())
			}
			if m.wrapped > 0 {
				t.Errorf("%d lines were broken by the terminal", m.wrapped)
			}
		})
	}
}

func TestBarsFitEveryWidth(t *testing.T) {
	for _, names := range [][]string{fourNames[:1], fourNames, {"日本語のとても長い名前", "b"}} {
		for width := 12; width < 220; width += 1 + width/30 {
			m := newTerminal(t, width)
			l := liveOn(m, LiveOptions{Targets: names, Color: width%2 == 0})
			big := at(31, names)
			for i := range big.Targets {
				b := &big.Targets[i]
				b.CyclesPerSec, b.Fail, b.P99, b.Sessions.Live = 98765432.1, 1<<40, 3*time.Hour, 1<<40
			}
			play(m, l, at(5, names), at(31, names), big, at(61, names))
			l.Finish()
			if m.wrapped > 0 {
				t.Errorf("%d names at %d columns: %d broken lines\n%s", len(names), width, m.wrapped, m)
			}
		}
	}
}

func TestBarsFollowTheWindow(t *testing.T) {
	m := newTerminal(t, 120)
	l := liveOn(m, LiveOptions{Targets: fourNames})
	play(m, l, at(20, fourNames))
	for _, width := range []int{60, 45, 200, 80} {
		m.resize(width)
		play(m, l, at(21, fourNames))
		if got := strings.Count(m.String(), "octane"); got != 1 {
			t.Errorf("after a change to %d columns octane has %d lines, want 1\n%s", width, got, m)
		}
	}
	l.Finish()
}

func TestBarsMessages(t *testing.T) {
	m := newTerminal(t, 80)
	l := liveOn(m, LiveOptions{Targets: fourNames})
	play(m, l, at(20, fourNames))
	l.Message("first\nmessage \x1b[2Jwith tricks")
	<-m.drawn
	play(m, l, at(21, fourNames))
	l.Message("second")
	l.Finish()
	l.Message("too late")
	l.Update(at(22, fourNames))
	l.Finish()
	got := strings.Split(m.String(), "\n")
	if got[0] != "first message with tricks" || got[1] != "second" || !strings.HasPrefix(got[2], "target") {
		t.Errorf("want both messages above the bars, got\n%s", m)
	}
	if strings.Contains(m.String(), "late p99") || strings.Contains(m.String(), "too late") {
		t.Errorf("something was shown after the end:\n%s", m)
	}
}

func TestBarsColours(t *testing.T) {
	for _, colour := range []bool{false, true} {
		w := &recorder{drawn: make(chan struct{}, 100)}
		l := NewLive(w, LiveOptions{Terminal: true, Targets: fourNames, Color: colour})
		l.Update(at(31, fourNames))
		<-w.drawn
		l.Finish()
		for _, escape := range []string{"\x1b[31m", "\x1b[33m", "\x1b[2m"} {
			if got := strings.Contains(w.got.String(), escape); got != colour {
				t.Errorf("colour %t: escape %q found: %t", colour, escape, got)
			}
		}
	}
}

// recorder keeps what is written.
type recorder struct {
	got   strings.Builder
	drawn chan struct{}
}

func (r *recorder) Write(b []byte) (int, error) {
	n, err := r.got.Write(b)
	r.drawn <- struct{}{}
	return n, err
}

// stuck is an output that stands still until it is released.
type stuck struct {
	got     strings.Builder
	release chan struct{}
	reached chan struct{} // closed by the first write
	writes  int
}

func (s *stuck) Write(b []byte) (int, error) {
	if s.writes++; s.writes == 1 {
		close(s.reached)
	}
	<-s.release
	return s.got.Write(b)
}

// A terminal that stands still must not hold up the run.
func TestLiveNeverWaits(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		w := &stuck{release: make(chan struct{}), reached: make(chan struct{})}
		l := NewLive(w, LiveOptions{Terminal: terminal, Targets: fourNames, Every: time.Second})
		l.Update(at(1, fourNames))
		<-w.reached
		for i := range 2000 {
			l.Update(at(2+i%50, fourNames))
			l.Message("hello")
		}
		close(w.release)
		l.Finish()
		if !strings.Contains(w.got.String(), "stood still") {
			t.Errorf("terminal %t: nothing says that lines were lost", terminal)
		}
	}
}

func TestLiveSurvivesABrokenOutput(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		l := NewLive(broken{}, LiveOptions{Terminal: terminal, Targets: fourNames})
		for i := range 100 {
			l.Update(at(i%60, fourNames))
			l.Message("hello")
		}
		l.Finish()
	}
}
