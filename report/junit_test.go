package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"authsoak/results"
)

// junitElement is what the schema that CI servers publish (jenkins-junit.xsd,
// the common part of Surefire's and Jenkins') says of an element: attributes, a
// ! behind those that must be there, and children, in order where they must be.
type junitElement struct {
	attributes, children []string
	ordered, text        bool
}

var junitSchema = map[string]junitElement{
	"testsuites": {[]string{"name", "time", "tests", "failures", "disabled", "errors"}, []string{"testsuite"}, false, false},
	"testsuite": {[]string{"name!", "tests!", "failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id", "package"},
		[]string{"properties", "testcase", "system-out", "system-err"}, true, false},
	"properties": {nil, []string{"property"}, false, false},
	"property":   {[]string{"name!", "value!"}, nil, false, false},
	"testcase": {[]string{"name!", "assertions", "time", "classname", "status"},
		[]string{"skipped", "error", "failure", "system-out", "system-err"}, true, false},
	"failure":    {[]string{"message", "type"}, nil, false, true},
	"error":      {[]string{"message", "type"}, nil, false, true},
	"skipped":    {[]string{"message", "type"}, nil, false, true},
	"system-out": {nil, nil, false, true},
	"system-err": {nil, nil, false, true},
}

var (
	junitNumber = regexp.MustCompile(`^(tests|failures|errors|skipped|disabled|assertions)$`)
	junitTime   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`)
)

// junitProblems holds a document against the schema and its counts against what
// they count.
func junitProblems(doc []byte) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	type open struct {
		name, last string
		says       map[string]string
		counts     map[string]int
	}
	stack := []*open{{name: "", counts: map[string]int{}}}
	for d := xml.NewDecoder(bytes.NewReader(doc)); ; {
		token, err := d.Token()
		if err != nil {
			if len(stack) != 1 || err.Error() != "EOF" {
				bad("not well-formed: %v", err)
			}
			return problems
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			rule, known := junitSchema[name]
			parent := junitSchema[top.name]
			if !known || top.name != "" && !slices.Contains(parent.children, name) || top.name == "" && name != "testsuites" {
				bad("<%s> inside <%s>", name, top.name)
			}
			if parent.ordered && slices.Index(parent.children, name) < slices.Index(parent.children, top.last) {
				bad("<%s> after <%s>", name, top.last)
			}
			top.last = name
			says := map[string]string{}
			for _, a := range token.Attr {
				says[a.Name.Local] = a.Value
				if !slices.Contains(rule.attributes, a.Name.Local) && !slices.Contains(rule.attributes, a.Name.Local+"!") {
					bad("<%s %s>", name, a.Name.Local)
				}
				_, err := strconv.Atoi(a.Value)
				_, notDecimal := strconv.ParseFloat(a.Value, 64)
				switch {
				case junitNumber.MatchString(a.Name.Local) && err != nil, a.Name.Local == "time" && notDecimal != nil,
					a.Name.Local == "timestamp" && !junitTime.MatchString(a.Value):
					bad("<%s %s=%q>", name, a.Name.Local, a.Value)
				}
			}
			for _, a := range rule.attributes {
				a, must := strings.CutSuffix(a, "!")
				if _, said := says[a]; must && !said {
					bad("<%s> without %s", name, a)
				}
			}
			stack = append(stack, &open{name: name, says: says, counts: map[string]int{}})
			counter := map[string]string{"testcase": "tests", "failure": "failures", "error": "errors", "skipped": "skipped"}[name]
			for _, e := range stack {
				e.counts[counter]++
			}
		case xml.EndElement:
			for _, n := range []string{"tests", "failures", "errors", "skipped"} {
				if text, said := top.says[n]; said && text != strconv.Itoa(top.counts[n]) {
					bad("<%s %s=%q>: it holds %d", top.name, n, text, top.counts[n])
				}
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if strings.TrimSpace(string(token)) != "" && !junitSchema[top.name].text {
				bad("text inside <%s>", top.name)
			}
		}
	}
}

// hostile holds what breaks formats, in every text that comes from outside.
func hostile() *results.Summary {
	const evil = "]]></failure>|`a`\\|b\r\n@all <img src=x> \x1b[2J\x00\xff\u202e=1+1,\"q\""
	s := failing()
	s.RunID, s.Load, s.Labels = "=cmd|' /C calc'!A0", evil, map[string]string{"=k,": "@SUM(1)", "b": evil, "c": "-1", "d": "\t=1", "e": "＝1"}
	s.Reasons = append(s.Reasons, evil)
	s.Thresholds[0].Expression, s.Thresholds[0].ActualText = evil, evil
	s.Steps[0].Target, s.Steps[0].Step = "=HYPERLINK(\"http://x\")", evil
	for i := range s.Checks {
		s.Checks[i].Observed, s.Checks[i].Expected, s.Checks[i].Target = evil, evil, evil
		s.Checks[i].Exchanges = []results.Exchange{{Sent: evil, Received: evil}}
	}
	s.Insecure = []string{evil}
	return s
}

func TestJUnitRun(t *testing.T) {
	for name, s := range map[string]*results.Summary{
		"pass": passing(), "fail": failing(), "invalid": invalid(), "interrupted": interrupted(), "empty": empty(), "hostile": hostile(), "week": week(),
	} {
		var b bytes.Buffer
		if err := JUnitRun(&b, s); err != nil {
			t.Fatal(err)
		}
		for _, p := range junitProblems(b.Bytes()) {
			t.Errorf("%s: %s", name, p)
		}
		var back junitSuites
		if err := xml.Unmarshal(b.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		// A CI server must not show green where the exit code isn't 0.
		if red := back.Failed+back.Errors > 0; red != (s.Verdict != results.Pass) {
			t.Errorf("%s: verdict %s, %d failures, %d errors", name, s.Verdict, back.Failed, back.Errors)
		}
		if name == "fail" {
			golden(t, "junit-run", b.String())
		}
	}
}

// The rules above find what they should.
func TestJUnitProblems(t *testing.T) {
	const good = `<testsuites tests="1" failures="1"><testsuite name="a" tests="1" failures="1"><properties><property name="x" value="y"/></properties><testcase name="n" time="0.5"><failure message="m">t</failure></testcase></testsuite></testsuites>`
	if got := junitProblems([]byte(good)); got != nil {
		t.Fatalf("good: %v", got)
	}
	for _, change := range [][2]string{
		{`tests="1" failures="1">`, `tests="2" failures="1">`}, {` name="a"`, ``}, {`<failure`, `<flop`}, {`time="0.5"`, `time="1s"`}, {`name="n"`, `name="n" color="red"`},
		{`<testsuites `, `<testsuites skipped="0" `}, {`</testsuites>`, ``}, {`<testcase`, `text<testcase`}, {`</testcase>`, `</testcase><properties/>`},
		{`tests="1" failures="1"><prop`, `tests="x" failures="1"><prop`}, {`<testsuite name="a"`, `<testsuite name="a" timestamp="now"`},
	} {
		changed := strings.Replace(good, change[0], change[1], 1)
		if changed == good || junitProblems([]byte(changed)) == nil {
			t.Errorf("%s: no problem found", changed)
		}
	}
}
