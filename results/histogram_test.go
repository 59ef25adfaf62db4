package results

import (
	"bytes"
	"math"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"
)

// times draws values as they come in a run, and at the borders of buckets.
func times() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64Range(0, highestNS),
		rapid.Int64Range(0, 300_000),
		rapid.Custom(func(t *rapid.T) int64 {
			return min(highestNS, max(0, int64(1)<<rapid.IntRange(0, 41).Draw(t, "power")+rapid.Int64Range(-2, 2).Draw(t, "off")))
		}),
		rapid.SampledFrom([]int64{0, 1, 63, 64, 99, 100, 131_071, 131_072, highestNS - 1, highestNS}),
	)
}

// The library is the oracle: same buckets, same quantiles, same maximum, mean to
// the last bits.
func TestHistogramAgreesWithLibrary(t *testing.T) {
	if n := len(hdr.New(lowestNS, highestNS, digits).Export().Counts); n != buckets {
		t.Fatalf("the library has %d buckets, we have %d", n, buckets)
	}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(times(), 0, 200).Draw(t, "values")
		got, want := new(Histogram), hdr.New(lowestNS, highestNS, digits)
		for _, v := range values {
			got.Record(v)
			if err := want.RecordValue(v); err != nil {
				t.Fatal(err)
			}
		}
		if !got.HDR().Equals(want) {
			t.Fatal("the dense forms differ")
		}
		for _, p := range []float64{0.1, 1, 50, 90, 99, 99.9, 100} {
			if g, w := got.Percentile(p), want.ValueAtPercentile(p); g != w {
				t.Fatalf("Percentile(%v) = %d, want %d", p, g, w)
			}
		}
		// The library says 63 for the maximum of nothing: the end of its first bucket.
		if g, w := got.Max(), want.Max(); g != w && len(values) > 0 {
			t.Fatalf("Max = %d, want %d", g, w)
		}
		if g, w := got.Mean(), want.Mean(); math.Abs(g-w) > 1e-9*w {
			t.Fatalf("Mean = %v, want %v", g, w)
		}
	})
}

func TestHistogramBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := times().Draw(t, "value")
		low, width := bucketRange(bucketOf(v))
		if v < low || v >= low+width {
			t.Fatalf("%d lies in bucket [%d, %d)", v, low, low+width)
		}
		if v > 100_000 && float64(width) > float64(v)/1000 {
			t.Fatalf("the bucket of %d is %d wide, more than a thousandth", v, width)
		}
	})
}

// What is merged is what was recorded together, in any order of merging; Reset
// leaves nothing.
func TestHistogramMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOfN(times(), 0, 50), 0, 5).Draw(t, "parts")
		all, merged, scratch := new(Histogram), new(Histogram), new(Histogram)
		for _, part := range parts {
			scratch.Reset()
			for _, v := range part {
				all.Record(v)
				scratch.Record(v)
			}
			merged.Merge(scratch)
		}
		merged.Merge(nil)
		if !all.HDR().Equals(merged.HDR()) || all.Count() != merged.Count() {
			t.Fatal("the merged histogram differs from that of all")
		}
		merged.Reset()
		if merged.Count() != 0 || merged.Max() != 0 || merged.Mean() != 0 {
			t.Fatal("Reset left something")
		}
	})
}

func TestHistogramOutOfRange(t *testing.T) {
	h := new(Histogram)
	h.Record(-5)
	h.Record(math.MaxInt64)
	if got := h.Percentile(1); got != 63 {
		t.Errorf("a negative time is at %d, want the first bucket", got)
	}
	if got := h.Max(); got < highestNS || got > highestNS*1.001 {
		t.Errorf("Max = %d, want an hour", got)
	}
}

