package results

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"authsoak/stats"
)

// soak plays hours of hold, a tick every ten seconds, in which logins slow down by
// that share of their time an hour and the target's memory grows as a sawtooth.
func (r *testRun) soak(rng *rand.Rand, hours int, slower, leak float64) {
	const source = "http://10.0.0.7:9100/metrics"
	for tick := range hours * 360 {
		hour := float64(tick) / 360
		for range 4 {
			noise := 1 + 0.1*rng.NormFloat64()
			r.cycle(rng.IntN(len(r.r)), Hold, time.Duration(20e6*(1+slower*hour)*noise), OK, NoClass)
		}
		r.now += 9 * time.Second
		r.gauges.Scrapes = []ScrapeInterval{{Line: ScrapeLine, At: (r.now + time.Second).Seconds(), Source: source, Values: map[string]float64{
			"process_resident_memory_bytes": 200e6*(1+leak*hour) + 100e6*float64(tick%700)/700, "process_open_fds": 20, "process_max_fds": 1024}}}
		if tick%1000 == 7 {
			r.gauges.Scrapes = append(r.gauges.Scrapes, ScrapeInterval{Line: ScrapeLine, At: r.now.Seconds(), Source: source, Problem: "refused"})
		}
		r.tick(Hold)
	}
	r.gauges.Scrapes = nil
}

func (d *Drift) of(t *testing.T, target, metric string) DriftSeries {
	t.Helper()
	for _, s := range d.Series {
		if s.Target == target && s.Metric == metric {
			return s
		}
	}
	t.Fatalf("no series %s.%s", target, metric)
	return DriftSeries{}
}

func TestDrift(t *testing.T) {
	const hours = 24
	run := func(slower, leak float64) (*testRun, *Summary) {
		r := newRun(t, []string{"p99(octane.login) < 100ms"}, func(o *Options) { o.Run.Planned = hours * time.Hour })
		r.soak(rand.New(rand.NewPCG(1, 1)), hours, slower, leak)
		return r, r.finish(Ending{Hold: r.held})
	}
	_, still := run(0, 0)
	if d := still.Drift; d.Verdict == Drifting {
		t.Errorf("nothing drifts: %+v", d.Notes)
	}
	r, s := run(0.01, 0.01)
	d := s.Drift
	if d.Verdict != Drifting || d.HoldS != hours*3600 {
		t.Errorf("verdict %s over %v s, notes %q", d.Verdict, d.HoldS, d.Notes)
	}
	login := d.of(t, "octane", "login.response.p99")
	if login.Motion != stats.Rises || login.LowPerHour > 0.25 || login.HighPerHour < 0.25 {
		t.Errorf("logins: %+v", login)
	}
	if c := login.Crosses; c == nil || c.Limit != "p99(octane.login) < 100ms" || c.EarliestS > c.InS || c.InS < 200*3600 || c.InS > 400*3600 {
		t.Errorf("crossing: %+v", c)
	}
	memory := d.of(t, "http://10.0.0.7:9100/metrics", "process_resident_memory_bytes")
	if memory.Motion != stats.Rises || memory.Teeth < 8 || memory.LowPerHour > 2e6 || memory.HighPerHour < 2e6 {
		t.Errorf("memory: %s %v…%v teeth %d", memory.Motion, memory.LowPerHour, memory.HighPerHour, memory.Teeth)
	}
	if files := d.of(t, "http://10.0.0.7:9100/metrics", "process_open_fds"); files.Motion != stats.Steady {
		t.Errorf("files: %+v", files.Motion)
	}
	if len(d.Sources) != 1 || d.Sources[0].Failed != 9 || d.Sources[0].Problem != "refused" {
		t.Errorf("sources: %+v", d.Sources)
	}
	if slices.ContainsFunc(d.Series, func(s DriftSeries) bool { return s.Metric == "process_max_fds" || s.Metric == "planned per s" }) {
		t.Error("a limit or the load is judged")
	}
	again, err := Rebuild(r.f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.Drift, again.Drift); diff != "" {
		t.Errorf("rebuilt: %s", diff)
	}
}

