package results

import (
	"errors"
	"math/rand/v2"
	"os"
	"testing"
	"time"
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
		e.Settle(0, 3, 1, 2)
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
// recorded; one that it holds and nobody recorded was opened in it.
func TestSettle(t *testing.T) {
	for _, c := range []struct {
		was                SessionCounts
		loggedOut, ended   int64
		opened, closed, ex int64
	}{
		{SessionCounts{Opened: 10, Closed: 6, Live: 3, Abandoned: 1}, 4, 0, 10, 10, 0},
		{SessionCounts{Opened: 10, Closed: 6, Live: 4}, 2, 1, 10, 9, 1},
		{SessionCounts{Opened: 10, Closed: 6, Live: 4}, 7, 0, 13, 13, 0},
	} {
		e := Earlier{Sessions: []SessionCounts{c.was}}
		e.Settle(0, c.loggedOut, c.ended, 0)
		if s := e.Sessions[0]; s.Opened != c.opened || s.Closed != c.closed || s.Expired != c.ex || s.Live+s.Abandoned != 0 {
			t.Errorf("%+v: %+v", c, s)
		}
	}
}
