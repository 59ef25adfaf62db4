package driver_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
)

// clocked remembers when requests that start in a certain way came.
type clocked struct {
	mu    sync.Mutex
	began time.Time
	at    map[string][]time.Duration
}

func newClocked() *clocked { return &clocked{began: time.Now(), at: map[string][]time.Duration{}} }

func (c *clocked) see(_ *stubConn, req *exchange.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, start := range []string{"POST /login", "GET /", "POST /logout"} {
		if is(req, start) {
			c.at[start] = append(c.at[start], time.Since(c.began))
		}
	}
}

func (c *clocked) times(start string) []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at[start]
}

// A wait for an account is no fault of the pacer, and no interval is tainted by
// it.
func TestWaitingForAccountsIsNotThePacer(t *testing.T) {
	tests := []struct {
		name   string
		shards int
		set    func(*testing.T, *scenario.Plan)
	}{
		{"open, one account", 1, func(t *testing.T, p *scenario.Plan) {
			steady(p, 2, 20*time.Second)
			p.Think, p.Targets[0].Accounts = scenario.ConstantTime(500*time.Millisecond), generated(t, 1)
		}},
		{"open, two accounts, four shards", 4, func(t *testing.T, p *scenario.Plan) {
			steady(p, 3, time.Minute)
			p.StartLimit = 20 * time.Second
			p.Think, p.Targets[0].Accounts = scenario.ConstantTime(500*time.Millisecond), generated(t, 2)
		}},
		{"closed", 2, func(t *testing.T, p *scenario.Plan) {
			users(p, profiles.Closed, 10, 2*time.Minute)
			p.Think, p.Targets[0].Accounts = scenario.ConstantTime(time.Second), generated(t, 5)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan(loginFlow())
				test.set(t, p)
				waited := 0
				s, _ := driveWith(t.Context(), t, nil, driver.Config{Plan: p, Targets: only(p, &stubServer{answer: loggedIn}), Shards: test.shards,
					Observe: func(now results.Snapshot) { waited = max(waited, now.Targets[0].Waiting) }})
				if waited == 0 {
					t.Error("nobody was seen to wait for an account")
				}
				if g := s.Generator; g.TaintedIntervals > 0 || g.Pacer.Max > 1 {
					t.Errorf("%d intervals tainted, pacer %+v, %v; want none", g.TaintedIntervals, g.Pacer, g.TaintReasons)
				}
				if s.Lateness.Max < 400 {
					t.Errorf("lateness %+v: nobody waited for an account", s.Lateness)
				}
			})
		})
	}
}

// Accounts go to whoever has waited longest, whichever shard it belongs to: with
// 2 accounts that 40 users hold for 2 s each, nobody waits more than 40 s.
func TestAccountsFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan(loginFlow())
		users(p, profiles.Closed, 40, 10*time.Minute)
		p.Think, p.Targets[0].Accounts = scenario.ConstantTime(time.Second), generated(t, 2)
		s, _ := driveOn(t, 4, p, only(p, &stubServer{answer: loggedIn}), nil)
		// 600 cycles fit into 10 minutes; the last two are cut.
		if s.Cycles.Started < 590 || s.Cycles.Dropped != 0 {
			t.Errorf("cycles %+v, want 600 started", s.Cycles)
		}
		if r := stepOf(t, s, "login").Response; r == nil || r.Max > 40_000 || r.P50 < 30_000 {
			t.Errorf("response of logins %+v, want about 38 s for everybody", r)
		}
	})
}

// A logout that could not be sent is tried again, so that the account comes back
// and the load goes on after a server's restart.
func TestAccountsAfterUnreachableLogouts(t *testing.T) {
	for _, idle := range []time.Duration{0, 30 * time.Second} {
		t.Run(fmt.Sprintf("idle time %v", idle), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan(loginFlow())
				users(p, profiles.Closed, 10, 10*time.Minute)
				p.Think, p.Targets[0].Accounts = scenario.ConstantTime(time.Second), generated(t, 10)
				p.Targets[0].Flow.Session.Idle = idle
				seen := newClocked()
				server := &stubServer{sees: seen.see, answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					if at := time.Since(seen.began); at > time.Minute && at < 65*time.Second {
						return &exchange.Error{Class: results.Connect, Progress: exchange.NotWritten, Err: errors.New("refused")}
					}
					return loggedIn(n, req, ans)
				}}
				s, _ := drive(t, p, only(p, server), nil)
				// Ten users with a cycle every 3 s log in some 2000 times.
				if logins := seen.times("POST /login"); len(logins) < 1900 || logins[len(logins)-1] < 9*time.Minute {
					t.Errorf("%d logins, the last at %v, want about 2000 to the end", len(logins), logins[len(logins)-1])
				}
				if c := s.Sessions; c.Opened != c.Closed || c.Orphaned != 0 {
					t.Errorf("ledger %+v, want all closed", c)
				}
			})
		})
	}
}

