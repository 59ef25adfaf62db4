package command

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"authsoak/driver"
	"authsoak/driver/dial"
	"authsoak/driver/exchange"
	"authsoak/driver/health"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// lookupLimit and connectLimit bound what is asked of the network before a run.
const (
	lookupLimit  = 5 * time.Second
	connectLimit = 5 * time.Second
)

// preflight makes the plan's targets, and finds out whether they may and can be
// driven. Nothing but an empty connection reaches a server, and not even that
// one that nobody authorized. The error names everything that is in the way.
func preflight(ctx context.Context, plan *scenario.Plan) ([]driver.Target, error) {
	targets, err := driver.Open(plan, nil)
	if err != nil {
		return nil, err
	}
	if err := room(plan); err != nil {
		return nil, err
	}
	if err := authorize(ctx, plan); err != nil {
		return nil, err
	}
	return targets, reach(ctx, targets)
}

// room tells whether the descriptors and ports suffice that a plan is sure to
// need. Users who share connections may get by with few.
func room(plan *scenario.Plan) error {
	_, raising := health.RaiseFileLimit()
	users := 0
	if plan.Curve != nil && plan.Connections == profiles.PerUser {
		users = plan.Curve.Peak()
	}
	err := health.HeadRoom(max(plan.Workers, users))
	if len(plan.Targets) == 1 {
		err = errors.Join(err, health.PortRoom(users))
	}
	if err != nil && raising != nil {
		return errors.Join(err, raising)
	}
	return err
}

// authorize refuses servers that are neither on this machine nor in a private
// network, unless the plan says who allowed the load. Names are looked up, so
// that a private name with a public address is found out.
func authorize(ctx context.Context, plan *scenario.Plan) error {
	if plan.Authorized != "" {
		return nil
	}
	found := make([]error, len(plan.Targets))
	var group sync.WaitGroup
	for i := range plan.Targets {
		group.Go(func() { found[i] = authorizeTarget(ctx, &plan.Targets[i]) })
	}
	group.Wait()
	return errors.Join(found...)
}

func authorizeTarget(ctx context.Context, t *scenario.TargetPlan) error {
	urls := []*url.URL{t.URL}
	if t.Proxy != nil {
		urls = append(urls, t.Proxy)
	}
	for _, u := range urls {
		addresses, err := addressesOf(ctx, t, u)
		switch {
		case err != nil && u == t.Proxy:
			return fmt.Errorf("target %s: its proxy %s: %w: check the proxy's URL", t.Name, u.Host, err)
		case err != nil && t.Proxy != nil:
			return fmt.Errorf("target %s: %w: only the proxy knows where %s is: --authorized WHO says who allowed this load", t.Name, err, u.Hostname())
		case err != nil:
			return fmt.Errorf("target %s: %w: check the URL, or say the address with --resolve", t.Name, err)
		}
		for _, a := range addresses {
			if scenario.NeedsAuthorization([]netip.Addr{a}) {
				return fmt.Errorf("target %s: %s is %s, neither this machine nor a private network: --authorized WHO says who allowed this load", t.Name, u.Host, a)
			}
		}
	}
	return nil
}

// addressesOf returns where a URL of a target leads: to the pinned address, or
// to what the name stands for.
func addressesOf(ctx context.Context, t *scenario.TargetPlan, u *url.URL) ([]netip.Addr, error) {
	for _, r := range t.Resolve {
		if strings.EqualFold(r.Host, u.Hostname()) && fmt.Sprint(r.Port) == portOf(u) {
			return []netip.Addr{r.Addr}, nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	return dial.Addresses(ctx, u.Hostname())
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// reach opens one connection to each target. One that can't be reached, or
// whose certificate isn't trusted, is an error; a server that answers but
// misbehaves is for the run to find out.
func reach(ctx context.Context, targets []driver.Target) error {
	found := make([]error, len(targets))
	var group sync.WaitGroup
	for i := range targets {
		group.Go(func() { found[i] = reachTarget(ctx, &targets[i]) })
	}
	group.Wait()
	if err := errors.Join(found...); err != nil {
		return fmt.Errorf("%w\nnothing was sent", err)
	}
	return nil
}

func reachTarget(ctx context.Context, t *driver.Target) error {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	identity := t.Identity
	if len(t.Identities) > 0 {
		identity = int(t.Identities[0])
	}
	conn, _, err := t.Dialer.Dial(ctx, identity)
	if err == nil {
		return conn.Close()
	}
	var failed *exchange.Error
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &failed) {
		if failed.Class == results.TLS && !errors.As(err, &untrusted) {
			return nil
		}
		if err = failed.Err; t.Proxy != nil && beforeProxy(failed) {
			return fmt.Errorf("target %s: its proxy %s is not reachable: %w", t.Name, t.Proxy.Redacted(), err)
		}
	}
	return fmt.Errorf("target %s: %s is not reachable: %w", t.Name, t.URL.Redacted(), err)
}

// beforeProxy tells whether a connection through a proxy failed on the way to it,
// which is all that is looked up and dialed then.
func beforeProxy(failed *exchange.Error) bool {
	var dialed *net.OpError
	return failed.Class == results.DNS || errors.As(failed, &dialed) && dialed.Op == "dial"
}
