package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"authsoak/results"
	"authsoak/stats"
)

func TestPageStandsAlone(t *testing.T) {
	page, _ := write(t, day(t, t.TempDir(), 30*time.Second))
	text := string(page)
	for _, bad := range []string{" src=", "@import", "url(", "ZgotmplZ", "<no value>", "NaN", "%!"} {
		if strings.Contains(text, bad) {
			at := strings.Index(text, bad)
			t.Errorf("the page holds %q: %s", bad, text[max(0, at-80):at+40])
		}
	}
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(link[1], "#") && link[1] != "data:," {
			t.Errorf("the page links to %s", link[1])
		}
	}
	for _, tag := range []string{"script", "style"} {
		bodies := regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllStringSubmatch(text, -1)
		if len(bodies) != 1 {
			t.Fatalf("%d elements %s, want 1", len(bodies), tag)
		}
		sum := sha256.Sum256([]byte(bodies[0][1]))
		if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(html.UnescapeString(text), "sha256-"+hash) {
			t.Errorf("the policy doesn't allow the %s of the page", tag)
		}
	}
	for _, id := range []string{"answer", "steps", "load", "times", "network", "spectra", "errors", "generator", "rules", "ledger", "meaning"} {
		if !strings.Contains(text, `<section id="`+id+`">`) {
			t.Errorf("no section %s", id)
		}
	}
}

// hostile is what a server, or whoever wrote a scenario, may have put anywhere.
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`

func TestStringsFromOutsideAreText(t *testing.T) {
	f := day(t, t.TempDir(), 3*time.Second)
	s, err := results.ReadSummary(f)
	if err != nil {
		t.Fatal(err)
	}
	s.RunID, s.Authorized, s.Load, s.Version = hostile, hostile, hostile, hostile
	s.Labels, s.Reasons = map[string]string{hostile: hostile}, []string{hostile}
	s.Targets[0].URL, s.Targets[0].Version, s.Targets[0].Method = "javascript:"+hostile, hostile, hostile
	s.Thresholds[0].Expression, s.Thresholds[0].ActualText = hostile, hostile
	s.Generator.TaintedIntervals, s.Generator.TaintReasons = 1, []string{hostile}
	s.Steps[0].Errors = []results.ErrorCount{{Class: hostile, Count: 1, Example: hostile}}
	s.Checks = []results.CheckResult{
		{ID: hostile, Target: hostile, Verdict: "fail", Expected: hostile, Observed: hostile, Source: "javascript:alert(1)", Title: hostile,
			Exchanges: []results.Exchange{{Step: hostile, Request: hostile, Sent: hostile, Received: hostile}}},
		{ID: "b", Verdict: "pass", Source: "https://example.test/" + hostile},
	}
	s.Experiment = &results.Experiment{Kind: hostile, About: hostile, Lines: []results.ExperimentLine{{Name: hostile, Expectation: hostile, Actual: hostile}}}
	s.Drift = &results.Drift{Verdict: results.Drifting, Notes: []string{hostile}, Sources: []results.DriftSource{{Source: hostile, Failed: 1, Problem: hostile}},
		Series: []results.DriftSeries{{Target: hostile, Metric: hostile, Unit: hostile, Motion: stats.Rises, ToS: 10,
			Crosses: &results.DriftLimit{Limit: hostile}, Points: []results.DriftPoint{{AtS: 1, Value: 2}}}}}
	line, _ := json.Marshal(results.Example{Target: hostile, Step: hostile, Class: hostile, Message: hostile, Sent: hostile, Received: hostile})
	if err := os.WriteFile(f.Path(results.SamplesFile), append(line, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteScenario([]byte(hostile)); err != nil {
		t.Fatal(err)
	}
	story, err := Read(s, f.Dir)
	if err != nil {
		t.Fatal(err)
	}
	// Names of series stand in attributes and in the charts' data.
	tainted := story.Timeline
	tainted.Tainted = append(tainted.Tainted, tainted.Phases[0])
	tainted.Tainted[0].Text = hostile
	s.Targets[0].Name = hostile
	for i := range s.Steps {
		if s.Steps[i].Target == "target0" {
			s.Steps[i].Target = hostile
		}
	}
	var b bytes.Buffer
	if err := story.Write(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if n := strings.Count(text, "<script"); n != 1 {
		t.Errorf("%d scripts in the page, want 1", n)
	}
	if strings.Contains(text, "<img") || strings.Contains(text, `href="javascript:`) {
		t.Error("a string from outside became markup")
	}
	if n := strings.Count(text, "alert(1)"); n < 40 {
		t.Errorf("only %d of the strings are shown", n)
	}
}

