package profiles

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"

	"authsoak/document"
)

// profile makes a load profile of an indented load section.
func profile(load string) []byte {
	return []byte("schema: authsoak/load/v1\nname: test\nload:\n" + load)
}

// saidOnly compares what loads say, not who said it.
var saidOnly = cmpopts.IgnoreUnexported(Load{})

const stages = "  stages: [{at: 5, for: 1m}]\n"

func TestParseLoad(t *testing.T) {
	p, err := ParseLoad("x.yaml", profile(`
  model: population
  stages:
    - {to: 50, over: 10s}
    - {at: 50, for: 5m}
  think: {distribution: lognormal, mean: 2s, sigma: 0.5}
  calls: {min: 2, max: 4}
  turnover: {mean: 10m}
  abandon: 5%
  warmup: 10s
  connections: per-user
  workers: 8
  timeout: 20s
  start_limit: 1s
  drain: {limit: 90s, rate: 10}
  replay: 0%
`))
	if err != nil {
		t.Fatal(err)
	}
	none := document.Share(0)
	want := Load{
		Model:    Population,
		Stages:   []Stage{Line(50, 10*time.Second), Hold(50, 5*time.Minute)},
		Think:    Distribution{Distribution: Lognormal, Mean: document.Duration(2 * time.Second), Sigma: 0.5},
		Calls:    Count{Min: 2, Max: 4},
		Turnover: Distribution{Mean: document.Duration(10 * time.Minute)},
		Abandon:  0.05, Warmup: document.Duration(10 * time.Second), Connections: PerUser, Workers: 8,
		Timeout: document.Duration(20 * time.Second), StartLimit: document.Duration(time.Second),
		Drain: Drain{Limit: document.Duration(90 * time.Second), Rate: 10}, Replay: &none,
	}
	if diff := cmp.Diff(want, p.Load, saidOnly); diff != "" {
		t.Error(diff)
	}
	if p.Load.Length() != 310*time.Second {
		t.Errorf("Length() = %v", p.Load.Length())
	}

	text, err := yaml.Marshal(map[string]any{"schema": LoadFormat, "name": "test", "load": p.Load})
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseLoad("again.yaml", text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if diff := cmp.Diff(want, again.Load, saidOnly); diff != "" {
		t.Errorf("written and read again: %s", diff)
	}
}

func TestDefaults(t *testing.T) {
	l := Load{Turnover: Distribution{Mean: 5}, Think: Distribution{Max: 3}}
	l.Defaults()
	one := document.Share(0.01)
	want := Load{
		Model: Open, Arrivals: Arrivals{Process: Constant}, Think: Distribution{Distribution: Uniform, Max: 3},
		Calls: Count{Distribution: ConstantShape, Count: 5}, Turnover: Distribution{Distribution: Exponential, Mean: 5},
		Connections: Shared, Timeout: document.Duration(30 * time.Second), StartLimit: document.Duration(10 * time.Second),
		Drain: Drain{Limit: document.Duration(time.Minute)}, Replay: &one,
	}
	if diff := cmp.Diff(want, l, saidOnly); diff != "" {
		t.Error(diff)
	}
	again := l
	if again.Defaults(); !cmp.Equal(l, again, saidOnly) {
		t.Errorf("Defaults twice: %s", cmp.Diff(l, again, saidOnly))
	}
	for given, want := range map[Count]Shape{{Mean: 5}: Geometric, {Count: 5}: ConstantShape, {Min: 1, Max: 2}: Uniform} {
		l := Load{Calls: given}
		if l.Defaults(); l.Calls.Distribution != want {
			t.Errorf("calls %+v: %s, want %s", given, l.Calls.Distribution, want)
		}
	}
	trace := Load{Arrivals: Arrivals{File: "times"}}
	if trace.Defaults(); trace.Arrivals.Process != Trace {
		t.Errorf("arrivals of a file: %s", trace.Arrivals.Process)
	}
}

func TestMerge(t *testing.T) {
	half, all := document.Share(0.5), document.Share(1)
	l := Load{Model: Closed, Calls: Count{Count: 2}, Replay: &half}
	l.Merge(Load{Model: Open, Stages: []Stage{Hold(5, time.Minute)}, Calls: Count{Mean: 9}, Replay: &all, Workers: 3, Abandon: 0.2})
	want := Load{Model: Closed, Stages: []Stage{Hold(5, time.Minute)}, Calls: Count{Count: 2}, Replay: &half, Workers: 3, Abandon: 0.2}
	if diff := cmp.Diff(want, l, saidOnly); diff != "" {
		t.Error(diff)
	}
}

// What is stated goes before what another load says, 0 too.
func TestStatedZeros(t *testing.T) {
	base, err := ParseLoad("base.yaml", profile(stages+`
  arrivals: {process: poisson}
  think: {mean: 2s}
  calls: {count: 7}
  abandon: 5%
  warmup: 10s
  workers: 8
  drain: {limit: 2m, rate: 50}
`))
	if err != nil {
		t.Fatal(err)
	}
	given, err := ParseLoad("given.yaml", profile(stages+`
  arrivals: {}
  think: {mean: 0s}
  calls: {count: 0}
  turnover: {mean: 0s}
  abandon: 0%
  warmup: 0s
  workers: 0
  drain: {rate: 0}
`))
	if err != nil {
		t.Fatal(err)
	}
	l := given.Load
	l.Merge(base.Load)
	l.Defaults()
	if l.Arrivals.Process != Constant || l.Think != (Distribution{Distribution: ConstantShape}) || l.Calls != (Count{Distribution: ConstantShape}) ||
		l.Abandon != 0 || l.Warmup != 0 || l.Workers != 0 || l.Drain != (Drain{Limit: document.Duration(time.Minute)}) {
		t.Errorf("zeros that are stated gave way: %+v", l)
	}
	silent := Load{}
	silent.Merge(base.Load)
	if silent.Calls.Count != 7 || silent.Warmup != document.Duration(10*time.Second) || !silent.States("warmup") || silent.States("calls") {
		t.Errorf("a load that says nothing: %+v", silent)
	}
	held, err := ParseLoad("held.yaml", profile("  model: population\n"+stages+"  turnover: {mean: 1m}\n"))
	if err != nil {
		t.Fatal(err)
	}
	other := held.Load
	other.Forget("turnover")
	if other.States("turnover") || other.Turnover != (Distribution{}) || !held.Load.States("turnover") {
		t.Errorf("Forget: %+v; the load it was copied from states turnover: %v", other, held.Load.States("turnover"))
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct{ name, load, want string }{
		{"no stages", "  model: open\n", "x.yaml:3:1: load.stages: there are no stages: say how much load, and for how long"},
		{"empty stages", "  stages: []\n", "x.yaml:4:3: load.stages: must hold at least one stage\nx.yaml:4:3: load.stages: there are no stages: say how much load, and for how long"},
		{"negative", "  stages: [{at: -5, for: 1m}]\n", "x.yaml:4:17: load.stages[0].at: must not be negative, as -5 is"},
		{"both levels", "  stages: [{at: 5, to: 5, for: 1m}]\n", "x.yaml:4:12: load.stages[0]: has both to and at: a stage is a line or a step"},
		{"no level", "  stages: [{for: 1m}]\n", "x.yaml:4:12: load.stages[0]: needs a level: {to: LEVEL, over: TIME} or {at: LEVEL, for: TIME}"},
		{"line with for", "  stages: [{to: 5, for: 1m}]\n", "x.yaml:4:20: load.stages[0].for: belongs to at: a line says over"},
		{"step with over", "  stages: [{at: 5, over: 1m}]\n", "x.yaml:4:20: load.stages[0].over: belongs to to: a step says for"},
		{"line without time", "  stages: [{to: 5}, {at: 5, for: 1s}]\n", "x.yaml:4:12: load.stages[0]: needs over: how long the way to the level takes"},
		{"no time at all", "  stages: [{at: 5, for: 0s}]\n", "x.yaml:4:3: load.stages: take no time at all"},
		{"too long", "  stages: [{at: 5, for: 91d}]\n", "x.yaml:4:12: load.stages[0]: makes the run longer than 2160h"},
		{"half a user", "  model: closed\n  stages: [{at: 1.5, for: 1m}]\n", "x.yaml:5:12: load.stages[0]: has a level of 1.5: users and sessions are whole"},
		{"half a cycle", "  stages: [{at: 1.5, for: 1m}]\n", ""},
		{"turnover", stages + "  turnover: {mean: 1m}\n", "x.yaml:5:3: load.turnover: belongs to the population model, not open"},
		{"pacing", stages + "  pacing: 1m\n", "x.yaml:5:3: load.pacing: belongs to the closed model, not open"},
		{"arrivals", "  model: closed\n" + stages + "  arrivals: {process: poisson}\n", "x.yaml:6:3: load.arrivals: belong to the open model, not closed"},
		{"trace without file", stages + "  arrivals: {process: trace}\n", "x.yaml:5:3: load.arrivals: needs file: the recorded times"},
		{"file without trace", "  arrivals: {process: poisson, file: a}\n", "x.yaml:4:32: load.arrivals.file: belongs to process trace, not poisson"},
		{"trace", "  arrivals: {process: trace, file: a}\n", ""},
		{"stages and trace", stages + "  arrivals: {file: a}\n", "x.yaml:4:3: load.stages: contradict the recorded times of arrivals.file: give one of them"},
		{"warm-up", stages + "  warmup: 1m\n", "x.yaml:5:11: load.warmup: the warm-up takes 1m of a run of 1m: nothing would be left to judge"},
		{"workers", stages + "  workers: -1\n", "x.yaml:5:12: load.workers: must not be negative: 0 lets the machine choose"},
		{"timeout", stages + "  timeout: 0s\n", "x.yaml:5:12: load.timeout: must be longer than 0"},
		{"drain", stages + "  drain: {limit: 0s, rate: -1}\n", "x.yaml:5:18: load.drain.limit: must be longer than 0\nx.yaml:5:28: load.drain.rate: must not be negative: 0 lets half the limit suffice"},
		{"distribution, wrong number", stages + "  think: {distribution: exponential, max: 2s}\n", "x.yaml:5:3: load.think: needs mean for the distribution exponential\nx.yaml:5:38: load.think.max: means nothing to the distribution exponential, which takes mean"},
		{"distribution, wrong order", stages + "  think: {min: 2s, max: 1s}\n", "x.yaml:5:25: load.think.max: is less than min, 2s"},
		{"sigma", stages + "  think: {mean: 2s, sigma: 9}\n", "x.yaml:5:28: load.think.sigma: must be at most 5: it is the deviation of the logarithm"},
		{"negative sigma", stages + "  think: {mean: 2s, sigma: -1}\n", "x.yaml:5:28: load.think.sigma: must not be negative"},
		{"geometric think", stages + "  think: {distribution: geometric}\n", "x.yaml:5:25: load.think.distribution: must be one of constant, uniform, exponential, lognormal, not geometric"},
		{"exponential calls", stages + "  calls: {distribution: exponential}\n", "x.yaml:5:25: load.calls.distribution: must be one of constant, uniform, geometric, not exponential"},
		{"calls", stages + "  calls: {count: 3, mean: 2}\n", "x.yaml:5:11: load.calls.count: means nothing to the distribution geometric, which takes mean"},
		{"calls, order", stages + "  calls: {min: 3, max: 2}\n", "x.yaml:5:24: load.calls.max: is less than min, 3"},
		{"no calls", stages + "  calls: {distribution: constant, count: 0}\n", ""},
		{"connections", stages + "  connections: per-usr\n", `x.yaml:5:16: load.connections: must be one of shared, per-user, per-request, not "per-usr" (did you mean "per-user"?)`},
		{"unknown key", stages + "  thinkk: 5\n", `x.yaml:5:3: load.thinkk: is not a known key (did you mean "think"?)`},
		{"rate without a unit", "  stages: [{at: 5, for: 60}]\n", `x.yaml:4:25: load.stages[0].for: must be a time with its unit (500ms, 30s, 5m, 1h30m, 2d), not "60" (did you mean "60s"?)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseLoad("x.yaml", profile(test.load))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// TestBuiltinLoads: each is sound before and after its defaults.
func TestBuiltinLoads(t *testing.T) {
	want := []string{"duplicate-burst", "leak", "mass-expiry", "ramp", "restart", "smoke", "soak", "spike", "steady", "storm"}
	var got []string
	for _, p := range Loads() {
		got = append(got, p.Name)
		if p.About == "" {
			t.Errorf("%s says nothing about itself", p.Name)
		}
		f, err := document.Parse("empty", []byte("load: {}"))
		if err != nil {
			t.Fatal(err)
		}
		l := p.Load
		l.Defaults()
		if ps := l.Check(f, "load"); len(ps) > 0 {
			t.Errorf("%s with defaults: %v", p.Name, ps)
		}
	}
	if !cmp.Equal(got, want) {
		t.Errorf("Loads() = %v, want %v", got, want)
	}
}

func FuzzParseLoad(f *testing.F) {
	for _, p := range Loads() {
		data, err := Source("load", p.Name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(profile("  stages: [{at: 1e300, for: 90d}, {to: -0, over: 1ns}]\n  calls: {mean: 1e6}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseLoad("x.yaml", data)
		if err != nil {
			return
		}
		if l := p.Load.Length(); l < 0 || l > maxLength || l == 0 && p.Load.Arrivals.File == "" {
			t.Errorf("a valid load takes %v", l)
		}
		for _, s := range p.Load.Stages {
			if level := s.Level(); !(level >= 0 && level <= maxLevel) {
				t.Errorf("a valid level of %v", level)
			}
		}
		p.Load.Defaults()
		file, err := document.Parse("empty", []byte("load: {}"))
		if err != nil {
			t.Fatal(err)
		}
		if ps := p.Load.Check(file, "load"); len(ps) > 0 {
			t.Errorf("a valid load with its defaults: %v", ps)
		}
	})
}