func TestDriftShort(t *testing.T) {
	r := newRun(t, nil, nil)
	r.play(rand.New(rand.NewPCG(1, 1)), 60)
	if d := r.finish(Ending{}).Drift; d == nil || d.Verdict != DriftShort || len(d.Series) > 0 {
		t.Errorf("a minute: %+v", d)
	}
}

// A run of unknown length keeps as few points as one of known length.
func TestDriftFolds(t *testing.T) {
	b := newDriftBook(testSeries, testTargets, "closed", 0, time.Second)
	hold := newTotals(len(testSeries), len(testTargets))
	for i := range 5000 {
		hold.sessions[0].Live = int64(i)
		b.addCounts(float64(i), float64(i+1), hold, 10)
	}
	live := b.live[0]
	if n := len(live.points); n > 2*bins+2 || n < bins/2 {
		t.Errorf("%d points", n)
	}
	for _, p := range live.points[:len(live.points)-1] {
		if want := (float64(p.bin)+0.5)*b.width - 0.5; p.value != want {
			t.Fatalf("bin %d of %v s: %v, want %v", p.bin, b.width, p.value, want)
		}
	}
}

// What moves with the load is not called a drift of the server.
func TestDriftUnderRamp(t *testing.T) {
	r := newRun(t, nil, func(o *Options) { o.Run.Planned = 20 * time.Minute })
	for i := range 1200 {
		for range 2 + i/100 {
			r.cycle(0, Hold, time.Duration(5e6+float64(i)*1e4), OK, NoClass)
		}
		r.tick(Hold)
	}
	if d := r.finish(Ending{Hold: r.held}).Drift; d.Verdict != DriftUnclear || len(d.Notes) == 0 {
		t.Errorf("verdict %s, notes %q", d.Verdict, d.Notes)
	}
}

// aDay judges a day of minutes, in each of which change says what the first target
// was like; a hundred of its steps went well already.
func aDay(thresholds []Threshold, change func(b *driftBook, now *totals, hour float64)) *Drift {
	b := newDriftBook(testSeries, testTargets, "closed", day*time.Hour, time.Minute)
	now := newTotals(len(testSeries), len(testTargets))
	for minute := range int(day) * 60 {
		now.series[0].outcomes = [outcomes]int64{OK: 100}
		now.sessions[0].Live, now.sessions[1].Live = 1000, 500
		change(b, now, float64(minute)/60)
		b.addCounts(float64(minute)*60, float64(minute+1)*60, now, 1500)
	}
	return b.judgement(day*3600, thresholds)
}

// A server that answers ever less in time fails ever more, though no answer says
// so. What a threshold counts is another number then, and no time is told at which
// it would be reached.
func TestDriftOfUnknown(t *testing.T) {
	limit, err := ParseThreshold("rate(octane.fail) < 50%")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Outcome{Fail, Unknown} {
		rng := rand.New(rand.NewPCG(3, 4))
		d := aDay([]Threshold{limit}, func(_ *driftBook, now *totals, hour float64) {
			now.series[0].outcomes[o] = int64(hour/2 + 2*rng.Float64())
		})
		s := d.of(t, "octane", "fail")
		if d.Verdict != Drifting || s.Motion != stats.Rises || s.LowPerHour > 0.5 || s.HighPerHour < 0.4 {
			t.Errorf("%v: verdict %s, %s by %v to %v an hour", o, d.Verdict, s.Motion, s.LowPerHour, s.HighPerHour)
		}
		if told := s.Crosses != nil; told != (o == Fail) {
			t.Errorf("%v: crosses %+v", o, s.Crosses)
		}
	}
}

