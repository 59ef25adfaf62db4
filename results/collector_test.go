package results

import (
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

var testStart = time.Date(2026, 11, 21, 9, 30, 0, 123e6, time.UTC)

// testRun drives a collector by hand, in seconds of its own.
type testRun struct {
	t      testing.TB
	c      *Collector
	f      *Folder
	r      []*Recorder
	now    time.Duration
	held   time.Duration
	gauges Gauges
	last   Snapshot
}

func newRun(t testing.TB, thresholds []string, change func(*Options)) *testRun {
	t.Helper()
	f, err := CreateFolder(t.TempDir(), "run-1")
	if err != nil {
		t.Fatal(err)
	}
	opt := Options{
		Folder: f, Series: testSeries, Targets: testTargets,
		Run: RunInfo{
			RunID: "run-1", Version: "test", StartedAt: testStart, Model: "open", Seed: 7, Cores: 2, OS: "linux", GoVersion: "go1.26",
			Planned: time.Minute, Labels: map[string]string{"build": "7"},
			Targets: []TargetInfo{
				{Name: "octane", Endpoint: "octane", Version: "current", Method: "json", URL: "https://octane.example", Engine: "fast", HTTP: "1.1", Connections: "shared"},
				{Name: "space", Endpoint: "space", Version: "current", Method: "basic", URL: "https://space.example", Engine: "fast", HTTP: "1.1", Connections: "shared"},
			},
		},
		Recorders: []*Recorder{NewRecorder(testSeries, 2), NewRecorder(testSeries, 2)},
	}
	for _, text := range thresholds {
		th, err := ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		opt.Thresholds = append(opt.Thresholds, th)
	}
	if change != nil {
		change(&opt)
	}
	c, err := NewCollector(opt)
	if err != nil {
		t.Fatal(err)
	}
	return &testRun{t: t, c: c, f: opt.Folder, r: opt.Recorders, gauges: Gauges{Workers: 4, Busy: 1, Sessions: make([]SessionCounts, 2)}}
}

// cycle records one cycle of octane: login, call, logout, each of that time.
func (r *testRun) cycle(shard int, p Phase, each time.Duration, o Outcome, c Class) {
	ns := int64(each)
	r.r[shard].Record(
		Sample{Series: 0, Service: ns, Response: ns + 50_000, Phase: p, Outcome: o, Class: c},
		Sample{Series: 1, Service: ns - 1000, Phase: p, Outcome: o, Class: c},
		Sample{Series: 2, Service: ns, Response: ns, Phase: p},
		Sample{Series: 3, Service: ns, Response: ns, Phase: p},
		Sample{Series: 4, Service: 3 * ns, Response: 3*ns + 50_000, Phase: p, Outcome: o, Class: c},
	)
	r.r[shard].Late(p, 20_000)
	for _, k := range []Counter{CyclesPlanned, CyclesStarted, CyclesCompleted} {
		r.r[shard].Count(p, 0, k, 1)
	}
	r.r[shard].Count(p, 0, Requests, 4)
	s := &r.gauges.Sessions[0]
	s.Opened++
	s.Closed++
	s.PeakLive = max(s.PeakLive, 1)
}

func (r *testRun) tick(p Phase) Snapshot {
	r.t.Helper()
	r.now += time.Second
	if p == Hold {
		r.held += time.Second
	}
	r.gauges.Health.CPU += 0.5
	r.gauges.Health.RSS = 50 << 20
	s, err := r.c.Tick(r.now, p, r.gauges)
	if err != nil {
		r.t.Fatal(err)
	}
	r.last = s
	return s
}

func (r *testRun) finish(end Ending) *Summary {
	r.t.Helper()
	end.Elapsed, end.Sessions = r.now, r.gauges.Sessions
	s, err := r.c.Finish(end)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// play is an ordinary run: two seconds of warm-up, hold, one of drain.
func (r *testRun) play(rng *rand.Rand, hold int) {
	second := func(p Phase) {
		for range 20 + rng.IntN(20) {
			o, c := OK, NoClass
			if rng.IntN(20) == 0 {
				o, c = Fail, Locked
			}
			shard := rng.IntN(len(r.r))
			r.cycle(shard, p, time.Duration(50_000+rng.ExpFloat64()*2e6), o, c)
			if o != OK && r.r[shard].WantsExample(0, c) {
				r.r[shard].Example(0, c, Example{Outcome: o.String(), Message: "403: the account is locked"})
			}
		}
		r.tick(p)
	}
	second(Warmup)
	second(Warmup)
	for range hold {
		second(Hold)
	}
	r.cycle(0, Hold, time.Millisecond, OK, NoClass) // began in the hold, ends in the drain
	r.tick(Drain)
}

func TestCollector(t *testing.T) {
	r := newRun(t, []string{"p99(login) < 5s", "count(cycle.fail) < 1000", "rate(fail) < 50%"}, nil)
	r.play(rand.New(rand.NewPCG(1, 2)), 10)
	s := r.finish(Ending{Warmup: 2 * time.Second, Hold: 10 * time.Second, Drain: time.Second})
	if s.Verdict != Pass || len(s.Reasons) > 0 {
		t.Errorf("verdict %s %q, want pass", s.Verdict, s.Reasons)
	}
	if s.Cycles.Planned == 0 || s.Cycles.Planned != s.Cycles.Started || s.Cycles.Completed != s.Cycles.OK+s.Cycles.Fail+s.Cycles.Unknown {
		t.Errorf("cycles don't add up: %+v", s.Cycles)
	}
	login, cycle := s.Steps[0], s.Steps[4]
	if login.Count != s.Cycles.Completed || login.Fail != s.Cycles.Fail || cycle.Count != login.Count {
		t.Errorf("login %+v, cycles %+v", login, s.Cycles)
	}
	if len(login.Errors) != 1 || login.Errors[0].Class != "locked" || login.Errors[0].Count != login.Fail || login.Errors[0].Example != "403: the account is locked" {
		t.Errorf("errors of login: %+v", login.Errors)
	}
	if login.RatePerS != float64(login.Count)/10 {
		t.Errorf("login rate %v, want %d in 10 s", login.RatePerS, login.Count)
	}
	if s.Steps[1].Response != nil || login.Response == nil || s.Generator.Pacer.Max < 0.02 || s.Lateness.P50 > 0.06 {
		t.Errorf("times: %+v", s)
	}
	if s.Generator.Intervals != 10 || s.Generator.CPUS != 6.5 || s.Generator.PeakWorkers != 4 || s.Generator.MaxRSSBytes != 50<<20 {
		t.Errorf("generator: %+v", s.Generator)
	}
	if !s.Sessions.Balanced || s.Sessions.Opened == 0 || s.Sessions.PeakLive != 1 {
		t.Errorf("sessions: %+v", s.Sessions)
	}
	if s.Targets[0].Traffic.Requests != 4*s.Sessions.Opened || s.Targets[1].Cycles != (CycleCounts{}) {
		t.Errorf("targets: %+v", s.Targets)
	}
	checkSchema(t, s)

	written, err := ReadSummary(r.f)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, written); d != "" {
		t.Errorf("summary.json: -want +got\n%s", d)
	}
	if got := r.last.Targets[0]; got.CyclesDone < s.Cycles.Completed || got.Fail < login.Fail || r.last.Phase != Drain {
		t.Errorf("last snapshot: %+v", r.last)
	}
	if _, err := r.c.Tick(r.now+1, Hold, r.gauges); err == nil {
		t.Error("a tick after the end: no error")
	}
	if _, err := r.c.Finish(Ending{}); err == nil {
		t.Error("a second end: no error")
	}
}

// Only what was due in the hold counts, whenever it ends.
func TestCollectorPhases(t *testing.T) {
	r := newRun(t, nil, nil)
	r.cycle(0, Warmup, time.Second, OK, NoClass)
	r.tick(Warmup)
	r.cycle(0, Warmup, 5*time.Second, Fail, Read)
	r.cycle(0, Hold, time.Millisecond, OK, NoClass)
	snapshot := r.tick(Hold)
	r.cycle(1, Hold, 2*time.Millisecond, OK, NoClass)
	r.cycle(1, Drain, 9*time.Second, Fail, Read)
	r.tick(Drain)
	s := r.finish(Ending{})
	if s.Cycles.Completed != 2 || s.Cycles.Fail != 0 || s.Steps[0].Service.Max > 2.1 || s.DurationS != 1 {
		t.Errorf("hold: %+v, login %+v, %v s", s.Cycles, s.Steps[0], s.DurationS)
	}
	if now := snapshot.Targets[0]; now.CyclesPerSec != 2 || now.StepsPerSec != 6 || now.Fail != 1 || now.CyclesDone != 3 || now.P99 < 5*time.Second {
		t.Errorf("snapshot counts all phases: %+v", now)
	}
}

func TestVerdicts(t *testing.T) {
	failed := CheckResult{ID: "octane.duplicate", Target: "octane", Verdict: "fail", Expected: "refused", Observed: "accepted"}
	unknown := CheckResult{ID: "octane.race", Target: "octane", Verdict: "unknown", Observed: "out of budget"}
	info := CheckResult{ID: "octane.flags", Target: "octane", Verdict: "info"}
	for _, c := range []struct {
		name    string
		limit   string
		late    time.Duration
		idle    bool
		end     Ending
		verdict Verdict
		reason  string
	}{
		{name: "all well", verdict: Pass},
		{name: "threshold kept", limit: "p99(login) < 1s", verdict: Pass},
		{name: "threshold broken", limit: "p99(login) < 100us", verdict: Failed, reason: "it was 1.051 ms"},
		{name: "threshold on nothing", limit: "p99(space.login) < 1s", verdict: Failed, reason: "nothing was measured"},
		{name: "info", end: Ending{Checks: []CheckResult{info}}, verdict: Pass},
		{name: "rule failed", end: Ending{Checks: []CheckResult{failed}}, verdict: Failed, reason: "expected refused, observed accepted"},
		{name: "rule unknown", end: Ending{Checks: []CheckResult{unknown, failed}}, verdict: Invalid, reason: "out of budget"},
		{name: "late pacer", late: 150 * time.Millisecond, limit: "p99(login) < 100us", verdict: Invalid, reason: "the pacer was 150 ms late"},
		{name: "nothing measured", idle: true, limit: "count(login) == 0", verdict: Invalid, reason: "nothing was measured: no step"},
		{name: "driver says so", end: Ending{Invalid: []string{"no route to host"}}, verdict: Invalid, reason: "no route"},
		{name: "interrupted", idle: true, end: Ending{Interrupted: true, Checks: []CheckResult{failed}}, verdict: Interrupted, reason: "interrupted before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var limits []string
			if c.limit != "" {
				limits = []string{c.limit}
			}
			r := newRun(t, limits, nil)
			for range 3 {
				if !c.idle {
					r.cycle(0, Hold, time.Millisecond, OK, NoClass)
				}
				if c.late > 0 {
					r.r[0].Late(Hold, int64(c.late))
				}
				r.tick(Hold)
			}
			s := r.finish(c.end)
			if s.Verdict != c.verdict || !strings.Contains(strings.Join(s.Reasons, "\n"), c.reason) || (c.verdict == Pass) != (len(s.Reasons) == 0) {
				t.Errorf("verdict %s %q, want %s with %q", s.Verdict, s.Reasons, c.verdict, c.reason)
			}
			checkSchema(t, s)
		})
	}
}

