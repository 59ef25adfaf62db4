package results

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var someLimits = []string{
	"p99(login) < 5s", "rate(fail) < 50%", "count(cycle.fail) == 0", "p50(octane.logout.service) < 3ms over 4s",
	"rate(login) > 1/s over 2s after 2s", "p99(pacer) < 1ms", "count(orphaned) == 0", "max(live) < 5",
}

// few checks a property that writes whole folders: fewer times than others, but
// still at random.
func few(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	checks := flag.Lookup("rapid.checks").Value
	was := checks.String()
	if was == "100" { // the default; a larger number was asked for
		_ = checks.Set("15")
		defer func() { _ = checks.Set(was) }()
	}
	rapid.Check(t, property)
}

// The folder of a finished run says all that its summary says.
func TestRebuildIsTheSummary(t *testing.T) {
	few(t, func(rt *rapid.T) {
		every := rapid.SampledFrom([]time.Duration{time.Second, 3 * time.Second, time.Minute}).Draw(rt, "every")
		r := newRun(t, someLimits, func(o *Options) { o.HistogramEvery = every })
		r.gauges.WorkerLimited = true
		r.r[0].Count(Hold, 0, CyclesDropped, 3)
		r.play(rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0)), rapid.IntRange(1, 12).Draw(rt, "hold"))
		end := Ending{
			Interrupted: rapid.Bool().Draw(rt, "interrupted"), Warmup: 2 * time.Second, Drain: time.Second,
			Orphaned: []int64{2, 0}, Checks: []CheckResult{{ID: "a", Verdict: "fail"}}, Invalid: []string{"no route"},
		}
		want := r.finish(end)
		got, err := Rebuild(r.f)
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Fatalf("Rebuild: -summary.json +rebuilt\n%s", d)
		}
	})
}

// A run killed at any tick can be summed up with all its counts, and with all
// its times up to the last histogram interval.
func TestRebuildKilled(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 4 * time.Second} {
		r := newRun(t, someLimits[:3], func(o *Options) { o.HistogramEvery = every })
		var counted int64
		for second := range 6 {
			for range 5 {
				r.cycle(second%2, Hold, time.Duration(second+1)*time.Millisecond, Fail, Locked)
				counted++
			}
			r.r[0].Example(0, Locked, Example{Message: "locked"})
			r.tick(Hold)
		}
		s, err := Rebuild(r.f)
		if err != nil {
			t.Fatal(err)
		}
		if s.Verdict != Interrupted || !strings.Contains(s.Reasons[0], "killed: nothing is known after second 6") {
			t.Errorf("every %s: verdict %s %q", every, s.Verdict, s.Reasons)
		}
		if s.Steps[0].Count != counted || s.Steps[0].Errors[0].Example != "locked" || s.Cycles.Fail != counted || s.DurationS != 6 || s.Sessions.Opened != counted {
			t.Errorf("every %s: %+v, want %d", every, s.Steps[0], counted)
		}
		lost, want := strings.Join(s.Reasons, "\n"), "the times of the last 50 samples were lost" // 2 s × 5 cycles × 5 series
		if got := strings.Contains(lost, want); got != (every > time.Second) {
			t.Errorf("every %s: %q", every, s.Reasons)
		}
		if max := s.Steps[0].Service.Max; every == time.Second && max < 6 || every > time.Second && (max < 4 || max > 4.1) {
			t.Errorf("every %s: max %v", every, max)
		}
		checkSchema(t, s)
	}
}

