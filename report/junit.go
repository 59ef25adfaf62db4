package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"authsoak/results"
)

// junitSuites is the root of the format that CI servers read.
type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Name    string       `xml:"name,attr"`
	Tests   int          `xml:"tests,attr"`
	Failed  int          `xml:"failures,attr"`
	Errors  int          `xml:"errors,attr"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string           `xml:"name,attr"`
	Tests      int              `xml:"tests,attr"`
	Failed     int              `xml:"failures,attr"`
	Errors     int              `xml:"errors,attr"`
	Skipped    int              `xml:"skipped,attr"`
	Time       string           `xml:"time,attr,omitempty"`      // seconds
	Timestamp  string           `xml:"timestamp,attr,omitempty"` // ISO 8601 without a zone, in UTC
	Properties *junitProperties `xml:"properties"`
	Cases      []junitCase      `xml:"testcase"`
}

type junitProperties struct {
	All []junitProperty `xml:"property"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string     `xml:"classname,attr"`
	Name    string     `xml:"name,attr"`
	Time    string     `xml:"time,attr,omitempty"` // seconds
	Failure *junitText `xml:"failure"`
	Error   *junitText `xml:"error"`
	Skipped *junitText `xml:"skipped"`
	Out     string     `xml:"system-out,omitempty"`
}

type junitText struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

// JUnit writes thresholds and session rules as test cases: a failed one is a
// failure, one that ended unknown an error, one that was not tried skipped. What
// was only observed is left out. The error is w's.
func JUnit(w io.Writer, name string, thresholds []results.ThresholdResult, checks []results.CheckResult) error {
	return writeJUnit(w, &junitSuites{Name: printable(name)}, thresholds, checks)
}

// JUnitRun writes a run: a case for its verdict, since a run may tell nothing
// although no threshold failed, then thresholds and rules as [JUnit] does.
func JUnitRun(w io.Writer, s *results.Summary) error {
	run := junitSuite{Name: "run", Time: decimal(s.WarmupS + s.DurationS + s.DrainS), Cases: []junitCase{verdictCase(s)}}
	if at, err := time.Parse(time.RFC3339Nano, s.StartedAt); err == nil {
		run.Timestamp = at.UTC().Format("2006-01-02T15:04:05")
	}
	facts := []junitProperty{{"run_id", printable(s.RunID)}, {"verdict", printable(string(s.Verdict))}, {"authsoak_version", printable(s.Version)}}
	for _, key := range slices.Sorted(maps.Keys(s.Labels)) {
		facts = append(facts, junitProperty{printable("label." + key), printable(s.Labels[key])})
	}
	run.Properties = &junitProperties{facts}
	all := &junitSuites{Name: printable("authsoak run " + s.RunID), Suites: []junitSuite{run}}
	if suite, ok := experimentSuite(s.Experiment); ok {
		all.Suites = append(all.Suites, suite)
	}
	return writeJUnit(w, all, s.Thresholds, s.Checks)
}

// verdictCase says whether the run could be judged, and fails with it where
// neither threshold nor rule would.
func verdictCase(s *results.Summary) junitCase {
	c := junitCase{Class: "run", Name: "verdict", Time: decimal(s.DurationS)}
	text := &junitText{Message: printable(headline(s)), Text: printable(strings.Join(s.Reasons, "\n"))}
	if len(s.Reasons) > 0 {
		text.Message = printable(s.Reasons[0])
	}
	switch s.Verdict {
	case results.Pass:
	case results.Failed:
		c.Failure = text
	default: // nothing that could be relied on was measured
		c.Error = text
	}
	return c
}

func writeJUnit(w io.Writer, all *junitSuites, thresholds []results.ThresholdResult, checks []results.CheckResult) error {
	if len(thresholds) > 0 {
		all.Suites = append(all.Suites, thresholdSuite(thresholds))
	}
	for i := range checks {
		c := &checks[i]
		if c.Verdict == "info" || c.Verdict == "not-applicable" {
			continue
		}
		target := printable(c.Target)
		at := slices.IndexFunc(all.Suites, func(s junitSuite) bool { return s.Name == target })
		if at < 0 {
			at = len(all.Suites)
			all.Suites = append(all.Suites, junitSuite{Name: target})
		}
		all.Suites[at].Cases = append(all.Suites[at].Cases, ruleCase(c))
	}
	for i := range all.Suites {
		all.Suites[i].count()
		all.Tests += all.Suites[i].Tests
		all.Failed += all.Suites[i].Failed
		all.Errors += all.Suites[i].Errors
	}
	b, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(b)+"\n")
	return err
}

func (s *junitSuite) count() {
	s.Tests = len(s.Cases)
	for i := range s.Cases {
		switch c := &s.Cases[i]; {
		case c.Failure != nil:
			s.Failed++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
}

func thresholdSuite(all []results.ThresholdResult) junitSuite {
	s := junitSuite{Name: "thresholds"}
	for _, t := range all {
		c := junitCase{Class: "thresholds", Name: printable(t.Expression)}
		switch {
		case t.NoData:
			c.Error = &junitText{Message: printable(t.ActualText)}
		case !t.Pass:
			c.Failure = &junitText{Message: "it was " + printable(t.ActualText)}
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}

func ruleCase(c *results.CheckResult) junitCase {
	out := junitCase{Class: printable(c.Target), Name: printable(c.ID)}
	text := "expected: " + c.Expected + "\nobserved: " + c.Observed + "\nsource: " + c.Source + "\n"
	for _, x := range c.Exchanges {
		text += "\n" + plainLines(x.Sent) + "\n\n" + plainLines(x.Received) + "\n"
	}
	full := &junitText{Message: printable(c.Observed), Text: printable(text)}
	switch c.Verdict {
	case "fail":
		out.Failure = full
	case "unknown":
		out.Error = full
	case "not-tried":
		out.Skipped = &junitText{Message: printable(c.Observed)}
	}
	return out
}

// plainLines writes a message of HTTP with the line ends of text.
func plainLines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// printable takes out what XML 1.0 can't hold or a terminal would obey.
func printable(s string) string {
	s = escapes.ReplaceAllString(strings.ToValidUTF8(s, "?"), "")
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff || bidirectional(r) {
			return -1
		}
		return r
	}, s)
}
