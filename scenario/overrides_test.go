package scenario

import (
	"strings"
	"testing"
	"time"

	"authsoak/profiles"
)

func ptr[T any](v T) *T { return &v }

func octane(o Overrides) Overrides {
	o.Targets = []TargetFlag{{Endpoint: "octane", URL: "http://10.0.0.1"}}
	o.Accounts = ptr(ParseAccounts("u{n}:p{n}:100000"))
	return o
}

func TestFlags(t *testing.T) {
	for _, tt := range []struct {
		name   string
		flags  Overrides
		warmup time.Duration
		length time.Duration
		model  Model
		level  float64 // at the end
	}{
		{"a rate", Overrides{Rate: ptr(200.0)}, 0, time.Minute, profiles.Open, 200},
		{"the hold comes after the warm-up", Overrides{Rate: ptr(200.0), Duration: ptr(5 * time.Minute), Warmup: ptr(10 * time.Second)}, 10 * time.Second, 310 * time.Second, profiles.Open, 200},
		{"users", Overrides{Users: ptr(50), Duration: ptr(time.Hour)}, 0, time.Hour, profiles.Closed, 50},
		{"a population is opened first", Overrides{Population: ptr(10_000)}, 20 * time.Second, 80 * time.Second, profiles.Population, 10_000},
		{"a small population is opened gently", Overrides{Population: ptr(1000)}, 10 * time.Second, 70 * time.Second, profiles.Population, 1000},
		{"a large one at 5,000 a second", Overrides{Population: ptr(100_000)}, 20 * time.Second, 80 * time.Second, profiles.Population, 100_000},
		{"a population with a warm-up", Overrides{Population: ptr(1000), Warmup: ptr(20 * time.Second), Duration: ptr(time.Minute)}, 20 * time.Second, 80 * time.Second, profiles.Population, 1000},
		{"until stopped", Overrides{Rate: ptr(1.0), Duration: ptr(time.Duration(0))}, 0, Forever, profiles.Open, 1},
		{"nothing said is a trickle", Overrides{}, 5 * time.Second, time.Minute, profiles.Open, 2},
		{"a named load", Overrides{Load: "steady"}, 90 * time.Second, 11 * time.Minute, profiles.Open, 50},
		{"a named load at another rate", Overrides{Load: "steady", Rate: ptr(7.0)}, 90 * time.Second, 11 * time.Minute, profiles.Open, 7},
		{"a named load in another model", Overrides{Load: "soak", Rate: ptr(7.0), Duration: ptr(time.Hour)}, 15 * time.Minute, 75 * time.Minute, profiles.Open, 7},
		{"a named load, longer", Overrides{Load: "smoke", Duration: ptr(time.Hour)}, 5 * time.Second, time.Hour + 5*time.Second, profiles.Open, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := FromFlags(octane(tt.flags))
			if err != nil {
				t.Fatal(err)
			}
			p := plan(t, s)
			if p.Warmup != tt.warmup || p.Duration != tt.length || p.Model != tt.model {
				t.Errorf("warm-up %v of %v, model %s; want %v of %v, %s", p.Warmup, p.Duration, p.Model, tt.warmup, tt.length, tt.model)
			}
			level := 0.0
			last := min(p.Duration, 90*day) - 1
			if p.Model == profiles.Open {
				level = p.Arrivals.Rate(last)
			} else {
				level = p.Curve.At(last)
			}
			if level != tt.level {
				t.Errorf("level %v at the end, want %v", level, tt.level)
			}
		})
	}
}

