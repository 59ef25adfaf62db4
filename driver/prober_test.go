package driver_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/results"
	"authsoak/rules"
)

// A single request goes out again under the rule of a load's: on a kept
// connection only, once, and only if nothing of it was written or it may be sent
// twice. What is varied into another method may not.
func TestProberSendsAgain(t *testing.T) {
	broken := func(p exchange.Progress) *exchange.Error {
		return &exchange.Error{Class: results.Read, Progress: p, Reused: true, Err: errors.New("closed")}
	}
	fresh := broken(exchange.NotWritten)
	fresh.Reused = false
	late := broken(exchange.Written)
	late.Class = results.Timeout
	call := func(c *driver.Client, v rules.Variation) []rules.Reply { return c.Call(t.Context(), 0, v) }
	logout := func(c *driver.Client, v rules.Variation) []rules.Reply { return c.Logout(t.Context(), v) }
	for _, tc := range []struct {
		name  string
		act   func(*driver.Client, rules.Variation) []rules.Reply
		vary  rules.Variation
		err   *exchange.Error
		sends int
	}{
		{"call, nothing written", call, rules.Variation{}, broken(exchange.NotWritten), 2},
		{"call, closed before the answer", call, rules.Variation{}, broken(exchange.Written), 2},
		{"call, on a new connection", call, rules.Variation{}, fresh, 1},
		{"call, timed out", call, rules.Variation{}, late, 1},
		{"call by another method", call, rules.Variation{Method: "POST"}, broken(exchange.Written), 1},
		{"logout, nothing written", logout, rules.Variation{}, broken(exchange.NotWritten), 2},
		{"logout, closed before the answer", logout, rules.Variation{}, broken(exchange.Written), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sends := 0
			server := &stubServer{answer: func(_ int, req *exchange.Request, ans *exchange.Answer) error {
				if !strings.HasPrefix(string(req.Wire), "POST /login") {
					if sends++; sends == 1 {
						return tc.err
					}
				}
				return loggedIn(0, req, ans)
			}}
			f := loginFlow()
			p, err := driver.NewProber(driver.Target{TargetPlan: target(f, generated(t, 1)), Dialer: server}, "authsoak/test", time.Second, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			c := p.Client(0)
			if login := c.Login(t.Context(), rules.Variation{}); !login[0].Accepted() {
				t.Fatalf("login: %+v", login[0])
			}
			replies := tc.act(c, tc.vary)
			if (replies[0].Err == nil) != (tc.sends == 2) || sends != tc.sends || p.Resends() != int64(tc.sends-1) {
				t.Errorf("error %v, sent %d times, %d counted again; want %d times", replies[0].Err, sends, p.Resends(), tc.sends)
			}
		})
	}
}
