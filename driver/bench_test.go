package driver_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/driver/health"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// The driver's own cost of a step: cycles of login, 8 calls and logout against a
// server that answers in no time and without a byte in between.
func BenchmarkStep(b *testing.B) {
	steps := 0
	stop := make(chan struct{})
	server := nullServer(func(req *exchange.Request, ans *exchange.Answer) {
		admit(req, ans, int64(steps))
		if steps++; steps == b.N {
			close(stop)
		}
	})
	p := closedPlan(1)
	b.ReportAllocs()
	b.ResetTimer()
	benchRun(b.Context(), b, stop, driver.Config{Plan: p, Targets: only(p, server)})
}

// BenchmarkPopulation holds sessions and makes calls on one after the other, each
// with a cookie of 200 to 600 bytes that was renewed ten times. Besides the cost
// of a call it tells the memory of the whole process and how long a full garbage
// collection takes while all sessions are live.
func BenchmarkPopulation(b *testing.B) {
	for _, users := range []int{100, 10_000, 1_000_000} {
		b.Run(fmt.Sprint(users), func(b *testing.B) { benchPopulation(b, users) })
	}
}

// renewals is how often each session of a population renews its cookie before it is
// measured.
const renewals = 10

// populationOf holds sessions and calls for one after the other.
func populationOf(b *testing.B, users int, server nullServer) driver.Config {
	p := closedPlan(users)
	p.Targets[0].Accounts = generated(b, users)
	p.Model, p.Workers, p.Think = profiles.Population, 1, scenario.ConstantTime(time.Nanosecond)
	return driver.Config{Plan: p, Targets: only(p, server)}
}

func benchPopulation(b *testing.B, users int) {
	ctx, done := context.WithCancel(b.Context())
	defer done()
	sampler := health.New()
	defer sampler.Close()
	var steps, calls, cookies int
	var began, spent float64
	var at weight
	server := nullServer(func(req *exchange.Request, ans *exchange.Answer) {
		steps++
		switch size := 200 + steps*7919%401; {
		case steps <= users*(1+renewals):
			cookies += size - cookieBytes(req)
			set(ans, int64(steps), size)
			return
		case calls == 0:
			at = weigh(sampler, users, cookies)
			began = sampler.Sample(0).CPUTotalS
		}
		if ctx.Err() != nil {
			return
		}
		if calls++; !b.Loop() {
			spent = sampler.Sample(0).CPUTotalS - began
			done() // not every session is logged out
		}
	})
	b.ReportAllocs()
	benchRun(ctx, b, nil, populationOf(b, users, server))
	b.ReportMetric(spent*1e9/float64(calls), "cpu-ns/step")
	b.ReportMetric(at.gc, "gc-ms")
	b.ReportMetric(at.rss, "rss-MB")
	b.ReportMetric(at.perSession, "B/session-over-cookies")
}

// weight is what the sessions cost at one moment.
type weight struct{ gc, rss, perSession float64 } // ms, MB, bytes beyond the cookies

func weigh(sampler *health.Sampler, users, cookies int) weight {
	var pauses []float64
	for range 5 {
		start := time.Now()
		runtime.GC()
		pauses = append(pauses, time.Since(start).Seconds()*1000)
	}
	slices.Sort(pauses)
	rss := sampler.Sample(0).RSSBytes
	return weight{pauses[2], float64(rss) / 1e6, float64(rss-int64(cookies)) / float64(users)}
}

// BenchmarkPopulationStep compares the processor time of a call among a million
// held sessions with one among a hundred. Both populations live in one process and
// take turns of about a fifth of a second, since a shared machine changes its speed
// within seconds; an operation is one turn of each.
func BenchmarkPopulationStep(b *testing.B) {
	const turn = 200_000 // calls
	sampler := health.New()
	defer sampler.Close()
	ctx, done := context.WithCancel(b.Context())
	defer done()
	users := [2]int{100, 1_000_000}
	var filled sync.WaitGroup
	filled.Add(len(users))
	turns := [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}
	var began float64 // when the current turn began; whoever has the turn owns it
	var costs [2][]float64
	server := func(k int) nullServer {
		steps, calls := 0, 0
		return func(req *exchange.Request, ans *exchange.Answer) {
			if steps++; steps <= users[k]*(1+renewals) {
				set(ans, int64(steps), 200+steps*7919%401)
				return
			}
			if calls == 0 {
				if costs[k] == nil {
					filled.Done()
				}
				select {
				case <-turns[k]:
				case <-ctx.Done():
				}
				began = sampler.Sample(0).CPUTotalS
			}
			if calls++; calls < turn || ctx.Err() != nil {
				return
			}
			calls = 0
			costs[k] = append(costs[k], sampler.Sample(0).CPUTotalS-began)
			if k == 1 && !b.Loop() {
				done()
				return
			}
			turns[1-k] <- struct{}{}
		}
	}
	var runs sync.WaitGroup
	for k, n := range users {
		runs.Go(func() {
			defer done() // whoever ends early ends the other, too
			benchRun(ctx, b, nil, populationOf(b, n, server(k)))
		})
	}
	go func() {
		filled.Wait()
		runtime.GC()
		turns[0] <- struct{}{}
	}()
	runs.Wait()
	if b.Failed() {
		return
	}
	ratios := make([]float64, len(costs[1]))
	for i := range ratios {
		ratios[i] = costs[1][i] / costs[0][i]
	}
	slices.Sort(ratios)
	slices.Sort(costs[0])
	slices.Sort(costs[1])
	b.ReportMetric(median(costs[0])*1e9/turn, "cpu-ns/step-of-100")
	b.ReportMetric(median(costs[1])*1e9/turn, "cpu-ns/step-of-1M")
	b.ReportMetric(ratios[0], "times-at-least")
	b.ReportMetric(median(ratios), "times-the-cpu/step")
	b.ReportMetric(ratios[len(ratios)-1], "times-at-most")
}

