package scenario

import (
	"strings"
	"testing"
	"time"
)

// asked makes a scenario of the load of that name with those changes.
func asked(t *testing.T, load string, changes ...string) (*Plan, error) {
	t.Helper()
	o := Overrides{Load: load}
	for _, text := range changes {
		f, err := ParseExperiment(text)
		if err != nil {
			return nil, err
		}
		o.Experiment = append(o.Experiment, f)
	}
	head := strings.Replace(oneTarget(""), ":100'", ":100000'", 1)
	return applied(t, head, o).Plan()
}

func TestExperimentFlags(t *testing.T) {
	p, err := asked(t, "storm", "at=20s", "users=50", "within=5s", "failures=1%", "factor=3")
	if err != nil {
		t.Fatal(err)
	}
	e := p.Experiment
	// The warm-up of that load takes 10 s, and the slowest login as long as all.
	if e.At != 30*time.Second || e.Users != 50 || e.Within != 5*time.Second || e.Slowest != 5*time.Second || e.Failures != 0.01 || e.Factor != 3 {
		t.Errorf("%+v", e)
	}
	if got := p.Arrivals.Planned(); got != 5*240+50 {
		t.Errorf("%d arrivals", got)
	}
	p, err = asked(t, "mass-expiry", "idle=10s")
	if err != nil {
		t.Fatal(err)
	}
	if e := p.Experiment; e.Until-e.At != 12*time.Second || p.Targets[0].Flow.Session.Idle != 10*time.Second || p.Duration != 210*time.Second+12*time.Second {
		t.Errorf("%+v, %v, %v", e, p.Targets[0].Flow.Session.Idle, p.Duration)
	}
}

// The plan says what is done, to how many, and at which second.
func TestExperimentIsAnnounced(t *testing.T) {
	for load, want := range map[string]string{
		"storm":           "1000 logins at one instant, 1 min 10 s after the start",
		"mass-expiry":     "500 sessions unused for 36 min, from 1 min 20 s after the start on, then everybody returns at one instant, at 37 min 20 s",
		"restart":         "somebody restarts the target; when that was is told by what fails",
		"duplicate-burst": "50 logins at one instant over each of 10 live sessions, one session a second, from 30 s to 39 s after the start",
		"leak":            "sessions left without a logout (1 a second) are each touched once, 33 min after their last use",
	} {
		var changes []string
		if load == "mass-expiry" || load == "leak" {
			changes = append(changes, "idle=30m")
		}
		p, err := asked(t, load, changes...)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Experiment.Describe(); got != want {
			t.Errorf("%s: %q, want %q", load, got, want)
		}
		if whole := p.DescribeLoad() + "; " + load + ": " + want; p.Describe() != whole {
			t.Errorf("%s: %q, want %q", load, p.Describe(), whole)
		}
	}
	p, err := asked(t, "restart")
	if err != nil {
		t.Fatal(err)
	}
	p.Experiment.Commanded = true
	if got, want := p.Experiment.Describe(), "a command restarts the target, 1 min 20 s after the start"; got != want {
		t.Errorf("restart by a command: %q, want %q", got, want)
	}
}

// Levels and length may be changed, and what is done stays where it is.
func TestExperimentLevels(t *testing.T) {
	head := strings.Replace(oneTarget(""), ":100'", ":100000'", 1)
	p := plan(t, applied(t, head, Overrides{Load: "storm", Rate: ptr(2.0), Duration: ptr(2 * time.Minute)}))
	if p.Arrivals.PeakRate() != 2 || p.Duration != 130*time.Second || p.Arrivals.Planned() != 260+1000 || p.Experiment.At != 70*time.Second {
		t.Errorf("%v/s for %v, %d arrivals, storm at %v", p.Arrivals.PeakRate(), p.Duration, p.Arrivals.Planned(), p.Experiment.At)
	}
}

func TestExperimentProblems(t *testing.T) {
	for _, tt := range []struct {
		load    string
		changes []string
		want    string
	}{
		{"steady", []string{"within=5s"}, "the load is no experiment"},
		{"storm", []string{"withn=5s"}, `did you mean "within"?`},
		{"storm", []string{"within"}, "must be KEY=VALUE"},
		{"storm", []string{"users=many"}, "must be a whole number"},
		{"storm", []string{"users=5x"}, "must be a whole number"},
		{"storm", []string{"factor=two"}, "must be a number"},
		{"storm", []string{"failures=200%"}, "failures"},
		{"storm", []string{"idle=5s"}, "idle means nothing to the experiment storm"},
		{"storm", []string{"at=2h"}, "before anything happens"},
		{"storm", []string{"factor=0.5"}, "must be from 1 to"},
		{"duplicate-burst", []string{"sessions=60"}, "a population that begins with 50"},
		{"duplicate-burst", []string{"at=55s"}, "the last burst comes"},
		{"leak", []string{"survive=5%"}, "means nothing"},
	} {
		_, err := asked(t, tt.load, tt.changes...)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %v: %v, want %q", tt.load, tt.changes, err, tt.want)
		}
	}
	head := strings.Replace(oneTarget(""), ":100'", ":100000'", 1)
	for load, want := range map[string]string{
		"{stages: [{at: 5, for: 1m}], experiment: {kind: mass-expiry, at: 1s}}":                                   "is driven in the model population",
		"{stages: [{at: 5, for: 1m}], experiment: {at: 1s}}":                                                      "needs kind",
		"{stages: [{at: 5, for: 1m}], experiment: {kind: storm, at: 1s}}":                                         "needs users",
		"{stages: [{at: 5, for: 1m}], experiment: {kind: leak}}":                                                  "share of sessions that are left",
		"{stages: [{at: 5, for: 1m}], experiment: {kind: sturm, at: 1s}}":                                         "storm",
		"{stages: [{at: 5, for: 1m}], arrivals: {process: poisson}, experiment: {kind: storm, at: 1s, users: 5}}": "evenly spaced",
		"{stages: [{at: 5, for: 1m}], endless: true, abandon: 5%, experiment: {kind: leak}}":                      "needs an end",
	} {
		s, err := Parse("plans/x.yaml", []byte(head+"load: "+load+"\n"))
		if err == nil {
			_, err = s.Plan()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", load, err, want)
		}
	}
}