// A session that was left open keeps its account until the server must have
// ended it, since the account may be good for one session only; without a
// declared end it keeps it for good.
func TestAbandonedSessionsKeepTheirAccounts(t *testing.T) {
	const idle = time.Minute
	tests := []struct {
		name string
		idle time.Duration
		want []time.Duration // when logins come
	}{
		{"idle time", idle, []time.Duration{0, idle + rules.Allowance(idle), 2 * (idle + rules.Allowance(idle))}},
		{"not declared", 0, []time.Duration{0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan(loginFlow())
				users(p, profiles.Closed, 1, 150*time.Second)
				p.Abandon, p.Targets[0].Accounts, p.Targets[0].Flow.Session.Idle = 1, generated(t, 1), test.idle
				seen := newClocked()
				s, _ := drive(t, p, only(p, &stubServer{answer: loggedIn, sees: seen.see}), nil)
				got := seen.times("POST /login")
				if fmt.Sprint(got) != fmt.Sprint(test.want) {
					t.Errorf("logins at %v, want %v", got, test.want)
				}
				n := int64(len(test.want))
				if c := s.Sessions; c.Opened != n || c.Expired != n-1 || c.Closed != 1 {
					t.Errorf("ledger %+v, want %d opened, all but the last expired", c, n)
				}
			})
		})
	}
}

// A session that nobody can log out ends by itself after its idle time, and its
// account comes back then. It starts no cycle of its own.
func TestSessionsNobodyCanLogOut(t *testing.T) {
	tests := []struct {
		name string
		err  *exchange.Error // of every logout
		set  func(*scenario.Plan)
	}{
		{"closed, never sent", &exchange.Error{Class: results.Connect, Progress: exchange.NotWritten, Err: errors.New("refused")},
			func(p *scenario.Plan) { users(p, profiles.Closed, 1, 20*time.Minute); p.Pacing = time.Minute }},
		{"open, never sent", &exchange.Error{Class: results.Connect, Progress: exchange.NotWritten, Err: errors.New("refused")},
			func(p *scenario.Plan) { steady(p, 1.0/60, 20*time.Minute) }},
		{"closed, never answered", &exchange.Error{Class: results.Read, Progress: exchange.Written, Err: errors.New("reset")},
			func(p *scenario.Plan) { users(p, profiles.Closed, 1, 20*time.Minute); p.Pacing = time.Minute }},
		{"open, never answered", &exchange.Error{Class: results.Read, Progress: exchange.Written, Err: errors.New("reset")},
			func(p *scenario.Plan) { steady(p, 1.0/60, 20*time.Minute) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan(loginFlow())
				test.set(p)
				p.Targets[0].Accounts = generated(t, 10) // enough, if they come back
				f := p.Targets[0].Flow
				f.Session.Idle, f.Session.LogoutRevokes = 30*time.Second, profiles.Observe
				server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					if is(req, "POST /logout") {
						return test.err
					}
					return loggedIn(n, req, ans)
				}}
				s, _ := drive(t, p, only(p, server), nil)
				if c := s.Cycles; c.Started != 20 || c.Completed != 20 || stepOf(t, s, "login").Count != 20 {
					t.Errorf("cycles %+v, %d logins, want 20", c, stepOf(t, s, "login").Count)
				}
				// The last ones can't have ended yet.
				if c := s.Sessions; c.Opened != 20 || c.Expired < 14 {
					t.Errorf("ledger %+v, want 20 opened, most of them expired", c)
				}
			})
		})
	}
}

// The load may end at any instant at which an account comes back and somebody
// waits for one.
func TestAccountsComeBackWhileTheLoadEnds(t *testing.T) {
	for i := range 30 {
		synctest.Test(t, func(t *testing.T) {
			p := plan(loginFlow())
			steady(p, 300, 5*time.Second)
			p.Timeout = 100 * time.Millisecond // so that late waiters are dropped every 5 ms
			p.StartLimit = 50 * time.Millisecond
			p.Targets[0].Accounts = generated(t, 4)
			stop := make(chan struct{})
			time.AfterFunc(100*time.Millisecond+time.Duration(i)*time.Millisecond, func() { close(stop) })
			server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
				time.Sleep(3 * time.Millisecond)
				return loggedIn(n, req, ans)
			}}
			driveOn(t, 8, p, only(p, server), stop)
		})
	}
}
