package matrix_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/profiles"
	"authsoak/rules"
	"authsoak/simulator"
)

// The honest simulator passes every rule, for every endpoint, version, method
// and option, whatever its seed.
func TestHonest(t *testing.T) {
	const seeds = 10
	for _, u := range uses(t) {
		t.Run(u.name(), func(t *testing.T) {
			t.Parallel()
			n := uint64(seeds)
			if u.TLS { // most of whose time is handshakes
				n = 1
			}
			for seed := range n {
				honest(t, u, simulator.Options{Seed: seed + 1})
			}
		})
	}
}

// honest fails the test for every rule that an honest server doesn't pass.
func honest(t *testing.T, u use, o simulator.Options) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := u.open(t, o)
		defer s.close()
		out := s.contract(t, "", 1)
		for _, c := range out.Results {
			if c.Verdict == string(rules.FailedRule) || c.Judged && c.Verdict == string(rules.Unsure) {
				t.Errorf("seed %d: %s: %s: expected %s, observed %s", o.Seed, c.ID, c.Verdict, c.Expected, c.Observed)
			}
		}
		if out.Left != 0 {
			t.Errorf("seed %d: %d sessions are left", o.Seed, out.Left)
		}
	})
}

// setting is one way to be an honest server, and what a profile has to say for it.
type setting struct {
	endpoint, name string
	set            func(*simulator.Options)
	declare        func(*profiles.Flow)
}

func lasting(f *profiles.Flow)     { f.Session.LogoutRevokes = profiles.No }
func duplicating(f *profiles.Flow) { f.Session.DuplicateLogin = profiles.Allow }

