package capacity_test

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"authsoak/capacity"
	"authsoak/driver"
	"authsoak/driver/pacer"
	"authsoak/metric"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// simulated starts a simulator in memory and returns the network to it.
func simulated(t *testing.T, o simulator.Options) (*simulator.Server, driver.Network) {
	t.Helper()
	server, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	listener := simulator.NewPipeListener()
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return server, func(ctx context.Context, _, _ string) (net.Conn, error) { return listener.Dial(ctx) }
}

// search is a search on Octane behind a network: rates up to 1000/s with quick
// steps, or sessions where set says so.
func search(t testing.TB, network driver.Network, objectives ...string) capacity.Config {
	t.Helper()
	s, err := scenario.Parse("test", []byte(`
targets:
  - {endpoint: octane, url: http://target.test, accounts: {generate: 'user{n}:pw{n}:100000'}}
load: {model: open, calls: {count: 0}, stages: [{at: 1, for: 1m}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	targets, err := driver.Open(plan, network)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := results.CreateFolder(t.TempDir(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder.Path(capacity.StepsDir), 0o755); err != nil {
		t.Fatal(err)
	}
	c := capacity.Config{
		Options: capacity.Options{From: 10, Most: 1000, Precision: 0.05, Confidence: 0.95, MaxSteps: 40},
		Settle:  5 * time.Second, Step: 20 * time.Second, Climb: 5 * time.Second, Scenario: s.Effective(),
		Driver: driver.Config{Plan: plan, Targets: targets, Folder: folder, Agent: "authsoak/test", Shards: 2,
			Health: func() results.Health { return results.Health{} }, NewPacer: pacer.NewTimer},
	}
	c.Driver.Plan.Arrivals = scenario.NewPoisson([]scenario.Stage{{From: 1, To: 1, Length: time.Minute}}, 1)
	for _, o := range objectives {
		e, err := metric.Parse(o)
		if err != nil {
			t.Fatal(err)
		}
		c.Objectives = append(c.Objectives, e)
	}
	return c
}
