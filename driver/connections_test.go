package driver_test

import (
	"errors"
	"regexp"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// opened counts connections that are open.
type opened struct {
	mu        sync.Mutex
	now, most int
}

func (o *opened) add(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now += n
	o.most = max(o.most, o.now)
}

// counting makes a server count its open connections. Dialing is told by sees,
// with a connection's first request.
func counting(server *stubServer) *opened {
	o := &opened{}
	seen := map[int]bool{}
	server.sees = func(c *stubConn, _ *exchange.Request) {
		if !seen[c.number] {
			seen[c.number] = true
			o.add(1)
		}
	}
	server.closed = func(*stubConn) { o.add(-1) }
	return o
}

// certified lets every call say whose it is, so that a server can compare it
// with the connection's certificate: account i has certificate i.
func certified(t *testing.T, accounts int) (*scenario.Plan, []uint16) {
	t.Helper()
	f := loginFlow()
	f.ClientCertificate, f.AccountFields = true, []string{"user"}
	user := []profiles.Header{{Name: "X-User", Value: profiles.Template{{Func: profiles.Raw, Args: []profiles.Value{{Kind: profiles.AccountValue}}}}}}
	f.Login.Requests[0].Headers, f.Calls[0].Requests[0].Headers, f.Logout.Requests[0].Headers = user, user, user
	p := plan(f)
	p.Targets = []scenario.TargetPlan{target(f, generated(t, accounts))}
	ids := make([]uint16, accounts)
	for i := range ids {
		ids[i] = uint16(i + 1)
	}
	return p, ids
}

var userHeader = regexp.MustCompile(`X-User: (?:user)?(\d*)\r\n`)

// A connection speaks for one certificate: no request of another account goes
// over it, whoever shares connections, and a replay goes over one that has none.
func TestConnectionsKeepTheirCertificate(t *testing.T) {
	for _, connections := range []profiles.Connections{profiles.Shared, profiles.PerUser, profiles.PerRequest} {
		t.Run(string(connections), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, ids := certified(t, 5)
				p.Connections, p.Replay, p.Abandon, p.Workers = connections, 1, 0.2, 3
				steady(p, 50, 10*time.Second)
				users := map[int]string{} // of each certificate
				replays := 0
				server := &stubServer{answer: loggedIn, sees: func(c *stubConn, req *exchange.Request) {
					m := userHeader.FindSubmatch(req.Wire)
					user := string(m[1])
					if user == "" { // the replay: without credentials
						if replays++; c.identity != 0 {
							t.Errorf("a replay went out under certificate %d", c.identity)
						}
						return
					}
					if users[c.identity] == "" {
						users[c.identity] = user
					}
					if c.identity == 0 || users[c.identity] != user {
						t.Errorf("certificate %d is that of user%s, user%s used it", c.identity, users[c.identity], user)
					}
				}}
				s, _ := drive(t, p, []driver.Target{{TargetPlan: p.Targets[0], Dialer: server, Identities: ids}}, nil)
				if len(users) != 5 || replays == 0 || s.Sessions.Orphaned != 0 {
					t.Errorf("%d certificates, %d replays, ledger %+v, want 5, some, all closed", len(users), replays, s.Sessions)
				}
			})
		})
	}
}

// Connections that nobody uses don't pile up, be they of thousands of
// certificates or what a peak left behind.
func TestIdleConnectionsAreBounded(t *testing.T) {
	t.Run("certificates", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, ids := certified(t, 5000)
			steady(p, 10, 500*time.Second)
			server := &stubServer{answer: loggedIn}
			o := counting(server)
			drive(t, p, []driver.Target{{TargetPlan: p.Targets[0], Dialer: server, Identities: ids}}, nil)
			if o.most > 600 || o.now != 0 { // 256 a shard are not yet many
				t.Errorf("%d connections open at once, %d in the end, want at most 600, none", o.most, o.now)
			}
		})
	})
	t.Run("a peak", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := plan(onePage())
			arrivals := make([]time.Duration, 50)
			for at := 10 * time.Second; at < 5*time.Minute; at += 10 * time.Second {
				arrivals = append(arrivals, at)
			}
			p.Arrivals, p.Duration = scenario.NewTrace(arrivals), time.Hour
			left := 0
			began := time.Now()
			server := &stubServer{}
			o := counting(server)
			server.answer = func(n int, _ *exchange.Request, _ *exchange.Answer) error {
				time.Sleep(time.Second)
				if time.Since(began) > 3*time.Minute {
					o.mu.Lock()
					left = max(left, o.now)
					o.mu.Unlock()
				}
				return nil
			}
			drive(t, p, only(p, server), nil)
			if o.most != 50 || left == 0 || left > 2 || o.now != 0 {
				t.Errorf("%d at the peak, %d 3 minutes later, %d in the end; want 50, at most 2, none", o.most, left, o.now)
			}
		})
	})
}