// TestFirstScreen holds what a reader sees first to the summary.
func TestFirstScreen(t *testing.T) {
	f := day(t, t.TempDir(), 20*time.Second)
	_, story := write(t, f)
	sections, err := story.Sections()
	if err != nil {
		t.Fatal(err)
	}
	text := html.UnescapeString(string(sections[0].HTML))
	s := story.Summary
	for _, want := range []string{
		">" + strings.ToUpper(string(s.Verdict)) + "<", s.RunID, "p99(login) < 500ms", s.Thresholds[0].ActualText, "rate(fail) < 1%",
		"Was the generator the limit?", "Never: none of 20 intervals", "target3", "open, 12 cycles/s", "nobody was named", ">12.0/s<",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the first screen doesn't tell %q", want)
		}
	}
}

// TestRunningIsNoVerdict makes sure that a page of a run that goes on doesn't say
// how it will end.
func TestRunningIsNoVerdict(t *testing.T) {
	_, story := write(t, day(t, t.TempDir(), 5*time.Second))
	story.Live = &Live{Elapsed: 5, Planned: 60, Phase: "hold"}
	sections, err := story.Sections()
	if err != nil {
		t.Fatal(err)
	}
	text := string(sections[0].HTML)
	if strings.Contains(text, "PASS") || !strings.Contains(text, "RUNNING") || !strings.Contains(text, "so far all 2 thresholds hold") {
		t.Errorf("a live page begins with\n%.600s", text)
	}
}

// TestChartsHoldTheData adds up what a chart shows and compares it with the
// summary.
func TestChartsHoldTheData(t *testing.T) {
	page, story := write(t, day(t, t.TempDir(), 40*time.Second))
	data := chartData(t, page, "throughput")
	ok := 0.0
	for _, v := range data["completed and correct"] {
		ok += v
	}
	if want := float64(story.Summary.Cycles.OK); math.Abs(ok-want) > 0.01*want {
		t.Errorf("the goodput of all seconds adds up to %g, want %g", ok, want)
	}
	failed := 0.0
	for _, v := range chartData(t, page, "errors-over-time")["server-error"] {
		failed += v
	}
	var want int64
	for _, s := range story.Summary.Steps {
		if s.Kind == "step" {
			want += s.Fail
		}
	}
	if math.Abs(failed-float64(want)) > 0.01 {
		t.Errorf("the errors of all seconds add up to %g, want %d", failed, want)
	}
	spectrum := chartData(t, page, "spectrum-target0.login")["response time"]
	if last, want := spectrum[len(spectrum)-1], story.Summary.Steps[0].Response.Max; math.Abs(last-want) > 0.01*want {
		t.Errorf("the last point of the spectrum is %g, want %g", last, want)
	}
}

// chartData returns the values of a figure's series by name.
func chartData(t *testing.T, page []byte, id string) map[string][]float64 {
	t.Helper()
	found := regexp.MustCompile(`(?s)id="` + regexp.QuoteMeta(id) + `".*?data-chart='([^']*)'`).FindSubmatch(page)
	if found == nil {
		t.Fatalf("no figure %s", id)
	}
	var data struct {
		Series []struct {
			Name string
			Y    []float64
		}
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(string(found[1]))), &data); err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for _, s := range data.Series {
		out[s.Name] = s.Y
	}
	return out
}

func TestSpectrum(t *testing.T) {
	h := new(results.Histogram)
	for i := range int64(100_000) {
		h.Record((i + 1) * 1000)
	}
	percentiles, times := Spectrum(h, 90)
	if len(percentiles) > 91 || len(percentiles) < 40 {
		t.Errorf("%d points", len(percentiles))
	}
	for i, p := range percentiles[:len(percentiles)-1] {
		if want := p / 100 * 100; math.Abs(times[i]-want) > 0.005*want+0.001 {
			t.Errorf("percentile %g: %g ms, want %g", p, times[i], want)
		}
		if i > 0 && (p <= percentiles[i-1] || times[i] < times[i-1]) {
			t.Errorf("point %d doesn't ascend", i)
		}
	}
	if p := percentiles[len(percentiles)-1]; math.Abs(p-99.9995) > 1e-9 {
		t.Errorf("the slowest stands at %v", p)
	}
	if p, _ := Spectrum(new(results.Histogram), 90); p != nil {
		t.Error("an empty histogram has a spectrum")
	}
}

// TestLittle drives a steady load whose sessions live one second.
func TestLittle(t *testing.T) {
	_, story := write(t, day(t, t.TempDir(), 30*time.Second))
	for i := range 4 {
		name := fmt.Sprintf("target%d", i)
		cycle, login := new(results.Histogram), new(results.Histogram)
		cycle.Record(1_100_000_000)
		login.Record(100_000_000)
		story.Hold[name+".cycle.service"], story.Hold[name+".login.service"] = cycle, login
	}
	sum, ok := newOverTime(story).little()
	if !ok || math.Abs(sum[20]-12) > 0.1 {
		t.Errorf("12 sessions a second that live one second: %v sessions", sum[20])
	}
}
