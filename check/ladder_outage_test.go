package check_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/simulator"
)

// A server that is gone for good ends the ladder, long before its range does.
func TestLadderServerDies(t *testing.T) {
	g := ladderRig{endpoint: "space", options: lifetimes(20*time.Second, 0), plan: rules.LadderOptions{Expect: 20 * time.Second, Kept: true}}
	g.serve = func(alive driver.Network) driver.Network {
		dies := time.Now().Add(12 * time.Second)
		return func(ctx context.Context, network, address string) (net.Conn, error) {
			if time.Now().After(dies) {
				return nil, errors.New("connection refused")
			}
			return alive(ctx, network, address)
		}
	}
	inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
		if err != nil || r.Verdict != "unknown" || r.Interrupted || r.Timeout.MostS != nil {
			t.Fatalf("%v, %s, interrupted %v, timeout %+v", err, r.Verdict, r.Interrupted, r.Timeout)
		}
		if !strings.Contains(r.Findings[0], "the server stopped answering 13") || !strings.Contains(r.Findings[0], "connection refused") {
			t.Errorf("findings %v", r.Findings)
		}
		last := r.Touches[len(r.Touches)-1].TouchedS
		if last > 40 || r.Sessions.Left == 0 {
			t.Errorf("the last touch after %.0f s, sessions %+v", last, r.Sessions)
		}
	})
}

// A server that restarts and forgets every session has no early timeout.
func TestLadderServerForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := ladderRig{endpoint: "space", options: lifetimes(20*time.Second, 0), plan: rules.LadderOptions{Expect: 20 * time.Second, Kept: true}}
		again := g.options
		again.Seed = 2
		server, err := simulator.New(again)
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
		g.serve = func(first driver.Network) driver.Network {
			restart := time.Now().Add(11 * time.Second)
			return func(ctx context.Context, network, address string) (net.Conn, error) {
				if time.Now().Before(restart) {
					return first(ctx, network, address)
				}
				return listener.Dial(ctx)
			}
		}
		g.forgets = true
		r, err := g.climb(t)
		if err != nil || r.Verdict == "fail" {
			t.Fatalf("%v, %s: %s; %v", err, r.Verdict, r.Reason, r.Findings)
		}
		if !strings.Contains(strings.Join(r.Findings, "; "), "lost at one moment") || r.Kind != "" {
			t.Errorf("kind %q, findings %v", r.Kind, r.Findings)
		}
		t.Log(r.Verdict, r.Reason, r.Findings)
	})
}
