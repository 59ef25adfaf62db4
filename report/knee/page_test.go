package knee

import (
	"math"
	"strings"
	"testing"

	"authsoak/results"
)

func found() *results.CapacityResult {
	high := 104.0
	r := &results.CapacityResult{RunID: "night", Verdict: results.Pass, Reason: "101.5/s (99.5 to 104/s)", Axis: results.RateAxis,
		Targets: []string{"octane <&>"}, Plan: results.CapacityPlanned{Confidence: 0.95},
		Answer: results.CapacityAnswer{Known: true, Decided: true, Capacity: 101.5, Low: 99.5, High: &high},
		Limit:  results.CapacityLimit{Kind: results.LimitResponse, Detail: "at 110/s"},
		USL: results.CapacityCurve{Gamma: &results.CurveParameter{Value: 50}, Alpha: &results.CurveParameter{Value: 0.02},
			Beta: &results.CurveParameter{Value: 0.001}, NoPeak: "the points show no peak"}}
	for i, level := range []float64{25, 50, 100, 110} {
		s := results.CapacityStep{Number: i + 1, Level: level, Verdict: "pass", Kind: "climb", RatePerS: level, Concurrency: level / 20,
			Objectives: []results.CapacityObjective{{Expression: "p99(login) < 500ms", ActualText: "400 ms", Margin: math.Log(level / 101.5), Pass: level < 101}}}
		if level > 101 {
			s.Verdict = "fail"
		}
		r.Steps = append(r.Steps, s)
		r.USL.Points = append(r.USL.Points, results.CurvePoint{Step: i + 1, Concurrency: level / 20, RatePerS: level, Residual: 0.1})
	}
	return r
}

func TestWrite(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, found()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"101.5/s, between 99.5/s and 104/s", `id="margins"`, `id="scalability"`, `id="residuals"`, "octane &lt;&amp;&gt;", "p99(login) &lt; 500ms: 400 ms"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script src", "http://", "https://", "NaN", "ZgotmplZ"} {
		if body := strings.ReplaceAll(page, "http://www.w3.org", ""); strings.Contains(body, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

// What the test has not decided isn't shaded as the answer.
func TestBandIsDecided(t *testing.T) {
	for _, decided := range []bool{true, false} {
		r := found()
		r.Answer.Decided = decided
		var b strings.Builder
		if err := Write(&b, r); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "the capacity lies here"); got != decided {
			t.Errorf("decided %v: the band is drawn: %v", decided, got)
		}
	}
}

// Steps of one level are drawn in one order, however they come.
func TestDots(t *testing.T) {
	for _, points := range [][][2]float64{{{1, 2}, {1, 1}, {0.5, 3}}, {{0.5, 3}, {1, 1}, {1, 2}}} {
		if s := dots("steps", "", points); s.Y[0] != 3 || s.Y[2] != 1 || s.Y[4] != 2 {
			t.Errorf("%v are drawn as %v, %v", points, s.X, s.Y)
		}
	}
}

// Where no confidence is claimed the page says so, and shades nothing.
func TestWriteUndecided(t *testing.T) {
	var b strings.Builder
	r := found()
	r.Verdict, r.Answer.Known, r.Answer.Decided = results.Invalid, false, false
	r.Answer.Method = "single steps, undecided"
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	if page := b.String(); !strings.Contains(page, "none: single steps, undecided") || strings.Contains(page, "the capacity lies here") || strings.Contains(page, "95 %") {
		t.Errorf("the page claims confidence, or doesn't say that there is none:\n%s", page)
	}
}

// A search that ended before anything was known has a page too.
func TestWriteNothing(t *testing.T) {
	var b strings.Builder
	r := &results.CapacityResult{RunID: "x", Verdict: results.Invalid, Reason: "nothing", Axis: results.RateAxis}
	if err := Write(&b, r); err != nil || !strings.Contains(b.String(), "INVALID") {
		t.Errorf("%v, %s", err, b.String())
	}
}
