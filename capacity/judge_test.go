package capacity

import (
	"math"
	"strings"
	"testing"
	"time"

	"authsoak/accounts"
	"authsoak/metric"
	"authsoak/results"
	"authsoak/scenario"
)

func parsed(t *testing.T, texts ...string) (out []metric.Expression) {
	t.Helper()
	for _, text := range texts {
		e, err := metric.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// ordinary is a search on nothing.
func ordinary(t *testing.T, objectives ...string) *Config {
	t.Helper()
	c := &Config{Options: Options{From: 5, Most: 1000, Precision: 0.05, Confidence: 0.95, MaxSteps: 40},
		Objectives: parsed(t, objectives...), Settle: 5 * time.Second, Step: 20 * time.Second, Climb: 5 * time.Second, Fill: 500}
	c.Driver.Plan = &scenario.Plan{Calls: scenario.ConstantCalls(0), Timeout: 30 * time.Second}
	return c
}

// Each objective is corrected by its own halves, and only where halves tell
// something that the whole doesn't.
func TestUnbiasedBy(t *testing.T) {
	for _, c := range []struct {
		objective           string
		whole, first, later float64 // margin of the whole, values of the halves
		want                float64
	}{
		{"p99(login.response) < 100ms", -0.5, 50, 50, 2*-0.5 - math.Log(0.5)},
		{"mean(login.response) < 100ms", -0.5, 50, 50, 2*-0.5 - math.Log(0.5)},
		{"p99(login.response) < 100ms", -0.5, math.NaN(), 50, -0.5},
		{"p99(login.response) < 100ms over 5s", -0.5, 50, 50, -0.5},
		{"max(login.response) < 100ms", -0.5, 50, 50, -0.5},
		{"rate(fail) < 0.5%", -3.7, 0, 0, -3.7},
		{"count(fail) < 10", -0.7, 2, 3, -0.7},
		{"rate(login) > 10/s", -0.7, 20, 20, -0.7},
	} {
		if got := unbiasedBy(parsed(t, c.objective)[0], c.whole, c.first, c.later, 4000); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%s of %v, halves %v and %v: %v, want %v", c.objective, c.whole, c.first, c.later, got, c.want)
		}
	}
}

// Steps settle for as long as sessions think, and are judged for as long as their
// objectives take to be told.
func TestLengths(t *testing.T) {
	for _, c := range []struct {
		name         string
		objective    string
		think        scenario.Distribution
		calls        int
		step         Step
		settle, hold time.Duration
	}{
		{"no thinking", "p99(login.response) < 1s", scenario.ConstantTime(0), 0, Step{Kind: Knee, Level: 100}, 5 * time.Second, 20 * time.Second},
		{"a p99 takes 1000 cycles", "p99(login.response) < 1s", scenario.ConstantTime(0), 0, Step{Kind: Knee, Level: 10}, 5 * time.Second, 100 * time.Second},
		{"twice as long", "p99(login.response) < 1s", scenario.ConstantTime(0), 0, Step{Kind: Knee, Level: 10, Times: 2}, 10 * time.Second, 200 * time.Second},
		{"a median doesn't", "p50(login.response) < 1s", scenario.ConstantTime(0), 0, Step{Kind: Knee, Level: 10}, 5 * time.Second, 20 * time.Second},
		{"a share of 0.5 % takes 600", "rate(fail) < 0.5%", scenario.ConstantTime(0), 0, Step{Kind: Knee, Level: 10}, 5 * time.Second, time.Minute},
		{"and so does one of 99.5 %", "rate(ok) > 99.5%", scenario.ConstantTime(0), 0, Step{Kind: Knee, Level: 10}, 5 * time.Second, time.Minute},
		{"six pauses of 2 s, always", "rate(fail) < 5%", scenario.ConstantTime(2 * time.Second), 5, Step{Kind: Climb, Level: 100}, 17 * time.Second, 5 * time.Second},
		{"six at random", "rate(fail) < 5%", scenario.ExponentialTime(2 * time.Second), 5, Step{Kind: Climb, Level: 100}, 31697 * time.Millisecond, 5 * time.Second},
		{"a slow climb", "rate(fail) < 5%", scenario.ConstantTime(0), 0, Step{Kind: Climb, Level: 0.1}, 5 * time.Second, 50 * time.Second},
	} {
		s := ordinary(t, c.objective)
		s.Driver.Plan.Think, s.Driver.Plan.Calls = c.think, scenario.ConstantCalls(c.calls)
		if settle, hold := s.settle(c.step), s.hold(c.step); settle != c.settle || hold != c.hold {
			t.Errorf("%s: settles for %s and is judged for %s, want %s and %s", c.name, settle, hold, c.settle, c.hold)
		}
	}
}

// What is announced bounds the search, however long its steps become.
func TestBound(t *testing.T) {
	c := ordinary(t, "p99(login.response) < 1s")
	if usual, longest := c.Usual(), c.Longest(); usual != 40*25*time.Second || longest != 40*mostTimes*25*time.Second {
		t.Errorf("40 steps of 25 s take %s, at the longest %s", usual, longest)
	}
	r := &runner{Config: *c}
	long := Step{Kind: Knee, Level: 5, Times: 8} // 1640 s
	n := 0
	for r.inTime(long) && n < 100 {
		n++
	}
	if r.driven > c.Longest() || n != 9 || !r.inTime(Step{Kind: Climb, Level: 100}) {
		t.Errorf("%d long steps were begun, %s of load: the bound is %s", n, r.driven, c.Longest())
	}
	if p := c.Planned(); p.LoginsStep != 1000*16*25 || p.Logins != 40*p.LoginsStep || p.LongStepS != 200 {
		t.Errorf("planned %+v: want up to 400,000 logins in a step, 40 times as many in all, 200 s at 5/s", p)
	}
}

func TestWithin(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct{ low, at, high, wantLow, wantAt, wantHigh float64 }{
		{90, 95, 99, 90, 95, 99},
		{95, 101, 104, 95, 100, 100},
		{100, 100, inf, 100, 100, inf},
	} {
		f := Finding{Low: c.low, At: c.at, High: c.high}.within(100)
		if f.Low != c.wantLow || f.At != c.wantAt || f.High != c.wantHigh {
			t.Errorf("%v (%v to %v) up to 100: %+v, want %v (%v to %v)", c.at, c.low, c.high, f, c.wantAt, c.wantLow, c.wantHigh)
		}
	}
}

// Only what the test has decided passes.
func TestVerdictOf(t *testing.T) {
	for _, c := range []struct {
		end     End
		finding Finding
		want    results.Verdict
	}{
		{Decided, Finding{Low: 9, High: 10, Decided: true}, results.Pass},
		{OutOfSteps, Finding{Low: 9, High: 20, Decided: true}, results.Pass},
		{OutOfSteps, Finding{Low: 9, High: 10}, results.Invalid},
		{OutOfSteps, Finding{Low: 9, High: math.Inf(1)}, results.Invalid},
		{NothingMet, Finding{High: 1}, results.Failed},
		{NoRecovery, Finding{Low: 9, High: 10, Decided: true}, results.Failed},
		{Generator, Finding{Low: 9, High: 10, Decided: true}, results.Invalid},
		{interrupted, Finding{Low: 9, High: 10}, results.Interrupted},
	} {
		if got := verdictOf(c.end, c.finding); got != c.want {
			t.Errorf("%s with %+v: %s, want %s", c.end, c.finding, got, c.want)
		}
	}
}

// A step in which nothing was due is no evidence of a dead server.
func TestNothingDue(t *testing.T) {
	r := &runner{Config: *ordinary(t, "p99(login.response) < 1s")}
	for _, c := range []struct {
		name   string
		steps  []results.StepSummary
		dead   bool
		reject string
	}{
		{"nothing was due", nil, false, "nothing ended"},
		{"all failed", []results.StepSummary{{Kind: results.StepSeries.String(), Count: 3, Fail: 3}}, true, ""},
	} {
		var s results.CapacityStep
		sum := &results.Summary{DurationS: 5, Steps: c.steps, Thresholds: []results.ThresholdResult{{NoData: true}}}
		o := r.judge(&s, Step{Kind: Climb, Level: 0.1}, &witness{sum: sum, seen: &sightings{}})
		if o.Dead != c.dead || !strings.Contains(o.Rejected, c.reject) || (c.reject == "") != (o.Rejected == "") {
			t.Errorf("%s: dead %v, rejected %q; want %v, %q", c.name, o.Dead, o.Rejected, c.dead, c.reject)
		}
	}
}

func TestOutOfAccounts(t *testing.T) {
	source, err := accounts.Generate("user{n}:pw{n}:10")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		policy accounts.Policy
		most   int64
		waited bool
		want   bool
	}{
		{accounts.Lease, 9, false, false},
		{accounts.Lease, 10, false, true},
		{accounts.Lease, 3, true, true},
		{accounts.Shared, 30, false, false},
	} {
		target := scenario.TargetPlan{Accounts: source, Policy: c.policy}
		if got := outOfAccounts(&target, c.most, c.waited); got != c.want {
			t.Errorf("10 accounts, %s, at most %d cycles at once, waited %v: out of accounts %v, want %v", c.policy, c.most, c.waited, got, c.want)
		}
	}
}

