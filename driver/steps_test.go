package driver_test

import (
	"bytes"
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

// setCookie makes an answer set the session's cookie.
func setCookie(ans *exchange.Answer, value string) {
	ans.Fields = append(ans.Fields, exchange.Field{Name: []byte("Set-Cookie"), Value: []byte("SID=" + value)})
}

// named makes the requests of a flow say who sends them.
func named(t *testing.T, accounts int) *scenario.Plan {
	p, _ := certified(t, accounts)
	p.Targets[0].Flow.ClientCertificate = false
	p.Arrivals, p.Duration, p.Timeout = scenario.NewTrace([]time.Duration{0}), time.Hour, time.Second
	return p
}

// The times between steps: a pause before each but the first, and users who
// start their cycles at their pace, whatever a cycle takes.
func TestPausesAndPacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan(loginFlow())
		users(p, profiles.Closed, 1, 45*time.Second)
		p.Pacing, p.Think, p.Calls = 20*time.Second, scenario.ConstantTime(time.Second), scenario.ConstantCalls(2)
		seen := newClocked()
		server := &stubServer{sees: seen.see, answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
			time.Sleep(time.Second)
			return loggedIn(n, req, ans)
		}}
		drive(t, p, only(p, server), nil)
		want := map[string][]time.Duration{
			"POST /login":  {0, 20 * time.Second, 40 * time.Second},
			"GET /":        {2 * time.Second, 4 * time.Second, 22 * time.Second, 24 * time.Second, 42 * time.Second, 44 * time.Second},
			"POST /logout": {6 * time.Second, 26 * time.Second, 45 * time.Second}, // the last by the drain
		}
		for start, times := range want {
			if got := seen.times(start); fmt.Sprint(got) != fmt.Sprint(times) {
				t.Errorf("%s at %v, want %v", start, got, times)
			}
		}
	})
}

// A user's cookies survive its pauses: each request carries the last one set.
func TestPausesKeepTheCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := single(0, 100*time.Millisecond, 200*time.Millisecond) // others use the same worker
		p.Workers, p.Duration = 1, time.Hour
		p.Calls, p.Think = scenario.ConstantCalls(5), scenario.ConstantTime(time.Second)
		valid := map[string]bool{}
		server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
			if !is(req, "POST /login") {
				_, rest, _ := bytes.Cut(req.Wire, []byte("Cookie: SID="))
				value, _, _ := bytes.Cut(rest, []byte("\r\n"))
				if !valid[string(value)] {
					t.Errorf("request %d carries %q, which is not the last of any session", n, value)
				}
				delete(valid, string(value))
			}
			if !is(req, "POST /logout") {
				valid[fmt.Sprint(n)] = true
				setCookie(ans, fmt.Sprint(n))
			}
			return nil
		}}
		s, _ := drive(t, p, only(p, server), nil)
		if s.Cycles.OK != 3 || s.Targets[0].Traffic.Renewals != 15 || len(valid) != 0 {
			t.Errorf("cycles %+v, %d renewals, %d sessions left; want 3 ok, 15, none", s.Cycles, s.Targets[0].Traffic.Renewals, len(valid))
		}
	})
}

// A login of two requests whose second one fails has opened a session: it is
// logged out at once.
func TestHalfDoneLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := single()
		f := p.Targets[0].Flow
		f.Login.Requests = append(f.Login.Requests, profiles.Request{Name: "welcome", Method: "GET", Idempotent: true,
			Target: profiles.Template{{Literal: []byte("/welcome")}}, Cookies: []int{0}, Accept: profiles.Accept{Status: []int{200}}})
		var sent []string
		server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
			line, _, _ := bytes.Cut(req.Wire, []byte(" HTTP"))
			sent = append(sent, string(line))
			if is(req, "POST /logout") && !bytes.Contains(req.Wire, []byte("Cookie: SID=1000\r\n")) {
				t.Errorf("the logout carries no cookie of the session: %q", req.Wire)
			}
			if is(req, "GET /welcome") {
				ans.Status = 500
			}
			return loggedIn(n, req, ans)
		}}
		s, _ := drive(t, p, only(p, server), nil)
		if got := fmt.Sprint(sent); got != "[POST /login GET /welcome POST /logout]" {
			t.Errorf("sent %s, want a login of two requests and a logout", got)
		}
		if c := s.Sessions; c.Opened != 1 || c.Closed != 1 || s.Cycles.Fail != 1 || stepOf(t, s, "logout").Count != 1 {
			t.Errorf("ledger %+v, cycles %+v, want one opened and closed, one failed", c, s.Cycles)
		}
	})
}

