// Package matrix_test holds every rule against every mutant of the simulator,
// and the honest simulator against every rule.
package matrix_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"authsoak/accounts"
	"authsoak/check"
	"authsoak/driver"
	"authsoak/driver/pacer"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
	"authsoak/simulator"
)

// use is one way to use a server: a flow, and what of the server it depends on.
type use struct {
	simulator.Use
	choice   profiles.Choice
	endpoint *profiles.Endpoint
	// declare changes what the profile says to what the server's settings make
	// true; nil: nothing.
	declare func(*profiles.Flow)
	users   int // accounts; 0: 8
}

// name is how tables and tests call a use.
func (u *use) name() string {
	text := u.Endpoint + "/" + u.Version + "/" + u.Method
	for _, option := range []struct {
		on   bool
		name string
	}{{u.ClientType, "client-type"}, {u.Tenant, "tenant"}, {u.CSRF, "csrf"}, {u.MaxAge, "maxage"}, {u.BasicOff, "off"}, {u.TLS, "tls"}} {
		if option.on {
			text += "/" + option.name
		}
	}
	return text
}

// uses lists every valid endpoint, version, method and option, each endpoint
// once more over TLS, and those that a setting of the profile makes.
func uses(t testing.TB) []use {
	var out []use
	add := func(e *profiles.Endpoint, c profiles.Choice, tls bool) {
		f, err := e.Compile(c)
		if err != nil {
			t.Fatal(err)
		}
		_, maxage := c.Settings["maxage"]
		out = append(out, use{endpoint: e, choice: c, Use: simulator.Use{
			Endpoint: e.Name, Version: c.Version, Method: c.Method, ClientType: c.ClientType != "", Tenant: c.Tenant != "", CSRF: c.CSRF,
			TLS: tls || f.ClientCertificate, Sessionless: f.Sessionless, BasicOff: f.Disabled != nil, MaxAge: maxage, Ends: f.Session.Absolute > 0,
		}})
	}
	for _, e := range profiles.Endpoints() {
		for i, c := range e.Matrix() {
			add(e, c, false)
			if i == 0 {
				add(e, c, true)
			}
			switch {
			case e.Name == "space" && c.Method == "basic":
				c.Settings = map[string]string{"maxage": "45"}
				add(e, c, false)
			case e.Name == "octane" && strings.HasPrefix(c.Method, "basic"):
				c.Settings = map[string]string{"basic_authentication": "off"}
				add(e, c, false)
			}
		}
	}
	return out
}

// site is a simulator in memory that is used in one way.
type site struct {
	server *simulator.Server
	target driver.Target
	plan   *scenario.Plan
	close  func()
}

// open starts a server and makes it the target of a plan. Its caller closes it.
func (u *use) open(t testing.TB, o simulator.Options) *site {
	t.Helper()
	o.Octane.BasicOff = o.Octane.BasicOff || u.BasicOff
	if u.TLS {
		o.TLS = simulator.TLSOptions{Enabled: true, ClientCertificates: simulator.RequestCertificate, Names: []string{"sim.test"}}
	}
	server, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	listener := simulator.NewPipeListener()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	s := &site{server: server, close: func() {
		server.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}}
	f, err := u.endpoint.Compile(u.choice)
	if err != nil {
		t.Fatal(err)
	}
	if u.declare != nil {
		u.declare(f)
	}
	dir := t.TempDir()
	s.plan = &scenario.Plan{Model: profiles.Open, Mix: scenario.NewWeights([]float64{1}), Seed: 1, Timeout: hour, StartLimit: hour,
		Connections: profiles.PerUser, DrainLimit: hour, Targets: []scenario.TargetPlan{u.target(t, f, server, dir)}}
	targets, err := driver.Open(s.plan, func(ctx context.Context, _, _ string) (net.Conn, error) { return listener.Dial(ctx) })
	if err != nil {
		t.Fatal(err)
	}
	s.target = targets[0]
	return s
}