func TestFlagsOverrideTheFile(t *testing.T) {
	s := parse(t, nightly)
	err := s.Apply(Overrides{
		Targets: []TargetFlag{{Endpoint: "lre", URL: "https://new.example.test", Version: "2022"}, {Endpoint: "octane", URL: "https://other"}},
		Labels:  map[string]string{"build": "4712", "who": "me"}, Seed: ptr(uint64(9)), Authorized: "me", Out: "out",
		Rate: ptr(5.0), Duration: ptr(time.Minute), Calls: ptr(0), Think: ptr(time.Second),
		Workers: ptr(3), Connections: "per-user", Abandon: ptr(0.5), Insecure: ptr(true),
		Accounts: ptr(ParseAccounts("a{n}:b:10")), Thresholds: []string{"rate(fail) < 5%"},
	})
	if err == nil || !strings.Contains(err.Error(), "--target octane: 2 targets of the scenario have that endpoint") {
		t.Errorf("an ambiguous --target: %v", err)
	}
	s = parse(t, strings.Replace(nightly, "- endpoint: octane\n    url", "- name: plain\n    endpoint: octane\n    url", 1))
	s.Thresholds = s.Thresholds[:1]
	if err = s.Apply(Overrides{
		Targets: []TargetFlag{{Endpoint: "lre", URL: "https://new.example.test", Version: "2022"}, {Endpoint: "plain", URL: "https://other"}},
		Labels:  map[string]string{"build": "4712", "who": "me"}, Seed: ptr(uint64(9)), Authorized: "me", Out: "out",
		Rate: ptr(5.0), Duration: ptr(time.Minute), Calls: ptr(0), Think: ptr(time.Second),
		Workers: ptr(3), Connections: "per-user", Abandon: ptr(0.5), Insecure: ptr(true), CA: "ca.pem",
		Accounts: ptr(ParseAccounts("a{n}:b:10")), Thresholds: []string{"rate(fail) < 5%"},
	}); err != nil {
		t.Fatal(err)
	}
	p := plan(t, s)
	if p.Targets[2].URL.Host != "new.example.test" || p.Targets[2].Flow.Version != "2022" || p.Targets[1].URL.Host != "other" {
		t.Errorf("targets %v", p.Targets)
	}
	for _, target := range p.Targets {
		if target.Accounts.Count() != 10 || !target.TLS.Insecure || target.TLS.CA != "ca.pem" {
			t.Errorf("%v has %v, TLS %+v", target, target.Accounts, target.TLS)
		}
	}
	if p.Labels["build"] != "4712" || p.Labels["who"] != "me" || p.Seed != 9 || p.Authorized != "me" || s.Output.Dir != "out" {
		t.Errorf("labels %v, seed %d, authorized %q, out %q", p.Labels, p.Seed, p.Authorized, s.Output.Dir)
	}
	if p.Calls != ConstantCalls(0) || p.Think != ConstantTime(time.Second) || p.Workers != 3 || p.Connections != profiles.PerUser || p.Abandon != 0.5 {
		t.Errorf("calls %v, think %v, workers %d, connections %s, abandon %v", p.Calls, p.Think, p.Workers, p.Connections, p.Abandon)
	}
	if p.Duration != 2*time.Minute || p.Arrivals.Process() != Poisson || p.Arrivals.Rate(0) != 5 {
		t.Errorf("%v of %v at %v", p.Duration, p.Arrivals.Process(), p.Arrivals.Rate(0))
	}
	if len(p.Thresholds) != 2 || p.Thresholds[1].String() != "rate(fail) < 5%" {
		t.Errorf("thresholds %v", p.Thresholds)
	}
}