// copyFolder copies the run folder, its files cut to the given lengths.
func copyFolder(t *testing.T, f *Folder, cut map[string]int) *Folder {
	t.Helper()
	to := &Folder{Dir: t.TempDir(), RunID: f.RunID}
	for _, name := range []string{IntervalsFile, HistogramsFile, SamplesFile} {
		b, err := os.ReadFile(f.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := cut[name]; ok {
			b = b[:n]
		}
		if err := os.WriteFile(to.Path(name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// Wherever the last write was torn, what stands before it is read.
func TestTornTail(t *testing.T) {
	r := newRun(t, nil, nil)
	for range 3 {
		r.cycle(0, Hold, time.Millisecond, Fail, Read)
		r.r[0].Example(0, Read, Example{Message: "reset"})
		r.tick(Hold)
	}
	sizes := map[string]int{}
	heads := map[string]int{}
	for _, name := range []string{IntervalsFile, HistogramsFile, SamplesFile} {
		b, _ := os.ReadFile(r.f.Path(name))
		sizes[name], heads[name] = len(b), bytes.IndexByte(b, '\n')+1
	}
	var before int64
	for n := heads[IntervalsFile]; n <= sizes[IntervalsFile]; n += 41 {
		cut := map[string]int{
			IntervalsFile:  n,
			HistogramsFile: sizes[HistogramsFile] * n / sizes[IntervalsFile],
			SamplesFile:    sizes[SamplesFile] * n / sizes[IntervalsFile],
		}
		s, err := Rebuild(copyFolder(t, r.f, cut))
		if err != nil {
			t.Fatalf("cut at %d of %d: %v", n, sizes[IntervalsFile], err)
		}
		if s.Steps[0].Count < before || s.Verdict != Interrupted {
			t.Fatalf("cut at %d: %d logins, %d with less of the file", n, s.Steps[0].Count, before)
		}
		before = s.Steps[0].Count
	}
	if before != 3 {
		t.Errorf("%d logins in the whole file, want 3", before)
	}
	if _, err := Rebuild(copyFolder(t, r.f, map[string]int{IntervalsFile: 10})); err == nil || !strings.Contains(err.Error(), "what was run") {
		t.Errorf("without a head: %v", err)
	}
}

func TestBrokenMiddle(t *testing.T) {
	r := newRun(t, nil, nil)
	r.cycle(0, Hold, time.Millisecond, OK, NoClass)
	r.tick(Hold)
	r.finish(Ending{})
	for name, with := range map[string]string{IntervalsFile: "{\"line\":\"run\",\n", HistogramsFile: "Tag=x,1,2\n", SamplesFile: "[]\n"} {
		f := copyFolder(t, r.f, nil)
		b, _ := os.ReadFile(f.Path(name))
		at := bytes.IndexByte(b, '\n') + 1
		broken := append(append(append([]byte{}, b[:at]...), with...), b[at:]...)
		if at == 0 {
			broken = []byte(with + "{}\n")
		}
		if err := os.WriteFile(f.Path(name), broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Rebuild(f); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s broken: %v, want file and line", name, err)
		}
	}
	f := copyFolder(t, r.f, nil)
	b, _ := os.ReadFile(f.Path(IntervalsFile))
	_ = os.WriteFile(f.Path(IntervalsFile), bytes.Replace(b, []byte(IntervalsSchema), []byte("authsoak/intervals/v9"), 1), 0o600)
	if _, err := Rebuild(f); err == nil || !strings.Contains(err.Error(), "v9") {
		t.Errorf("another schema: %v", err)
	}
}

// Shards merge to what one process would have recorded.
func TestMergeShards(t *testing.T) {
	few(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		n := rapid.IntRange(2, 4).Draw(rt, "shards")
		whole := newRun(t, someLimits[:6], nil)
		var shards []*testRun
		var folders []*Folder
		for i := range n {
			s := newRun(t, someLimits[:6], func(o *Options) { o.Run.Shard = fmt.Sprintf("%d/%d", i+1, n) })
			shards, folders = append(shards, s), append(folders, s.f)
		}
		for range rapid.IntRange(3, 8).Draw(rt, "seconds") {
			for range rng.IntN(40) {
				each, o, c := time.Duration(50_000+rng.ExpFloat64()*2e6), OK, NoClass
				if rng.IntN(5) == 0 {
					o, c = Fail, Throttled
				}
				whole.cycle(0, Hold, each, o, c)
				shards[rng.IntN(n)].cycle(rng.IntN(2), Hold, each, o, c)
			}
			whole.tick(Hold)
			for _, s := range shards {
				s.tick(Hold)
			}
		}
		want := whole.finish(Ending{})
		for _, s := range shards {
			s.finish(Ending{})
		}
		got, err := Merge(folders...)
		if err != nil {
			rt.Fatal(err)
		}
		// What each process costs, and how many there are, does differ.
		got.Generator, want.Generator = GeneratorSummary{}, GeneratorSummary{}
		for _, s := range []*SessionSummary{&got.Sessions, &want.Sessions, &got.Targets[0].Sessions, &want.Targets[0].Sessions} {
			s.PeakLive = 0
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Fatalf("Merge of %d shards: -whole +merged\n%s", n, d)
		}
	})
}

func TestMergeVerdicts(t *testing.T) {
	shard := func(name string, change func(*Options), play func(*testRun), end *Ending) *Folder {
		r := newRun(t, []string{"count(fail) < 3"}, func(o *Options) {
			o.Run.Shard = name
			if change != nil {
				change(o)
			}
		})
		for range 4 {
			r.cycle(0, Hold, time.Millisecond, OK, NoClass)
			if play != nil {
				play(r)
			}
			r.tick(Hold)
		}
		if end != nil {
			r.finish(*end)
		}
		return r.f
	}
	fail := func(r *testRun) {
		if r.now < 2*time.Second {
			r.cycle(0, Hold, time.Millisecond, Fail, Locked)
		}
	}
	live := func(r *testRun) {
		r.gauges.Sessions[0].Opened, r.gauges.Sessions[0].Live = r.gauges.Sessions[0].Opened+1, r.gauges.Sessions[0].Live+1
		r.gauges.Sessions[0].PeakLive = r.gauges.Sessions[0].Live
	}
	late := func(r *testRun) { r.r[0].Late(Hold, 3e8) }
	one, two := shard("1/2", nil, fail, &Ending{}), shard("2/2", nil, fail, &Ending{})
	for _, c := range []struct {
		name    string
		folders []*Folder
		verdict Verdict
		says    string // of the reasons, or of the error
	}{
		{"one alone keeps the limit", []*Folder{one}, Pass, ""},
		{"both break it together", []*Folder{one, two}, Failed, "it was 4"},
		{"one was killed", []*Folder{one, shard("2/2", nil, nil, nil)}, Interrupted, "killed: nothing is known after second 4"},
		{"one was interrupted", []*Folder{one, shard("2/2", nil, nil, &Ending{Interrupted: true})}, Interrupted, "interrupted before"},
		{"one was the limit", []*Folder{shard("1/2", nil, late, &Ending{}), shard("2/2", nil, live, &Ending{})}, Invalid, "4 of 4 intervals"},
		{"one is missing", []*Folder{shard("1/3", nil, nil, &Ending{}), shard("2/3", nil, nil, &Ending{})}, Invalid, "2 shards given of a run that was cut in 3"},
		{"one says it is invalid", []*Folder{one, shard("2/2", nil, nil, &Ending{Invalid: []string{"no route"}})}, Invalid, "no route"},
		{"the same twice", []*Folder{one, one}, "", "the same shard 1/2 twice"},
		{"another seed", []*Folder{one, shard("2/2", func(o *Options) { o.Run.Seed = 8 }, nil, &Ending{})}, "", "not shards of one run"},
		{"another version", []*Folder{one, shard("2/2", func(o *Options) { o.Run.Targets[0].Version = "2023" }, nil, &Ending{})}, "", "target octane differs"},
		{"a day apart", []*Folder{one, shard("2/2", func(o *Options) { o.Run.StartedAt = testStart.Add(25 * time.Hour) }, nil, &Ending{})}, "", "25h0m0s apart"},
		{"none", nil, "", "no run folder"},
		{"no folder", []*Folder{{Dir: filepath.Join(t.TempDir(), "x")}}, "", "no such file"},
	} {
		s, err := Merge(c.folders...)
		if c.verdict == "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want %q", c.name, err, c.says)
			}
			continue
		}
		if err != nil || s.Verdict != c.verdict || !strings.Contains(strings.Join(s.Reasons, "\n"), c.says) {
			t.Errorf("%s: %v, %+v, want %s with %q", c.name, err, s, c.verdict, c.says)
		}
	}
	s, err := Merge(shard("1/2", nil, live, &Ending{}), shard("2/2", nil, live, &Ending{}))
	if err != nil || s.Sessions.PeakLive != 8 || s.Sessions.LiveAtEnd != 8 || !s.Sessions.Balanced || s.Generator.PeakWorkers != 8 || s.Generator.Cores != 4 {
		t.Errorf("two shards of 4 live sessions: %v, %+v %+v", err, s.Sessions, s.Generator)
	}
}

// Shards that started apart lie beside each other by the clock.
func TestMergeOffset(t *testing.T) {
	var folders []*Folder
	for i := range 2 {
		r := newRun(t, []string{"count(login) < 3 over 1s"}, func(o *Options) {
			o.Run.Shard = fmt.Sprintf("%d/2", i+1)
			o.Run.StartedAt = testStart.Add(time.Duration(i) * 2 * time.Second)
		})
		for second := range 4 {
			if second == 3-2*i { // both in second 3 of the first
				r.cycle(0, Hold, time.Millisecond, OK, NoClass)
				r.cycle(0, Hold, time.Millisecond, OK, NoClass)
			}
			r.tick(Hold)
		}
		r.finish(Ending{})
		folders = append(folders, r.f)
	}
	s, err := Merge(folders[1], folders[0])
	if err != nil || s.Thresholds[0].Actual != 4 || s.Thresholds[0].Pass || s.StartedAt != testStart.Format(time.RFC3339Nano) {
		t.Errorf("%v, %+v", err, s)
	}
}

// A machine that slept for years costs no time to read, and a line may be longer
// than any buffer.
func TestOddFiles(t *testing.T) {
	r := newRun(t, nil, nil)
	r.cycle(0, Hold, time.Millisecond, OK, NoClass)
	r.tick(Hold)
	f := copyFolder(t, r.f, nil)
	b, _ := os.ReadFile(f.Path(IntervalsFile))
	b = append(b, `{"at_s":900000000,"len_s":1,"phase":"hold","line":"run"}`+"\n"...)
	b = append(b, `{"line":"later","pad":"`+strings.Repeat("x", 1<<20)+`"}`+"\n"...)
	if err := os.WriteFile(f.Path(IntervalsFile), b, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Rebuild(f)
	if err != nil || s.Steps[0].Count != 1 || s.DurationS != 2 {
		t.Errorf("%v, %+v", err, s)
	}
}

func FuzzParseInterval(f *testing.F) {
	f.Add([]byte(`{"line":"run","at_s":1,"len_s":1,"phase":"hold","targets":[{"name":"octane","counts":{"hold":{"requests":3}}}]}`))
	f.Add([]byte(`{"line":"series","at_s":1,"phase":"hold","target":"octane","step":"login","kind":"step","count":1,"errors":{"read":1}}`))
	f.Add([]byte(`{"line":"end","thresholds":[{"expression":"p99(login) < 1s"}]}`))
	f.Add([]byte(`{"line":"series","at_s":-1e300,"target":"octane","step":"login","kind":"step","errors":{"x":1}}`))
	head := []byte(`{"line":"head","schema":"authsoak/intervals/v1","run":{"targets":[{"name":"octane"}]},"series":[{"target":"octane","step":"login","kind":"step"}],"thresholds":["p99(login) < 1s over 2s"],"histogram_every_s":1}` + "\n")
	f.Fuzz(func(t *testing.T, line []byte) {
		dir := &Folder{Dir: t.TempDir()}
		_ = os.WriteFile(dir.Path(HistogramsFile), nil, 0o600)
		_ = os.WriteFile(dir.Path(SamplesFile), nil, 0o600)
		_ = os.WriteFile(dir.Path(IntervalsFile), append(append(append([]byte{}, head...), line...), '\n'), 0o600)
		if s, err := Rebuild(dir); err == nil && s.Verdict == "" {
			t.Error("no verdict")
		}
	})
}

func FuzzParseHistogram(f *testing.F) {
	h := new(Histogram)
	h.Record(5e6)
	h.Record(70e6)
	var out bytes.Buffer
	w := newHlogWriter(&out, testStart)
	_ = w.write("warmup:octane.login.response", time.Second, 2*time.Second, h)
	_ = w.flush()
	for line := range bytes.Lines(out.Bytes()) {
		f.Add(bytes.TrimSpace(line))
	}
	f.Add([]byte("Tag=a,1,1,1,HISTFAAAAA"))
	f.Add([]byte("0.1,1,1,HISTFAAAAA"))
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(line) == 0 {
			return
		}
		v, ok, err := new(histogramParser).parse(line)
		if ok && (err != nil || v.Times == nil || v.To < v.From) {
			t.Fatalf("parseHistogram(%q) = %+v, %v", line, v, err)
		}
	})
}