func (u *use) target(t testing.TB, f *profiles.Flow, server *simulator.Server, dir string) scenario.TargetPlan {
	source := people(t, max(u.users, 8), server, u.TLS && f.ClientCertificate, dir)
	columns, _ := accounts.Resolve(source, f.AccountFields)
	out := scenario.TargetPlan{Name: u.Endpoint, Flow: f, Weight: 1, Accounts: source, Columns: columns,
		Exhausted: scenario.WaitForAccount, Engine: scenario.Fast, URL: &url.URL{Scheme: "http", Host: "sim.test"},
		ClientType: u.choice.ClientType, CSRF: u.choice.CSRF}
	if u.TLS {
		out.URL.Scheme = "https"
		out.TLS.CA = filepath.Join(dir, "ca.pem")
		write(t, out.TLS.CA, server.CA())
	}
	if u.Endpoint == "lre" {
		out.URL = out.URL.JoinPath("lre-" + u.Version)
	}
	var weights []float64
	for i := range f.Calls {
		out.Calls = append(out.Calls, i)
		weights = append(weights, 1)
	}
	out.Mix = scenario.NewWeights(weights)
	return out
}

// people are accounts for every method, with client certificates if asked for,
// and a key that is not active.
func people(t testing.TB, users int, server *simulator.Server, certificates bool, dir string) accounts.Source {
	text := "user,password,client_id,client_secret,inactive_client_id,inactive_client_secret,client_cert,client_key\n"
	for i := range users {
		cert, key := "", ""
		if certificates {
			c, k, err := server.IssueClientCertificate(fmt.Sprint("user", i))
			if err != nil {
				t.Fatal(err)
			}
			cert, key = filepath.Join(dir, fmt.Sprint(i, ".pem")), filepath.Join(dir, fmt.Sprint(i, ".key"))
			write(t, cert, c)
			write(t, key, k)
		}
		text += fmt.Sprintf("user%d,pw%d,key%d,secret%d,inactive1,secret1,%s,%s\n", i, i, i, i, cert, key)
	}
	source, err := accounts.ReadCSV(strings.NewReader(text), "accounts.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func write(t testing.TB, path string, data []byte) {
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// contract tries the rules whose names fit, each so many times.
func (s *site) contract(t testing.TB, pattern string, repeat int) check.Outcome {
	t.Helper()
	rows, err := check.Rows(&s.target, pattern)
	if err != nil {
		t.Fatal(err)
	}
	out, err := check.Contract(t.Context(), check.ContractConfig{Target: s.target, Rows: rows, Repeat: repeat, WrongSecrets: 1 << 20, Timeout: hour})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// cycles drives some ordinary cycles, one after the other, each making every
// call several times.
func (s *site) cycles(t testing.TB, n int) *results.Summary {
	t.Helper()
	var starts []duration
	for i := range n {
		starts = append(starts, duration(i)*second)
	}
	s.plan.Calls = scenario.ConstantCalls(8 * len(s.target.Flow.Calls))
	return s.run(t, starts)
}

// run drives a cycle at each of the starts.
func (s *site) run(t testing.TB, starts []duration) *results.Summary {
	t.Helper()
	folder, err := results.CreateFolder(t.TempDir(), "run")
	if err != nil {
		t.Fatal(err)
	}
	s.plan.Arrivals, s.plan.Duration = scenario.NewTrace(starts), starts[len(starts)-1]+second
	summary, err := driver.Run(t.Context(), nil, driver.Config{Plan: s.plan, Targets: []driver.Target{s.target}, Folder: folder,
		Agent: "authsoak/test", NewPacer: pacer.NewTimer, Shards: 1, Limits: results.HealthLimits{MaxTainted: 1},
		Health: func() results.Health { return results.Health{} }})
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// failed lists the rules that failed.
func failed(checks []results.CheckResult) []string {
	var out []string
	for _, c := range checks {
		if c.Verdict == string(rules.FailedRule) {
			out = append(out, c.ID)
		}
	}
	return out
}

type result = results.CheckResult

// failures tells what went wrong in a run, step by step.
func failures(s *results.Summary) []string {
	var out []string
	for _, step := range s.Steps {
		for _, e := range step.Errors {
			out = append(out, fmt.Sprint(step.Step, ": ", e.Class, " ", e.Count, " ", e.Example))
		}
	}
	return out
}
