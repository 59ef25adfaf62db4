package driver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/results"
	"authsoak/scenario"
)

// One worker, 100 arrivals 10 ms apart, the first stalled for 500 ms, the rest
// answered at once: 45 arrivals waited more than 50 ms for their answer, though
// only one request took that long. A tool that omits coordinated waits would
// report one.
func TestOmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &stubServer{answer: func(n int, _ *exchange.Request, _ *exchange.Answer) error {
			if n == 0 {
				time.Sleep(500 * time.Millisecond)
			}
			return nil
		}}
		p := plan(onePage())
		p.Workers, p.Duration = 1, time.Second
		p.Arrivals = scenario.NewArrivals([]scenario.Stage{{From: 100, To: 100, Length: time.Second}})
		s, folder := drive(t, p, []driver.Target{{TargetPlan: p.Targets[0], Dialer: server}}, nil)

		if c := s.Cycles; c.Planned != 100 || c.OK != 100 || c.Completed != 100 {
			t.Errorf("cycles %+v, want 100 planned and ok", c)
		}
		above := func(tag string) (n int64) {
			for b, count := range histogram(t, folder, tag).Buckets() {
				if b.Low > int64(50*time.Millisecond) {
					n += count
				}
			}
			return n
		}
		if got := above("stub.get.response"); got != 45 {
			t.Errorf("response times above 50 ms: %d, want 45", got)
		}
		if got := above("stub.get.service"); got != 1 {
			t.Errorf("service times above 50 ms: %d, want 1", got)
		}
	})
}

// histogram merges what latency.hlog holds under a tag.
func histogram(t *testing.T, folder *results.Folder, tag string) *results.Histogram {
	t.Helper()
	all := new(results.Histogram)
	for h, err := range results.ReadHistograms(folder) {
		if err != nil {
			t.Fatal(err)
		}
		if h.Tag == tag {
			all.Merge(h.Times)
		}
	}
	return all
}
