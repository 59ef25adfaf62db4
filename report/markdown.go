package report

import (
	"fmt"
	"io"
	"strings"

	"authsoak/results"
)

// Limits of the Markdown report: a comment on GitHub may have 65,536 characters.
const (
	mostStepRows  = 60
	mostRuleRows  = 30
	mostReasons   = 20
	mostCellRunes = 300
)

// Markdown writes the summary for a pull request or the summary of a job:
// verdict, thresholds with what they were held against, steps, session rules
// that did not pass, and the generator's own health. Tables are those of GitHub
// Flavored Markdown, which GitLab reads too. Text from outside stands in code
// spans, where it neither formats nor names anybody. The error is w's.
func Markdown(w io.Writer, s *results.Summary) error {
	m := &markdown{}
	m.verdict(s)
	m.thresholds(s.Thresholds)
	m.experiment(s.Experiment)
	m.steps(s)
	m.rules(s.Checks)
	m.health(s)
	_, err := io.WriteString(w, m.String())
	return err
}

type markdown struct{ strings.Builder }

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

// table writes a table. right says which columns hold numbers.
func (m *markdown) table(right string, head []string, rows [][]string) {
	m.line("\n| %s |", strings.Join(head, " | "))
	for _, c := range right {
		m.WriteString(map[rune]string{'l': "| :--- ", 'r': "| ---: "}[c])
	}
	m.line("|")
	for _, r := range rows {
		m.line("| %s |", strings.Join(r, " | "))
	}
}

func (m *markdown) verdict(s *results.Summary) {
	sign := map[results.Verdict]string{results.Pass: "✅", results.Failed: "❌", results.Invalid: "⚠️", results.Interrupted: "⏹️"}[s.Verdict]
	m.line("## %s", strings.TrimSpace(sign+" authsoak: "+verdictWord(s.Verdict)))
	facts := []string{code(s.RunID)}
	if h := headline(s); h != "" {
		facts = append(facts, h)
	}
	if s.Load != "" {
		facts = append(facts, code(s.Load))
	}
	m.line("\n%s", strings.Join(facts, " · "))
	if len(s.Reasons) > 0 {
		m.line("")
	}
	for i, r := range s.Reasons {
		if i == mostReasons {
			m.line("- and %d more", len(s.Reasons)-i)
			break
		}
		m.line("- %s", code(r))
	}
}

func (m *markdown) thresholds(all []results.ThresholdResult) {
	if len(all) == 0 {
		return
	}
	m.line("\n### Thresholds")
	var rows [][]string
	for i := range all {
		sign := "✅"
		if !all[i].Pass {
			sign = "❌"
		}
		rows = append(rows, []string{sign, tableCode(all[i].Expression), tableCode(actual(&all[i]))})
	}
	m.table("llr", []string{"", "limit", "actual"}, rows)
}

// steps writes the steps and cycles; their parts are left to other reports.
func (m *markdown) steps(s *results.Summary) {
	var rows [][]string
	for i := range s.Steps {
		st := &s.Steps[i]
		if st.Kind != "step" && st.Kind != "cycle" || st.Count == 0 {
			continue
		}
		times := st.Service
		if st.Response != nil {
			times = *st.Response
		}
		rows = append(rows, []string{tableCode(st.Target), tableCode(st.Step), count(st.Count), perSecond(st.RatePerS), count(st.Fail), count(st.Unknown),
			millis(times.P50), millis(times.P99), millis(times.Max), millis(st.Service.P99)})
	}
	if len(rows) == 0 {
		return
	}
	m.line("\n### Steps")
	more := len(rows) - mostStepRows
	if more > 0 {
		rows = rows[:mostStepRows]
	}
	m.table("llrrrrrrrr", []string{"target", "step", "count", "per s", "fail", "unknown", "p50", "p99", "max", "service p99"}, rows)
	if more > 0 {
		m.line("\nand %d more steps", more)
	}
	m.line("\np50, p99 and max are response times: from the intended start to the last byte, so they hold what users would have waited. Service time counts from the actual start.")
}

func (m *markdown) rules(all []results.CheckResult) {
	if len(all) == 0 {
		return
	}
	m.line("\n### Session rules")
	m.line("\n%s", counts(all))
	var rows [][]string
	for i := range all {
		if c := &all[i]; c.Verdict == "fail" || c.Verdict == "unknown" {
			sign := map[string]string{"fail": "❌", "unknown": "⚠️"}[c.Verdict]
			rows = append(rows, []string{sign, tableCode(c.ID), tableCode(c.Target), tableCode(c.Expected), tableCode(c.Observed)})
		}
	}
	if len(rows) == 0 {
		return
	}
	more := len(rows) - mostRuleRows
	if more > 0 {
		rows = rows[:mostRuleRows]
	}
	m.table("lllll", []string{"", "rule", "target", "expected", "observed"}, rows)
	if more > 0 {
		m.line("\nand %d more rules", more)
	}
}

// health says whether the numbers are the server's or the generator's.
func (m *markdown) health(s *results.Summary) {
	g := &s.Generator
	m.line("\n### Sessions and generator\n")
	all := s.Sessions
	balanced := "balanced"
	if !all.Balanced {
		balanced = "**not balanced**"
	}
	m.line("- sessions: %s opened, %s closed, %s abandoned, %s expired, %s live at the end, %s left for cleanup; the ledger is %s",
		count(all.Opened), count(all.Closed), count(all.Abandoned), count(all.Expired), count(all.LiveAtEnd), count(all.Orphaned), balanced)
	m.line("- cycles: %s planned, %s dropped, %s interrupted", count(s.Cycles.Planned), count(s.Cycles.Dropped), count(s.Cycles.Interrupted))
	limit := "never the limit"
	if g.TaintedIntervals > 0 {
		limit = fmt.Sprintf("the limit in %d of %d intervals", g.TaintedIntervals, g.Intervals)
	}
	m.line("- the generator was %s; starts were late by %s (p99); processor time %s, memory %s", limit, millis(s.Lateness.P99), span(g.CPUS), size(g.MaxRSSBytes))
	if text := ceilingText(g); text != "" {
		m.line("- it was at %s", text)
	}
	for _, r := range g.TaintReasons {
		m.line("  - %s", code(r))
	}
	for _, name := range s.Insecure {
		m.line("- the certificate of %s was **not verified**", code(name))
	}
}

// code writes text from outside as a code span that no character of it can end.
func code(s string) string {
	s = clean(s)
	if r := []rune(s); len(r) > mostCellRunes {
		s = string(r[:mostCellRunes]) + "…"
	}
	if s == "" {
		return ""
	}
	longest, now := 0, 0
	for _, r := range s {
		if r != '`' {
			now = 0
			continue
		}
		now++
		longest = max(longest, now)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 {
		s = " " + s + " "
	}
	return fence + s + fence
}

// tableCode is [code] inside a table, where a pipe ends the cell even in code unless
// it is escaped (GitHub Flavored Markdown, 4.10); behind a backslash it can't be.
func tableCode(s string) string {
	return code(strings.NewReplacer(`\|`, `\ \|`, "|", `\|`).Replace(clean(s)))
}
