package results

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawLine makes a line of either kind in which any member may be set.
func drawLine(t *rapid.T) any {
	n := rapid.Int64Range(0, 1e15)
	count := func(name string) int64 { return n.Draw(t, name) }
	time := func(name string) float64 {
		return rapid.SampledFrom([]float64{0, 0.1, 1.002, 1e-7, 123456.7891, 1e21, 0.036487963467289845, 3.5999999999999996}).Draw(t, name)
	}
	counts := rapid.MapOfN(rapid.SampledFrom([]string{"requests", "server-error", "timeout"}), n, 1, 3)
	quantiles := func() Quantiles { return Quantiles{time("p50"), time("p99"), time("max")} }
	if rapid.Bool().Draw(t, "series") {
		l := SeriesInterval{Line: SeriesLine, At: time("at"), Phase: "hold", Count: count("count"), OK: count("ok"), Fail: count("fail"),
			Unknown: count("unknown"), Service: quantiles(), SeriesName: SeriesName{"octane", "login", rapid.SampledFrom([]string{"", "post"}).Draw(t, "request"), "step"}}
		if rapid.Bool().Draw(t, "response") {
			q := quantiles()
			l.Response, l.Errors = &q, counts.Draw(t, "errors")
		}
		return l
	}
	return RunInterval{Line: RunLine, At: time("at"), Length: time("len"), Phase: "drain", Lateness: quantiles(), Pacer: quantiles(),
		Workers: int(count("workers")), Busy: 3, Overdue: time("overdue"), PlannedUsers: time("planned"), PlannedPerSec: time("rate"), TaintedBy: "pacer", Clamped: 1, Lost: count("lost"),
		Tainted: rapid.SampledFrom([]string{"", "99 % of \"it\"", "späte <Läufe>"}).Draw(t, "tainted"),
		Targets: []TargetInterval{{Name: "a", Orphaned: count("orphaned"), Sessions: SessionCounts{1, 2, 3, 4, 5, 6, 7, count("peak")},
			Counts: map[string]map[string]int64{"hold": counts.Draw(t, "hold"), "warmup": {"requests": 1}}, Breaches: counts.Draw(t, "breaches")}, {Name: "b"}},
		Health: Health{time("cpu"), time("share"), count("rss"), 1, 2, 0.5, 1.5, time("s50"), time("s99"), 3, 4, 5, 6, 7, 8}}
}

