package report

import (
	"strings"

	"authsoak/results"
)

// expected counts the lines of an experiment that were judged, and those that don't
// hold.
func expected(e *results.Experiment) (judged, failed int64) {
	if e == nil {
		return 0, 0
	}
	for i := range e.Lines {
		if !e.Lines[i].Judged() {
			continue
		}
		judged++
		if !e.Lines[i].Pass {
			failed++
		}
	}
	return judged, failed
}

// experimentHeadline is the verdict on an experiment in a few words, "" where it
// has nothing to say.
func experimentHeadline(s *results.Summary) string {
	judged, failed := expected(s.Experiment)
	switch {
	case failed > 0:
		return count(failed) + " of " + plural(judged, "expectation", "expectations") + " of the " + clean(s.Experiment.Kind) + " not met"
	case judged > 0 && s.Verdict == results.Pass && len(s.Thresholds) == 0:
		return "the " + clean(s.Experiment.Kind) + " went as expected"
	}
	return ""
}

// experiment writes what was done to the server, and each expectation with what
// was seen.
func (p *page) experiment(e *results.Experiment) {
	if e == nil {
		return
	}
	p.heading("Experiment: " + clean(e.Kind))
	p.prose("  ", clean(e.About), nil)
	signs, names := max(columns(p.pass), columns(p.fail)), 0
	for i := range e.Lines {
		names = max(names, columns(clean(e.Lines[i].Name)))
	}
	for i := range e.Lines {
		l := &e.Lines[i]
		sign, paint := p.pass, p.green
		switch {
		case !l.Judged():
			sign, paint = "", func(s string) string { return s }
		case !l.Pass:
			sign, paint = p.fail, p.red
		}
		first := "  " + paint(left(sign, signs)) + " " + left(clean(l.Name), names) + "  "
		taken := signs + names + 5
		var actual func(string) string
		if !l.Pass {
			actual = p.red
		}
		p.hanging(first, taken, clean(l.Actual), actual)
		if l.Judged() {
			p.prose(blanks(taken), "expected: "+clean(l.Expectation), p.dim)
		}
	}
}

func (m *markdown) experiment(e *results.Experiment) {
	if e == nil {
		return
	}
	m.line("\n### Experiment: %s", code(e.Kind))
	m.line("\n%s", code(e.About))
	var rows [][]string
	for i := range e.Lines {
		l := &e.Lines[i]
		sign := "✅"
		switch {
		case !l.Judged():
			sign = ""
		case !l.Pass:
			sign = "❌"
		}
		rows = append(rows, []string{sign, tableCode(l.Name), tableCode(l.Expectation), tableCode(l.Actual)})
	}
	m.table("llll", []string{"", "", "expected", "actual"}, rows)
}

// experimentSuite has a case for each expectation.
func experimentSuite(e *results.Experiment) (s junitSuite, ok bool) {
	if judged, _ := expected(e); judged == 0 {
		return s, false
	}
	s.Name = printable("experiment " + e.Kind)
	for i := range e.Lines {
		l := &e.Lines[i]
		if !l.Judged() {
			continue
		}
		c := junitCase{Class: printable("experiment." + e.Kind), Name: printable(l.Name)}
		if !l.Pass {
			c.Failure = &junitText{Message: printable("it was: " + l.Actual),
				Text: printable(strings.Join([]string{"expected: " + l.Expectation, "observed: " + l.Actual}, "\n"))}
		}
		s.Cases = append(s.Cases, c)
	}
	return s, true
}
