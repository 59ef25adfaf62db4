package driver_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// loginFlow is a flow of POST /login, GET / and POST /logout with one cookie.
func loginFlow() *profiles.Flow {
	request := func(name, method, target string) profiles.Request {
		return profiles.Request{Name: name, Method: method, Idempotent: method == "GET",
			Target: profiles.Template{{Literal: []byte(target)}}, Accept: profiles.Accept{Status: []int{200}}}
	}
	login := request("login", "POST", "/login")
	login.Accept.Cookies = []int{0}
	call, logout := request("get", "GET", "/"), request("logout", "POST", "/logout")
	call.Cookies, logout.Cookies = []int{0}, []int{0}
	return &profiles.Flow{Endpoint: "stub", Version: "current", Method: "none",
		Login:   profiles.Group{Name: "login", Requests: []profiles.Request{login}},
		Calls:   []profiles.Group{{Name: "get", Requests: []profiles.Request{call}}},
		Logout:  profiles.Group{Name: "logout", Requests: []profiles.Request{logout}},
		Slots:   []profiles.Slot{{Name: "SID", Cookie: true, Authenticates: true}},
		Session: profiles.SessionRules{LogoutRevokes: profiles.Yes, Refused: []int{401}},
	}
}

// loggedIn answers as a server without memory would.
func loggedIn(n int, req *exchange.Request, ans *exchange.Answer) error {
	if string(req.Wire[:11]) == "POST /login" {
		ans.Fields = append(ans.Fields, exchange.Field{Name: []byte("Set-Cookie"), Value: fmt.Appendf(nil, "SID=%d", n+1000)})
	}
	return nil
}

func is(req *exchange.Request, start string) bool {
	return len(req.Wire) >= len(start) && string(req.Wire[:len(start)]) == start
}

// single is a plan of one cycle of the stub flow.
func single(arrivals ...time.Duration) *scenario.Plan {
	p := plan(loginFlow())
	if arrivals == nil {
		arrivals = []time.Duration{0}
	}
	p.Arrivals, p.Duration, p.Timeout = scenario.NewTrace(arrivals), 10*time.Second, time.Second
	return p
}

func stepOf(t *testing.T, s *results.Summary, step string) results.StepSummary {
	t.Helper()
	for _, x := range s.Steps {
		if x.Step == step && x.Kind == "step" {
			return x
		}
	}
	return results.StepSummary{}
}

// What becomes of a step whose exchange fails, and of the request: a login that
// was written is never sent twice.
func TestFailedExchanges(t *testing.T) {
	lost := func(class results.Class, p exchange.Progress, reused bool) error {
		return &exchange.Error{Class: class, Progress: p, Reused: reused, Err: errors.New("made to fail")}
	}
	tests := []struct {
		name           string
		at             string // the request that fails, the first time it comes
		err            error
		step           string
		outcome, class string
		times          int // how often that request was sent
		possiblyOpen   int64
	}{
		{"login written, no answer", "POST /login", lost(results.Read, exchange.Written, true), "login", "unknown", "read", 1, 1},
		{"login not written on an old connection", "POST /login", lost(results.Write, exchange.NotWritten, true), "login", "ok", "", 2, 0},
		{"login not written on a fresh connection", "POST /login", lost(results.Write, exchange.NotWritten, false), "login", "fail", "write", 1, 0},
		{"call closed on an old connection", "GET /", lost(results.Read, exchange.Written, true), "get", "ok", "", 2, 0},
		{"call cut in the answer", "GET /", lost(results.Read, exchange.Answered, true), "get", "fail", "read", 1, 0},
		{"garbage", "GET /", lost(results.Protocol, exchange.Answered, false), "get", "fail", "protocol", 1, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					if is(req, test.at) {
						if sent++; sent == 1 {
							return test.err
						}
					}
					return loggedIn(n, req, ans)
				}}
				p := single()
				s, _ := drive(t, p, only(p, server), nil)
				step := stepOf(t, s, test.step)
				got := map[bool]string{step.OK == 1: "ok", step.Fail == 1: "fail", step.Unknown == 1: "unknown"}[true]
				class := ""
				if len(step.Errors) > 0 {
					class = step.Errors[0].Class
				}
				if got != test.outcome || class != test.class || sent != test.times {
					t.Errorf("%s %s, sent %d times; want %s %s, %d times", got, class, sent, test.outcome, test.class, test.times)
				}
				if c := s.Sessions; !c.Balanced || c.PossiblyOpen != test.possiblyOpen {
					t.Errorf("ledger %+v, want %d possibly open", c, test.possiblyOpen)
				}
			})
		})
	}
}

