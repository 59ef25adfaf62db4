package driver_test

import (
	"context"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/driver/pacer"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

// stubServer is a dialer whose connections answer by a function, with no bytes
// in between.
type stubServer struct {
	mu     sync.Mutex
	n      int
	answer func(n int, req *exchange.Request, ans *exchange.Answer) error
}

func (s *stubServer) Dial(context.Context, int) (exchange.Conn, exchange.Opening, error) {
	return &stubConn{server: s, aborted: make(chan struct{})}, exchange.Opening{}, nil
}

type stubConn struct {
	server  *stubServer
	once    sync.Once
	aborted chan struct{}
}

func (c *stubConn) Do(req *exchange.Request, ans *exchange.Answer) error {
	c.server.mu.Lock()
	n := c.server.n
	c.server.n++
	c.server.mu.Unlock()
	ans.Status, ans.Fields, ans.Body, ans.Close = 200, ans.Fields[:0], nil, false
	return c.server.answer(n, req, ans)
}

func (c *stubConn) Stale() bool  { return false }
func (c *stubConn) Abort()       { c.once.Do(func() { close(c.aborted) }) }
func (c *stubConn) Close() error { return nil }

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

// drive runs a plan with a portable pacer and quiet health, and returns its
// summary and folder.
func drive(t *testing.T, p *scenario.Plan, targets []driver.Target, stop <-chan struct{}) (*results.Summary, *results.Folder) {
	t.Helper()
	folder, err := results.CreateFolder(t.TempDir(), "test")
	if err != nil {
		t.Fatal(err)
	}
	s, err := driver.Run(t.Context(), stop, driver.Config{Plan: p, Targets: targets, Folder: folder,
		Agent: "authsoak/test", NewPacer: pacer.NewTimer, Shards: 2, Limits: results.HealthLimits{MaxTainted: 1},
		Health: func() results.Health { return results.Health{} }})
	if err != nil {
		t.Fatal(err)
	}
	return s, folder
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
