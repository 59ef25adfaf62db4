package results

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// manySeries is a large run: four targets of sixteen series.
func manySeries() (series []Series, targets []string) {
	for t := range 4 {
		target := fmt.Sprintf("target%d", t)
		targets = append(targets, target)
		series = append(series,
			Series{Target: target, Step: "cycle", Kind: CycleSeries},
			Series{Target: target, Step: "connect", Kind: ConnectSeries},
			Series{Target: target, Step: "tls", Kind: TLSSeries},
			Series{Target: target, Step: "login", Request: "authenticate", Kind: RequestSeries})
		for s := range 12 {
			series = append(series, Series{Target: target, Step: fmt.Sprintf("step%d", s), Kind: StepSeries})
		}
	}
	return series, targets
}

// bigRun returns a collector of 64 series and four shards with a recorded second
// of samples.
func bigRun(b *testing.B, every time.Duration, thresholds ...string) (*testRun, func(samples int)) {
	series, targets := manySeries()
	r := newRun(b, nil, func(o *Options) {
		o.Series, o.Targets, o.HistogramEvery, o.Run.Targets = series, targets, every, nil
		o.Recorders = nil
		for range 4 {
			o.Recorders = append(o.Recorders, NewRecorder(series, len(targets)))
		}
		for _, text := range thresholds {
			th, err := ParseThreshold(text)
			if err != nil {
				b.Fatal(err)
			}
			o.Thresholds = append(o.Thresholds, th)
		}
	})
	r.gauges.Sessions = make([]SessionCounts, len(targets))
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]int64, 1<<14)
	for i := range values {
		values[i] = int64(60_000 + rng.ExpFloat64()*1.5e6)
	}
	next := 0
	return r, func(samples int) {
		for i := range samples {
			v := values[next%len(values)]
			next++
			r.r[i%4].Record(Sample{Series: i % len(series), Service: v, Response: v + v/16, Phase: Hold})
		}
	}
}

func BenchmarkTick(b *testing.B) {
	for _, c := range []struct {
		samples int
		every   time.Duration
	}{{1_000, time.Second}, {50_000, time.Second}, {1_000, 10 * time.Second}, {50_000, 10 * time.Second}, {50_000, time.Minute}} {
		b.Run(fmt.Sprintf("series=64/samples=%d/every=%s", c.samples, c.every), func(b *testing.B) {
			r, fill := bigRun(b, c.every, "p99(step1) < 1m over 30s", "rate(fail) < 1% stop")
			for b.Loop() {
				b.StopTimer()
				fill(c.samples)
				b.StartTimer()
				r.tick(Hold)
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/tick")
		})
	}
}

func BenchmarkRecordCycle(b *testing.B) {
	r := NewRecorder(testSeries, 2)
	var h haul
	cycle := []Sample{
		{Series: 0, Service: 1e6, Response: 2e6, Phase: Hold}, {Series: 1, Service: 1e6, Phase: Hold}, {Series: 2, Service: 1e6, Response: 1e6, Phase: Hold},
		{Series: 3, Service: 1e6, Response: 1e6, Phase: Hold}, {Series: 4, Service: 3e6, Response: 4e6, Phase: Hold},
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Record(cycle...)
		if i%20_000 == 0 {
			r.take(&h)
		}
	}
}

func BenchmarkHistogram(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]int64, 1<<14)
	interval, hold := new(Histogram), new(Histogram)
	for i := range values {
		values[i] = int64(60_000 + rng.ExpFloat64()*1.5e6)
		hold.Record(values[i])
		if i < 2000 {
			interval.Record(values[i])
		}
	}
	b.Run("record", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			hold.Record(values[i%len(values)])
		}
	})
	b.Run("merge", func(b *testing.B) {
		for b.Loop() {
			hold.Merge(interval)
		}
	})
	b.Run("quantiles", func(b *testing.B) {
		for b.Loop() {
			quantilesOf(interval)
		}
	})
	b.Run("encode", func(b *testing.B) {
		w := newHlogWriter(discard{}, testStart)
		for b.Loop() {
			_ = w.write("octane.login.response", 0, time.Second, interval)
		}
	})
	b.Run("encode-library", func(b *testing.B) {
		dense := interval.HDR()
		for b.Loop() {
			_, _ = dense.EncodeV2()
		}
	})
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkMemory reports what a long run holds on to: after a minute and after
// ten, at 20,000 samples a second.
func BenchmarkMemory(b *testing.B) {
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	for b.Loop() {
		before := heap()
		r, fill := bigRun(b, time.Minute)
		for second := 1; second <= 600; second++ {
			fill(20_000)
			r.tick(Hold)
			if second == 60 {
				b.ReportMetric(heap()-before, "MB-1min")
			}
		}
		b.ReportMetric(heap()-before, "MB-10min")
		runtime.KeepAlive(r)
	}
}
