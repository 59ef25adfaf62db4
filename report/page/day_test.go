package page

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"authsoak/results"
)

// day writes the folder of a run of four targets and 32 series, by the collector
// of a real one: a slow drift, a stall every ten minutes, some failures.
func day(tb testing.TB, dir string, length time.Duration) *results.Folder {
	var series []results.Series
	var targets []string
	for t := range 4 {
		name := fmt.Sprintf("target%d", t)
		targets = append(targets, name)
		for _, step := range []string{"login", "read", "search", "update", "logout"} {
			series = append(series, results.Series{Target: name, Step: step})
		}
		series = append(series, results.Series{Target: name, Step: "cycle", Kind: results.CycleSeries},
			results.Series{Target: name, Step: "connect", Kind: results.ConnectSeries}, results.Series{Target: name, Step: "tls", Kind: results.TLSSeries})
	}
	f, err := results.CreateFolder(dir, fmt.Sprintf("run-%.0fs", length.Seconds()))
	if err != nil {
		tb.Fatal(err)
	}
	recorder := results.NewRecorder(series, len(targets))
	var thresholds []results.Threshold
	for _, text := range []string{"p99(login) < 500ms", "rate(fail) < 1%"} {
		th, err := results.ParseThreshold(text)
		if err != nil {
			tb.Fatal(err)
		}
		thresholds = append(thresholds, th)
	}
	c, err := results.NewCollector(results.Options{
		Folder: f, Series: series, Targets: targets, Recorders: []*results.Recorder{recorder}, Thresholds: thresholds,
		Run: results.RunInfo{RunID: f.RunID, StartedAt: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), Planned: length, Model: "open", Load: "open, 12 cycles/s", Cores: 2},
	})
	if err != nil {
		tb.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	sessions := make([]results.SessionCounts, len(targets))
	for now := time.Second; now <= length; now += time.Second {
		slow := 1 + now.Hours()/48
		if now%(10*time.Minute) == 7*time.Minute { // one second of ten minutes
			slow = 400
		}
		for i, s := range series {
			for range 3 {
				ns := int64(slow * (1e6 + rng.ExpFloat64()*3e6))
				sample := results.Sample{Series: i, Service: ns, Response: ns + int64(rng.IntN(100_000)), Phase: results.Hold}
				if s.Step == "search" && now%(7*time.Second) == 0 {
					sample.Outcome, sample.Class = results.Fail, results.ServerError
				}
				recorder.Record(sample)
			}
		}
		for i := range sessions {
			sessions[i].Opened += 3
			sessions[i].Closed += 3
			sessions[i].PeakLive = max(sessions[i].PeakLive, sessions[i].Live)
			for _, k := range []results.Counter{results.CyclesPlanned, results.CyclesStarted, results.CyclesCompleted} {
				recorder.Count(results.Hold, i, k, 3)
			}
		}
		gauges := results.Gauges{Sessions: sessions, Workers: 8, Busy: 2, PlannedPerSec: 12,
			Health: results.Health{CPU: now.Seconds() / 10, CPUShare: 0.1, RSS: 30e6, SchedP99: 0.2, OpenFiles: 40, OpenFileLimit: 20000}}
		if _, err := c.Tick(now, results.Hold, gauges); err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := c.Finish(results.Ending{Elapsed: length, Hold: length, Sessions: sessions}); err != nil {
		tb.Fatal(err)
	}
	return f
}

func write(tb testing.TB, f *results.Folder) (page []byte, story *Story) {
	summary, err := results.ReadSummary(f)
	if err != nil {
		tb.Fatal(err)
	}
	if story, err = Read(summary, f.Dir); err != nil {
		tb.Fatal(err)
	}
	var b bytes.Buffer
	if err := story.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes(), story
}

// BenchmarkDay makes the report of a 24 h soak. AUTHSOAK_DAY names a folder in
// which the run is kept from one time to the next: making it takes minutes.
//
//	AUTHSOAK_DAY=/tmp/day go test ./report/page -run xxx -bench Day -benchtime 1x
func BenchmarkDay(b *testing.B) {
	const length = 24 * time.Hour
	dir := os.Getenv("AUTHSOAK_DAY")
	if dir == "" {
		dir = b.TempDir()
	}
	f, err := results.OpenFolder(fmt.Sprintf("%s/run-%.0fs", dir, length.Seconds()))
	if err != nil {
		f = day(b, dir, length)
	}
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak from here on
	var size int
	for b.Loop() {
		page, _ := write(b, f)
		size = len(page)
	}
	b.ReportMetric(float64(size)/1e6, "MB/page")
	b.ReportMetric(peakMemory()/1e6, "MB/peak")
}

// peakMemory is the most memory the process had in use, in bytes; NaN where the
// system doesn't tell.
func peakMemory() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseFloat(strings.Fields(text)[0], 64)
			return kilobytes * 1024
		}
	}
	return math.NaN()
}

// TestLongRunStaysSmall makes the page of a run that has more seconds than a line
// has points, and looks for the spikes of a second.
func TestLongRunStaysSmall(t *testing.T) {
	page, story := write(t, day(t, t.TempDir(), 25*time.Minute))
	if len(page) > 2e6 {
		t.Errorf("the page has %d bytes, more than 2 MB", len(page))
	}
	spikes := 0
	for _, q := range story.Times.Over["target0.login.response"] {
		if q.Max > 300 {
			spikes++
		}
	}
	if spikes != 2 {
		t.Errorf("%d spikes of a second are left over time, want 2", spikes)
	}
	spikes = 0
	for _, p := range story.Timeline.Steps[results.SeriesName{Target: "target0", Step: "login", Kind: "step"}] {
		if p.Response.Max > 300 {
			spikes++
		}
	}
	if spikes != 2 {
		t.Errorf("%d spikes are left in the timeline, want 2", spikes)
	}
}

// BenchmarkSections draws the page of 32 series after five minutes, which a live
// page does each second for all that watch.
func BenchmarkSections(b *testing.B) {
	_, story := write(b, day(b, b.TempDir(), 5*time.Minute))
	story.Times, story.Live = nil, &Live{Phase: "hold", Elapsed: 300, Planned: 600}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := story.Sections(); err != nil {
			b.Fatal(err)
		}
	}
}
