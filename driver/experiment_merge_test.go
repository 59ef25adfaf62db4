package driver_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

// Two generators drive a storm each, the second at a server that refuses who would
// wait longer than a second: what is said of both is one set of lines.
func TestStormOfTwoGenerators(t *testing.T) {
	var folders []*results.Folder
	dir := t.TempDir()
	for _, server := range []simulator.Options{checked(), checked(func(o *simulator.Options) { o.Login.MaxWait = time.Second })} {
		synctest.Test(t, func(t *testing.T) {
			_, network := simulated(t, server)
			p := experimentPlan(t, "space", func(p *scenario.Plan) {
				p.Experiment = &scenario.ExperimentPlan{Kind: profiles.Storm, At: 20 * time.Second, Users: 400,
					Within: 3 * time.Second, Slowest: 3 * time.Second, Factor: 2}
				p.Arrivals = scenario.NewArrivals([]scenario.Stage{{From: 5, To: 5, Length: 20 * time.Second}, scenario.Burst(400), {From: 5, To: 5, Length: 40 * time.Second}})
				p.Duration = time.Minute
			})
			targets, err := driver.Open(p, network)
			if err != nil {
				t.Fatal(err)
			}
			folder, err := results.CreateFolder(dir, "storm-"+strconv.Itoa(len(folders)))
			if err != nil {
				t.Fatal(err)
			}
			driveWith(t.Context(), t, nil, driver.Config{Plan: p, Targets: targets, Shards: 2, Folder: folder})
			folders = append(folders, folder)
		})
	}
	s, err := results.Merge(folders...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		name, says string
		pass       bool
	}{
		{"everybody in", " of 800, the last after 2 s; not kept by shard " + folders[1].Dir, false},
		{"failed logins", " throttled; not kept by shard " + folders[1].Dir, false},
		{"worst login", "worst 2 s", true},
		{"back to normal", "after 2 s", true},
	} {
		l := s.Experiment.Lines[i]
		if l.Name != want.name || !strings.HasSuffix(l.Actual, want.says) || l.Pass != want.pass {
			t.Errorf("line %d: %+v, want %+v", i, l, want)
		}
	}
	if n := len(s.Experiment.Lines); n != 4 || s.Verdict != results.Failed {
		t.Errorf("%d lines, verdict %s %q", n, s.Verdict, s.Reasons)
	}
}