// settings are those of the simulator that change what a client sees of the
// built-in calls. A profile that says nothing of what a setting changes leaves
// it open; the others are declared.
var settings = []setting{
	{"octane", "no_refresh", func(o *simulator.Options) { o.Octane.NoRefresh = true }, nil},
	{"octane", "refresh_after", func(o *simulator.Options) { o.Octane.RefreshAfter = 1 }, nil},
	{"octane", "allow_duplicate", func(o *simulator.Options) { o.Octane.AllowDuplicate = true }, duplicating},
	{"octane", "duplicate_status 304", func(o *simulator.Options) { o.Octane.DuplicateStatus = 304 }, nil},
	{"octane", "duplicate_status 401", func(o *simulator.Options) { o.Octane.DuplicateStatus = 401 }, nil},
	{"octane", "duplicate_status 403", func(o *simulator.Options) { o.Octane.DuplicateStatus = 403 }, nil},
	{"octane", "csrf_status 401", func(o *simulator.Options) { o.Octane.CSRFStatus = 401 }, nil},
	{"octane", "refuse_private_client_type", func(o *simulator.Options) { o.Octane.RefusePrivateClientType = true }, nil},
	{"octane", "empty_set_cookie", func(o *simulator.Options) { o.Octane.EmptySetCookie = true }, nil},
	{"octane", "error_in_phrase", func(o *simulator.Options) { o.Octane.ErrorInPhrase = true }, nil},
	{"octane", "self_contained", func(o *simulator.Options) { o.Octane.SelfContained = true }, lasting},
	{"alm", "authenticate_status 201", func(o *simulator.Options) { o.ALM.AuthenticateStatus = 201 }, nil},
	{"alm", "site_session_status 200", func(o *simulator.Options) { o.ALM.SiteSessionStatus = 200 }, nil},
	{"alm", "suffix_from_body", func(o *simulator.Options) { o.ALM.SuffixFromBody = true }, nil},
	{"alm", "auto_session", func(o *simulator.Options) { o.ALM.AutoSession = true }, nil},
	{"alm", "strict_xsrf", func(o *simulator.Options) { o.ALM.StrictXSRF = true }, nil},
	{"alm", "strict_json", func(o *simulator.Options) { o.ALM.StrictJSON = true }, nil},
	{"alm", "no_get_logout", func(o *simulator.Options) { o.ALM.NoGetLogout = true }, nil},
	{"alm", "logged_out_status 401", func(o *simulator.Options) { o.ALM.LoggedOutStatus = 401 }, nil},
	{"alm", "clear_path /qcbin", func(o *simulator.Options) { o.ALM.ClearPath = "/qcbin" }, nil},
	{"alm", "redirect_v2", func(o *simulator.Options) { o.ALM.RedirectV2 = true }, nil},
	{"alm", "self_contained", func(o *simulator.Options) { o.ALM.SelfContained = true }, lasting},
	{"space", "cookies folded", func(o *simulator.Options) { o.Space.Cookies = simulator.Folded }, nil},
	{"space", "cookies strict-seed", func(o *simulator.Options) { o.Space.Cookies = simulator.StrictSeed }, nil},
	{"space", "max_sessions 1", func(o *simulator.Options) { o.Space.MaxSessions = 1 }, nil},
	{"space", "max_sessions 2", func(o *simulator.Options) { o.Space.MaxSessions = 2 }, nil},
	{"space", "stale_logout_status 401", func(o *simulator.Options) { o.Space.StaleLogoutStatus = 401 }, nil},
	{"lre", "bad_key_status 400", func(o *simulator.Options) { o.LRE.BadKeyStatus = 400 }, nil},
	{"lre", "bad_key_status 403", func(o *simulator.Options) { o.LRE.BadKeyStatus = 403 }, nil},
	{"lre", "empty_when_expired", func(o *simulator.Options) { o.LRE.EmptyWhenExpired = true }, nil},
	{"lre", "balancer", func(o *simulator.Options) { o.LRE.Balancer = true }, nil},
	{"lre", "need_security_id off, refuse_namespace", func(o *simulator.Options) { o.LRE.RefuseNamespace = true }, nil},
	{"lre", "self_contained", func(o *simulator.Options) { o.LRE.SelfContained = true }, lasting},
	{"", "reaper_every 1s", func(o *simulator.Options) { o.ReaperEvery = time.Second }, nil},
	{"", "lock_after 4", func(o *simulator.Options) { o.Accounts.LockAfter = 4 }, nil},
	{"", "login_cost", func(o *simulator.Options) {
		o.Login = simulator.CostOptions{Mean: 20 * time.Millisecond, Distribution: simulator.Exponential}
	}, nil},
	{"", "latency", func(o *simulator.Options) {
		o.Latency = simulator.LatencyOptions{Mean: 20 * time.Millisecond, Distribution: simulator.LogNormal}
	}, nil},
	{"", "stall", func(o *simulator.Options) {
		o.Stall = simulator.StallOptions{Every: second, For: 300 * time.Millisecond}
	}, nil},
	{"", "keepalive.max_requests 2, abrupt", func(o *simulator.Options) { o.Keepalive.MaxRequests, o.Keepalive.Abrupt = 2, true }, nil},
	{"", "keepalive.max_requests 2", func(o *simulator.Options) { o.Keepalive.MaxRequests = 2 }, nil},
}

// The honest simulator passes under every setting, given the profile that
// declares it.
func TestHonestUnderEverySetting(t *testing.T) {
	for i, set := range settings {
		t.Run(strings.ReplaceAll(set.endpoint+" "+set.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			for j, u := range uses(t) {
				if set.endpoint != "" && set.endpoint != u.Endpoint || !typical(u) || u.TLS {
					continue
				}
				o := simulator.Options{Seed: uint64(100*i + j + 1)}
				set.set(&o)
				u.declare = set.declare
				t.Run(fmt.Sprint(u.name()), func(t *testing.T) { honest(t, u, o) })
			}
		})
	}
}

// typical leaves out the uses that differ from another in nothing but a version
// whose login is the same, or in a tenant.
func typical(u use) bool {
	switch {
	case u.Endpoint != "lre" || u.Version == "pre-2020":
		return true
	case u.Version == "2022" || u.Tenant:
		return u.Version > "2021" && u.Method == "basic"
	}
	return u.Version == "2023"
}
