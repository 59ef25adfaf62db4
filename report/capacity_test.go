package report

import (
	"math"
	"strings"
	"testing"

	"authsoak/results"
)

func searchResult() *results.CapacityResult {
	high := 206.6
	r := &results.CapacityResult{Verdict: results.Pass, Reason: "202.9/s (198.7 to 206.6/s)", Axis: results.RateAxis,
		Plan:    results.CapacityPlanned{Confidence: 0.95},
		Answer:  results.CapacityAnswer{Known: true, Decided: true, Capacity: 202.9, Low: 198.7, High: &high, Method: "a line"},
		Limit:   results.CapacityLimit{Kind: results.LimitResponse, Detail: "at 208.3/s: p99(login) < 500ms, it was 777 ms"},
		USL:     results.CapacityCurve{Refused: "3 different loads: a fit takes 6 at least"},
		Servers: &results.CapacityServers{Wanted: 1000, HeadRoom: 0.3, Each: 125, Servers: 8},
		Left:    []results.CapacityLeft{{Step: 2, Sessions: 3, Folder: "steps/002"}}}
	for i, level := range []float64{100, 200, 400} {
		o := results.CapacityObjective{Expression: "p99(login) < 500ms", Actual: 100 * level / 203, Limit: 100, ActualText: "400 ms", Margin: math.Log(level / 203), Pass: level < 203}
		verdict := "pass"
		if !o.Pass {
			verdict = "fail"
		}
		r.Steps = append(r.Steps, results.CapacityStep{Number: i + 1, Level: level, Verdict: verdict, Kind: "climb", HoldS: 5,
			Objectives: []results.CapacityObjective{o}, Next: "more: because"})
	}
	return r
}

// Every line fits the terminal, and the answer, the limit, the plot and what is
// left open are there.
func TestCapacity(t *testing.T) {
	for _, width := range []int{80, 60} {
		var b strings.Builder
		if err := Capacity(&b, searchResult(), TextOptions{Width: width, Folder: "runs/a"}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, line := range strings.Split(text, "\n") {
			if columns(line) > width {
				t.Errorf("a line of %d columns on a terminal of %d: %s", columns(line), width, line)
			}
		}
		for _, want := range []string{"CAPACITY  202.9/s", "between 198.7/s and 206.6/s", "response time: at 208.3/s", "no curve fitted", "8 for 1000/s with 30 %", "●", "✗", "░", "authsoak cleanup runs/a/steps/002"} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(want), " ")) {
				t.Errorf("at %d columns it lacks %q:\n%s", width, want, text)
			}
		}
	}
}

// A value is told as a part of its limit, whichever side of it is the good one.
func TestOfLimit(t *testing.T) {
	for _, c := range []struct {
		o    results.CapacityObjective
		want string
	}{
		{results.CapacityObjective{Expression: "p99(login) < 500ms", Actual: 250, Limit: 500, Margin: math.Log(0.5)}, " (50 % of the limit)"},
		{results.CapacityObjective{Expression: "rate(login) > 100/s", Actual: 50, Limit: 100, Margin: math.Log(2)}, " (50 % of the limit)"},
		{results.CapacityObjective{Expression: "p99(login) < 500ms", Actual: 6000, Limit: 500, Margin: math.Log(12)}, " (12 times the limit)"},
		{results.CapacityObjective{Expression: "rate(fail) < 1%", Limit: 1, Margin: -3}, ""},
		{results.CapacityObjective{Expression: "keeps up", Actual: 12, Margin: -1}, ""},
	} {
		if got := ofLimit(&c.o); got != c.want {
			t.Errorf("%s, it was %v: %q, want %q", c.o.Expression, c.o.Actual, got, c.want)
		}
	}
}

// An interval that no confidence is claimed for says so, whether or not it is an
// answer; one that it is claimed for says what was allowed for short steps.
func TestCapacityConfidence(t *testing.T) {
	for _, c := range []struct {
		name                string
		known, decided      bool
		relaxation, allowed float64
		want, never         string
	}{
		{"claimed", true, true, 9.6, 0, "95 %: a line; the server's queue forgets in 9.6 s", "lowered"},
		{"short steps", true, true, 9.6, 0.047, "95 %: a line; the server's queue forgets in 9.6 s; the low end is lowered by 4.7 %", "none"},
		{"undecided", true, false, 0, 0, "none: a line", "95 %"},
		{"not known", false, false, 0, 0, "none: a line", "95 %"},
	} {
		r := searchResult()
		a := &r.Answer
		a.Known, a.Decided, a.Allowed, a.RelaxationS = c.known, c.decided, c.allowed, c.relaxation
		var text string
		for _, f := range CapacityFacts(r) {
			if f.Name == "confidence" {
				text = f.Text
			}
		}
		if !strings.Contains(text, c.want) || strings.Contains(text, c.never) {
			t.Errorf("%s: confidence %q, want %q and no %q", c.name, text, c.want, c.never)
		}
	}
}

