package results

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSofarChangesNothing compares a run that is asked for its result at every
// tick with one that isn't.
func TestSofarChangesNothing(t *testing.T) {
	var ends [2]*Summary
	for i := range ends {
		r := newRun(t, nil, func(o *Options) {
			o.HistogramEvery = 10 * time.Second
			for _, text := range []string{"p99(response) < 5ms", "p99(response) < 50ms stop", "count(fail) == 0", "p50(response) < 3ms over 2s"} {
				th, err := ParseThreshold(text)
				if err != nil {
					t.Fatal(err)
				}
				o.Thresholds = append(o.Thresholds, th)
			}
		})
		for n := range 12 {
			ms := int64(n+1) * 1e6
			r.r[0].Record(Sample{Series: 0, Service: ms, Response: 2 * ms, Phase: Hold, Outcome: OK})
			s, err := r.c.Tick(time.Duration(n+1)*time.Second, Hold, r.gauges)
			if err != nil {
				t.Fatal(err)
			}
			if i == 1 {
				continue
			}
			now := s.Result()
			if got := now.Summary.Steps[0].Count; got != int64(n+1) {
				t.Errorf("tick %d: %d steps so far, want %d", n, got, n+1)
			}
			if got, want := now.Times[0].Response.Count(), int64(n+1); got != want {
				t.Errorf("tick %d: %d times so far, want %d", n, got, want)
			}
			if got, want := now.Summary.Thresholds[0].Pass, 2*ms < 5e6; got != want {
				t.Errorf("tick %d: threshold passes: %v, want %v (%s)", n, got, want, now.Summary.Thresholds[0].ActualText)
			}
		}
		var err error
		if ends[i], err = r.c.Finish(Ending{Elapsed: 12 * time.Second, Hold: 12 * time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(ends[1], ends[0]); diff != "" {
		t.Error(diff)
	}
}