// Sessions that get lost are a drift; whatever else falls is none, and not steady.
func TestDriftDown(t *testing.T) {
	noise := func(rng *rand.Rand) float64 { return 1 + 0.01*rng.NormFloat64() }
	for _, test := range []struct {
		name, target, metric string
		change               func(b *driftBook, now *totals, hour float64, noise float64)
		want                 DriftVerdict
	}{
		{"live sessions", "octane", "live", func(_ *driftBook, now *totals, hour, noise float64) {
			now.sessions[0].Live = int64((1000 - 12.5*hour) * noise)
		}, Drifting},
		{"a scraped metric", "http://10.0.0.7/metrics", "go_goroutines", func(b *driftBook, _ *totals, hour, noise float64) {
			b.addScrape(&ScrapeInterval{At: hour * 3600, Source: "http://10.0.0.7/metrics", Values: map[string]float64{"go_goroutines": (1000 - 12.5*hour) * noise}})
		}, DriftUnclear},
		{"nothing", "octane", "live", func(*driftBook, *totals, float64, float64) {}, NoDrift},
	} {
		rng := rand.New(rand.NewPCG(5, 6))
		d := aDay(nil, func(b *driftBook, now *totals, hour float64) { test.change(b, now, hour, noise(rng)) })
		falls := d.of(t, test.target, test.metric).Motion == stats.Falls
		if d.Verdict != test.want || falls != (test.want != NoDrift) {
			t.Errorf("%s: verdict %s, %+v", test.name, d.Verdict, d.of(t, test.target, test.metric))
		}
	}
}

// A sawtooth of few teeth says how long it takes to see enough of them.
func TestDriftOfFewTeeth(t *testing.T) {
	const source, metric = "http://10.0.0.7/metrics", "jvm_memory_used_bytes"
	rng := rand.New(rand.NewPCG(7, 8))
	d := aDay(nil, func(b *driftBook, _ *totals, hour float64) {
		_, part := math.Modf(hour / 4)
		b.addScrape(&ScrapeInterval{At: hour * 3600, Source: source, Values: map[string]float64{metric: 1e9 * (1 + part + 0.01*rng.NormFloat64())}})
	})
	s := d.of(t, source, metric)
	if d.Verdict != DriftUnclear || s.Motion != stats.Short || s.Teeth != 4 || s.EnoughS < 36*3600 || s.EnoughS > 48*3600 {
		t.Errorf("verdict %s, %s with %d teeth, enough %v", d.Verdict, s.Motion, s.Teeth, s.EnoughS)
	}
	if !slices.ContainsFunc(d.Notes, func(n string) bool {
		return strings.Contains(n, metric+" of "+source+" is a sawtooth, and of the 8 teeth that its lower edge is judged by 4 were seen: it takes about 4")
	}) {
		t.Errorf("notes %q", d.Notes)
	}
}

// Memory that climbs in steps is not said to be steady, and a series that is unclear
// for its jumps says so, not how long its noise would ask for.
func TestDriftOfStaircase(t *testing.T) {
	const source, metric = "http://10.0.0.7/metrics", "process_resident_memory_bytes"
	rng := rand.New(rand.NewPCG(9, 10))
	d := aDay(nil, func(b *driftBook, _ *totals, hour float64) {
		b.addScrape(&ScrapeInterval{At: hour * 3600, Source: source, Values: map[string]float64{metric: 1e9 * (2 + math.Floor(hour/6) + 0.01*rng.NormFloat64())}})
	})
	if s := d.of(t, source, metric); d.Verdict == NoDrift || s.Motion == stats.Steady {
		t.Errorf("verdict %s, %s, slope %v, jumps %+v", d.Verdict, s.Motion, s.PerHour, s.Steps)
	}
	d = &Drift{Series: []DriftSeries{{Target: source, Metric: metric, Motion: stats.Unclear, Jagged: true}}}
	d.sum()
	d.notes(newDriftBook(testSeries, testTargets, "closed", day*time.Hour, time.Minute), day*3600)
	if d.Verdict != DriftUnclear || len(d.Notes) != 1 || !strings.HasPrefix(d.Notes[0], metric+" of "+source+" moves in jumps") {
		t.Errorf("verdict %s, notes %q", d.Verdict, d.Notes)
	}
}
