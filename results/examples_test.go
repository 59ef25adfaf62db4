package results

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two shards bring the same failures: five of each class are kept, of all.
func TestExamplesOfSeveralShards(t *testing.T) {
	r := newRun(t, nil, nil)
	for range 3 {
		for shard := range r.r {
			for range 4 {
				r.r[shard].Example(0, Timeout, Example{Message: "slow", Outcome: "unknown"})
			}
			r.r[shard].Example(6, Timeout, Example{Message: "slow"})
		}
		r.tick(Hold)
	}
	if r.r[0].WantsExample(0, Timeout) || r.r[1].WantsExample(0, Timeout) || !r.r[1].WantsExample(0, Read) {
		t.Error("examples wanted after five are kept")
	}
	r.finish(Ending{})
	counts := map[string]int{}
	for e, err := range ReadSamples(r.f) {
		if err != nil || e.Class != "timeout" || e.Step != "login" {
			t.Fatalf("%+v, %v", e, err)
		}
		counts[e.Target]++
	}
	if want := map[string]int{"octane": 5, "space": 5}; !cmp.Equal(counts, want) {
		t.Errorf("kept %v, want %v", counts, want)
	}
}

// A thousand examples are enough for any run.
func TestExamplesInAll(t *testing.T) {
	var series []Series
	for i := range 100 {
		series = append(series, Series{Target: "octane", Step: string(rune('a'+i%26)) + string(rune('a'+i/26)), Kind: StepSeries})
	}
	recorder := NewRecorder(series, 1)
	r := newRun(t, nil, func(o *Options) {
		o.Series, o.Targets, o.Recorders = series, []string{"octane"}, []*Recorder{recorder}
	})
	for i := range series {
		for c := DNS; c < Classes; c++ {
			recorder.Example(i, c, Example{})
		}
	}
	r.tick(Hold)
	var n int
	for _, err := range ReadSamples(r.f) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != allExamples || recorder.WantsExample(3, Timeout) {
		t.Errorf("%d examples kept, more wanted: %v", n, recorder.WantsExample(3, Timeout))
	}
}
