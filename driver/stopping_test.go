package driver_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/driver/pacer"
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
		s, folder := drive(t, p, []driver.Target{{TargetPlan: p.Targets[0], Dialer: &stubServer{answer: loggedIn}}}, stop)
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
		folder, err := results.CreateFolder(t.TempDir(), "test")
		if err != nil {
			t.Fatal(err)
		}
		targets := []driver.Target{{TargetPlan: p.Targets[0], Dialer: &stubServer{answer: loggedIn}}}
		s, err := driver.Run(ctx, stop, driver.Config{Plan: p, Targets: targets, Folder: folder, Shards: 1,
			NewPacer: pacer.NewTimer, Health: func() results.Health { return results.Health{} }})
		if err != nil {
			t.Fatal(err)
		}
		if c := s.Sessions; s.Verdict != results.Interrupted || c.Closed != 10 || c.Orphaned != 40 || !c.Balanced {
			t.Errorf("%s, ledger %+v, want 10 closed, 40 orphaned", s.Verdict, c)
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
		s, _ := drive(t, p, []driver.Target{{TargetPlan: p.Targets[0], Dialer: &stubServer{answer: loggedIn}}}, nil)
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
		hang := false
		server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
			if hang = hang || is(req, "POST /logout"); hang {
				return &exchange.Error{Class: results.Timeout, Progress: exchange.Written, Err: errors.New("timed out")}
			}
			return loggedIn(n, req, ans)
		}}
		s, _ := drive(t, p, []driver.Target{{TargetPlan: p.Targets[0], Dialer: server}}, nil)
		if c := s.Sessions; c.Opened != 50 || c.Orphaned != 50 || c.PossiblyClosed != 50 || !c.Balanced {
			t.Errorf("ledger %+v, want 50 possibly closed and orphaned", c)
		}
	})
}