func median(sorted []float64) float64 { return sorted[len(sorted)/2] }

// cookieBytes is the length of the session cookie that a request carries.
func cookieBytes(req *exchange.Request) int {
	_, rest, ok := bytes.Cut(req.Wire, []byte("SID="))
	if !ok {
		return 0
	}
	return bytes.IndexByte(rest, '\r')
}

// BenchmarkScaling drives cycles on one processor and on two, in turns, against a
// server that works on its caller's processor: whatever is not twice as much gets
// lost between the shards. Beside the throughput it tells how much more processor
// time a step takes on two, which other work on the machine doesn't spoil.
func BenchmarkScaling(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("one processor")
	}
	var ratios, costs []float64
	for b.Loop() {
		one, two := throughput(b, 1), throughput(b, 2)
		ratios = append(ratios, two.perSecond/one.perSecond)
		costs = append(costs, two.cost/one.cost)
	}
	slices.Sort(ratios)
	slices.Sort(costs)
	b.ReportMetric(ratios[len(ratios)/2], "times-the-throughput")
	b.ReportMetric(ratios[len(ratios)-1], "times-at-best")
	b.ReportMetric(costs[len(costs)/2], "times-the-cpu/step")
}

// pace is what a run achieved.
type pace struct {
	perSecond float64
	cost      float64 // s of processor time a step
}

// throughput lets a run warm up for a tenth of a second and looks at the second
// after that.
func throughput(b *testing.B, processors int) pace {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	sampler := health.New()
	defer sampler.Close()
	var steps atomic.Int64
	server := nullServer(func(req *exchange.Request, ans *exchange.Answer) {
		admit(req, ans, steps.Add(1))
		work(5000)
	})
	ctx, done := context.WithCancel(b.Context())
	defer done()
	p := closedPlan(8 * processors)
	var seen pace
	go func() {
		defer done()
		time.Sleep(100 * time.Millisecond)
		start, n, cpu := time.Now(), steps.Load(), sampler.Sample(0).CPUTotalS
		time.Sleep(time.Second)
		made := float64(steps.Load() - n)
		seen = pace{made / time.Since(start).Seconds(), (sampler.Sample(0).CPUTotalS - cpu) / made}
	}()
	benchRun(ctx, b, nil, driver.Config{Plan: p, Targets: only(p, server)})
	return seen
}

// work keeps a processor busy, by work and not by the clock: a goroutine that is
// not running gets none done.
func work(turns int) {
	x := uint64(1)
	for range turns {
		x = x*6364136223846793005 + 1442695040888963407
	}
	if x == 0 {
		panic("a full period")
	}
}

// closedPlan is cycles of login, 8 calls and logout, one after the other.
func closedPlan(users int) *scenario.Plan {
	p := plan(loginFlow())
	p.Model, p.Workers = profiles.Closed, users
	p.Curve = scenario.NewCurve([]scenario.Stage{{From: float64(users), To: float64(users), Length: time.Hour}})
	p.Duration, p.Calls = time.Hour, scenario.ConstantCalls(8)
	return p
}

func benchRun(ctx context.Context, b *testing.B, stop <-chan struct{}, c driver.Config) *results.Summary {
	b.Helper()
	var err error
	if c.Folder, err = results.CreateFolder(b.TempDir(), "bench"); err != nil {
		b.Fatal(err)
	}
	s, err := driver.Run(ctx, stop, c)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

var cookieField = []byte("Set-Cookie")

// set adds a session cookie of that size to the answer, as no other number gets
// it.
func set(ans *exchange.Answer, number int64, size int) {
	value := strconv.AppendInt(append(ans.Buffer()[:0], "SID="...), 1<<60+number, 16)
	for len(value) < len("SID=")+size {
		value = append(value, 'c')
	}
	ans.SetBuffer(value)
	ans.Fields = append(ans.Fields, exchange.Field{Name: cookieField, Value: value})
}

// admit sets a cookie at login.
func admit(req *exchange.Request, ans *exchange.Answer, number int64) {
	if is(req, "POST /login") {
		set(ans, number, 40)
	}
}

// nullServer is a stubServer without a lock: its one connection is everybody's.
type nullServer func(*exchange.Request, *exchange.Answer)

func (s nullServer) Dial(context.Context, int) (exchange.Conn, exchange.Opening, error) {
	return s, exchange.Opening{}, nil
}

func (s nullServer) Do(req *exchange.Request, ans *exchange.Answer) error {
	ans.Status, ans.Fields, ans.Body, ans.Close = 200, ans.Fields[:0], nil, false
	s(req, ans)
	return nil
}
func (s nullServer) Stale() bool  { return false }
func (s nullServer) Abort()       {}
func (s nullServer) Close() error { return nil }
