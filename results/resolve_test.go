package results

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"authsoak/metric"
)

// A run with names that collide: a call named like an error class, a step and a
// target of one name.
var oddSeries = append([]Series{
	{Target: "octane", Step: "read", Kind: StepSeries},
	{Target: "space", Step: "octane", Kind: StepSeries},
	{Target: "octane", Step: "tls", Kind: TLSSeries},
}, testSeries...)

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		metric string
		series string // names of what it selects
		says   string // of the error; empty: none
	}{
		{metric: "p99(octane.login.response) < 1s", series: "octane.login"},
		{metric: "p99(octane.login) < 1s", series: "octane.login"},
		{metric: "p99(login) < 1s", series: "octane.login space.login"},
		{metric: "p99(login.service) < 1s", series: "octane.login space.login"},
		{metric: "p99(octane.login.sign-in) < 1s", series: "octane.login.sign-in"},
		{metric: "p99(login.sign-in.service) < 1s", series: "octane.login.sign-in"},
		{metric: "p99(sign-in) < 1s", series: "octane.login.sign-in"},
		{metric: "max(cycle.response) < 1s", series: "octane.cycle space.cycle"},
		{metric: "p50(octane.connect) < 1s", series: "octane.connect"},
		{metric: "p99(response) < 1s", series: "octane.login octane.get-defects octane.logout space.login"},
		{metric: "p99(octane) < 1s", series: "octane.login octane.get-defects octane.logout"},
		{metric: "rate(fail) < 1%", series: "octane.login octane.get-defects octane.logout space.login"},
		{metric: "rate(octane.fail) < 1%", series: "octane.login octane.get-defects octane.logout"},
		{metric: "rate(login.timeout) < 1%", series: "octane.login space.login"},
		{metric: "rate(octane.cycle.ok) > 10/s", series: "octane.cycle"},
		{metric: "rate(login) > 10/s", series: "octane.login space.login"},
		{metric: "count(octane.login) > 10", series: "octane.login"},
		{metric: "count(unexpected-accept) == 0", series: "octane.login octane.get-defects octane.logout space.login"},
		{metric: "count(connect) == 0", series: "octane.login octane.get-defects octane.logout space.login"},
		{metric: "count(dropped) == 0"}, {metric: "rate(octane.dropped) < 1%"}, {metric: "count(octane.cycle.dropped) == 0"},
		{metric: "rate(requests) > 100/s"}, {metric: "rate(resends) < 1%"}, {metric: "count(tls-resumed) > 1"},
		{metric: "count(orphaned) == 0"}, {metric: "count(space.possibly-open) == 0"}, {metric: "max(live) < 100"},
		{metric: "p99(lateness) < 1ms"}, {metric: "p99(pacer) < 1ms"},

		{metric: "p99(logn) < 1s", says: `no step, target or ending "logn": did you mean "login"?`},
		{metric: "p99(octan.login) < 1s", says: `"octan": did you mean "octane"?`},
		{metric: "p99(login.respons) < 1s", says: `did you mean "response"?`},
		{metric: "rate(tmeout) < 1%", says: `did you mean "timeout"?`},
		{metric: "count(orphand) == 0", says: `did you mean "orphaned"?`},
		{metric: "p99(space.logout) < 1s", says: `no space.logout`},
		{metric: "p99(login.octane) < 1s", says: `no login.octane`},
		{metric: "p99(fail) < 1s", says: `"fail" has no times of its own: use count or rate`},
		{metric: "p99(octane.connect.response) < 1s", says: "write octane.connect.service"},
		{metric: "count(login.response) > 1", says: "write count(login)"},
		{metric: "rate(login) < 5%", says: "a throughput, not a share"},
		{metric: "rate(opened) > 5/s", says: "count(opened)"},
		{metric: "count(live) < 5 over 30s", says: "leave out `over`"},
		{metric: "count(octan.dropped) == 0", says: `did you mean "octane"?`},
		{metric: "count(cycles_dropped) == 0", says: "no step, target or ending"},
		{metric: "p99(octane.lateness) < 1ms", says: `"lateness"`},
	} {
		e, err := metric.Parse(c.metric)
		if err != nil {
			t.Fatal(err)
		}
		p, err := resolve(testSeries, testTargets, e)
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("resolve(%s) = %v, want it to say %q", e, err, c.says)
			}
			continue
		}
		var names []string
		for _, i := range p.series {
			names = append(names, testSeries[i].Name())
		}
		if err != nil || strings.Join(names, " ") != c.series {
			t.Errorf("resolve(%s) = %v, %v, want %s", e, names, err, c.series)
		}
		if Resolve(testSeries, testTargets, e) != nil {
			t.Errorf("Resolve(%s) differs", e)
		}
	}
}

