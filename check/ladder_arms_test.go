package check_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/accounts"
	"authsoak/check"
	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/simulator"
)

// inFakeTime climbs a rig and returns its result.
func inFakeTime(t *testing.T, g ladderRig, judge func(t *testing.T, r *results.LadderResult, err error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r, err := g.climb(t)
		judge(t, r, err)
	})
}

func armOf(t *testing.T, r *results.LadderResult, name string) results.LadderArm {
	t.Helper()
	for _, a := range r.Arms {
		if a.Name == name {
			return a
		}
	}
	t.Fatalf("there is no arm %s: %+v", name, r.Arms)
	return results.LadderArm{}
}

// A cookie of three hours that is renewed for a day: idle sessions and those
// that refuse the renewed cookie end after 3 h, the others after 24 h.
func TestLadderRenewal(t *testing.T) {
	g := ladderRig{endpoint: "octane", plan: rules.LadderOptions{
		Expect: 3 * time.Hour, Within: 5 * time.Minute, Frozen: true, Absolute: 25 * time.Hour}}
	inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
		if err != nil || r.Verdict != "pass" {
			t.Fatalf("%v, %s: %s", err, r.Verdict, r.Reason)
		}
		holds(t, "idle", r.Timeout, 3*time.Hour)
		kept, frozen := armOf(t, r, "kept-alive"), armOf(t, r, "refused-renewal")
		holds(t, "kept alive", kept.Lifetime, 24*time.Hour)
		holds(t, "refusing renewal", frozen.Lifetime, 3*time.Hour)
		if kept.Renewals == 0 || r.Kind != "idle" {
			t.Errorf("%d renewals, kind %s", kept.Renewals, r.Kind)
		}
		if len(r.Touches) > 200 {
			t.Errorf("%d entries of evidence", len(r.Touches))
		}
	})
}

// An absolute lifetime beyond the idle timeout shows in sessions in use.
func TestLadderAbsolute(t *testing.T) {
	for _, endpoint := range []string{"lre", "space", "alm", "acme"} {
		g := ladderRig{endpoint: endpoint, options: lifetimes(20*time.Second, 90*time.Second),
			plan: rules.LadderOptions{Expect: 20 * time.Second, Absolute: 2 * time.Minute}}
		inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
			if err != nil || r.Verdict != "pass" || r.Kind != "idle" {
				t.Fatalf("%s: %v, %s, kind %q", endpoint, err, r.Verdict, r.Kind)
			}
			holds(t, endpoint+" idle", r.Timeout, 20*time.Second)
			holds(t, endpoint+" absolute", armOf(t, r, "kept-alive").Lifetime, 90*time.Second)
		})
	}
}

// A session that is replaced under a living token shows both clocks.
func TestLadderReplaced(t *testing.T) {
	for _, death := range []time.Duration{28 * time.Second, time.Minute} {
		o := simulator.Options{Seed: 1}
		o.ALM.SessionIdle, o.ALM.TokenIdle = 20*time.Second, death
		g := ladderRig{endpoint: "alm", options: o, plan: rules.LadderOptions{Expect: 20 * time.Second, Kept: true}}
		inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
			if err != nil || r.Replaced == nil {
				t.Fatalf("%v, replaced %v", err, r.Replaced)
			}
			holds(t, "replaced", *r.Replaced, 20*time.Second)
			holds(t, "death", r.Timeout, death)
			if r.Verdict != "fail" || !strings.Contains(strings.Join(r.Findings, ";"), "silently replaced") {
				t.Errorf("%s: %s; %v", r.Verdict, r.Reason, r.Findings)
			}
		})
	}
}

// The measured idle time follows the setting that asks for it.
func TestLadderMaxage(t *testing.T) {
	for _, minutes := range []string{"1", "2", "45"} {
		g := ladderRig{endpoint: "space", choice: profiles.Choice{Settings: map[string]string{"maxage": minutes}}}
		synctest.Test(t, func(t *testing.T) {
			flow := g.target(t).Flow
			if flow.Session.IdleSetting != "maxage" {
				t.Fatalf("idle setting %q", flow.Session.IdleSetting)
			}
			g.plan = rules.LadderOptions{Expect: flow.Session.Idle}
			r, err := g.climb(t)
			if err != nil || r.Verdict != "pass" {
				t.Fatalf("maxage %s: %v, %s", minutes, err, r.Reason)
			}
			holds(t, "maxage "+minutes, r.Timeout, flow.Session.Idle)
		})
	}
	ignores := ladderRig{endpoint: "space", choice: profiles.Choice{Settings: map[string]string{"maxage": "2"}},
		options: simulator.Options{Mutant: "lifetime.maxage"}, plan: rules.LadderOptions{Expect: 2 * time.Minute}}
	inFakeTime(t, ignores, func(t *testing.T, r *results.LadderResult, err error) {
		if err != nil || r.Verdict != "fail" {
			t.Errorf("a server that ignores maxage: %v, %s: %s", err, r.Verdict, r.Reason)
		}
	})
}