func TestBadFlags(t *testing.T) {
	for _, tt := range []struct {
		name  string
		flags Overrides
		want  string
	}{
		{"two models", Overrides{Rate: ptr(1.0), Users: ptr(2)}, "--rate and --users: these are different models of load: give one"},
		{"a duration of many stages", Overrides{Load: "spike", Duration: ptr(time.Minute)}, "--duration: can't change a load that isn't one level"},
		{"a negative duration", Overrides{Duration: ptr(-time.Second)}, "--duration -1s: must not be negative"},
		{"a share", Overrides{Abandon: ptr(5.0)}, "--abandon: must be a share between 0% and 100%"},
		{"connections", Overrides{Connections: "peruser"}, `--connections: must be one of shared, per-user, per-request, not "peruser" (did you mean "per-user"?)`},
		{"HTTP/2 by the fast engine", Overrides{HTTP: "2", Engine: "fast"}, "--engine: the fast engine can't do HTTP/2"},
		{"HTTP/2 without TLS", Overrides{HTTP: "2"}, "--http: HTTP/2 needs https"},
		{"negative calls", Overrides{Calls: ptr(-1)}, "--calls: must not be negative"},
		{"half a user", Overrides{Population: ptr(0)}, "--population: every level is 0: that is no load at all"},
		{"a threshold", Overrides{Thresholds: []string{"p99(logn) < 1s"}}, "--threshold: metric p99(logn)"},
		{"a label", Overrides{Labels: map[string]string{"a b": "c"}}, "--label: a key holds letters"},
		{"a method", Overrides{Method: "jsn"}, `--method: endpoint octane: method "jsn" is not known (did you mean "json"?)`},
		{"resolve", Overrides{Resolve: []string{"h:1:x"}}, "--resolve: resolve"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := FromFlags(octane(tt.flags))
			if err == nil {
				_, err = s.Plan()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := FromFlags(Overrides{}); err == nil || !strings.Contains(err.Error(), "no target") {
		t.Errorf("without a target: %v", err)
	}
	s := parse(t, nightly)
	if err := s.Apply(Overrides{Targets: []TargetFlag{{Endpoint: "lrr", URL: "http://h"}}}); err == nil || !strings.Contains(err.Error(), `did you mean "lre"?`) {
		t.Errorf("an unknown target: %v", err)
	}
}

func TestApplyTwiceAndPlanTwice(t *testing.T) {
	s, err := FromFlags(octane(Overrides{Population: ptr(500)}))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(Overrides{Users: ptr(5), Duration: ptr(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if p := plan(t, s); p.Model != profiles.Closed || p.Curve.Peak() != 5 || p.Duration != time.Minute {
			t.Errorf("model %s, peak %d, %v", p.Model, p.Curve.Peak(), p.Duration)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for _, tt := range []struct {
		text string
		want TargetFlag
		err  string
	}{
		{"octane=https://h", TargetFlag{"octane", "", "https://h"}, ""},
		{"lre@2020-sp2=http://h:81/x", TargetFlag{"lre", "2020-sp2", "http://h:81/x"}, ""},
		{"./my@home/p.yaml@2=http://h", TargetFlag{"./my@home/p.yaml", "2", "http://h"}, ""},
		{"", TargetFlag{}, "has no URL"},
		{"octane", TargetFlag{}, "has no URL"},
		{"https://h", TargetFlag{}, "names no endpoint"},
		{"https://h?a=b", TargetFlag{}, "names no endpoint"},
		{"=https://h", TargetFlag{}, "names no endpoint"},
		{"octane@=https://h", TargetFlag{}, "has no version after @"},
		{"octane=", TargetFlag{}, "has no URL"},
		{"octane=h", TargetFlag{}, "must begin with http:// or https://"},
		{"octane=https://u:hunter2@h", TargetFlag{}, "credentials"},
		{"octane=https://", TargetFlag{}, "names no host"},
	} {
		got, err := ParseTarget(tt.text)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("ParseTarget(%q) = %v, %v; want %v, %q", tt.text, got, err, tt.want, tt.err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ParseTarget(%q) shows a secret: %v", tt.text, err)
		}
	}
}

func TestParseResolve(t *testing.T) {
	for text, want := range map[string]string{
		"H.example:443:10.0.0.1":       "h.example:443:10.0.0.1",
		"h:1:2001:db8::1":              "h:1:[2001:db8::1]",
		"h:1:[2001:db8::1]":            "h:1:[2001:db8::1]",
		"[2001:db8::2]:65535:10.0.0.1": "[2001:db8::2]:65535:10.0.0.1",
		"h:0:10.0.0.1":                 "", "h:65536:10.0.0.1": "", "h:x:10.0.0.1": "", "h": "", "h:1": "",
		":1:10.0.0.1": "", "h:1:": "", "h:1:example.com": "", "": "",
	} {
		got, err := ParseResolve(text)
		switch {
		case want == "" && err == nil:
			t.Errorf("ParseResolve(%q) = %v, want an error", text, got)
		case want != "" && (err != nil || got.String() != want):
			t.Errorf("ParseResolve(%q) = %v, %v, want %s", text, got, err, want)
		}
	}
}

func TestParseLabelAndAccounts(t *testing.T) {
	if k, v, err := ParseLabel("build=4711=a b"); k != "build" || v != "4711=a b" || err != nil {
		t.Errorf("ParseLabel = %q, %q, %v", k, v, err)
	}
	for _, bad := range []string{"", "x", "=y", "a b=c", strings.Repeat("a", 65) + "=b"} {
		if _, _, err := ParseLabel(bad); err == nil {
			t.Errorf("ParseLabel(%q) is in order", bad)
		}
	}
	for text, pattern := range map[string]bool{
		"user{n}:pw{n}:100": true, "u{n:06}:p:5-9": true, "ann:pw:1": true, "users.csv": false,
		"/tmp/a:b.csv": false, "dir/{n}.csv": false, `C:\users.csv`: false,
	} {
		if got := ParseAccounts(text); (got.Generate != "") != pattern {
			t.Errorf("ParseAccounts(%q) = %v, want a pattern: %v", text, got, pattern)
		}
	}
}

func FuzzFlagValues(f *testing.F) {
	for _, text := range []string{"octane@1=https://h:8/x", "h:443:10.0.0.1", "[::1]:443:::1", "k=v", "u{n}:p:5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := ParseTarget(text); err == nil && (got.Endpoint == "" || urlFault(got.URL) != "") {
			t.Errorf("ParseTarget(%q) = %+v", text, got)
		}
		if r, err := ParseResolve(text); err == nil {
			if again, err := ParseResolve(r.String()); err != nil || again != r {
				t.Errorf("ParseResolve(%q) = %v, read back as %v, %v", text, r, again, err)
			}
		}
		ParseLabel(text)
		ParseAccounts(text)
	})
}
