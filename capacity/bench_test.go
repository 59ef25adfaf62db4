package capacity_test

import (
	"context"
	"math"
	"net"
	"testing"
	"time"

	"authsoak/capacity"
	"authsoak/driver/pacer"
	"authsoak/simulator"
)

// BenchmarkCapacityOverSockets searches a real server on loopback whose capacity
// is known: logins that take 20 ms on four servers, M/D/4, have p99 = 100 ms at
// 173.9/s, as in TestCapacityOfAQueue, ten times faster. It reports how far off
// the answer is, and whether its interval holds the truth, and fails where it is
// more than 10 % off or there is none. One search takes some five minutes, of a
// machine that has nothing else to do.
func BenchmarkCapacityOverSockets(b *testing.B) {
	const truth = 173.9
	for b.Loop() {
		server, err := simulator.New(simulator.Options{Seed: 1, Login: simulator.CostOptions{Mean: 20 * time.Millisecond, Servers: 4}})
		if err != nil {
			b.Fatal(err)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- server.Serve(listener) }()
		c := search(b, func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
		}, "p99(login.response) < 100ms", "rate(fail) < 0.5%")
		c.Driver.NewPacer = pacer.New
		c.Precision, c.Settle, c.Step, c.Climb = 0.1, 3*time.Second, 10*time.Second, 4*time.Second
		r, err := capacity.Run(b.Context(), nil, c)
		if err != nil {
			b.Fatal(err)
		}
		off, holds := math.NaN(), 0.0
		if a := r.Answer; a.Known {
			off = 100 * (a.Capacity/truth - 1)
			if a.Low <= truth && (a.High == nil || truth <= *a.High) {
				holds = 1
			}
		}
		b.Logf("%s: %s", r.Verdict, r.Reason)
		b.ReportMetric(off, "%off")
		b.ReportMetric(holds, "holds")
		if !(math.Abs(off) <= 10) {
			b.Errorf("%s: %s: %+.1f %% off %.1f/s, want 10 %% at most", r.Verdict, r.Reason, off, truth)
		}
		server.Close()
		<-done
	}
}