func TestTimesOf(t *testing.T) {
	if got := TimesOf(nil); got != (Times{}) {
		t.Errorf("TimesOf(nil) = %v", got)
	}
	h := new(Histogram)
	for i := range 1000 {
		h.Record(int64(i+1) * 20_000) // 20 µs … 20 ms
	}
	got := TimesOf(h)
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"mean", got.Mean, 10.01}, {"p50", got.P50, 10}, {"p90", got.P90, 18}, {"p99", got.P99, 19.8}, {"p999", got.P999, 19.98}, {"max", got.Max, 20}} {
		if math.Abs(c.got-c.want) > c.want/1000 {
			t.Errorf("%s = %v ms, want %v to a thousandth", c.name, c.got, c.want)
		}
	}
}

// Every line that is written is one the library's reader takes, with equal
// counts, and our own reader as well.
func TestHlogRoundTrip(t *testing.T) {
	start := time.UnixMilli(1_795_000_000_123)
	rapid.Check(t, func(t *rapid.T) {
		h := new(Histogram)
		for _, v := range rapid.SliceOfN(times(), 1, 100).Draw(t, "values") {
			for range rapid.SampledFrom([]int{1, 1, 2, 200}).Draw(t, "times") {
				h.Record(v)
			}
		}
		var out bytes.Buffer
		w := newHlogWriter(&out, start)
		for i := range 2 {
			if err := w.write("octane.login.response", time.Duration(i)*time.Second, time.Duration(i+1)*time.Second, h); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.flush(); err != nil {
			t.Fatal(err)
		}
		reader := hdr.NewHistogramLogReader(bytes.NewReader(out.Bytes()))
		for i := range 2 {
			got, err := reader.NextIntervalHistogram()
			if err != nil || got == nil {
				t.Fatalf("the library reads %v, %v", got, err)
			}
			if !got.Equals(h.HDR()) || got.Tag() != "octane.login.response" {
				t.Fatalf("interval %d: the library reads another histogram, tag %q", i, got.Tag())
			}
			if want := start.UnixMilli() + int64(i)*1000; abs(got.StartTimeMs()-want) > 1 || abs(got.EndTimeMs()-want-1000) > 1 {
				t.Fatalf("interval %d from %d to %d, want %d and a second", i, got.StartTimeMs(), got.EndTimeMs(), want)
			}
		}
		var n int
		for got, err := range readLines(&out, new(histogramParser).parse) {
			if err != nil || !got.Times.HDR().Equals(h.HDR()) || got.To-got.From != time.Second {
				t.Fatalf("read back: %+v, %v", got, err)
			}
			n++
		}
		if n != 2 {
			t.Fatalf("%d lines read back, want 2", n)
		}
	})
}

func abs(n int64) int64 { return max(n, -n) }

// A count of any size keeps its value on the wire.
func TestZigZag(t *testing.T) {
	for _, n := range []int64{1, 63, 64, 1 << 20, 1<<55 - 1, 1 << 55, 1 << 59} {
		h := new(Histogram)
		h.add(5000, n)
		h.add(5002, 3) // one empty bucket between: the run of length one is a plain zero
		var out bytes.Buffer
		w := newHlogWriter(&out, time.Unix(0, 0))
		if err := w.write("t", 0, time.Second, h); err != nil {
			t.Fatal(err)
		}
		_ = w.flush()
		for got, err := range readLines(&out, new(histogramParser).parse) {
			if err != nil || !got.Times.HDR().Equals(h.HDR()) {
				t.Errorf("count %d: %v", n, err)
			}
		}
	}
}

func TestBuckets(t *testing.T) {
	h := new(Histogram)
	for range 3 {
		h.Record(1_000_000)
	}
	h.Record(70)
	var got []Bucket
	var n int64
	for b, count := range h.Buckets() {
		got, n = append(got, b), n+count
	}
	if len(got) != 2 || n != 4 || got[0] != (Bucket{64, 64}) || got[1].Low > 1_000_000 || got[1].Low+got[1].Width <= 1_000_000 {
		t.Errorf("%d times in %v", n, got)
	}
	for b := range h.Buckets() {
		if b != got[0] {
			t.Errorf("first bucket %v", b)
		}
		break
	}
	for range (*Histogram)(nil).Buckets() {
		t.Error("nil has a bucket")
	}
}