// A step has a line for each objective with its word and numbers, then what comes
// next and why.
func TestCapacityView(t *testing.T) {
	var b strings.Builder
	v := NewCapacityView(&b, results.RateAxis, LiveOptions{RunFolder: "runs/a"})
	r := searchResult()
	r.Steps[2].Rejected = "the pacer was late"
	r.Steps[2].Orphaned, r.Steps[2].Folder = 2, "steps/003"
	for i := range r.Steps {
		v.Begins(&r.Steps[i])
		v.Ends(&r.Steps[i])
	}
	v.Finish()
	for _, want := range []string{"step 1   100/s: ", "PASS  p99(login) < 500ms  400 ms (49 % of the limit)", "FAIL  p99(login) < 500ms  400 ms (197 % of the limit)", "→ more: because", "no evidence: the pacer was late",
		"2 sessions left open: authsoak cleanup runs/a/steps/003"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "\r") || strings.Contains(b.String(), "\x1b") {
		t.Error("without a terminal it holds carriage returns or escapes")
	}
}

// The generator's ceiling stands with the share of it that the answer is.
func TestCapacityShareOfCeiling(t *testing.T) {
	r := &results.CapacityResult{Axis: results.RateAxis, Ceiling: &results.CapacityCeiling{RatePerS: 1000, Text: "this machine drives 1000 cycles a second"},
		Answer: results.CapacityAnswer{Known: true, Capacity: 190, Low: 188}}
	says := func() string {
		for _, f := range CapacityFacts(r) {
			if f.Name == "generator" {
				return f.Text
			}
		}
		return ""
	}
	if got, want := says(), "this machine drives 1000 cycles a second: the capacity is 19.0 % of that"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for name, change := range map[string]func(){
		"nothing known": func() { r.Answer.Known = false }, "sessions": func() { r.Answer.Known, r.Axis = true, results.SessionsAxis },
	} {
		if change(); says() != r.Ceiling.Text {
			t.Errorf("%s: got %q, want %q", name, says(), r.Ceiling.Text)
		}
	}
}

// A step is told by what it missed most, else by the value nearest to its limit,
// and only where there is none, by what says yes or no.
func TestDeciding(t *testing.T) {
	fast := results.CapacityObjective{Expression: "p99(login.response) < 500ms", Actual: 20, Limit: 500, ActualText: "20 ms", Margin: -3, Pass: true}
	slow := results.CapacityObjective{Expression: "p99(login.response) < 500ms", Actual: 550, Limit: 500, ActualText: "550 ms", Margin: 0.1}
	none := results.CapacityObjective{Expression: "rate(fail) < 0.5%", Limit: 0.5, ActualText: "0%", Margin: -0.14, Pass: true}
	some := results.CapacityObjective{Expression: "rate(fail) < 0.5%", Actual: 0.1, Limit: 0.5, ActualText: "0.1%", Margin: -1.6, Pass: true}
	keeps := results.CapacityObjective{Expression: "keeps up", Actual: 3, ActualText: "+3 cycles", Margin: -0.05, Pass: true}
	behind := results.CapacityObjective{Expression: "keeps up", Actual: 99, ActualText: "+99 cycles", Margin: 0.7}
	for _, c := range []struct {
		name       string
		objectives []results.CapacityObjective
		text       string
		measured   bool
	}{
		{"low load", []results.CapacityObjective{fast, none, keeps}, "p99(login.response) 20 ms", true},
		{"some failures", []results.CapacityObjective{fast, some, keeps}, "rate(fail) 0.1%", true},
		{"one missed", []results.CapacityObjective{slow, none, keeps}, "p99(login.response) 550 ms", true},
		{"two missed", []results.CapacityObjective{slow, none, behind}, "keeps up +99 cycles", true},
		{"falls behind", []results.CapacityObjective{fast, none, behind}, "keeps up +99 cycles", true},
		{"no number", []results.CapacityObjective{none, keeps}, "keeps up +3 cycles", false},
		{"nothing judged", nil, "–", false},
	} {
		s := results.CapacityStep{Objectives: c.objectives}
		if _, measured := Deciding(&s); measured != c.measured || decidingText(&s) != c.text {
			t.Errorf("%s: %s, measured %v; want %s, %v", c.name, decidingText(&s), measured, c.text, c.measured)
		}
	}
}
