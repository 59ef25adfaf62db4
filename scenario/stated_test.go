package scenario

import (
	"strings"
	"testing"
	"time"

	"authsoak/profiles"
)

// applied is a file that flags override.
func applied(t *testing.T, text string, o Overrides) *Scenario {
	t.Helper()
	s := parse(t, text)
	if err := s.Apply(o); err != nil {
		t.Fatal(err)
	}
	return s
}

// A flag that replaces the load section, or its model, takes with it what the
// section says.
func TestFlagsReplaceWhatTheFileStates(t *testing.T) {
	head := strings.Replace(oneTarget(""), ":100'", ":100000'", 1)
	t.Run("load", func(t *testing.T) {
		p := plan(t, applied(t, head+"load: {stages: [{at: 5, for: 1m}], timeout: 3s, start_limit: 4s, drain: {limit: 5s}}\n", Overrides{Load: "smoke"}))
		if p.Timeout != 30*time.Second || p.StartLimit != 10*time.Second || p.DrainLimit != time.Minute || p.Arrivals.PeakRate() != 2 {
			t.Errorf("--load smoke: timeout %v, start limit %v, drain limit %v, %v/s", p.Timeout, p.StartLimit, p.DrainLimit, p.Arrivals.PeakRate())
		}
	})
	open := head + "load: {stages: [{at: 5, for: 1m}], arrivals: {process: poisson}, calls: {count: 3}, timeout: 3s}\n"
	for name, o := range map[string]Overrides{"users": {Users: ptr(5)}, "population": {Population: ptr(5)}} {
		t.Run(name, func(t *testing.T) {
			s := applied(t, open, o)
			if p := plan(t, s); p.Arrivals != nil || p.Curve.Peak() != 5 || p.Timeout != 3*time.Second {
				t.Errorf("--%s 5: arrivals %v, peak %d, timeout %v", name, p.Arrivals, p.Curve.Peak(), p.Timeout)
			}
			back, err := Parse("./effective.yaml", s.Effective())
			if err != nil {
				t.Fatalf("%v in\n%s", err, s.Effective())
			}
			plan(t, back)
		})
	}
	t.Run("rate", func(t *testing.T) {
		p := plan(t, applied(t, open, Overrides{Rate: ptr(7.0)}))
		if p.Arrivals.Process() != Poisson || p.Calls != ConstantCalls(3) {
			t.Errorf("--rate: %v arrivals, calls %v: want what the file says", p.Arrivals.Process(), p.Calls)
		}
	})
}

// A 0 that somebody wrote is no gap for the load it starts from to fill.
func TestZerosCount(t *testing.T) {
	s, err := FromFlags(octane(Overrides{Load: "smoke", Warmup: ptr(time.Duration(0)), Think: ptr(time.Duration(0)), Calls: ptr(0)}))
	if err != nil {
		t.Fatal(err)
	}
	if p := plan(t, s); p.Warmup != 0 || p.Duration != time.Minute || !p.Think.IsZero() || p.Calls != ConstantCalls(0) {
		t.Errorf("--load smoke and zeros: warm-up %v of %v, think %v, calls %v", p.Warmup, p.Duration, p.Think, p.Calls)
	}
	s, err = FromFlags(octane(Overrides{Load: "steady", Abandon: ptr(0.0), Warmup: ptr(time.Duration(0))}))
	if err != nil {
		t.Fatal(err)
	}
	if p := plan(t, s); p.Abandon != 0 || p.Warmup != 0 {
		t.Errorf("--load steady --abandon 0 --warmup 0s: abandon %v, warm-up %v", p.Abandon, p.Warmup)
	}
	p := plan(t, parse(t, oneTarget("")+"load: {use: steady, warmup: 0s, abandon: 0%, think: {mean: 0s}, calls: {count: 0}, arrivals: {}}\n"))
	if p.Warmup != 0 || p.Abandon != 0 || !p.Think.IsZero() || p.Calls != ConstantCalls(0) || p.Arrivals.Process() != Paced {
		t.Errorf("beside use: warm-up %v, abandon %v, think %v, calls %v, %v arrivals", p.Warmup, p.Abandon, p.Think, p.Calls, p.Arrivals.Process())
	}
}

// A population without a warm-up opens its sessions in the hold, also when the
// effective scenario is read again.
func TestPopulationWithoutWarmup(t *testing.T) {
	s, err := FromFlags(octane(Overrides{Population: ptr(1000), Duration: ptr(time.Minute), Warmup: ptr(time.Duration(0))}))
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse("./effective.yaml", s.Effective())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Scenario{s, back} {
		if p := plan(t, s); p.Warmup != 0 || p.Duration != time.Minute || p.Curve.At(5*time.Second) != 500 {
			t.Errorf("warm-up %v of %v, %v sessions after 5 s", p.Warmup, p.Duration, p.Curve.At(5*time.Second))
		}
	}
}

// A number of calls means something to a population only where each call is a
// login of its own.
func TestCallsOfAPopulation(t *testing.T) {
	s, err := FromFlags(octane(Overrides{Population: ptr(100), Calls: ptr(50)}))
	if err != nil {
		t.Fatal(err)
	}
	const want = "--calls: a population takes no number of calls: how many a held session makes follows from think and turnover"
	if _, err := s.Plan(); err == nil || err.Error() != want {
		t.Errorf("--population 100 --calls 50: %v, want %s", err, want)
	}
	s, err = FromFlags(octane(Overrides{Population: ptr(100), Calls: ptr(50), Method: "basic-every-call"}))
	if err != nil {
		t.Fatal(err)
	}
	if p := plan(t, s); p.Calls != ConstantCalls(50) || p.Model != profiles.Population {
		t.Errorf("without sessions: calls %v, model %s", p.Calls, p.Model)
	}
	if back, err := Parse("./effective.yaml", s.Effective()); err != nil || plan(t, back).Calls != ConstantCalls(50) {
		t.Errorf("the effective scenario: %v\n%s", err, s.Effective())
	}
}

// A trace waits for cycles to end: so long that hardly any is cut, no longer.
func TestTailOfATrace(t *testing.T) {
	text := oneTarget("") + "load: {arrivals: {file: times.txt}, think: {mean: 2s}, calls: {count: 4}, timeout: 3s, start_limit: 1s, warmup: 500ms}\n"
	files := map[string]string{"plans/times.txt": "0\n1.5\n"}
	s := parse(t, text)
	s.World = world(files, nil)
	if p := plan(t, s); p.Duration != 1500*time.Millisecond+1+4*5*2*time.Second+4*time.Second {
		t.Errorf("the run takes %v: want 1.5 s of arrivals, four sessions' thinking and 4 s", p.Duration)
	}
	for extra, want := range map[string]string{
		"warmup: 1600ms": "load.warmup: the warm-up takes 1.6s of a run of 1.5s",
		"warmup: 1s}\nthresholds: [p99(login) < 1s over 30s]\n#": "windows of 30s, and the hold phase takes 10.5s",
	} {
		s := parse(t, strings.Replace(text, "warmup: 500ms", extra, 1))
		s.World = world(files, nil)
		if _, err := s.Plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", extra, err, want)
		}
	}
	endless := &Plan{Think: ConstantTime(quarter), Calls: ConstantCalls(65535), Timeout: quarter, StartLimit: quarter}
	if tail := endless.tail(); tail <= 0 || tail > 6*maxTail {
		t.Errorf("the tail of endless thinking is %v", tail)
	}
}

const quarter = 90 * 24 * time.Hour
