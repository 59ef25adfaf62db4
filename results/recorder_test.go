package results

import (
	"sync"
	"testing"
	"unsafe"
)

var testSeries = []Series{
	{Target: "octane", Step: "login", Kind: StepSeries},
	{Target: "octane", Step: "login", Request: "sign-in", Kind: RequestSeries},
	{Target: "octane", Step: "get-defects", Kind: StepSeries},
	{Target: "octane", Step: "logout", Kind: StepSeries},
	{Target: "octane", Step: "cycle", Kind: CycleSeries},
	{Target: "octane", Step: "connect", Kind: ConnectSeries},
	{Target: "space", Step: "login", Kind: StepSeries},
	{Target: "space", Step: "cycle", Kind: CycleSeries},
}

var testTargets = []string{"octane", "space"}

// drain turns what a recorder holds into totals by phase, as the collector does.
func drain(r *Recorder, h *haul) [Phases]*totals {
	var got [Phases]*totals
	for p := range got {
		got[p] = newTotals(len(testSeries), len(testTargets))
	}
	r.take(h)
	for _, chunk := range h.chunks {
		for _, e := range chunk {
			got[e.what>>10&3].sample(testSeries, e)
		}
	}
	return got
}

func TestRecorder(t *testing.T) {
	if size := unsafe.Sizeof(entry{}); size != 16 {
		t.Errorf("a sample takes %d bytes, want 16", size)
	}
	r := NewRecorder(testSeries, len(testTargets))
	r.Record(
		Sample{Series: 0, Service: 1_000_000, Response: 3_000_000, Phase: Hold},
		Sample{Series: 1, Service: 900_000, Phase: Hold},
		Sample{Series: 0, Service: 5_000_000, Response: 5_000_000, Phase: Hold, Outcome: Fail, Class: Locked},
		Sample{Series: 6, Service: highestNS, Response: highestNS, Phase: Drain, Outcome: Unknown, Class: Timeout},
	)
	r.Late(Hold, 70_000)
	r.Count(Hold, 1, CyclesDropped, 3)
	var h haul
	got := drain(r, &h)
	login := &got[Hold].series[0]
	if login.count() != 2 || login.outcomes != [outcomes]int64{1, 1, 0} || login.classes[Locked] != 1 || login.classes[NoClass] != 0 {
		t.Errorf("login: %+v", login.outcomes)
	}
	for _, c := range []struct {
		name string
		h    *Histogram
		n    int64
		max  int64
	}{
		{"login service", login.service, 2, 5_000_000}, {"login response", login.response, 2, 5_000_000},
		{"sign-in service", got[Hold].series[1].service, 1, 900_000}, {"sign-in response", got[Hold].series[1].response, 0, 0},
		{"lateness", got[Hold].lateness, 2, 2_000_000}, {"pacer", got[Hold].pacer, 1, 70_000},
		{"space login", got[Drain].series[6].response, 1, highestNS}, {"warm-up", got[Warmup].series[0].service, 0, 0},
	} {
		if c.h.Count() != c.n || c.h.Max() < c.max || float64(c.h.Max()) > float64(c.max)*1.001 {
			t.Errorf("%s: %d times up to %d, want %d up to %d", c.name, c.h.Count(), c.h.Max(), c.n, c.max)
		}
	}
	if n := h.counts[countIndex(1, Hold, CyclesDropped)]; n != 3 {
		t.Errorf("%d dropped, want 3", n)
	}
	if got := drain(r, &h); got[Hold].series[0].count() != 0 {
		t.Error("a second take returns the samples again")
	}
}

func TestRecorderOutOfRange(t *testing.T) {
	r := NewRecorder(testSeries, 2)
	r.Record(Sample{Service: -1, Response: 2 * highestNS, Phase: Hold})
	r.Record(Sample{Series: len(testSeries)}, Sample{Series: -1}, Sample{Class: Classes}, Sample{Outcome: 3}, Sample{Phase: Phases})
	var h haul
	got := drain(r, &h)
	if h.clamped != 2 || h.lost != 5 {
		t.Errorf("%d clamped, %d lost, want 2 and 5", h.clamped, h.lost)
	}
	if s := got[Hold].series[0]; s.count() != 1 || s.service.Percentile(100) != 63 || s.response.Max() < highestNS {
		t.Errorf("the clamped sample: %d, %d … %d", s.count(), s.service.Max(), s.response.Max())
	}
}

