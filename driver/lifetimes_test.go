package driver_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/driver/sessions"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// clock is a server that ends its sessions after an idle time, and starts that
// anew with each request that it accepts.
type clock struct {
	idle time.Duration // 0: never
	used time.Time
}

func (c *clock) answer(n int, req *exchange.Request, ans *exchange.Answer) error {
	if !is(req, "POST /login") && c.idle > 0 && time.Since(c.used) > c.idle {
		ans.Status = 401
		return nil
	}
	c.used = time.Now()
	return loggedIn(n, req, ans)
}

// patient is a plan of one session with calls so far apart, on a server that
// declares an idle time of a minute.
func patient(calls int, think time.Duration) *scenario.Plan {
	p := single()
	p.Duration, p.Timeout = time.Hour, 30*time.Second
	p.Calls, p.Think = scenario.ConstantCalls(calls), scenario.ConstantTime(think)
	p.Targets[0].Flow.Session.Idle, p.Targets[0].Flow.Session.ExtendedBy = time.Minute, profiles.Use
	return p
}

func classes(s results.StepSummary) string {
	out := ""
	for _, e := range s.Errors {
		out += fmt.Sprintf("%d %s ", e.Count, e.Class)
	}
	return out
}

// A server that keeps to its idle time is accused of nothing, whatever happened
// to earlier calls: one that failed may have started the idle time anew all the
// same, and a slow one started it long before its answer came.
func TestHonestLifetimes(t *testing.T) {
	lost := &exchange.Error{Class: results.Read, Progress: exchange.Written, Err: errors.New("reset")}
	tests := []struct {
		name  string
		think time.Duration
		after func(call int, ans *exchange.Answer) error // what goes wrong once the server has acted
		want  string
	}{
		{"the first call fails", 40 * time.Second, func(call int, ans *exchange.Answer) error {
			if call == 1 {
				ans.Status = 500
			}
			return nil
		}, "1 server-error "},
		{"the first call's answer is lost", 40 * time.Second, func(call int, _ *exchange.Answer) error {
			if call == 1 {
				return lost
			}
			return nil
		}, "1 read "},
		{"two calls fail", 55 * time.Second, func(call int, ans *exchange.Answer) error {
			if call < 3 {
				ans.Status = 500
			}
			return nil
		}, "2 server-error "},
		{"slow answers", 45 * time.Second, func(int, *exchange.Answer) error {
			time.Sleep(20 * time.Second)
			return nil
		}, "1 session-expired "},
		{"nothing", 40 * time.Second, func(int, *exchange.Answer) error { return nil }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls, honest := 0, clock{idle: time.Minute}
				server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					err := honest.answer(n, req, ans)
					if is(req, "GET /") && ans.Status == 200 {
						calls++
						return test.after(calls, ans)
					}
					return err
				}}
				p := patient(4, test.think)
				s, _ := drive(t, p, only(p, server), nil)
				if got := classes(stepOf(t, s, "get")); got != test.want {
					t.Errorf("get: %q, want %q", got, test.want)
				}
			})
		})
	}
}

// A server that breaks its own lifetimes is found out, and what starts the idle
// time anew is what the profile says.
func TestBrokenLifetimes(t *testing.T) {
	renew := func(n int, ans *exchange.Answer) {
		ans.Fields = append(ans.Fields, exchange.Field{Name: []byte("Set-Cookie"), Value: fmt.Appendf(nil, "SID=%d", n+5000)})
	}
	const early = 70 * time.Second // after the login, when the server refuses too early
	tests := []struct {
		name     string
		think    time.Duration
		extended profiles.Declaration
		absolute time.Duration
		renews   bool
		refuses  time.Duration // 0: never
		want     string
	}{
		// Of three calls the second is not judged: the first one, accepted as it
		// was, may have started the idle time anew.
		{"accepts long after the idle time", 200 * time.Second, profiles.Use, 0, false, 0, "2 unexpected-accept "},
		{"accepts after the absolute time", 50 * time.Second, profiles.Use, 2 * time.Minute, false, 0, "1 unexpected-accept "},
		{"refuses though it was used", 40 * time.Second, profiles.Use, 0, false, early, "1 unexpected-reject "},
		{"refuses what was never renewed", 40 * time.Second, profiles.Renewal, 0, false, early, "1 session-expired "},
		{"refuses though it was renewed", 40 * time.Second, profiles.Renewal, 0, true, early, "1 unexpected-reject "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					if is(req, "GET /") {
						if test.refuses > 0 && time.Since(began) > test.refuses {
							ans.Status = 401
						} else if test.renews {
							renew(n, ans)
						}
					}
					return loggedIn(n, req, ans)
				}}
				p := patient(3, test.think)
				rule := &p.Targets[0].Flow.Session
				rule.ExtendedBy, rule.Absolute = test.extended, test.absolute
				s, _ := drive(t, p, only(p, server), nil)
				if got := classes(stepOf(t, s, "get")); got != test.want {
					t.Errorf("get: %q, want %q", got, test.want)
				}
			})
		})
	}
}

// A renewed cookie is in the ledger before the next request leaves, so that a
// cleanup after a kill sends one that is good.
func TestRenewedCookiesReachTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := single()
		p.Calls = scenario.ConstantCalls(100) // without a pause, so that nothing is parked
		folder := newFolder(t)
		last, looked := "", 0
		server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
			if is(req, "GET /") && n%10 == 0 {
				if got := ledgerCookie(t, folder.Path(results.LedgerFile)); got != last {
					t.Errorf("request %d: the ledger has %q, the session %q", n, got, last)
				}
				looked++
			}
			if !is(req, "POST /logout") {
				last = fmt.Sprint(n)
				ans.Fields = append(ans.Fields, exchange.Field{Name: []byte("Set-Cookie"), Value: []byte("SID=" + last)})
			}
			return nil
		}}
		s, _ := driveWith(t.Context(), t, nil, driver.Config{Plan: p, Targets: only(p, server), Folder: folder, Shards: 1})
		if looked < 9 || s.Targets[0].Traffic.Renewals != 100 {
			t.Errorf("looked %d times, %d renewals, want 10, 100", looked, s.Targets[0].Traffic.Renewals)
		}
	})
}

// ledgerCookie is the first value of the only session in a copy of a ledger, as
// a kill would leave it.
func ledgerCookie(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return ""
	}
	copied := path + ".copy"
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Error(err)
		return ""
	}
	ledger, err := sessions.Open(copied)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer ledger.Close()
	for e := range ledger.Entries() {
		return string(e.Jar.Slots[0])
	}
	return ""
}
