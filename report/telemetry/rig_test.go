package telemetry

import (
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"authsoak/results"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var rigStart = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

var rigSeries = []results.Series{
	{Target: "octane", Step: "login"},
	{Target: "octane", Step: "login", Request: "second", Kind: results.RequestSeries},
	{Target: "octane", Step: "logout"},
	{Target: "octane", Step: "cycle", Kind: results.CycleSeries},
	{Target: "octane", Step: "connect", Kind: results.ConnectSeries},
	{Target: "octane", Step: "tls", Kind: results.TLSSeries},
}

// rig is a collector that is driven by hand, with a meter behind it.
type rig struct {
	t         testing.TB
	collector *results.Collector
	recorder  *results.Recorder
	meter     *Meter
	now       time.Duration
	random    *rand.Rand
	ledger    results.SessionCounts
	export    func(*results.Increase)
}

func newRig(t testing.TB, change func(*results.RunInfo)) *rig {
	t.Helper()
	folder, err := results.CreateFolder(t.TempDir(), "run-1")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, recorder: results.NewRecorder(rigSeries, 1), meter: NewMeter("1.2.3", "go1.26"), random: rand.New(rand.NewPCG(3, 4))}
	r.export = r.meter.Observe
	info := results.RunInfo{
		RunID: "run-1", Version: "1.2.3", StartedAt: rigStart, Planned: time.Minute, Model: "open", Seed: 7,
		Labels:  map[string]string{"build": "17", "the-env": "a\"b\\c\nd", "the.env": "e"},
		Targets: []results.TargetInfo{{Name: "octane", Endpoint: "octane", Version: "current", Method: "json", URL: "https://octane.example"}},
	}
	if change != nil {
		change(&info)
	}
	r.collector, err = results.NewCollector(results.Options{
		Folder: folder, Run: info, Series: rigSeries, Targets: []string{"octane"},
		Recorders: []*results.Recorder{r.recorder}, Export: func(i *results.Increase) { r.export(i) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// play records n cycles of a phase and ends the interval.
func (r *rig) play(p results.Phase, n int) {
	r.t.Helper()
	for range n {
		service := int64(50_000 + r.random.ExpFloat64()*3e6)
		outcome, class := results.OK, results.NoClass
		if r.random.IntN(10) == 0 {
			outcome, class = results.Fail, results.Locked
		}
		r.recorder.Record(
			results.Sample{Series: 0, Service: service, Response: service + 20_000, Phase: p, Outcome: outcome, Class: class},
			results.Sample{Series: 1, Service: service / 2, Phase: p},
			results.Sample{Series: 2, Service: service, Response: service, Phase: p},
			results.Sample{Series: 3, Service: 3 * service, Response: 3*service + 20_000, Phase: p, Outcome: outcome, Class: class},
			results.Sample{Series: 4, Service: 70_000, Phase: p},
		)
		r.recorder.Late(p, 1000)
		r.recorder.Count(p, 0, results.CyclesPlanned, 1)
		r.recorder.Count(p, 0, results.CyclesStarted, 1)
		r.recorder.Count(p, 0, results.CyclesCompleted, 1)
		r.recorder.Count(p, 0, results.Requests, 3)
		r.ledger.Opened++
		r.ledger.Closed++
		r.ledger.PeakLive = 1
	}
	r.now += time.Second
	health := results.Health{CPU: r.now.Seconds() / 10, CPUShare: 0.1, RSS: 1 << 20, SchedP99: 2, GCPauseTotal: 0.5, OpenFiles: 9, OpenFileLimit: 1024}
	if _, err := r.collector.Tick(r.now, p, results.Gauges{Health: health, Workers: 4, Busy: 1, Sessions: []results.SessionCounts{r.ledger}}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) finish() *results.Summary {
	r.t.Helper()
	s, err := r.collector.Finish(results.Ending{Elapsed: r.now, Sessions: []results.SessionCounts{r.ledger}, Orphaned: []int64{0}})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}
