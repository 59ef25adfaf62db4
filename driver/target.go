package driver

import (
	"fmt"
	"net/url"
	"strings"

	"authsoak/accounts"
	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// Target is one server of the plan with what is needed to reach it.
type Target struct {
	scenario.TargetPlan
	Dialer exchange.Dialer
	// Identities gives the client certificate of each account: 0 for none, i > 0
	// for the dialer's certificate i. Nil: every account uses Identity.
	Identities []uint16
	Identity   int
}

// Info says what the target is and how it is driven.
func (t *Target) Info(c scenario.Connections) results.TargetInfo {
	protocol := "1.1"
	if t.HTTP2 {
		protocol = "2"
	}
	return results.TargetInfo{
		Name: t.Name, Endpoint: t.Flow.Endpoint, Version: t.Flow.Version, Method: t.Flow.Method,
		URL: t.URL.String(), ClientType: t.ClientType, CSRF: t.CSRF, Engine: string(t.Engine),
		HTTP: protocol, Connections: string(c), Insecure: t.TLS.Insecure,
	}
}

// target is a Target compiled for driving.
type target struct {
	Target
	index int
	flow  *profiles.Flow
	url   *url.URL
	agent string
	Pool  *accounts.Pool
	line  *line // users who wait for one of its accounts

	login, logout, replay group
	duplicate             group // a login over a live session; empty: nobody asks for it
	calls                 []group
	listing               *wireRequest // nil: the profile has none

	cycleSeries, connectSeries, tlsSeries int
}

func (t *target) identityOf(account int) int {
	if t.Identities == nil {
		return t.Identity
	}
	return int(t.Identities[account])
}

// lineUp compiles the targets of a run and lays out its series.
func lineUp(plan *scenario.Plan, given []Target, agent string) ([]target, []results.Series, error) {
	var series []results.Series
	add := func(s results.Series) int {
		series = append(series, s)
		return len(series) - 1
	}
	targets := make([]target, len(given))
	for i, g := range given {
		t := &targets[i]
		*t = target{Target: g, index: i, flow: g.Flow, url: g.URL, agent: agent, line: &line{}}
		if n := len(t.flow.Slots); n > 64 {
			return nil, nil, fmt.Errorf("target %s: the profile keeps %d cookies and values: at most 64", g.Name, n)
		}
		t.Pool = accounts.NewPool(g.Policy, g.Accounts.Count(), 0, 1, plan.Seed)
		t.compile(add)
		if e := plan.Experiment; e != nil && e.Kind == profiles.DuplicateBurst {
			t.duplicate = t.again(add)
		}
	}
	return targets, series, nil
}

func (t *target) compile(add func(results.Series) int) {
	base := strings.Trim(t.url.EscapedPath(), "/")
	if base != "" {
		base = "/" + base
	}
	compile := func(name string, spec *profiles.Group) group {
		g := group{name: name}
		for i := range spec.Requests {
			g.requests = append(g.requests, newWireRequest(&spec.Requests[i], t.url.Host, base, t.agent))
		}
		if len(g.requests) == 0 {
			return g
		}
		g.series = add(results.Series{Target: t.Name, Step: name, Kind: results.StepSeries})
		if len(g.requests) > 1 {
			for i := range spec.Requests {
				g.parts = append(g.parts, add(results.Series{Target: t.Name, Step: name,
					Request: spec.Requests[i].Name, Kind: results.RequestSeries}))
			}
		}
		return g
	}
	t.login = compile("login", &t.flow.Login)
	for i := range t.flow.Calls {
		t.calls = append(t.calls, compile(t.flow.Calls[i].Name, &t.flow.Calls[i]))
	}
	t.logout = compile("logout", &t.flow.Logout)
	if l := t.flow.Listing; l != nil {
		w := newWireRequest(&l.Request, t.url.Host, base, t.agent)
		t.listing = &w
	}
	if !t.flow.Sessionless && t.flow.Deciding < len(t.flow.Calls) {
		t.replay = compile(results.ReplayStep, &t.flow.Calls[t.flow.Deciding])
	}
	t.cycleSeries = add(results.Series{Target: t.Name, Step: "cycle", Kind: results.CycleSeries})
	t.connectSeries = add(results.Series{Target: t.Name, Step: "connect", Kind: results.ConnectSeries})
	t.tlsSeries = add(results.Series{Target: t.Name, Step: "tls", Kind: results.TLSSeries})
}

// again is the login as a step of its own: over a live session.
func (t *target) again(add func(results.Series) int) group {
	return group{name: DuplicateStep, requests: t.login.requests,
		series: add(results.Series{Target: t.Name, Step: DuplicateStep, Kind: results.StepSeries})}
}
