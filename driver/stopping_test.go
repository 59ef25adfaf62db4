package driver_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// hangingServer never answers; its connections end when aborted.
type hangingServer struct{}

func (*hangingServer) Dial(context.Context, int) (exchange.Conn, exchange.Opening, error) {
	return &hangingConn{aborted: make(chan struct{})}, exchange.Opening{}, nil
}

type hangingConn struct {
	once    sync.Once
	aborted chan struct{}
}

func (c *hangingConn) Do(*exchange.Request, *exchange.Answer) error {
	<-c.aborted
	return &exchange.Error{Class: results.Timeout, Progress: exchange.Written, Err: errors.New("timed out")}
}
func (c *hangingConn) Stale() bool  { return false }
func (c *hangingConn) Abort()       { c.once.Do(func() { close(c.aborted) }) }
func (c *hangingConn) Close() error { return nil }

// held is a plan that holds 50 sessions for an hour.
func held() *scenario.Plan {
	p := plan(loginFlow())
	p.Model = profiles.Population
	p.Curve = scenario.NewCurve([]scenario.Stage{{From: 50, To: 50, Length: time.Hour}})
	p.Think, p.Duration = scenario.ConstantTime(30*time.Second), time.Hour
	return p
}

// The first interrupt logs out every session.
func TestInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := held()
		stop := make(chan struct{})
		time.AfterFunc(10*time.Minute, func() { close(stop) })
		s, folder := drive(t, p, only(p, &stubServer{answer: loggedIn}), stop)
		if s.Verdict != results.Interrupted || s.DurationS != 600 {
			t.Errorf("verdict %s after %v s, want interrupted after 600", s.Verdict, s.DurationS)
		}
		if c := s.Sessions; c.Opened != 50 || c.Closed != 50 || c.Orphaned != 0 {
			t.Errorf("ledger %+v, want 50 opened and closed", c)
		}
		if _, err := os.Stat(folder.Path(results.LedgerFile)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the ledger is still there after a clean end: %v", err)
		}
	})
}

// The second interrupt ends everything at once; cleanup logs out what it left.
func TestSecondInterruptAndCleanup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := held()
		p.DrainRate = 1 // slow, so that the second interrupt finds it at work
		ctx, cancel := context.WithCancel(t.Context())
		stop := make(chan struct{})
		time.AfterFunc(10*time.Minute, func() { close(stop) })
		time.AfterFunc(10*time.Minute+9500*time.Millisecond, cancel)
		targets := only(p, &stubServer{answer: loggedIn})
		s, folder := driveWith(ctx, t, stop, driver.Config{Plan: p, Targets: targets, Shards: 1})
		if c := s.Sessions; s.Verdict != results.Interrupted || c.Closed != 10 || c.Orphaned != 40 || !c.Balanced {
			t.Errorf("%s, ledger %+v, want 10 closed, 40 orphaned", s.Verdict, c)
		}
		if left, err := driver.Orphans(folder.Path(results.LedgerFile)); err != nil || left != 40 {
			t.Errorf("the ledger names %d sessions, %v, want 40", left, err)
		}
		cleaned, err := driver.Cleanup(t.Context(), driver.CleanupConfig{Plan: p, Targets: targets,
			Ledger: folder.Path(results.LedgerFile)})
		if err != nil || cleaned.LoggedOut != 40 || cleaned.Failed != 0 || cleaned.RunID != "test" {
			t.Errorf("cleanup %+v, %v, want 40 logged out", cleaned, err)
		}
		if _, err := os.Stat(folder.Path(results.LedgerFile)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the ledger is still there after the cleanup: %v", err)
		}
	})
}

// Sessions left on purpose are counted, keep their accounts, and are logged out
// at the end.
func TestAbandon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan(loginFlow())
		p.Arrivals = scenario.NewArrivals([]scenario.Stage{{From: 10, To: 10, Length: 100 * time.Second}})
		p.Duration, p.Abandon = 100*time.Second, 0.3
		s, _ := drive(t, p, only(p, &stubServer{answer: loggedIn}), nil)
		logouts := stepOf(t, s, "logout").Count
		if logouts < 640 || logouts > 760 {
			t.Errorf("%d of 1000 sessions logged out, want about 700", logouts)
		}
		if c := s.Sessions; c.Opened != 1000 || c.Closed != 1000 || c.Orphaned != 0 {
			t.Errorf("ledger %+v, want all closed after the drain", c)
		}
	})
}

