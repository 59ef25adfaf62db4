package report

import (
	"bytes"
	"strings"
	"testing"

	"authsoak/results"
)

func restarted(fails bool) *results.Summary {
	s := passing()
	s.Thresholds = nil
	at := 60.5
	s.Experiment = &results.Experiment{Kind: "restart", About: "the target restarts", AtS: &at, Lines: []results.ExperimentLine{
		{Name: "not answering", Expectation: "no longer than 10 s", Actual: "3 s; 12 steps failed: 12 connect", Pass: true},
		{Name: "back to normal", Expectation: "after 10 s | at most", Actual: "after 20 s\x1b[31m", Pass: !fails},
		{Name: "sessions that survived", Actual: "0 of 200", Pass: true},
	}}
	if fails {
		s.Verdict, s.Reasons = results.Failed, []string{"restart: back to normal: expected after 10 s at most; it was: after 20 s"}
	}
	return s
}

// What an experiment found stands in every report that a person or a pipeline
// reads: what held, what didn't, and what is only told.
func TestExperiment(t *testing.T) {
	for _, test := range []struct {
		name  string
		fails bool
		write func(*bytes.Buffer, *results.Summary) error
		has   []string
		not   []string
	}{
		{"text, pass", false, func(b *bytes.Buffer, s *results.Summary) error { return Summary(b, s, TextOptions{}) },
			[]string{"PASS  20261121-101500-quiet-fox: the restart went as expected", "Experiment: restart", "✓ not answering           3 s; 12 steps failed",
				"expected: no longer than 10 s", "    sessions that survived  0 of 200"}, []string{"✗", "\x1b"}},
		{"text, fail", true, func(b *bytes.Buffer, s *results.Summary) error { return Summary(b, s, TextOptions{}) },
			[]string{"FAIL  20261121-101500-quiet-fox: 1 of 2 expectations of the restart not met", "✗ back to normal          after 20 s"}, []string{"\x1b"}},
		{"markdown", true, func(b *bytes.Buffer, s *results.Summary) error { return Markdown(b, s) },
			[]string{"### Experiment: `restart`", "| ❌ | `back to normal` | `after 10 s \\| at most` | `after 20 s` |", "|  | `sessions that survived` |"}, nil},
		{"junit", true, func(b *bytes.Buffer, s *results.Summary) error { return JUnitRun(b, s) },
			[]string{`<testsuite name="experiment restart" tests="2" failures="1"`, `classname="experiment.restart" name="back to normal"`, `message="it was: after 20 s`}, []string{"sessions that survived"}},
	} {
		var b bytes.Buffer
		if err := test.write(&b, restarted(test.fails)); err != nil {
			t.Fatal(err)
		}
		for _, want := range test.has {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s lacks %q:\n%s", test.name, want, b.String())
			}
		}
		for _, no := range test.not {
			if strings.Contains(b.String(), no) {
				t.Errorf("%s has %q:\n%s", test.name, no, b.String())
			}
		}
	}
}

func TestCalibrationText(t *testing.T) {
	way := results.Way{Engine: "fast", Scheme: "http", HTTP: "1.1", Connections: "shared"}
	c := &results.Calibration{On: results.Machine{Version: "1.0", Build: "3a1963f", CPU: "Acme\x1b[2J Fast", GoVersion: "go1.26", OS: "linux/amd64", Cores: 2}, Cases: []results.CalibrationCase{
		{Way: way, RequestsPerS: 45755, LowestPerS: 44000, HighestPerS: 46000, Users: 64, CPUUsPerRequest: 18.2, GeneratorShare: 0.6, ServerShare: 0.35, Limit: results.LimitGenerator},
		{Way: way, RequestsPerS: 1008, LowestPerS: 1000, HighestPerS: 1010, Users: 16, CPUUsPerRequest: 911.4, GeneratorShare: 0.4, ServerShare: 0.5, Limit: results.CeilingOfServer, LowerBound: true}}}
	var b bytes.Buffer
	if err := Calibration(&b, c, TextOptions{Width: 120}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"on 2 cores, linux/amd64, go1.26, authsoak 1.0", "Fast, build 3a1963f", "45,755", "generator (60 % + 35 %)", "≥ 1,008", "911 us", "server (40 % + 50 %)", "a lower bound"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %q:\n%s", want, b.String())
		}
	}
	s := passing()
	s.Generator.Ceiling = &results.GeneratorCeiling{Share: 0.123, WorstShare: 0.98, LowerBound: true, Of: []results.Ceiling{{Way: way, RequestsPerS: 45755}}}
	b.Reset()
	if err := Summary(&b, s, TextOptions{Width: 120}); err != nil || !strings.Contains(strings.Join(strings.Fields(b.String()), " "), "at most 12.3 % of its ceiling on average, 98.0 % in the busiest second (fast, http, HTTP/1.1, shared: 45,755 requests/s)") {
		t.Errorf("%v:\n%s", err, b.String())
	}
}