// Behind the redirect of a login stands a login that was written: where its
// answer is lost, nobody knows whether there is a session.
func TestRedirectedLogin(t *testing.T) {
	tests := []struct {
		name                     string
		location                 string
		err                      error
		ok, fail, unknown, maybe int64
	}{
		{"followed", "/home", nil, 1, 0, 0, 0},
		{"the answer is lost", "/home", &exchange.Error{Class: results.Read, Progress: exchange.Written, Err: errors.New("reset")}, 0, 0, 1, 1},
		{"to another host", "http://elsewhere.test/", nil, 0, 1, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := single()
				p.Targets[0].Flow.Login.Requests[0].FollowRedirects = 3
				server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					switch {
					case is(req, "POST /login"):
						ans.Status = 302
						ans.Fields = append(ans.Fields, exchange.Field{Name: []byte("Location"), Value: []byte(test.location)})
					case is(req, "GET /home"):
						setCookie(ans, "1")
						return test.err
					}
					return nil
				}}
				s, _ := drive(t, p, only(p, server), nil)
				l := stepOf(t, s, "login")
				if l.OK != test.ok || l.Fail != test.fail || l.Unknown != test.unknown || s.Sessions.PossiblyOpen != test.maybe {
					t.Errorf("login %+v, ledger %+v", l, s.Sessions)
				}
			})
		})
	}
}

// A replay is the old cookies and nothing else: no credentials, and what its
// answer sets is not taken over.
func TestReplaysAreBare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := named(t, 1)
		p.Arrivals, p.Duration = scenario.NewTrace([]time.Duration{0}), time.Hour
		logouts, replays := 0, 0
		server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
			if !is(req, "POST /login") && !bytes.Contains(req.Wire, []byte("Cookie: SID=1000\r\n")) {
				t.Errorf("%q carries another cookie than the login's", req.Wire)
			}
			if is(req, "POST /logout") {
				if logouts++; logouts == 1 { // so that a replay has to find out
					return &exchange.Error{Class: results.Read, Progress: exchange.Written, Err: errors.New("reset")}
				}
			}
			if is(req, "GET /") && logouts == 1 {
				if replays++; bytes.Contains(req.Wire, []byte("user")) {
					t.Errorf("a replay says who sends it: %q", req.Wire)
				}
				setCookie(ans, "another")
			}
			return loggedIn(n, req, ans)
		}}
		s, _ := drive(t, p, only(p, server), nil)
		if c := s.Sessions; logouts != 2 || replays != 1 || c.Closed != 1 || s.Targets[0].Traffic.Renewals != 0 {
			t.Errorf("%d logouts, %d replays, ledger %+v; want 2, 1, one closed", logouts, replays, c)
		}
	})
}

// What an answer says of the session is compared and kept.
func TestAnswersAreRead(t *testing.T) {
	tests := []struct {
		name        string
		who, ticket string // of the answers; empty: not there
		step, class string
		check       string // that fails
	}{
		{"all well", "user", "T1", "get", "", ""},
		{"another user", "somebody", "T1", "get", "wrong-user", "load.wrong-user"},
		{"a required value missing", "user", "", "login", "unexpected-answer", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := named(t, 1)
				f := p.Targets[0].Flow
				f.Slots = append(f.Slots, profiles.Slot{Name: "ticket"})
				f.Login.Requests[0].Capture = []profiles.Capture{{Slot: 1, From: profiles.FromHeader, Header: "X-Ticket", Required: true}}
				get := &f.Calls[0].Requests[0]
				get.Identity = &profiles.Capture{From: profiles.FromJSON, JSON: []string{"user", "name"}}
				get.IdentityIs = get.Headers[0].Value
				get.Headers = append(get.Headers[:1:1], profiles.Header{Name: "X-Ticket", Value: profiles.Template{
					{Func: profiles.Raw, Args: []profiles.Value{{Kind: profiles.SlotValue, Index: 1}}}}})
				server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					if is(req, "POST /login") && test.ticket != "" {
						ans.Fields = append(ans.Fields, exchange.Field{Name: []byte("X-Ticket"), Value: []byte(test.ticket)})
					}
					if is(req, "GET /") {
						if !bytes.Contains(req.Wire, []byte("X-Ticket: "+test.ticket+"\r\n")) {
							t.Errorf("the call doesn't carry the ticket: %q", req.Wire)
						}
						m := userHeader.FindSubmatch(req.Wire)
						ans.Body = fmt.Appendf(nil, `{"user":{"name":"%s%s"}}`, test.who, m[1])
						ans.BodyBytes = int64(len(ans.Body))
					}
					return loggedIn(n, req, ans)
				}}
				s, _ := drive(t, p, only(p, server), nil)
				step := stepOf(t, s, test.step)
				if got := classes(step); test.class == "" && got != "" || test.class != "" && got != "1 "+test.class+" " {
					t.Errorf("%s: %q, want %q", test.step, got, test.class)
				}
				for _, c := range s.Checks {
					if (c.Verdict == "fail") != (c.ID == test.check) {
						t.Errorf("check %s: %s, %s", c.ID, c.Verdict, c.Observed)
					}
				}
			})
		})
	}
}