// A drain that meets a hanging server ends at its limit and says what is left.
func TestDrainLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := held()
		p.Duration, p.DrainLimit = time.Minute, 20*time.Second
		var hangs atomic.Bool
		server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
			if is(req, "POST /logout") {
				hangs.Store(true)
			}
			if hangs.Load() {
				return &exchange.Error{Class: results.Timeout, Progress: exchange.Written, Err: errors.New("timed out")}
			}
			return loggedIn(n, req, ans)
		}}
		s, _ := drive(t, p, only(p, server), nil)
		if c := s.Sessions; c.Opened != 50 || c.Orphaned != 50 || c.PossiblyClosed != 50 || !c.Balanced {
			t.Errorf("ledger %+v, want 50 possibly closed and orphaned", c)
		}
	})
}

// A connection that is being opened when the drain's limit is over is given up
// with it, however long its own timeout.
func TestDrainLimitWhileDialing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := held()
		p.Duration, p.DrainLimit, p.Timeout, p.Connections = time.Minute, 5*time.Second, time.Minute, profiles.PerRequest
		hang := time.Now().Add(p.Duration - time.Second)
		server := &stubServer{answer: loggedIn, dial: func(ctx context.Context, _ int) error {
			if time.Now().Before(hang) {
				return nil
			}
			<-ctx.Done()
			return &exchange.Error{Class: results.Timeout, Err: ctx.Err()}
		}}
		s, _ := drive(t, p, only(p, server), nil)
		if s.DrainS > 5.1 {
			t.Errorf("the drain took %v s, want 5", s.DrainS)
		}
		if c := s.Sessions; c.Opened != 50 || c.Orphaned != 50 {
			t.Errorf("ledger %+v, want 50 orphaned", c)
		}
	})
}

// A session whose logout was never answered is tried again by the drain, also
// where a replay proves nothing.
func TestPossiblyClosedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := single()
		p.Targets[0].Flow.Session.LogoutRevokes = profiles.Observe
		logouts := 0
		server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
			if is(req, "POST /logout") {
				if logouts++; logouts == 1 {
					return &exchange.Error{Class: results.Read, Progress: exchange.Written, Err: errors.New("reset")}
				}
			}
			return loggedIn(n, req, ans)
		}}
		s, folder := drive(t, p, only(p, server), nil)
		if c := s.Sessions; logouts != 2 || c.Closed != 1 || c.PossiblyClosed != 0 || c.Orphaned != 0 {
			t.Errorf("%d logouts, ledger %+v, want 2 and one closed", logouts, c)
		}
		if _, err := os.Stat(folder.Path(results.LedgerFile)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the ledger is still there: %v", err)
		}
	})
}

// Arrivals after an interrupt were never due: nobody planned or dropped them,
// whether workers are busy or not.
func TestArrivalsAfterAnInterrupt(t *testing.T) {
	for _, workers := range []int{0, 10} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan(loginFlow())
				p.Arrivals = scenario.NewArrivals([]scenario.Stage{{From: 100, To: 100, Length: time.Hour}})
				p.Duration, p.Timeout, p.Workers, p.StartLimit = time.Hour, 20*time.Second, workers, time.Minute
				stop := make(chan struct{})
				time.AfterFunc(5*time.Second, func() { close(stop) })
				s, _ := drive(t, p, only(p, &hangingServer{}), stop)
				c, started := s.Cycles, int64(workers)
				if workers == 0 {
					started = c.Planned
				}
				if c.Planned < 500 || c.Planned > 501 || c.Started != started || c.Unknown != started {
					t.Errorf("cycles %+v, want 500 planned in 5 s at 100/s, %d started", c, started)
				}
				if s.DurationS != 5 {
					t.Errorf("the load took %v s, want 5", s.DurationS)
				}
			})
		})
	}
}

// The second interrupt may come at any instant of a step.
func TestSecondInterruptAtAnyTime(t *testing.T) {
	for i := range 30 {
		synctest.Test(t, func(t *testing.T) {
			p := held()
			p.Model, p.Think = profiles.Closed, scenario.ConstantTime(10*time.Millisecond)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(100*time.Millisecond+time.Duration(i)*time.Millisecond, cancel)
			server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
				time.Sleep(time.Duration(n%7) * time.Millisecond)
				return loggedIn(n, req, ans)
			}}
			s, _ := driveWith(ctx, t, nil, driver.Config{Plan: p, Targets: only(p, server), Shards: 3})
			if s.Verdict != results.Interrupted {
				t.Errorf("verdict %s, want interrupted", s.Verdict)
			}
		})
	}
}
