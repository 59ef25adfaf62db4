package health

import (
	"encoding/json"
	"math"
	"reflect"
	"regexp"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sampler(t testing.TB) *Sampler {
	s := New()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestSampleIsPlausible(t *testing.T) {
	s := sampler(t)
	for range 3 {
		runtime.GC()
	}
	h := s.Sample(90 * time.Second)
	checks := map[string]bool{
		"at":           h.AtS == 90,
		"interval":     h.IntervalS > 0 && h.IntervalS < 60,
		"cpu":          h.CPUTotalS >= h.CPUS && h.CPUS >= 0,
		"share":        h.CPUShare >= 0 && h.CPUShare <= 1,
		"cores":        h.Cores == runtime.GOMAXPROCS(0),
		"max rss":      h.MaxRSSBytes >= h.RSSBytes && h.RSSBytes > 1<<20,
		"heap":         h.HeapBytes > 0 && h.HeapBytes < h.GoBytes,
		"gc cycles":    h.GCCycles >= 3,
		"gc pauses":    h.GCPauseMaxMS > 0 && h.GCPauseTotalMS > 0,
		"sched":        h.SchedP50MS <= h.SchedP99MS && h.SchedP99MS <= h.SchedMaxMS && h.SchedMaxMS > 0,
		"goroutines":   h.Goroutines >= 2,
		"limit":        runtime.GOOS == "windows" || h.FileLimit > 0,
		"no infinites": !math.IsInf(h.SchedMaxMS, 0) && !math.IsInf(h.GCPauseMaxMS, 0),
	}
	if runtime.GOOS == "linux" {
		checks["files"] = h.OpenFiles >= 3
		checks["ports"] = h.PortRange > 0 && h.PortsHeadRoom <= h.PortRange
	}
	for name, ok := range checks {
		if !ok {
			t.Errorf("%s: %+v", name, h)
		}
	}
}

func TestSampleIsOfTheIntervalOnly(t *testing.T) {
	s := sampler(t)
	runtime.GC()
	if h := s.Sample(0); h.GCCycles == 0 {
		t.Errorf("cycles of an interval with a collection = %d", h.GCCycles)
	}
	end := time.Now().Add(20 * time.Millisecond)
	for time.Now().Before(end) { // work, not sleep: processor time is what is measured
	}
	h := s.Sample(0)
	if h.CPUS <= 0 || h.CPUS >= h.CPUTotalS {
		t.Errorf("processor time = %v of %v", h.CPUS, h.CPUTotalS)
	}
	if h.GCCycles == 0 && (h.GCPauseMaxMS != 0 || h.GCPauseTotalMS != 0) {
		t.Errorf("pauses without a collection: %+v", h)
	}
}

// Every name says its unit or is a plain count, since scripts read this.
func TestNamesCarryUnits(t *testing.T) {
	names := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	for f := range reflect.TypeFor[Health]().Fields() {
		name := f.Tag.Get("json")
		if !names.MatchString(name) {
			t.Errorf("%s: name %q isn't snake_case", f.Name, name)
		}
		for field, tag := range map[string]string{"MS": "_ms", "Bytes": "_bytes"} {
			if strings.HasSuffix(f.Name, field) && !strings.HasSuffix(name, tag) {
				t.Errorf("%s: name %q lacks %s", f.Name, name, tag)
			}
		}
	}
	if _, err := json.Marshal(sampler(t).Sample(time.Second)); err != nil {
		t.Error(err) // an infinite value
	}
}

func TestDelta(t *testing.T) {
	inf := math.Inf(1)
	edges := []float64{math.Inf(-1), 0, 1, 2, 4, inf}
	tests := map[string]struct {
		before, after []uint64
		p50, max, sum float64
	}{
		"nothing":      {[]uint64{0, 5, 0, 0, 0}, []uint64{0, 5, 0, 0, 0}, 0, 0, 0},
		"one":          {[]uint64{0, 5, 0, 0, 0}, []uint64{0, 5, 1, 0, 0}, 2, 2, 1.5},
		"several":      {[]uint64{0, 0, 0, 9, 0}, []uint64{0, 3, 1, 10, 0}, 1, 4, 3*0.5 + 1.5 + 3},
		"without ends": {[]uint64{0, 0, 0, 0, 0}, []uint64{1, 0, 0, 0, 3}, 4, 4, 3 * 4},
	}
	for name, test := range tests {
		var d delta
		d.take(&metrics.Float64Histogram{Counts: test.before, Buckets: edges})
		d.take(&metrics.Float64Histogram{Counts: test.after, Buckets: edges})
		if p50, top, sum := d.quantile(0.5), d.quantile(1), d.sum(); p50 != test.p50 || top != test.max || sum != test.sum {
			t.Errorf("%s: p50, max, sum = %v, %v, %v, want %v, %v, %v", name, p50, top, sum, test.p50, test.max, test.sum)
		}
	}
}

func TestQuantilesRise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Uint64Range(0, 50), 1, 20).Draw(t, "counts")
		edges := make([]float64, len(counts)+1)
		for i := range edges {
			edges[i] = float64(i)
		}
		var d delta
		d.take(&metrics.Float64Histogram{Counts: counts, Buckets: edges})
		a, b := rapid.Float64Range(0, 1).Draw(t, "a"), rapid.Float64Range(0, 1).Draw(t, "b")
		if d.quantile(min(a, b)) > d.quantile(max(a, b)) {
			t.Fatalf("quantile(%v) > quantile(%v)", min(a, b), max(a, b))
		}
	})
}

func TestFileRoom(t *testing.T) {
	tests := []struct {
		connections, open int
		soft, hard        uint64
		says              []string // nil: no error
	}{
		{100, 10, 1024, 4096, nil},
		{950, 10, 1024, 4096, nil},
		{951, 10, 1024, 4096, []string{"951 connections", "ulimit -n 1025"}},
		{5000, 10, 1024, 4096, []string{"hard limit", "4096"}},
		{1 << 30, 10, 0, 0, nil}, // no limit known
	}
	for _, test := range tests {
		check(t, "fileRoom", fileRoom(test.connections, test.open, test.soft, test.hard), test.says)
	}
	if err := HeadRoom(1); err != nil {
		t.Errorf("HeadRoom(1): %v", err)
	}
	if soft, hard := fileLimit(); soft > 0 && hard < 1<<40 {
		check(t, "HeadRoom", HeadRoom(int(hard)), []string{"open files"})
	}
}

func TestPortRoom(t *testing.T) {
	check(t, "portRoom", portRoom(100, 0), nil)
	check(t, "portRoom", portRoom(28232, 28232), nil)
	check(t, "portRoom", portRoom(28233, 28232), []string{"28233 connections", "ip_local_port_range"})
	if err := PortRoom(1); err != nil {
		t.Errorf("PortRoom(1): %v", err)
	}
}

func check(t *testing.T, call string, err error, says []string) {
	t.Helper()
	if (err == nil) != (says == nil) {
		t.Errorf("%s: %v, want %q", call, err, says)
		return
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%s: %v, want it to say %q", call, err, s)
		}
	}
}

func TestRaiseFileLimit(t *testing.T) {
	soft, err := RaiseFileLimit()
	if now, hard := fileLimit(); err != nil || soft != now || runtime.GOOS == "linux" && soft != hard {
		t.Errorf("RaiseFileLimit = %d, %v, the limits are %d, %d", soft, err, now, hard)
	}
}

func BenchmarkSample(b *testing.B) {
	s := sampler(b)
	b.ReportAllocs()
	for b.Loop() {
		s.Sample(0)
	}
}
