package check_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/accounts"
	"authsoak/check"
	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
	"authsoak/simulator"
)

// ladderRig is a server behind connections in memory and a ladder on it.
type ladderRig struct {
	endpoint string
	choice   profiles.Choice
	path     string
	options  simulator.Options
	plan     rules.LadderOptions
	policy   accounts.Policy
	declare  func(*profiles.SessionRules) // what the profile states otherwise; nil: nothing
	forgets  bool                         // the server in the rig loses sessions, so it isn't asked what is left
	stop     chan struct{}
	cutAfter time.Duration // when the ladder is stopped; 0: never
	observe  func(check.LadderProgress)
	serve    func(simulated driver.Network) driver.Network // puts something in between
}

// patterns of accounts, by what a login needs first.
var patterns = map[string]string{"user": "user{n}:pw{n}:2000", "client_id": "key{n}:secret{n}:2000"}

func (g ladderRig) target(t *testing.T) scenario.TargetPlan {
	t.Helper()
	e, err := profiles.FindEndpoint(g.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	flow, err := e.Compile(g.choice)
	if err != nil {
		t.Fatal(err)
	}
	if g.declare != nil {
		g.declare(&flow.Session)
	}
	pattern := patterns[flow.AccountFields[0]]
	if g.endpoint == "lre" && flow.AccountFields[0] == "client_id" {
		pattern = "I_KEY_{n}:S_KEY_{n}:2000"
	}
	source, err := accounts.Generate(pattern)
	if err != nil {
		t.Fatal(err)
	}
	columns, missing := accounts.Resolve(source, flow.AccountFields)
	if len(missing) > 0 {
		t.Fatal(missing)
	}
	u, err := url.Parse("http://target.test" + g.path)
	if err != nil {
		t.Fatal(err)
	}
	return scenario.TargetPlan{Name: g.endpoint, Flow: flow, Weight: 1, Accounts: source, Columns: columns,
		Engine: scenario.Fast, URL: u}
}

// climb runs the ladder and returns its result. An honest server must hold no
// session at the end that the ladder doesn't know of.
func (g ladderRig) climb(t *testing.T) (*results.LadderResult, error) {
	t.Helper()
	server, err := simulator.New(g.options)
	if err != nil {
		t.Fatal(err)
	}
	listener := simulator.NewPipeListener()
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	defer func() {
		server.Close()
		<-done
	}()
	network := func(ctx context.Context, _, _ string) (net.Conn, error) { return listener.Dial(ctx) }
	if g.serve != nil {
		network = g.serve(network)
	}
	plan, err := rules.PlanLadder(g.plan)
	if err != nil {
		t.Fatal(err)
	}
	targets, err := driver.Open(&scenario.Plan{Targets: []scenario.TargetPlan{g.target(t)}}, network)
	if err != nil {
		t.Fatal(err)
	}
	epoch := time.Now()
	prober, err := driver.NewProber(targets[0], "authsoak/test", 10*time.Second, epoch)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := driver.KeepLedger(filepath.Join(t.TempDir(), "ledger"), "rig")
	if err != nil {
		t.Fatal(err)
	}
	prober.Keep(ledger, 0, 0)
	if g.cutAfter > 0 {
		g.stop = make(chan struct{})
		time.AfterFunc(g.cutAfter, func() { close(g.stop) })
	}
	result, err := check.Ladder(t.Context(), g.stop, check.LadderConfig{
		Prober: prober, Epoch: epoch, Plan: plan, Observe: g.observe,
		Accounts: accounts.NewPool(g.policy, targets[0].Accounts.Count(), 0, 1, 1),
	})
	if result != nil {
		kept, counted := ledger.Sessions(0), result.Sessions
		if !kept.Balanced || kept.Opened != int64(counted.Opened) || kept.Orphaned != int64(counted.Left) || kept.PossiblyOpen != int64(counted.PossiblyOpen) {
			t.Errorf("%s: the ledger holds %+v, the ladder counts %+v", g.endpoint, kept, counted)
		}
	}
	if err := ledger.Close(); err != nil {
		t.Error(err)
	}
	if result != nil && g.options.Mutant == "" && !g.forgets {
		if live := server.Stats().Live; live > int64(result.Sessions.Left) {
			t.Errorf("%s: %d sessions are left on the server; the ladder counts %+v", g.endpoint, live, result.Sessions)
		}
		s := result.Sessions
		if s.Opened != s.LoggedOut+s.Ended+s.Left {
			t.Errorf("%s: sessions don't balance: %+v", g.endpoint, s)
		}
	}
	return result, err
}

func bracketOf(b results.LifeBracket) (least, most time.Duration) {
	least = time.Duration(b.LeastS * float64(time.Second))
	if b.MostS != nil {
		most = time.Duration(*b.MostS * float64(time.Second))
	}
	return least, most
}

// holds checks that a bracket holds a lifetime and is as narrow as promised.
func holds(t *testing.T, what string, b results.LifeBracket, want time.Duration) {
	t.Helper()
	least, most := bracketOf(b)
	const grain = 2 * time.Microsecond // of seconds as numbers, and of tokens
	if most == 0 || least > want+grain || most < want-grain {
		t.Errorf("%s: bracket %v to %v doesn't hold %v", what, least, most, want)
	}
	if most-least > rules.Resolution(want)+grain {
		t.Errorf("%s: bracket %v to %v is %v wide, promised %v", what, least, most, most-least, rules.Resolution(want))
	}
}

// families are all endpoints with their way to be given lifetimes.
var families = []ladderRig{
	{endpoint: "octane"}, {endpoint: "octane", choice: profiles.Choice{CSRF: true, Method: "api-key"}},
	{endpoint: "alm"}, {endpoint: "alm", choice: profiles.Choice{Method: "password", ClientType: "webadmin"}},
	{endpoint: "space"}, {endpoint: "lre"}, {endpoint: "lre", choice: profiles.Choice{Version: "pre-2020"}, path: "/lre-pre-2020"},
	{endpoint: "lre", choice: profiles.Choice{Method: "client-key"}}, {endpoint: "acme"},
}

func lifetimes(idle, absolute time.Duration) (o simulator.Options) {
	for _, d := range []*time.Duration{&o.Octane.IdleTimeout, &o.ALM.TokenIdle, &o.ALM.SessionIdle, &o.Space.IdleTimeout, &o.LRE.IdleTimeout, &o.Acme.IdleTimeout} {
		*d = idle
	}
	for _, d := range []*time.Duration{&o.Octane.AbsoluteTimeout, &o.ALM.TokenLifetime, &o.Space.AbsoluteTimeout, &o.LRE.AbsoluteTimeout, &o.Acme.AbsoluteTimeout} {
		*d = absolute
	}
	o.Seed = 1
	return o
}

// The promise, over every family: idle timeouts and absolute lifetimes are
// bracketed to 1 % in 2.2 timeouts, and told apart.
func TestLadderPromise(t *testing.T) {
	for _, timeout := range []time.Duration{2 * time.Second, 5 * time.Second, 20 * time.Second, 30 * time.Minute, 3 * time.Hour} {
		for _, kind := range []rules.Kind{rules.KindIdle, rules.KindTotal} {
			for _, g := range families {
				name := fmt.Sprintf("%v/%s/%s_%s_%s", timeout, kind, g.endpoint, g.choice.Version, g.choice.Method)
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						g.options = lifetimes(timeout, 40*timeout)
						if kind == rules.KindTotal {
							g.options = lifetimes(timeout*21/20, timeout)
							if g.endpoint != "octane" {
								g.options = lifetimes(20*timeout, timeout)
							}
						}
						g.plan = rules.LadderOptions{Expect: timeout * 9 / 10, Within: timeout / 5, Kept: true}
						r, err := g.climb(t)
						if err != nil {
							t.Fatal(err)
						}
						holds(t, "timeout", r.Timeout, timeout)
						if r.MeasuredS > 2.2*timeout.Seconds() {
							t.Errorf("it took %.3f timeouts", r.MeasuredS/timeout.Seconds())
						}
						if r.Verdict != "pass" || !r.Regular || r.Kind != string(kind) {
							t.Errorf("verdict %s, regular %v, kind %q, want %q; arms %+v; findings %v", r.Verdict, r.Regular, r.Kind, kind, r.Arms, r.Findings)
						}
						t.Logf("%.3f..%.3f s, %.3f T, %d sessions, %d at once", r.Timeout.LeastS, *r.Timeout.MostS, r.MeasuredS/timeout.Seconds(), r.Sessions.Opened, r.Sessions.PeakLive)
					})
				})
			}
		}
	}
}
