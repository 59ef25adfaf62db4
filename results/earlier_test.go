package results

import (
	"errors"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A run that was killed and resumed twice sums up to what it would have been,
// gaps apart.
func TestResumed(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	r := newRun(t, []string{"count(octane.login) > 10"}, nil)
	r.play(rng, 5)
	cycles := r.gauges.Sessions[0].Closed
	for range 2 {
		tear(t, r.f)
		e, err := ReadEarlier(r.f)
		if err != nil {
			t.Fatal(err)
		}
		if e.Driven != r.now || e.Sessions[0].Closed != cycles {
			t.Fatalf("driven %s with %d sessions, want %s with %d", e.Driven, e.Sessions[0].Closed, r.now, cycles)
		}
		e.Settle(&Cleaned{Targets: []CleanedTarget{{LoggedOut: 3, AlreadyEnded: 1, PossiblyOpen: 2}}})
		cycles += 3
		e.Mark.Line, e.Mark.At, e.Mark.LengthS = GapLine, e.Driven.Seconds(), 60
		opt := r.c.opt
		opt.Earlier, opt.Recorders = e, []*Recorder{NewRecorder(testSeries, 2), NewRecorder(testSeries, 2)}
		c, err := NewCollector(opt)
		if err != nil {
			t.Fatal(err)
		}
		r.c, r.r = c, opt.Recorders
		r.gauges.Sessions[0] = SessionCounts{}
		for range 4 {
			r.cycle(0, Hold, time.Millisecond, OK, NoClass)
			r.tick(Hold)
			cycles++
		}
	}
	s := r.finish(Ending{Hold: r.held})
	if got := s.Sessions; got.Closed != cycles || got.Expired != 2 || !got.Balanced {
		t.Errorf("sessions %+v, want %d closed", got, cycles)
	}
	if len(s.Gaps) != 2 || s.Gaps[1].LoggedOut != 3 || s.Gaps[1].PossiblyOpen != 2 {
		t.Errorf("gaps %+v", s.Gaps)
	}
	if s.Verdict != Pass || !s.Thresholds[0].Pass {
		t.Errorf("verdict %s %q, %+v", s.Verdict, s.Reasons, s.Thresholds)
	}
	if again, err := Rebuild(r.f); err != nil || again.Cycles != s.Cycles || again.Generator.CPUS != s.Generator.CPUS {
		t.Errorf("rebuilt: %v %+v, want %+v", err, again.Cycles, s.Cycles)
	}
	if _, err := ReadEarlier(r.f); !errors.Is(err, ErrEnded) {
		t.Errorf("a run that ended: %v", err)
	}
}

// tear leaves half a line, as a kill may.
func tear(t *testing.T, f *Folder) {
	t.Helper()
	for _, name := range []string{IntervalsFile, HistogramsFile} {
		file, err := os.OpenFile(f.Path(name), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteString(`{"line":"run","at_s":99`); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A session that the ledger no longer holds was closed in the second that nobody
// recorded; one that it holds and nobody recorded was opened in it. What could not
// be logged out when the ledger was removed is orphaned, never closed, and all of
// it where nobody ever tried.
func TestSettle(t *testing.T) {
	for _, c := range []struct {
		name                              string
		was                               SessionCounts
		earlier                           int64 // orphaned before another gap
		cleaned                           *Cleaned
		opened, closed, expired, orphaned int64
		givenUp                           int64
	}{
		{"all logged out", SessionCounts{Opened: 10, Closed: 6, Live: 3, Abandoned: 1}, 0, cleaned(4, 0, 0), 10, 10, 0, 0, 0},
		{"one closed meanwhile", SessionCounts{Opened: 10, Closed: 6, Live: 4}, 0, cleaned(2, 1, 0), 10, 9, 1, 0, 0},
		{"some opened meanwhile", SessionCounts{Opened: 10, Closed: 6, Live: 4}, 0, cleaned(7, 0, 0), 13, 13, 0, 0, 0},
		{"two given up", SessionCounts{Opened: 10, Closed: 6, Live: 4}, 0, cleaned(1, 1, 2), 10, 7, 1, 2, 2},
		{"nobody knows", SessionCounts{Opened: 10, Closed: 5, Expired: 1, Live: 3, Abandoned: 1}, 0, nil, 10, 5, 1, 4, 4},
		{"again, after two were given up", SessionCounts{Opened: 20, Closed: 14, Live: 3, Abandoned: 3}, 2, cleaned(4, 0, 0), 20, 18, 0, 2, 0},
		{"again, and nobody knows", SessionCounts{Opened: 20, Closed: 14, Live: 3, Abandoned: 3}, 2, nil, 20, 14, 0, 6, 4},
	} {
		e := Earlier{Sessions: []SessionCounts{c.was}, Orphaned: []int64{c.earlier}}
		e.Settle(c.cleaned)
		want := SessionCounts{Opened: c.opened, Closed: c.closed, Expired: c.expired, Abandoned: c.orphaned}
		if e.Sessions[0] != want || e.Orphaned[0] != c.orphaned || e.Mark.GivenUp != c.givenUp {
			t.Errorf("%s: %+v, orphaned %d, gap %+v; want %+v, given up %d", c.name, e.Sessions[0], e.Orphaned[0], e.Mark, want, c.givenUp)
		}
	}
}

func cleaned(loggedOut, ended, left int64) *Cleaned {
	return &Cleaned{Targets: []CleanedTarget{{LoggedOut: loggedOut, AlreadyEnded: ended, Left: left}}}
}

// What cleanups did is kept until the run goes on, however many there were; what is
// left is what the last of them left.
func TestCleaned(t *testing.T) {
	r := newRun(t, nil, nil)
	if c, err := ReadCleaned(r.f); c != nil || err != nil {
		t.Fatalf("before any: %+v %v", c, err)
	}
	for _, now := range [][]CleanedTarget{{{LoggedOut: 3, PossiblyOpen: 2, Left: 5}, {LoggedOut: 1}}, {{LoggedOut: 1, AlreadyEnded: 3, PossiblyOpen: 2, Left: 1}}} {
		if _, err := AddCleaned(r.f, now); err != nil {
			t.Fatal(err)
		}
	}
	c, err := ReadCleaned(r.f)
	want := &Cleaned{Targets: []CleanedTarget{{LoggedOut: 4, AlreadyEnded: 3, PossiblyOpen: 2, Left: 1}, {LoggedOut: 1}}}
	if diff := cmp.Diff(want, c); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	r.tick(Hold)
	e := r.resume(c)
	if c, err := ReadCleaned(r.f); c != nil || err != nil {
		t.Errorf("after the run went on: %+v %v", c, err)
	}
	if e.Mark.LoggedOut != 5 || e.Mark.GivenUp != 1 {
		t.Errorf("the gap: %+v", e.Mark)
	}
}

// resume goes on with a run as if it had been killed after the last tick.
func (r *testRun) resume(c *Cleaned) *Earlier {
	r.t.Helper()
	e, err := ReadEarlier(r.f)
	if err != nil {
		r.t.Fatal(err)
	}
	e.Settle(c)
	e.Mark.Line, e.Mark.At, e.Mark.LengthS = GapLine, e.Driven.Seconds(), 60
	opt := r.c.opt
	opt.Earlier, opt.Recorders = e, []*Recorder{NewRecorder(testSeries, 2), NewRecorder(testSeries, 2)}
	if r.c, err = NewCollector(opt); err != nil {
		r.t.Fatal(err)
	}
	r.r = opt.Recorders
	for i := range r.gauges.Sessions {
		r.gauges.Sessions[i] = SessionCounts{}
	}
	return e
}

// Sessions that were given up in one gap are orphaned to the end, over another gap
// too, and are neither live nor closed.
func TestGivenUp(t *testing.T) {
	r := newRun(t, []string{"count(orphaned) == 0"}, nil)
	r.gauges.Sessions[0] = SessionCounts{Opened: 10, Closed: 4, Live: 5, Abandoned: 1}
	r.tick(Hold)
	r.resume(nil)
	r.gauges.Sessions[0] = SessionCounts{Opened: 3, Closed: 1, Live: 2}
	r.cycle(0, Hold, time.Millisecond, OK, NoClass)
	r.tick(Hold)
	r.resume(cleaned(2, 0, 0))
	r.cycle(0, Hold, time.Millisecond, OK, NoClass)
	r.tick(Hold)
	s := r.finish(Ending{})
	if got := s.Sessions; got.Opened != 15 || got.Closed != 9 || got.Abandoned != 6 || got.LiveAtEnd != 0 || got.Orphaned != 6 || !got.Balanced {
		t.Errorf("sessions %+v, want 6 orphaned of 15", got)
	}
	if len(s.Gaps) != 2 || s.Gaps[0].GivenUp != 6 || s.Gaps[1].GivenUp != 0 || s.Thresholds[0].Pass {
		t.Errorf("gaps %+v, %+v", s.Gaps, s.Thresholds)
	}
}

// What broke a session rule before a gap, and what servers listed before the load,
// is known after it.
func TestEarlierKnows(t *testing.T) {
	before := []ListedBefore{{Target: "octane", Own: map[int]int{0: 1, 9: 3}, All: -1}}
	r := newRun(t, nil, func(o *Options) { o.ListedBefore = before })
	for _, n := range []int64{2, 0, 3} {
		r.gauges.Breaches = nil
		if n > 0 {
			r.gauges.Breaches = []map[string]int64{{"load.live-refused": n}, nil}
		}
		r.tick(Hold)
	}
	e, err := ReadEarlier(r.f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]map[string]int64{{"load.live-refused": 5}, nil}, e.Breaches); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, e.Head.ListedBefore); diff != "" {
		t.Error(diff)
	}
}
