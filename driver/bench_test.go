package driver_test

import (
	"context"
	"testing"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// The driver's own cost of a step: cycles of login, 8 calls and logout against a
// server that answers in no time and without a byte in between.
func BenchmarkStep(b *testing.B) {
	cookie := []byte("SID=0123456789abcdef0123456789abcdef; Path=/; HttpOnly")
	name := []byte("Set-Cookie")
	steps := 0
	stop := make(chan struct{})
	server := &nullServer{answer: func(req *exchange.Request, ans *exchange.Answer) {
		if is(req, "POST /login") {
			ans.Fields = append(ans.Fields, exchange.Field{Name: name, Value: cookie})
		}
		if steps++; steps == b.N {
			close(stop)
		}
	}}
	p := plan(loginFlow())
	p.Model, p.Workers = profiles.Closed, 1
	p.Curve = scenario.NewCurve([]scenario.Stage{{From: 1, To: 1, Length: time.Hour}})
	p.Duration, p.Calls = time.Hour, scenario.ConstantCalls(8)
	folder, err := results.CreateFolder(b.TempDir(), "bench")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	_, err = driver.Run(b.Context(), stop, driver.Config{Plan: p, Folder: folder,
		Targets: []driver.Target{{TargetPlan: p.Targets[0], Dialer: server}}})
	if err != nil {
		b.Fatal(err)
	}
}

// nullServer is a stubServer without a lock, for one worker.
type nullServer struct {
	answer func(*exchange.Request, *exchange.Answer)
}

func (s *nullServer) Dial(context.Context, int) (exchange.Conn, exchange.Opening, error) {
	return s, exchange.Opening{}, nil
}

func (s *nullServer) Do(req *exchange.Request, ans *exchange.Answer) error {
	ans.Status, ans.Fields, ans.Body, ans.Close = 200, ans.Fields[:0], nil, false
	s.answer(req, ans)
	return nil
}
func (s *nullServer) Stale() bool  { return false }
func (s *nullServer) Abort()       {}
func (s *nullServer) Close() error { return nil }
