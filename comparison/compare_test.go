package comparison

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"authsoak/metric"
	"authsoak/results"
)

var series = []results.Series{
	{Target: "octane", Step: "login"}, {Target: "octane", Step: "logout"}, {Target: "octane", Step: "cycle", Kind: results.CycleSeries},
}

const plainScenario = `
seed: 1
targets:
  - {name: octane, endpoint: octane, version: current, method: json, url: "https://a.example", accounts: {file: a.csv}}
load: {use: smoke, model: open, stages: [{at: 20, for: 20s}], warmup: 1s}
`

// drawn is a run to be made.
type drawn struct {
	at          time.Duration // start, after the first run
	median      float64       // of the login, in milliseconds
	failing     float64
	seconds     int
	scenario    string
	interrupted bool
	target      string
}

var began = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// folder makes the run folder of a run.
func (d drawn) folder(t *testing.T, dir, name string) string {
	t.Helper()
	f, err := results.CreateFolder(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	if d.target == "" {
		d.target = "octane"
	}
	if d.scenario == "" {
		d.scenario = plainScenario
	}
	if d.seconds == 0 {
		d.seconds = 20
	}
	if err := f.WriteScenario([]byte(d.scenario)); err != nil {
		t.Fatal(err)
	}
	own := slices.Clone(series)
	for i := range own {
		own[i].Target = d.target
	}
	recorder := results.NewRecorder(own, 1)
	c, err := results.NewCollector(results.Options{Folder: f, Series: own, Targets: []string{d.target}, Recorders: []*results.Recorder{recorder},
		Run: results.RunInfo{StartedAt: began.Add(d.at), Model: "open", Seed: 1, Planned: time.Minute,
			Targets: []results.TargetInfo{{Name: d.target, Endpoint: "octane", Version: "current", Method: "json", Engine: "fast", HTTP: "1.1"}}}})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(uint64(d.at), uint64(d.median*1000)))
	gauges := results.Gauges{Sessions: make([]results.SessionCounts, 1)}
	for second := range d.seconds {
		for range 50 {
			ns := int64(d.median * 1e6 * math.Exp(0.3*r.NormFloat64()))
			s := results.Sample{Service: ns, Response: ns, Phase: results.Hold}
			if r.Float64() < d.failing {
				s.Outcome, s.Class = results.Fail, results.Locked
			}
			out := s
			out.Series, out.Service, out.Response = 1, 1e6, 1e6
			recorder.Record(s, out)
		}
		if _, err := c.Tick(time.Duration(second+1)*time.Second, results.Hold, gauges); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Finish(results.Ending{Elapsed: time.Duration(d.seconds) * time.Second, Sessions: gauges.Sessions, Interrupted: d.interrupted}); err != nil {
		t.Fatal(err)
	}
	return f.Dir
}

// sides makes and reads the runs of both sides.
func sides(t *testing.T, base, next []drawn) (a, b []*Run) {
	t.Helper()
	dir := t.TempDir()
	read := func(name string, all []drawn) (runs []*Run) {
		for i, d := range all {
			r, err := Read(d.folder(t, dir, fmt.Sprintf("%s-%d", name, i)))
			if err != nil {
				t.Fatal(err)
			}
			runs = append(runs, r)
		}
		return runs
	}
	return read("base", base), read("new", next)
}

func tolerance(t *testing.T, text string) metric.Expression {
	t.Helper()
	e, err := metric.ParseTolerance(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// inTurn are rounds of runs, A B B A…, with medians around the given ones.
func inTurn(rounds int, base, next float64) (a, b []drawn) {
	wobble := []float64{0.998, 1.003, 1.001, 0.997, 1.002, 0.999}
	for i := range rounds {
		at := time.Duration(2*i) * time.Hour
		first, second := at, at+time.Hour
		if i%2 == 1 {
			first, second = second, first
		}
		a = append(a, drawn{at: first, median: base * wobble[i%6]})
		b = append(b, drawn{at: second, median: next * wobble[(i+2)%6]})
	}
	return a, b
}

func TestCompareRounds(t *testing.T) {
	base, next := inTurn(6, 20, 22)
	for i := range next {
		next[i].failing = 0.05
	}
	a, b := sides(t, base, next)
	c, err := Compare(a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Method != results.ByRounds || c.Verdict != results.Failed || c.Rounds != 6 {
		t.Fatalf("method %s, verdict %s %q, %d rounds", c.Method, c.Verdict, c.Reasons, c.Rounds)
	}
	want := []string{"octane.login p50", "octane.login p90", "octane.login errors"}
	found := c.Found(results.Worse)
	for _, w := range want {
		if !slices.Contains(found, w) {
			t.Errorf("worse: %q, want %q among them", found, w)
		}
	}
	for _, m := range c.Metrics {
		if m.Step == "logout" && m.Finding == results.Better {
			t.Errorf("logout %s is better: %+v", m.Metric, m)
		}
		if m.Step == "login" && m.Metric == "p50" && (*m.Change < 8 || *m.Change > 12 || *m.Low > 10 || *m.High < 10 || *m.P > 0.05 || m.Units != 6) {
			t.Errorf("p50 of the login: %v %% (%v to %v), p %v, want 10", *m.Change, *m.Low, *m.High, *m.P)
		}
		if m.Metric == "errors" && m.Step == "login" && (m.ChangeUnit != "points" || *m.Change < 3 || *m.Change > 7) {
			t.Errorf("errors of the login: %+v, want 5 points", *m.Change)
		}
	}
	if len(c.Spectra) != 2 || c.Spectra[0].Points[0].Percentile != 0 {
		t.Errorf("spectra: %+v", c.Spectra)
	}
	back, err := Compare(b, a, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := back.Found(results.Better); len(got) != len(found) || back.Verdict != results.Pass {
		t.Errorf("the other way round: better %q, verdict %s, want %q to pass", got, back.Verdict, found)
	}
}

func TestTolerances(t *testing.T) {
	base, next := inTurn(6, 20, 22)
	a, b := sides(t, base, next)
	for _, c := range []struct{ expression, verdict string }{
		{"p50(login) < 20%", "pass"}, {"p50(login) < 5%", "fail"}, {"p50(login.response) > 5%", "pass"}, {"mean(octane.login.service) <= 30%", "pass"},
		{"rate(login) > -3%", "pass"}, {"rate(login.fail) < 1%", "pass"}, {"rate(login) > 3%", "fail"}, {"max(login) < 1000%", "pass"},
	} {
		got, err := Compare(a, b, Options{Tolerances: []metric.Expression{tolerance(t, c.expression)}})
		if err != nil {
			t.Fatal(err)
		}
		if l := got.Limits[0]; l.Verdict != c.verdict || l.Text == "" {
			t.Errorf("%s: %s (%s), want %s", c.expression, l.Verdict, l.Text, c.verdict)
		}
		if want := map[string]results.Verdict{"pass": results.Pass, "fail": results.Failed}[c.verdict]; got.Verdict != want {
			t.Errorf("%s: verdict %s, want %s: tolerances alone decide", c.expression, got.Verdict, want)
		}
	}
	change := *must(t, a, b).Metrics[0].Change
	unsure := tolerance(t, fmt.Sprintf("p50(login) < %.4f%%", change))
	got, err := Compare(a, b, Options{Tolerances: []metric.Expression{unsure}})
	if err != nil || got.Verdict != results.Invalid || got.Limits[0].RoundsNeeded < 7 {
		t.Errorf("a tolerance of just what is seen: %s, %+v, %v, want that nobody can tell", got.Verdict, got.Limits, err)
	}
	_, err = Compare(a, b, Options{Tolerances: []metric.Expression{tolerance(t, "p50(logn) < 5%"), tolerance(t, "max(live) < 5%")}})
	if err == nil || !strings.Contains(err.Error(), `did you mean "login"`) || !strings.Contains(err.Error(), "can't be compared") {
		t.Errorf("tolerances that name nothing: %v", err)
	}
}

func must(t *testing.T, a, b []*Run) *results.Comparison {
	t.Helper()
	c, err := Compare(a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func kinds(c *results.Comparison) (out []string) {
	for _, d := range c.Doubts {
		out = append(out, d.Kind)
	}
	return out
}

func TestMethods(t *testing.T) {
	base, next := inTurn(3, 20, 30)
	for i := range next {
		next[i].at += 100 * time.Hour
	}
	a, b := sides(t, base, next)
	if c := must(t, a, b); c.Method != results.ByRuns || !slices.Contains(kinds(c), NotInTurn) {
		t.Errorf("one side after the other: %s, %q", c.Method, kinds(c))
	}
	if c := must(t, a, b[:1]); c.Method != results.ByRuns || c.Rounds != 1 || !slices.Contains(c.Found(results.Worse), "octane.login p50") {
		t.Errorf("three and one: %s, worse %q", c.Method, c.Found(results.Worse))
	}
	c := must(t, a[:1], b[:1])
	if c.Method != results.ByBlocks || !slices.Contains(kinds(c), SingleRuns) || c.RunVariationPct != 3 || !slices.Contains(c.Found(results.Worse), "octane.login p50") {
		t.Errorf("one and one: %s, %q, worse %q", c.Method, kinds(c), c.Found(results.Worse))
	}
	wide, err := Compare(a[:1], b[:1], Options{RunVariation: 0.3})
	if err != nil || len(wide.Found(results.Worse)) != 0 {
		t.Errorf("runs that differ by 30 %% in themselves: worse %q, %v", wide.Found(results.Worse), err)
	}
	// The order in which runs are named doesn't matter.
	base, next = inTurn(3, 20, 30)
	a, b = sides(t, base, next)
	slices.Reverse(a)
	if c := must(t, a, b); c.Method != results.ByRounds {
		t.Errorf("rounds in another order: %s", c.Method)
	}
}

func TestShortAndOther(t *testing.T) {
	a, b := sides(t, []drawn{{median: 20, seconds: 5}}, []drawn{{at: time.Hour, median: 20, seconds: 5, target: "fresh"}})
	c := must(t, a, b)
	if c.Verdict != results.Invalid || !strings.Contains(c.Metrics[0].Note, "needs 8 intervals") || c.Metrics[0].Target != "octane" {
		t.Errorf("five seconds: %s, %+v", c.Verdict, c.Metrics[0])
	}
}

func TestDoubts(t *testing.T) {
	other := func(replacements ...string) string {
		return strings.NewReplacer(replacements...).Replace(plainScenario)
	}
	for name, c := range map[string]struct {
		next    drawn
		kind    string
		says    string
		refused bool
	}{
		"rate":        {drawn{scenario: other("at: 20", "at: 25")}, OtherLoad, "load.stages[0].at is 20 and 25", true},
		"stages":      {drawn{scenario: other("20s}]", "20s}, {at: 5, for: 1s}]")}, OtherLoad, "load.stages", true},
		"warm-up":     {drawn{scenario: other("warmup: 1s", "warmup: 5s")}, OtherWarmup, "1s and 5s", true},
		"method":      {drawn{scenario: other("json", "api-key")}, OtherMethod, "json and api-key", true},
		"endpoint":    {drawn{scenario: other("endpoint: octane", "endpoint: acme")}, OtherEndpoint, "octane and acme", true},
		"engine":      {drawn{scenario: other("method:", "engine: standard, method:")}, OtherClient, "not set and standard", true},
		"mix":         {drawn{scenario: other("method:", "calls: {defects: 2}, method:")}, OtherLoad, "calls", true},
		"two targets": {drawn{scenario: other("load:", "  - {name: b, endpoint: lre}\nload:")}, OtherEndpoint, "1 and 2 targets", true},
		"interrupted": {drawn{interrupted: true}, Unfinished, "interrupted", true},
		"version":     {drawn{scenario: other("current", "next")}, OtherVersion, "current and next", false},
		"setting":     {drawn{scenario: other("method:", "settings: {idle: 3h}, method:")}, OtherSettings, "settings", false},
		"same":        {drawn{scenario: other("a.example", "b.example", "a.csv", "b.csv", "use: smoke, ", "")}, "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			c.next.at, c.next.median = time.Hour, 20
			a, b := sides(t, []drawn{{median: 20}}, []drawn{c.next})
			got := must(t, a, b)
			at := slices.IndexFunc(got.Doubts, func(d results.Doubt) bool { return d.Kind == c.kind })
			switch {
			case c.kind == "":
				if !slices.Equal(kinds(got), []string{SingleRuns}) {
					t.Fatalf("doubts %+v, want none but that runs are single", got.Doubts)
				}
				return
			case at < 0 || !strings.Contains(got.Doubts[at].Text, c.says) || got.Doubts[at].Refused != c.refused:
				t.Fatalf("doubts %+v, want %s %q, refused %v", got.Doubts, c.kind, c.says, c.refused)
			case c.refused != (got.Method == "") || c.refused && (got.Verdict != results.Invalid || len(got.Metrics) > 0):
				t.Fatalf("method %q, verdict %s, %d metrics", got.Method, got.Verdict, len(got.Metrics))
			}
			allowed, err := Compare(a, b, Options{Allow: []string{c.kind}})
			if refuses := !slices.Contains(Allowable, c.kind) && c.refused; err != nil || refuses != (allowed.Method == "") {
				t.Fatalf("with --allow %s: method %q, %v", c.kind, allowed.Method, err)
			}
			if c.refused && c.kind != Unfinished && !Misfit(got) || c.kind == Unfinished && Misfit(got) {
				t.Fatalf("Misfit = %v", Misfit(got))
			}
		})
	}
}

func TestSameRun(t *testing.T) {
	a, _ := sides(t, []drawn{{median: 20}}, nil)
	if c := must(t, a, a); !slices.Contains(kinds(c), SameRun) || c.Method != "" {
		t.Errorf("a run against itself: %+v", c.Doubts)
	}
}

func TestReadRefusesUnfinished(t *testing.T) {
	dir := drawn{median: 20}.folder(t, t.TempDir(), "killed")
	if err := os.Remove(filepath.Join(dir, results.SummaryFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "was killed or still goes on") {
		t.Errorf("Read of a killed run: %v", err)
	}
}

func TestFits(t *testing.T) {
	a, _ := sides(t, []drawn{{median: 20}}, nil)
	if err := a[0].Fits([]byte(plainScenario), nil); err != nil {
		t.Errorf("the same scenario: %v", err)
	}
	changed := strings.NewReplacer("at: 20", "at: 30", "json", "basic").Replace(plainScenario)
	err := a[0].Fits([]byte(changed), nil)
	if err == nil || !strings.Contains(err.Error(), "load.stages[0].at") || !strings.Contains(err.Error(), "json and basic") {
		t.Errorf("two differences: %v, want both", err)
	}
	if err := a[0].Fits([]byte(changed), []string{OtherLoad, OtherMethod}); err != nil {
		t.Errorf("both allowed: %v", err)
	}
}
