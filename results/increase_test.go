package results

import (
	"testing"
	"time"
)

// What is exported adds up to the summary, short intervals and the last one
// included, and the first call adds nothing.
func TestExport(t *testing.T) {
	var calls, steps, planned int64
	var times, late Histogram
	var opened, orphaned int64
	run := newRun(t, nil, func(o *Options) {
		o.Export = func(i *Increase) {
			if calls++; calls == 1 && (i.Length != 0 || i.Samples(Hold, 0).Outcomes != [outcomes]int64{}) {
				t.Errorf("the first increase: %+v, want an empty one", i)
			}
			if i.Run().RunID != "run-1" || len(i.Series()) != len(testSeries) || len(i.Targets()) != 2 {
				t.Errorf("run %+v, %d series, %d targets", i.Run(), len(i.Series()), len(i.Targets()))
			}
			s := i.Samples(Hold, 0)
			steps += s.Outcomes[OK] + s.Outcomes[Fail] + s.Outcomes[Unknown]
			times.Merge(s.Response)
			late.Merge(i.Lateness(Hold))
			planned += i.Counts(Hold, 0)[CyclesPlanned]
			ledger, left := i.Sessions(0)
			opened, orphaned = ledger.Opened, left
		}
	})
	for n := range 5 {
		run.cycle(n%2, Hold, time.Duration(n+1)*time.Millisecond, OK, NoClass)
		run.tick(Hold)
	}
	run.cycle(0, Hold, 90*time.Millisecond, Fail, Timeout)
	s, err := run.c.Finish(Ending{Elapsed: run.now + 10*time.Millisecond, Hold: 5 * time.Second,
		Sessions: run.gauges.Sessions, Orphaned: []int64{2, 0}})
	if err != nil {
		t.Fatal(err)
	}
	login := s.Steps[0]
	if calls != 7 || steps != login.Count || planned != 6 || TimesOf(&times) != *login.Response || TimesOf(&late) != s.Lateness {
		t.Errorf("%d calls, %d steps, %d planned, response %+v, lateness %+v; want 7, %d, 6, %+v, %+v",
			calls, steps, planned, TimesOf(&times), TimesOf(&late), login.Count, *login.Response, s.Lateness)
	}
	if opened != 6 || orphaned != 2 {
		t.Errorf("ledger: %d opened, %d orphaned, want 6 and 2", opened, orphaned)
	}
}