// TestScannerReadsOwnLines makes sure that no line of ours takes the long way.
func TestScannerReadsOwnLines(t *testing.T) {
	var p intervalParser
	rapid.Check(t, func(t *rapid.T) {
		want := drawLine(t)
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(want); err != nil {
			t.Fatal(err)
		}
		line := bytes.TrimSpace(b.Bytes())
		got, ok, err := p.parse(line)
		if !ok || err != nil || !p.ended() {
			t.Fatalf("%s: read to %d of %d: %v", line, p.at, len(line), err)
		}
		switch want := want.(type) {
		case SeriesInterval:
			if diff := cmp.Diff(&want, got.Series); diff != "" {
				t.Error(diff)
			}
		case RunInterval:
			if diff := cmp.Diff(&want, got.Run); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// FuzzScanner holds what the scanner accepts to what encoding/json makes of it.
func FuzzScanner(f *testing.F) {
	for _, line := range []string{
		`{"line":"series","at_s":1.5,"target":"a","step":"b","kind":"step","phase":"hold","count":1,"ok":1,"errors":{"x":1},"service_ms":{"p50":1,"p99":2e3,"max":3},"response_ms":{"p50":-0,"p99":0.25,"max":123456789.123456789}}`,
		`{"line":"run","at_s":1,"len_s":1,"phase":"hold","lateness_ms":{},"workers":-1,"tainted":"a\u00e4\"","targets":[{"name":"a","sessions":{"opened":1},"counts":{"hold":{"requests":3},"hold":{}}}],"health":{"cpu_s":00.1}}`,
		`{"line":"run","at_s":01,"targets":[],"targets":[{}]}`, `{"line":"series","at_s":1.}`, `{"line":"series","at_s":1e400}`,
		`{"line":"series","count":999999999999999999999}`, `{"line":"series"}x`, `{"line":"series","COUNT":1}`, `{"line":"series",}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		for _, kind := range []string{SeriesLine, RunLine} {
			var s scanner
			var got Interval
			s.start(line)
			if kind == SeriesLine {
				got.Series = new(SeriesInterval)
				s.series(got.Series)
			} else {
				got.Run = new(RunInterval)
				s.run(got.Run)
			}
			if !s.ended() {
				continue
			}
			want, _, err := parseInterval(kind, line)
			if err != nil {
				t.Fatalf("accepted, and encoding/json says: %v", err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// FuzzDecodeHistogram holds our decoder to the library's.
func FuzzDecodeHistogram(f *testing.F) {
	h := new(Histogram)
	for i := range int64(40) {
		h.Record(1 << i)
		h.Record(1<<i + 1)
	}
	for _, h := range []*Histogram{h, {}} {
		var l hlogWriter
		var out bytes.Buffer
		l = *newHlogWriter(&out, testStart)
		if err := l.compress(h); err != nil {
			f.Fatal(err)
		}
		f.Add(l.payload, uint32(len(l.payload)))
	}
	f.Add([]byte{0x01, 0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, uint32(11))
	f.Fuzz(func(t *testing.T, payload []byte, length uint32) {
		text := packed(t, payload, length)
		var p histogramParser
		got := new(Histogram)
		if !p.decode(text, got) {
			return
		}
		want, err := decodeHistogram(text)
		if err != nil {
			t.Fatalf("accepted, and the library says: %v", err)
		}
		if diff := cmp.Diff(bucketsOf(want), bucketsOf(got)); diff != "" {
			t.Error(diff)
		}
	})
}

func bucketsOf(h *Histogram) (list []string) {
	for b, n := range h.Buckets() {
		list = append(list, fmt.Sprint(b, n))
	}
	return list
}

// TestHistogramsTakeTheShortWay makes sure that no histogram of ours is left to
// the library.
func TestHistogramsTakeTheShortWay(t *testing.T) {
	var p histogramParser
	rapid.Check(t, func(t *rapid.T) {
		h := new(Histogram)
		for _, v := range rapid.SliceOf(rapid.Int64Range(0, highestNS)).Draw(t, "times") {
			h.add(bucketOf(v), rapid.SampledFrom([]int64{1, 63, 64, 1 << 40}).Draw(t, "count"))
		}
		var out bytes.Buffer
		l := newHlogWriter(&out, testStart)
		_ = l.write("x", 0, time.Second, h)
		_ = l.flush()
		lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
		last := lines[len(lines)-1]
		if h.Count() == 0 {
			return
		}
		got := new(Histogram)
		if !p.decode(last[bytes.LastIndexByte(last, ',')+1:], got) {
			t.Fatalf("left to the library: %s", last)
		}
		if diff := cmp.Diff(bucketsOf(h), bucketsOf(got)); diff != "" {
			t.Error(diff)
		}
	})
}

// packed wraps counts as a histogram in a log, whose head claims that length.
func packed(t *testing.T, payload []byte, length uint32) []byte {
	var b bytes.Buffer
	b.Write(make([]byte, packedHead))
	z := zlib.NewWriter(&b)
	_, _ = z.Write(ownHead(nil, int(length)))
	_, _ = z.Write(payload)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	raw := b.Bytes()
	binary.BigEndian.PutUint32(raw, uint32(hdr.V2CompressedEncodingCookieBase|v2Word))
	binary.BigEndian.PutUint32(raw[4:], uint32(len(raw)-packedHead))
	return []byte(base64.StdEncoding.EncodeToString(raw))
}