// Before a login goes out on a connection that has been idle, somebody looks
// whether the server has closed it: a login is never sent twice. Requests that
// may be sent again are not worth the look.
func TestStaleConnectionsAreFoundBeforeALogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := single(0, 5*time.Second)
		p.Calls, p.Think = scenario.ConstantCalls(2), scenario.ConstantTime(time.Second)
		var over []int // connections of the logins
		looks := 0
		server := &stubServer{answer: loggedIn, sees: func(c *stubConn, req *exchange.Request) {
			if is(req, "POST /login") {
				over = append(over, c.number)
			}
		}}
		server.stale = func(c *stubConn) bool {
			looks++
			return looks == 2 // the first is that of the first logout
		}
		s, _ := driveOn(t, 1, p, only(p, server), nil)
		traffic := s.Targets[0].Traffic
		if traffic.ConnectionsStale != 1 || traffic.Connections != 2 || traffic.Resends != 0 || looks != 3 {
			t.Errorf("%+v after %d looks, want one stale connection of 2 after 3", traffic, looks)
		}
		if len(over) != 2 || over[0] == over[1] || s.Cycles.OK != 2 {
			t.Errorf("logins over connections %v, cycles %+v; want two different ones", over, s.Cycles)
		}
	})
}

// Where every user has connections of its own, the drain gives it some too.
func TestDrainKeepsUsersApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := held()
		p.Connections, p.Duration, p.Think = profiles.PerUser, time.Minute, scenario.ConstantTime(10*time.Second)
		cookie := regexp.MustCompile(`Cookie: (SID=\d+)`)
		of := map[int]map[string]bool{} // sessions over each connection
		server := &stubServer{answer: loggedIn, sees: func(c *stubConn, req *exchange.Request) {
			if of[c.number] == nil {
				of[c.number] = map[string]bool{}
			}
			if m := cookie.FindSubmatch(req.Wire); m != nil {
				of[c.number][string(m[1])] = true
			}
		}}
		s, _ := driveOn(t, 1, p, only(p, server), nil)
		for number, sessions := range of {
			if len(sessions) > 1 {
				t.Errorf("connection %d carried %d sessions", number, len(sessions))
			}
		}
		if s.Sessions.Closed != 50 || len(of) < 50 {
			t.Errorf("%d connections, ledger %+v, want at least 50, all closed", len(of), s.Sessions)
		}
	})
}

// The connection of a failed exchange is never used again.
func TestBrokenConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan(onePage())
		steady(p, 10, 10*time.Second)
		server := &stubServer{}
		o := counting(server)
		broken := map[int]bool{}
		count := server.sees
		server.sees = func(c *stubConn, req *exchange.Request) {
			count(c, req)
			if broken[c.number] {
				t.Errorf("connection %d was used again", c.number)
			}
			broken[c.number] = server.n%5 == 0
		}
		server.answer = func(n int, _ *exchange.Request, ans *exchange.Answer) error {
			if ans.Close = (n+1)%10 == 0; (n+1)%10 == 5 {
				return &exchange.Error{Class: results.Protocol, Progress: exchange.Answered, Err: errors.New("garbage")}
			}
			return nil
		}
		drive(t, p, only(p, server), nil)
		if o.now != 0 {
			t.Errorf("%d connections left open", o.now)
		}
	})
}
