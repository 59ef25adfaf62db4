package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"authsoak/results"
)

func number(v float64) *float64 { return &v }

// compared is a comparison that shows one thing, cannot show another, and has a
// tolerance of each verdict.
func compared() *results.Comparison {
	run := func(id, at string) results.ComparedRun {
		return results.ComparedRun{RunID: id, Folder: "runs/" + id, StartedAt: at, Verdict: results.Pass, Intervals: 60,
			Targets: []string{"octane octane current json https://" + id + ".example.test"}}
	}
	row := func(step, metric, unit, finding string, base, next, change, low, high, p, would float64, rounds int) results.ComparedMetric {
		m := results.ComparedMetric{Target: "octane", Step: step, Metric: metric, Unit: unit, Finding: finding, Base: number(base), New: number(next),
			ChangeUnit: "%", Change: number(change), Low: number(low), High: number(high), P: number(p), Detectable: number(would), Matters: 5, RoundsNeeded: rounds, Units: 6}
		if unit == "%" {
			m.ChangeUnit, m.Matters = "points", 1
		}
		return m
	}
	return &results.Comparison{
		Schema: results.ComparisonSchema, Version: "test", Verdict: results.Failed, Method: results.ByRounds, Rounds: 6, Confidence: 0.95, Family: 5,
		Reasons: []string{"tolerance p50(login) < 5%: +10.0 %, at least +9.4 %"},
		Base:    []results.ComparedRun{run("old", "2026-11-21T10:00:00.5Z")}, New: []results.ComparedRun{run("fresh", "2026-11-21T10:05:00Z")},
		Doubts: []results.Doubt{{Kind: "tainted", Text: "runs/old: the generator was the limit in 2 of 60 intervals, which are left out"}},
		Metrics: []results.ComparedMetric{
			row("login", "p50", "ms", results.Worse, 202, 222.3, 10.02, 8.9, 11, 0.00001, 1.2, 2),
			row("login", "p99", "ms", results.NoFinding, 255, 286, 12.2, -17.5, 52.4, 1, 46.4, 214),
			row("login", "throughput", "/s", results.Better, 30, 31.5, 5, 2, 8, 0.003, 3, 4),
			row("login", "errors", "%", results.NoFinding, 0.1, 0.2, 0.1, -0.2, 0.4, 0.9, 0.33, 1001),
			{Target: "octane", Step: "logout", Metric: "p99", Unit: "ms", ChangeUnit: "%", Finding: results.NotMeasure, Note: "a run has 25 samples, and p99 needs 100"},
		},
		Limits: []results.ToleranceResult{
			{Expression: "p50(login) < 5%", Verdict: "fail", ChangeUnit: "%", Change: number(10), Low: number(9.4), High: number(10.6), Text: "+10.0 %, at least +9.4 %"},
			{Expression: "rate(login) > -3%", Verdict: "pass", Text: "+5.0 %, at least +3.0 %"},
			{Expression: "p99(login) < 15%", Verdict: "unknown", RoundsNeeded: 40, Text: "+12.2 %, somewhere from -5.0 % to +30.0 %; about 40 rounds in all would tell"},
		},
		Spectra: []results.Spectrum{{Target: "octane", Step: "login", Points: []results.SpectrumPoint{{Percentile: 0, Base: 190, New: 210}, {Percentile: 50, Base: 202, New: 222}, {Percentile: 90, Base: 216, New: 239}, {Percentile: 99, Base: 255, New: 286}}}},
	}
}

// refusedComparison is one of runs that don't fit together.
func refusedComparison() *results.Comparison {
	c := compared()
	return &results.Comparison{Schema: c.Schema, Verdict: results.Invalid, Reasons: []string{"the runs are not comparable"}, Base: c.Base, New: c.New,
		Doubts: []results.Doubt{{Kind: "seed", Text: "the seeds are [1] and [2]"}, {Kind: "load", Text: "load.stages[0].at is 20 and 30", Refused: true}}}
}

func TestComparison(t *testing.T) {
	for name, opt := range map[string]TextOptions{
		"compare": {Folder: "runs/pair"}, "compare-colour": {Color: true}, "compare-narrow": {Width: 50}, "compare-ascii": {ASCII: true}, "compare-brief": {Brief: true},
	} {
		var b bytes.Buffer
		if err := Comparison(&b, compared(), opt); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
	}
	var b bytes.Buffer
	if err := Comparison(&b, refusedComparison(), TextOptions{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "compare-refused", b.String())
	golden(t, "compare-markdown", string(ComparisonMarkdown(compared())))
}

// What comes from outside cannot steer a terminal, a page or a table.
func TestComparisonIsSafe(t *testing.T) {
	c := compared()
	const evil = "a|b<script>alert(1)</script>\x1b[31m`*_[x](y)"
	c.Metrics[0].Step, c.Spectra[0].Step, c.Reasons[0], c.Doubts[0].Text, c.Base[0].RunID = evil, evil, evil, evil, evil
	c.Limits[0].Expression, c.Base[0].Targets[0], c.Base[0].Folder = evil, evil, evil
	page, table := string(ComparisonHTML(c)), string(ComparisonMarkdown(c))
	for name, text := range map[string]string{"page": page, "Markdown": table} {
		if at := strings.Index(text, "<script>alert"); at >= 0 {
			t.Errorf("markup from outside is markup in the %s: %s", name, text[max(0, at-80):at+40])
		}
	}
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "| octane") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 10 {
			t.Errorf("a name breaks the table: %s", line)
		}
	}
	var b bytes.Buffer
	if err := Comparison(&b, c, TextOptions{}); err != nil || strings.Contains(b.String(), "\x1b") {
		t.Errorf("escapes from outside in the text, or %v", err)
	}
}

func TestComparisonHTML(t *testing.T) {
	page := string(ComparisonHTML(compared()))
	for _, want := range []string{"<svg", "octane.login", "10.0 % worse", "prefers-color-scheme:dark", "FAIL", "2 of 60 intervals", "2026-11-21 10:00:00 UTC"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, refused := range []string{"src=", "@import", "url(http", "<link"} {
		if strings.Contains(page, refused) {
			t.Errorf("the page needs something else: %q", refused)
		}
	}
	if page := string(ComparisonHTML(refusedComparison())); !strings.Contains(page, "REFUSED") || strings.Contains(page, "<svg") {
		t.Error("the page of refused runs")
	}
}

func TestComparisonJSON(t *testing.T) {
	var b bytes.Buffer
	if err := ComparisonJSON(&b, compared()); err != nil {
		t.Fatal(err)
	}
	var back results.Comparison
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back.Limits[0].Expression != "p50(login) < 5%" || !strings.Contains(b.String(), "< 5%") {
		t.Errorf("%v: %s", err, b.String())
	}
}
