package driver_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/driver/pacer"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stubServer is a dialer whose connections answer by a function, with no bytes
// in between. answer may be called by several workers at once; what else a test
// needs to see or to spoil has a function of its own, nil for nothing.
type stubServer struct {
	mu     sync.Mutex
	n      int
	conns  int
	answer func(n int, req *exchange.Request, ans *exchange.Answer) error
	dial   func(ctx context.Context, identity int) error
	sees   func(c *stubConn, req *exchange.Request) // before it is answered
	stale  func(c *stubConn) bool
	closed func(c *stubConn)
}

func (s *stubServer) Dial(ctx context.Context, identity int) (exchange.Conn, exchange.Opening, error) {
	if s.dial != nil {
		if err := s.dial(ctx, identity); err != nil {
			return nil, exchange.Opening{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns++
	return &stubConn{server: s, number: s.conns, identity: identity}, exchange.Opening{}, nil
}

type stubConn struct {
	server   *stubServer
	number   int // from 1, in the order of dialing
	identity int
	once     sync.Once
}

func (c *stubConn) Do(req *exchange.Request, ans *exchange.Answer) error {
	c.server.mu.Lock()
	n := c.server.n
	c.server.n++
	if c.server.sees != nil {
		c.server.sees(c, req)
	}
	c.server.mu.Unlock()
	ans.Status, ans.Fields, ans.Body, ans.BodyBytes, ans.Close = 200, ans.Fields[:0], nil, 0, false
	return c.server.answer(n, req, ans)
}

func (c *stubConn) Stale() bool { return c.server.stale != nil && c.server.stale(c) }
func (c *stubConn) Abort()      {}
func (c *stubConn) Close() error {
	if c.server.closed != nil {
		c.once.Do(func() { c.server.closed(c) })
	}
	return nil
}

// only is the one target of a plan, behind that dialer.
func only(p *scenario.Plan, d exchange.Dialer) []driver.Target {
	return []driver.Target{{TargetPlan: p.Targets[0], Dialer: d}}
}

// onePage is a flow without sessions: its only call is GET /.
func onePage() *profiles.Flow {
	get := profiles.Request{Name: "get", Method: "GET", Idempotent: true,
		Target: profiles.Template{{Literal: []byte("/")}}, Accept: profiles.Accept{Status: []int{200}}}
	return &profiles.Flow{Endpoint: "stub", Version: "current", Method: "none", Sessionless: true,
		Calls: []profiles.Group{{Name: "get", Requests: []profiles.Request{get}}}}
}

// plan is a plan with one target and the usual limits.
func plan(flow *profiles.Flow) *scenario.Plan {
	source, err := accounts.Generate("user{n}:pw{n}:100000")
	if err != nil {
		panic(err)
	}
	return &scenario.Plan{
		Model: profiles.Open, Mix: scenario.NewWeights([]float64{1}), Seed: 1,
		Calls: scenario.ConstantCalls(1), Timeout: 30 * time.Second, StartLimit: 10 * time.Second,
		Connections: profiles.Shared, DrainLimit: time.Minute,
		Targets: []scenario.TargetPlan{target(flow, source)},
	}
}

func target(flow *profiles.Flow, source accounts.Source) scenario.TargetPlan {
	columns, _ := accounts.Resolve(source, flow.AccountFields)
	t := scenario.TargetPlan{Name: flow.Endpoint, Flow: flow, Weight: 1, Accounts: source, Columns: columns,
		Exhausted: scenario.WaitForAccount, Engine: scenario.Fast, URL: &url.URL{Scheme: "http", Host: "target.test"}}
	var weights []float64
	for i := range flow.Calls {
		t.Calls = append(t.Calls, i)
		weights = append(weights, 1)
	}
	t.Mix = scenario.NewWeights(weights)
	return t
}

// drive runs a plan on two shards, with a portable pacer and quiet health, and
// returns its summary and folder. Whatever the run was, its counts must add up.
func drive(t *testing.T, p *scenario.Plan, targets []driver.Target, stop <-chan struct{}) (*results.Summary, *results.Folder) {
	t.Helper()
	return driveOn(t, 2, p, targets, stop)
}

// driveOn is drive on so many shards.
func driveOn(t *testing.T, shards int, p *scenario.Plan, targets []driver.Target, stop <-chan struct{}) (*results.Summary, *results.Folder) {
	t.Helper()
	return driveWith(t.Context(), t, stop, driver.Config{Plan: p, Targets: targets, Shards: shards})
}

// driveWith is drive with whatever else a test sets.
func driveWith(ctx context.Context, t *testing.T, stop <-chan struct{}, c driver.Config) (*results.Summary, *results.Folder) {
	t.Helper()
	if c.Folder == nil {
		c.Folder = newFolder(t)
	}
	c.Agent, c.Limits = "authsoak/test", results.HealthLimits{MaxTainted: 1}
	c.Health = func() results.Health { return results.Health{} }
	if c.NewPacer == nil {
		c.NewPacer = pacer.NewTimer
	}
	s, err := driver.Run(ctx, stop, c)
	if err != nil {
		t.Fatal(err)
	}
	conserved(t, s)
	return s, c.Folder
}

func newFolder(t *testing.T) *results.Folder {
	t.Helper()
	folder, err := results.CreateFolder(t.TempDir(), "test")
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// conserved fails the test if a cycle or a session got lost, or was counted
// twice, in total or on any target.
func conserved(t *testing.T, s *results.Summary) {
	t.Helper()
	var cycles results.CycleCounts
	check := func(who string, c results.CycleCounts, l results.SessionSummary) {
		t.Helper()
		if c.Planned != c.Started+c.Dropped || c.Started != c.Completed+c.Interrupted ||
			c.Completed != c.OK+c.Fail+c.Unknown {
			t.Errorf("%s: cycles don't add up: %+v", who, c)
		}
		if l.Opened != l.Closed+l.Abandoned+l.Expired+l.LiveAtEnd || !l.Balanced {
			t.Errorf("%s: sessions don't add up: %+v", who, l)
		}
	}
	for _, target := range s.Targets {
		c := target.Cycles
		check(target.Name, c, target.Sessions)
		cycles.Planned += c.Planned
		cycles.Started += c.Started
		cycles.Completed += c.Completed
		cycles.OK += c.OK
		cycles.Fail += c.Fail
		cycles.Unknown += c.Unknown
		cycles.Dropped += c.Dropped
		cycles.Interrupted += c.Interrupted
	}
	check("in total", s.Cycles, s.Sessions)
	if cycles != s.Cycles {
		t.Errorf("the targets' cycles are %+v, the run's %+v", cycles, s.Cycles)
	}
	for _, c := range s.Checks {
		if c.ID == "ledger.balance" && c.Verdict != "pass" {
			t.Errorf("ledger: %s", c.Observed)
		}
	}
}

// generated are so many accounts: user1:pw1 and on.
func generated(t testing.TB, n int) accounts.Source {
	t.Helper()
	source, err := accounts.Generate(fmt.Sprintf("user{n}:pw{n}:%d", n))
	if err != nil {
		t.Fatal(err)
	}
	return source
}

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

// flow compiles a built-in profile.
func flow(t *testing.T, endpoint string, c profiles.Choice) *profiles.Flow {
	t.Helper()
	e, err := profiles.FindEndpoint(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