// A server that hangs: each request ends after its timeout.
func TestHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := single()
		server := &hangingServer{}
		s, _ := drive(t, p, only(p, server), nil)
		step := stepOf(t, s, "login")
		if step.Unknown != 1 || step.Errors[0].Class != "timeout" {
			t.Errorf("login %+v, want one unknown by timeout", step)
		}
		if got := step.Service.Max; got < 1000 || got > 1100 {
			t.Errorf("gave up after %v ms, want 1000 to 1100", got)
		}
	})
}

// Logouts without a good answer are settled by a replay of the old cookie.
func TestUncertainLogout(t *testing.T) {
	tests := []struct {
		name         string
		replay       int // status
		closed, live int64
	}{
		{"dead", 401, 1, 0},
		{"alive", 200, 1, 0},        // logged out again by the drain
		{"server error", 500, 1, 0}, // tried again by the drain
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				logouts := 0
				server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					switch {
					case is(req, "POST /logout"):
						if logouts++; logouts == 1 {
							return &exchange.Error{Class: results.Read, Progress: exchange.Written, Err: errors.New("cut")}
						}
					case is(req, "GET /") && logouts > 0:
						ans.Status = test.replay
					}
					return loggedIn(n, req, ans)
				}}
				p := single()
				s, _ := drive(t, p, only(p, server), nil)
				if c := s.Sessions; c.Closed != test.closed || c.LiveAtEnd != test.live || !c.Balanced {
					t.Errorf("ledger %+v, want %d closed, %d live", c, test.closed, test.live)
				}
			})
		})
	}
}

// Answers that break what the server declares have classes of their own.
func TestSessionFindings(t *testing.T) {
	tests := []struct {
		name, step, class string
		answer            func(req *exchange.Request, loggedOut bool, ans *exchange.Answer)
	}{
		{"live refused", "get", "unexpected-reject", func(req *exchange.Request, out bool, ans *exchange.Answer) {
			if is(req, "GET /") && !out {
				ans.Status = 401
			}
		}},
		{"dead accepted", "replay", "unexpected-accept", func(*exchange.Request, bool, *exchange.Answer) {}},
		{"wrong credentials", "login", "bad-credentials", func(req *exchange.Request, _ bool, ans *exchange.Answer) {
			if is(req, "POST /login") {
				ans.Status = 401
			}
		}},
		{"no cookie", "login", "unexpected-answer", func(req *exchange.Request, _ bool, ans *exchange.Answer) {
			ans.Fields = ans.Fields[:0]
		}},
		{"overload", "get", "throttled", func(req *exchange.Request, _ bool, ans *exchange.Answer) {
			if is(req, "GET /") {
				ans.Status = 503
			}
		}},
		{"redirect", "get", "redirected", func(req *exchange.Request, _ bool, ans *exchange.Answer) {
			if is(req, "GET /") {
				ans.Status = 302
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := false
				server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					err := loggedIn(n, req, ans)
					test.answer(req, out, ans)
					out = out || is(req, "POST /logout")
					return err
				}}
				p := single()
				p.Replay = 1
				s, folder := drive(t, p, only(p, server), nil)
				step := stepOf(t, s, test.step)
				if len(step.Errors) != 1 || step.Errors[0].Class != test.class {
					t.Fatalf("%s: %+v, want class %s", test.step, step, test.class)
				}
				for e, err := range results.ReadSamples(folder) {
					if err != nil || e.Class == test.class && e.Sent == "" {
						t.Errorf("example %+v, %v", e, err)
					}
				}
			})
		})
	}
}

// What happens when accounts run out.
func TestAccountsRunOut(t *testing.T) {
	tests := []struct {
		exhausted scenario.Exhausted
		cycles    results.CycleCounts
		verdict   results.Verdict
	}{
		// Each cycle takes 1 s; with one account they follow each other.
		{scenario.WaitForAccount, results.CycleCounts{Planned: 3, Started: 3, Completed: 3, OK: 3}, results.Pass},
		{scenario.DropCycle, results.CycleCounts{Planned: 3, Started: 1, Completed: 1, OK: 1, Dropped: 2}, results.Pass},
		{scenario.StopRun, results.CycleCounts{Planned: 2, Started: 1, Dropped: 1, Interrupted: 1}, results.Invalid},
	}
	for _, test := range tests {
		t.Run(string(test.exhausted), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := single(0, 100*time.Millisecond, 200*time.Millisecond)
				p.Targets[0].Accounts, p.Targets[0].Exhausted = generated(t, 1), test.exhausted
				p.Think = scenario.ConstantTime(500 * time.Millisecond)
				s, _ := drive(t, p, only(p, &stubServer{answer: loggedIn}), nil)
				wantCycles(t, s, test.cycles)
				if s.Verdict != test.verdict {
					t.Errorf("verdict %s %v, want %s", s.Verdict, s.Reasons, test.verdict)
				}
			})
		})
	}
}