// A reaper that runs every second is reported as such.
func TestLadderReaper(t *testing.T) {
	for _, timeout := range []time.Duration{2 * time.Second, 5 * time.Second, 20 * time.Second} {
		for _, endpoint := range []string{"octane", "space", "lre"} {
			o := lifetimes(timeout, 0)
			o.ReaperEvery = time.Second
			g := ladderRig{endpoint: endpoint, options: o, plan: rules.LadderOptions{Expect: timeout, Within: 1200 * time.Millisecond, Kept: true}}
			inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
				if err != nil || r.Reaper == nil {
					t.Fatalf("%s %v: %v, findings %v, timeout %+v", endpoint, timeout, err, r.Findings, r.Timeout)
				}
				least, most := bracketOf(r.Reaper.Timeout)
				if r.Reaper.LeastPauseS < 0.9 || r.Reaper.MostPauseS > 1.1 || least > timeout || most < timeout {
					t.Errorf("%s %v: %+v, %v to %v", endpoint, timeout, *r.Reaper, least, most)
				}
				if r.Regular || !strings.Contains(r.Findings[0], "a reaper runs every ~") || r.Verdict != "pass" {
					t.Errorf("%s %v: regular %v, %s %s, findings %v", endpoint, timeout, r.Regular, r.Verdict, r.Reason, r.Findings)
				}
				t.Logf("%s %v: %s", endpoint, timeout, r.Findings[0])
			})
		}
	}
}

// Two nodes with different timeouts are told, not averaged.
func TestLadderNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other, err := simulator.New(simulator.Options{Seed: 2, Space: simulator.SpaceOptions{IdleTimeout: 26 * time.Second, Node: "node-two"}})
		if err != nil {
			t.Fatal(err)
		}
		listener := simulator.NewPipeListener()
		done := make(chan error, 1)
		go func() { done <- other.Serve(listener) }()
		defer func() {
			other.Close()
			<-done
		}()
		g := ladderRig{endpoint: "space", options: simulator.Options{Seed: 1, Space: simulator.SpaceOptions{IdleTimeout: 20 * time.Second}},
			plan:  rules.LadderOptions{Expect: 20 * time.Second},
			serve: func(one driver.Network) driver.Network { return sticky(one, listener.Dial) }}
		r, err := g.climb(t)
		if err != nil || r.Regular || r.Reaper != nil || r.Verdict != "fail" {
			t.Fatalf("%v, regular %v, reaper %v, %s: %s", err, r.Regular, r.Reaper, r.Verdict, r.Reason)
		}
		if !strings.Contains(r.Findings[0], "nodes that disagree") {
			t.Errorf("findings %v", r.Findings)
		}
		t.Log(r.Findings[0])
	})
}

// sticky leads each request to one of two servers by its cookie, as a balancer
// does: logins in an order without rhythm, later requests to where they belong.
func sticky(one driver.Network, two func(context.Context) (net.Conn, error)) driver.Network {
	var logins atomic.Uint64
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		a, err := one(ctx, network, address)
		if err != nil {
			return nil, err
		}
		b, err := two(ctx)
		if err != nil {
			return nil, errors.Join(err, a.Close())
		}
		return &fork{Conn: a, other: b, logins: &logins}, nil
	}
}