func TestResolveCollisions(t *testing.T) {
	for _, c := range []struct {
		metric string
		from   source
		n      int    // series
		says   string // of the error
	}{
		{"p99(read) < 1s", fromTimes, 1, ""},
		{"rate(read) > 1/s", fromSamples, 1, ""},
		{"count(read) < 1", fromSamples, 1, ""},
		{"rate(read) < 1%", fromClass, 6, ""},
		{"rate(tls) < 1%", fromClass, 6, ""},
		{"p99(tls) < 1s", fromTimes, 1, ""},
		{"p99(octane) < 1s", 0, 0, "both a target and a step: write space.octane"},
		{"p99(space.octane) < 1s", fromTimes, 1, ""},
	} {
		e, _ := metric.Parse(c.metric)
		p, err := resolve(oddSeries, testTargets, e)
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("resolve(%s) = %v, want it to say %q", e, err, c.says)
			}
			continue
		}
		if err != nil || p.from != c.from || len(p.series) != c.n {
			t.Errorf("resolve(%s) = source %d of %d series, %v, want source %d of %d", e, p.from, len(p.series), err, c.from, c.n)
		}
	}
}

// Each metric of a small run whose numbers are known.
func TestMetricValues(t *testing.T) {
	r := newRun(t, nil, nil)
	for i := range 100 {
		o, c := OK, NoClass
		switch {
		case i < 4:
			o, c = Unknown, Timeout
		case i < 10:
			o, c = Fail, Locked
		}
		r.cycle(i%2, Hold, time.Duration(i+1)*time.Millisecond, o, c)
	}
	r.r[0].Record(Sample{Series: 5, Service: 300_000, Phase: Hold})
	r.r[0].Count(Hold, 0, CyclesPlanned, 25)
	r.r[0].Count(Hold, 0, CyclesDropped, 25)
	r.gauges.Sessions[0] = SessionCounts{Opened: 90, Closed: 85, Abandoned: 1, Expired: 1, Live: 3, PossiblyOpen: 4, PossiblyClosed: 2, PeakLive: 12}
	r.gauges.Sessions[1] = SessionCounts{Opened: 10, Live: 10, PeakLive: 10}
	r.gauges.Orphaned = []int64{3, 1}
	r.tick(Hold)
	r.tick(Hold)
	for text, want := range map[string]float64{
		"p50(octane.login.service)": 50, "p99(octane.get-defects)": 99, "max(octane.logout)": 100, "mean(octane.login.service)": 50.5,
		"p50(cycle.service)": 150, "p99(connect)": 0.3, "p90(sign-in)": 90, "max(lateness)": 0.05, "p99(pacer)": 0.02,
		"count(login)": 100, "rate(login)": 50, "count(fail)": 6, "rate(login.fail)": 6, "rate(fail)": 2, "rate(login.unknown)": 4,
		"count(timeout)": 4, "rate(octane.login.locked)": 6, "rate(cycle.ok)": 90, "count(planned)": 125, "count(dropped)": 25,
		"rate(requests)": 200, "count(opened)": 100, "count(octane.closed)": 85, "count(abandoned)": 1, "count(expired)": 1,
		"count(live)": 13, "max(octane.live)": 12, "max(live)": 22, "count(possibly_open)": 4, "count(possibly_closed)": 2, "count(orphaned)": 4,
	} {
		e, err := metric.ParseMetric(text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := resolve(testSeries, testTargets, e)
		if err != nil {
			t.Error(err)
			continue
		}
		var a amount
		p.gather(r.c.hold, &a) // the histograms are logged each second, so none is pending
		if got, ok := p.value(&a); !ok || got < want*0.999 || got > want*1.002 {
			t.Errorf("%s = %v %s (%v), want %v", text, got, p.unit(), ok, want)
		}
	}
	for text, want := range map[string]float64{"rate(dropped) < 50%": 20, "rate(dropped) < 50/s": 12.5, "rate(fail) < 9/s": 3, "p50(octane.logout) < 1s": 0.05, "p50(octane.logout) < 90us": 50_000} {
		e, _ := metric.Parse(text)
		p, _ := resolve(testSeries, testTargets, e)
		var a amount
		p.gather(r.c.hold, &a)
		if got, ok := p.value(&a); !ok || got < want*0.999 || got > want*1.001 {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	r.finish(Ending{Orphaned: r.gauges.Orphaned})
}

// limits plays seconds of one cycle each whose time is given in milliseconds.
func limits(t *testing.T, every time.Duration, text string, ms ...int) (ThresholdResult, string) {
	t.Helper()
	r := newRun(t, []string{text}, func(o *Options) { o.HistogramEvery = every })
	r.cycle(0, Warmup, time.Hour, Fail, Read) // the warm-up is never judged
	r.tick(Warmup)
	broken := ""
	for i, m := range ms {
		if m > 0 {
			r.cycle(i%2, Hold, time.Duration(m)*time.Millisecond, OK, NoClass)
		}
		if s := r.tick(Hold); s.Broken != "" && broken == "" {
			broken = strings.Repeat("x", i+1)
		}
	}
	return r.finish(Ending{}).Thresholds[0], broken
}

func TestThresholds(t *testing.T) {
	for _, c := range []struct {
		name, limit string
		ms          []int
		actual      float64
		pass        bool
		noData      bool
		stopAt      int // second in which the run is told to stop
	}{
		{name: "whole hold", limit: "max(octane.login.service) < 50ms", ms: []int{10, 20, 30}, actual: 30, pass: true},
		{name: "whole hold broken", limit: "max(octane.login.service) < 25ms", ms: []int{10, 30, 20}, actual: 30},
		{name: "no samples", limit: "p99(octane.login) < 1s", ms: []int{0, 0}, noData: true},
		{name: "count of nothing", limit: "count(octane.login) == 0", ms: []int{0, 0}, pass: true},
		{name: "window kept", limit: "max(octane.login.service) < 25ms over 3s", ms: []int{10, 20, 10, 10, 10}, actual: 20, pass: true},
		{name: "one window broken", limit: "max(octane.login.service) < 25ms over 3s", ms: []int{10, 10, 10, 90, 10, 10, 10, 10}, actual: 90},
		{name: "a mean smooths", limit: "mean(octane.login.service) < 25ms over 4s", ms: []int{10, 10, 60, 10, 10}, actual: 22.5, pass: true},
		{name: "the worst window", limit: "mean(octane.login.service) < 25ms over 2s", ms: []int{10, 10, 60, 10, 80, 10}, actual: 45},
		{name: "a floor", limit: "rate(octane.login) >= 1/s over 2s", ms: []int{1, 1, 0, 1, 1}, actual: 0.5},
		{name: "no full window", limit: "p99(login) < 1s over 10s", ms: []int{1, 1, 1}, noData: true},
		{name: "windows without samples", limit: "p99(login) < 1s over 1s", ms: []int{0, 5, 0}, actual: 5.05 / 1000, pass: true},
		{name: "grace of a window", limit: "max(octane.login.service) < 25ms over 2s after 3s", ms: []int{90, 90, 90, 10, 10}, actual: 10, pass: true},
		{name: "grace over", limit: "max(octane.login.service) < 25ms over 2s after 2s", ms: []int{10, 10, 90, 10, 10}, actual: 90},
		{name: "stop", limit: "max(octane.login.service) < 25ms stop", ms: []int{10, 90, 10}, actual: 90, stopAt: 2},
		{name: "stop in a window", limit: "mean(octane.login.service) < 25ms over 2s stop", ms: []int{10, 10, 10, 90, 10}, actual: 50, stopAt: 4},
		{name: "stop after grace", limit: "max(octane.login.service) < 25ms stop after 3s", ms: []int{90, 10, 10, 10}, actual: 90, stopAt: 4},
		{name: "equal", limit: "count(octane.login) == 1 over 1s", ms: []int{1, 1, 1}, actual: 1, pass: true},
		{name: "not equal", limit: "count(octane.login) == 1 over 1s", ms: []int{1, 0, 1}, actual: 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, every := range []time.Duration{time.Second, 2 * time.Second, time.Minute} {
				got, stopped := limits(t, every, c.limit, c.ms...)
				if got.Pass != c.pass || got.NoData != c.noData || got.Actual < c.actual*0.998 || got.Actual > c.actual*1.002 {
					t.Errorf("%s: %+v, want %v (pass %v, no data %v)", c.limit, got, c.actual, c.pass, c.noData)
				}
				if len(stopped) != c.stopAt || got.Stopped != (c.stopAt > 0) || got.Expression != c.limit {
					t.Errorf("%s: stopped in second %d (%+v), want %d", c.limit, len(stopped), got, c.stopAt)
				}
			}
		})
	}
}

// A window of an hour costs 120 slots, not 3,600, and still sees its time.
func TestLongWindow(t *testing.T) {
	r := newRun(t, []string{"mean(octane.login.service) < 1s over 1h"}, func(o *Options) { o.HistogramEvery = time.Hour })
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 2 * 3600 {
		each := 10 * time.Millisecond
		if i < 1800 {
			each = 20 * time.Millisecond
		}
		r.cycle(rng.IntN(2), Hold, each, OK, NoClass)
		r.tick(Hold)
	}
	if n := len(r.c.judges[0].slots); n > 122 {
		t.Errorf("%d slots, want 120 or so", n)
	}
	if got := r.finish(Ending{}).Thresholds[0]; !got.Pass || got.Actual < 0.0149 || got.Actual > 0.0151 {
		t.Errorf("%+v, want 15 ms in the first hour", got)
	}
}

func TestTaint(t *testing.T) {
	at := func(d time.Duration) *Histogram {
		h := new(Histogram)
		for range 99 {
			h.Record(int64(d) / 20)
		}
		h.Record(int64(d))
		h.Record(int64(d))
		return h
	}
	for _, c := range []struct {
		name string
		h    intervalHealth
		kind taintKind
		says string // empty: not tainted
	}{
		{name: "idle"},
		{name: "busy but prompt", h: intervalHealth{Health: Health{CPUShare: 1, SchedP99: 9}}},
		{name: "slow wake-ups, free processor", h: intervalHealth{Health: Health{CPUShare: 0.5, SchedP99: 50}}},
		{name: "starved", h: intervalHealth{Health: Health{CPUShare: 0.97, SchedP99: 30}}, kind: cpu, says: "97 % of the processor"},
		{name: "scheduler", h: intervalHealth{Health: Health{CPUShare: 0.3, SchedP99: 130}}, kind: scheduler, says: "waited 130 ms"},
		{name: "pacer in time", h: intervalHealth{pacer: at(90 * time.Millisecond)}},
		{name: "pacer late", h: intervalHealth{pacer: at(150 * time.Millisecond)}, kind: pacerLate, says: "150 ms late (p99"},
		{name: "median late", h: intervalHealth{pacer: func() *Histogram { h := new(Histogram); h.Record(11e6); return h }()}, kind: pacerLate, says: "11 ms late (median"},
		{name: "files", h: intervalHealth{Health: Health{OpenFiles: 1000, OpenFileLimit: 1024}}, kind: openFiles, says: "1000 of 1024 open files"},
		{name: "files unknown", h: intervalHealth{Health: Health{OpenFiles: 1000}}},
		{name: "ports of others", h: intervalHealth{Health: Health{Ports: 28000, PortLimit: 28232}}},
		{name: "ports", h: intervalHealth{Health: Health{Ports: 28000, PortLimit: 28232}, exhausted: 3}, kind: ports, says: "28000 of 28232 ports"},
		{name: "workers busy, nothing dropped", h: intervalHealth{workerLimited: true, workers: 8}},
		{name: "dropped, workers free", h: intervalHealth{dropped: 3, workers: 8}},
		{name: "workers", h: intervalHealth{workerLimited: true, workers: 8, dropped: 3}, kind: workersBusy, says: "all 8 workers busy and 3 arrivals dropped: raise --workers"},
		{name: "a wait too short to matter", h: intervalHealth{workerLimited: true, workers: 8, overdue: 90 * time.Millisecond, waiting: 90 * time.Millisecond, lateness: at(90 * time.Millisecond)}},
		{name: "one was late", h: intervalHealth{workerLimited: true, workers: 8, overdue: time.Second, lateness: at(20 * time.Millisecond)}},
		{name: "late for want of an account", h: intervalHealth{workerLimited: true, workers: 8, overdue: 5 * time.Millisecond, lateness: at(2 * time.Second)}},
		{name: "late for want of workers", h: intervalHealth{workerLimited: true, workers: 8, overdue: 2 * time.Second, lateness: at(2 * time.Second)}, kind: workersBusy, says: "all 8 workers busy while users were due for up to 2000 ms"},
		{name: "nobody could start at all", h: intervalHealth{workerLimited: true, workers: 8, overdue: time.Second, waiting: time.Second}, kind: workersBusy, says: "raise --workers"},
		{name: "lost", h: intervalHealth{lost: 9}, kind: samplesLost, says: "9 samples were lost"},
	} {
		got, tainted := HealthLimits{}.withDefaults().taintOf(c.h)
		if tainted != (c.says != "") || got.kind != c.kind || !strings.Contains(got.text, c.says) {
			t.Errorf("%s: %v %+v, want %q", c.name, tainted, got, c.says)
		}
	}
}

func TestTaintedShare(t *testing.T) {
	for _, c := range []struct {
		tainted int
		share   float64
		verdict Verdict
	}{{2, 0, Pass}, {3, 0, Invalid}, {3, 0.5, Pass}} {
		r := newRun(t, nil, func(o *Options) { o.Limits.MaxTainted = c.share })
		r.gauges.Health.SchedP99 = 500
		r.tick(Warmup) // tainted, but not judged
		for i := range 10 {
			r.cycle(0, Hold, time.Millisecond, OK, NoClass)
			r.gauges.Health.SchedP99 = 0
			if i < c.tainted {
				r.gauges.Health.SchedP99 = float64(500 + i)
			}
			r.tick(Hold)
		}
		s := r.finish(Ending{})
		if s.Verdict != c.verdict || s.Generator.TaintedIntervals != c.tainted || s.Generator.Intervals != 10 || len(s.Generator.TaintReasons) != 1 {
			t.Errorf("%d of 10 tainted, share %v: %s, %+v", c.tainted, c.share, s.Verdict, s.Generator)
		}
		if c.verdict == Invalid && !strings.Contains(strings.Join(s.Reasons, "\n"), "3 of 10 intervals, at worst: runnable goroutines waited 502 ms") {
			t.Errorf("reasons: %q", s.Reasons)
		}
	}
}