// Arrivals that are dropped while workers stand idle were the generator's to
// start; where all workers are busy, the server was slow.
func TestDroppedIdle(t *testing.T) {
	for _, c := range []struct {
		name    string
		busy    []int // of 8 workers, by second
		dropped []int64
		want    int64
	}{
		{"idle all along", []int{0, 1, 0}, []int64{0, 3, 10}, 10},
		{"busy all along", []int{8, 8, 8}, []int64{0, 3, 10}, 0},
		{"a stall that has just ended", []int{8, 8, 1}, []int64{0, 0, 10}, 0},
	} {
		var seen sightings
		for i := range c.busy {
			seen.add(results.Snapshot{Phase: results.Hold, Workers: 8, Busy: c.busy[i], Targets: []results.TargetNow{{CyclesPlanned: 100, Dropped: c.dropped[i]}}})
		}
		if seen.droppedIdle != c.want {
			t.Errorf("%s: %d arrivals dropped idle, want %d", c.name, seen.droppedIdle, c.want)
		}
	}
}

// Opening sessions lags where ever more are live, but not as many as there should
// be. A server that is full, or takes none, shows no such thing.
func TestFill(t *testing.T) {
	for _, c := range []struct {
		name string
		live []int64 // by second, of 1000 at 250/s
		lags bool
		perS float64
	}{
		{"as planned", []int64{250, 500, 750, 1000, 1000, 1000, 1000}, false, 1000. / 7},
		{"half as fast", []int64{100, 200, 300, 400, 500, 600, 700}, true, 100},
		{"just full", []int64{250, 500, 750, 750}, false, 750. / 4},
		{"full", []int64{250, 500, 500, 500, 500, 500, 500}, false, 500. / 7},
		{"none", []int64{0, 0, 0, 0, 0, 0, 0}, false, 0},
		{"cut short as it lags", []int64{50, 100}, true, 50},
	} {
		var seen sightings
		for i, live := range c.live {
			seen.add(results.Snapshot{Phase: results.Warmup, Elapsed: time.Duration(i+1) * time.Second,
				Targets: []results.TargetNow{{Sessions: results.SessionCounts{Live: live}}}})
		}
		if got, lags := seen.fill(1000, 250); lags != c.lags || math.Abs(got-c.perS) > 1e-9 {
			t.Errorf("%s: %v a second, lags %v; want %v and %v", c.name, got, lags, c.perS, c.lags)
		}
	}
}