// Nothing is lost or counted twice while workers record and a tick fetches.
func TestRecorderConcurrent(t *testing.T) {
	const workers, each = 4, 30_000
	r := NewRecorder(testSeries, 2)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				r.Record(Sample{Series: 0, Service: 1000, Response: 1000, Phase: Hold}, Sample{Series: 4, Service: 5000, Response: 6000, Phase: Hold})
				r.Late(Hold, 10)
				r.Count(Hold, 0, CyclesCompleted, 1)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	var h haul
	var steps, cycles, late int64
	for finished := false; ; {
		got := drain(r, &h)
		steps += got[Hold].series[0].count()
		cycles += got[Hold].series[4].count()
		late += got[Hold].pacer.Count()
		if finished {
			break
		}
		select {
		case <-done:
			finished = true
		default:
		}
	}
	if want := int64(workers * each); steps != want || cycles != want || late != want || h.counts[countIndex(0, Hold, CyclesCompleted)] != want {
		t.Errorf("%d steps, %d cycles, %d late, want %d of each", steps, cycles, late, want)
	}
}

// When no tick comes, memory stays bounded and what doesn't fit is counted.
func TestRecorderWithoutTicks(t *testing.T) {
	r := NewRecorder(testSeries, 2)
	const n = (maxChunks + 2) * chunkLen
	for range n {
		r.Record(Sample{Phase: Hold})
	}
	if size := r.Size(); size > 70<<20 {
		t.Errorf("%d bytes held", size)
	}
	var h haul
	got := drain(r, &h)
	if kept := got[Hold].series[0].count(); kept+h.lost != n || h.lost == 0 {
		t.Errorf("%d kept and %d lost of %d", kept, h.lost, n)
	}
	drain(r, &h)
	drain(r, &h)
	if size := r.Size(); size > 1<<20 {
		t.Errorf("%d bytes held after the backlog was fetched, want it freed", size)
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	r := NewRecorder(testSeries, 2)
	var h haul
	second := func() {
		for range 20_000 {
			r.Record(Sample{Series: 0, Service: 1000, Response: 1000, Phase: Hold}, Sample{Series: 4, Service: 5000, Response: 6000, Phase: Hold})
			r.Late(Hold, 10)
			r.Count(Hold, 0, Requests, 1)
			_ = r.WantsExample(0, Timeout)
		}
		r.take(&h)
	}
	second()
	second()
	second()
	if n := testing.AllocsPerRun(5, second); n > 0 {
		t.Errorf("%v allocations in a second of the steady state, want none", n)
	}
}

func TestExamples(t *testing.T) {
	r := NewRecorder(testSeries, 2)
	for i := range 8 {
		if got, want := r.WantsExample(0, Timeout), i < maxExamples; got != want {
			t.Errorf("example %d wanted: %v, want %v", i, got, want)
		}
		r.Example(0, Timeout, Example{Message: "slow"})
	}
	if !r.WantsExample(0, Locked) || !r.WantsExample(2, Timeout) || r.WantsExample(99, Timeout) || r.WantsExample(0, Classes) {
		t.Error("WantsExample of another class, series, or none")
	}
	var h haul
	r.take(&h)
	if len(h.examples) != maxExamples {
		t.Errorf("%d examples, want %d", len(h.examples), maxExamples)
	}
}

func BenchmarkRecord(b *testing.B) {
	r := NewRecorder(testSeries, 2)
	var h haul
	s := Sample{Series: 0, Service: 1_000_000, Response: 1_200_000, Phase: Hold}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Record(s)
		if i%100_000 == 0 {
			r.take(&h)
		}
	}
}