func TestCollectorRefuses(t *testing.T) {
	options := func() Options {
		f, err := CreateFolder(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		return Options{Folder: f, Series: testSeries, Targets: testTargets}
	}
	opt := options()
	for _, text := range []string{"p99(logn) < 1s", "rate(octane.tmeout) < 1%"} {
		th, _ := ParseThreshold(text)
		opt.Thresholds = append(opt.Thresholds, th)
	}
	_, err := NewCollector(opt)
	if err == nil || !strings.Contains(err.Error(), `did you mean "login"`) || !strings.Contains(err.Error(), `did you mean "timeout"`) {
		t.Errorf("two unknown names: %v, want both with what was meant", err)
	}
	opt = options()
	opt.Targets = opt.Targets[:1]
	if _, err = NewCollector(opt); err == nil || !strings.Contains(err.Error(), `no target "space"`) {
		t.Errorf("a series of no target: %v", err)
	}
	opt = options()
	if err := os.WriteFile(opt.Folder.Path(IntervalsFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = NewCollector(opt); err == nil {
		t.Error("a folder in use: no error")
	}
}

// A reader follows the file while the run goes on.
func TestFilesAreWrittenEachTick(t *testing.T) {
	r := newRun(t, nil, nil)
	for second := range 3 {
		r.cycle(0, Hold, time.Millisecond, OK, NoClass)
		r.tick(Hold)
		var seconds, hists int
		for l, err := range ReadIntervals(r.f) {
			if err != nil {
				t.Fatal(err)
			}
			if l.Run != nil {
				seconds++
			}
		}
		for l, err := range ReadHistograms(r.f) {
			if err != nil {
				t.Fatal(err)
			}
			if l.Tag == "octane.login.response" && l.Phase == Hold && l.Times.Count() == 1 {
				hists++
			}
		}
		if seconds != second+1 || hists != second+1 {
			t.Errorf("after second %d the files hold %d seconds and %d histograms", second+1, seconds, hists)
		}
	}
}

// What was written can be brought to the disk while more is, and not when the files
// are closed.
func TestSync(t *testing.T) {
	r := newRun(t, nil, nil)
	done := make(chan error)
	go func() {
		var err error
		for range 20 {
			err = errors.Join(err, r.c.Sync())
		}
		done <- err
	}()
	for range 20 {
		r.cycle(0, Hold, time.Millisecond, OK, NoClass)
		r.tick(Hold)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	r.finish(Ending{})
	if err := r.c.Sync(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestIntervalLines(t *testing.T) {
	r := newRun(t, nil, nil)
	r.cycle(0, Warmup, time.Millisecond, Unknown, Timeout)
	r.cycle(0, Hold, time.Millisecond, OK, NoClass)
	r.r[0].Count(Hold, 0, CyclesDropped, 2)
	r.gauges.WorkerLimited = true
	r.tick(Hold)
	var got []Interval
	for l, err := range ReadIntervals(r.f) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
	}
	if len(got) != 1+5+5+1 || got[0].Head.Run.Seed != 7 || len(got[0].Head.Series) != len(testSeries) {
		t.Fatalf("%d lines, the first %+v", len(got), got[0])
	}
	warm := got[1].Series
	if warm.Phase != "warmup" || warm.Target != "octane" || warm.Unknown != 1 || !cmp.Equal(warm.Errors, map[string]int64{"timeout": 1}) || warm.Response == nil {
		t.Errorf("warm-up line: %+v", warm)
	}
	run := got[len(got)-1].Run
	if run.TaintedBy != "workers" || run.Tainted != "all 4 workers busy and 2 arrivals dropped: raise --workers" || run.Length != 1 || run.At != 1 {
		t.Errorf("run line: %+v", run)
	}
	if n := run.Targets[0].Counts["hold"]["cycles_dropped"]; n != 2 || len(run.Targets[1].Counts) != 0 {
		t.Errorf("counts: %+v", run.Targets)
	}
	if r.last.Tainted == "" || r.last.TaintedIntervals != 1 {
		t.Errorf("snapshot: %+v", r.last)
	}
}

func TestHistogramEvery(t *testing.T) {
	for planned, want := range map[time.Duration]time.Duration{
		time.Second: time.Second, 5 * time.Minute: time.Second, 6 * time.Minute: 10 * time.Second,
		2 * time.Hour: 10 * time.Second, 3 * time.Hour: time.Minute, 0: time.Minute,
	} {
		if got := HistogramEvery(planned); got != want {
			t.Errorf("HistogramEvery(%s) = %s, want %s", planned, got, want)
		}
	}
}

// A fast load is entered in the interval as it comes: nothing is lost or counted
// twice, and the recorder holds no more than a little of it at any time.
func TestRelieve(t *testing.T) {
	r := newRun(t, nil, nil)
	const samples = 50 * chunkLen
	most := 0
	for i := range samples {
		r.r[0].Record(Sample{Series: 0, Service: int64(i), Response: int64(i), Phase: Hold})
		select {
		case <-r.c.Much():
			r.c.Relieve()
			most = max(most, r.r[0].Size())
		default:
		}
	}
	if limit := 4 * muchChunks * chunkLen * int(unsafe.Sizeof(entry{})); most == 0 || most > limit {
		t.Errorf("the recorder held up to %d bytes, want some and at most %d", most, limit)
	}
	r.tick(Hold)
	for line, err := range ReadIntervals(r.f) {
		if err != nil {
			t.Fatal(err)
		}
		if s := line.Series; s != nil && s.Count != samples {
			t.Errorf("%s: %d samples, want %d", s.Step, s.Count, samples)
		}
	}
}