// A server that never ends a session, and one that ends them early.
func TestLadderNeverAndEarly(t *testing.T) {
	for name, test := range map[string]struct {
		idle time.Duration
		want string
	}{"never": {1000 * time.Hour, "still alive"}, "early": {12 * time.Second, "was dead after"}, "at once": {time.Second, "was dead after"}} {
		g := ladderRig{endpoint: "lre", options: lifetimes(test.idle, 0), plan: rules.LadderOptions{Expect: 20 * time.Second, Within: time.Second, Kept: true}}
		inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
			if err != nil || r.Verdict != "fail" || !strings.Contains(r.Reason, test.want) {
				t.Errorf("%s: %v, %s: %s", name, err, r.Verdict, r.Reason)
			}
			if name != "never" {
				holds(t, name, r.Timeout, test.idle)
			} else if r.Timeout.MostS != nil || r.Timeout.LeastS < 90 {
				t.Errorf("%s: %+v", name, r.Timeout)
			}
		})
	}
}

// An interrupt logs out what lives and reports what is known.
func TestLadderInterrupted(t *testing.T) {
	g := ladderRig{endpoint: "octane", options: lifetimes(20*time.Second, 0), plan: rules.LadderOptions{Expect: 20 * time.Second, Kept: true}}
	synctest.Test(t, func(t *testing.T) {
		g.stop = make(chan struct{})
		time.AfterFunc(15*time.Second, func() { close(g.stop) })
		r, err := g.climb(t)
		if err != nil || !r.Interrupted || r.Verdict != "unknown" || r.Timeout.LeastS < 14 {
			t.Errorf("%v, interrupted %v, %s: %s", err, r.Interrupted, r.Verdict, r.Reason)
		}
		if r.Sessions.Left > 0 || r.Sessions.LoggedOut == 0 {
			t.Errorf("sessions %+v", r.Sessions)
		}
	})
}

// Logins that never work end the ladder before an account gets locked.
func TestLadderWithoutLogin(t *testing.T) {
	g := ladderRig{endpoint: "space", options: simulator.Options{Accounts: simulator.AccountRule{NoPattern: true}}, plan: rules.LadderOptions{Expect: 20 * time.Second}}
	inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
		if !errors.Is(err, check.ErrNoSession) || r.Sessions.Refused != 3 || !strings.Contains(err.Error(), "401") {
			t.Errorf("%v after %d logins", err, r.Sessions.Refused)
		}
	})
}

// Server errors are no answer: the replicas decide.
func TestLadderThroughErrors(t *testing.T) {
	o := lifetimes(20*time.Second, 0)
	o.ErrorRate = 0.08
	g := ladderRig{endpoint: "alm", options: o, plan: rules.LadderOptions{Expect: 20 * time.Second, Within: 2 * time.Second, Replicas: 3}}
	inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
		least, most := bracketOf(r.Timeout)
		if err != nil || least > 20*time.Second || most < 20*time.Second || most-least > time.Second || !r.Regular {
			t.Errorf("%v, %v to %v, findings %v", err, least, most, r.Findings)
		}
	})
}

// Sessions share accounts where the policy says so, and a pool that is too small
// is refused before anything is sent.
func TestLadderAccounts(t *testing.T) {
	g := ladderRig{endpoint: "space", options: lifetimes(20*time.Second, 0), policy: accounts.RoundRobin, plan: rules.LadderOptions{Expect: 20 * time.Second}}
	inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
		if err != nil || r.Verdict != "pass" {
			t.Errorf("%v, %s", err, r.Reason)
		}
	})
	_, err := check.Ladder(t.Context(), nil, check.LadderConfig{Plan: rules.LadderPlan{AtOnce: 50}, Accounts: accounts.NewPool(accounts.Lease, 49, 0, 1, 1)})
	if err == nil || !strings.Contains(err.Error(), "takes 50 accounts") {
		t.Errorf("49 accounts for 50: %v", err)
	}
}

// On real sockets and in real time.
func TestLadderInRealTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes five seconds")
	}
	g := ladderRig{endpoint: "space", options: lifetimes(2*time.Second, 0), plan: rules.LadderOptions{Expect: 2 * time.Second, Within: 300 * time.Millisecond}}
	server, err := simulator.New(g.options)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	defer func() {
		server.Close()
		<-done
	}()
	g.serve = func(driver.Network) driver.Network {
		return func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
		}
	}
	r, err := g.climb(t)
	if err != nil || r.Verdict != "pass" {
		t.Fatalf("%v, %+v", err, r)
	}
	least, most := bracketOf(r.Timeout)
	if least > 2*time.Second || most < 2*time.Second || most-least > 500*time.Millisecond {
		t.Errorf("bracket %v to %v", least, most)
	}
	t.Logf("%v to %v after %.3f s", least, most, r.MeasuredS)
}
