package report

import (
	"fmt"
	"io"
	"strings"

	"authsoak/results"
)

// CheckInput is what a report on the session contract is made from.
type CheckInput struct {
	Verdict results.Verdict
	Checks  []results.CheckResult
	// Compared is what changed against an earlier snapshot; nil: nothing was
	// held against one.
	Compared *results.ContractComparison
	Races    []results.RaceReport // those with faults are shown
	Left     int                  // sessions that could not be logged out
	Text     TextOptions
}

// CheckLine is one rule in a line. Names is the width of the target's name; 0:
// it is left out.
func CheckLine(c *results.CheckResult, names int, opt TextOptions) string {
	p := newPage(opt)
	p.rule(c, names)
	return p.String()
}

// CheckTarget is all rules of a target in a line.
func CheckTarget(name string, checks []results.CheckResult, names int, opt TextOptions) string {
	p := newPage(opt)
	sign, paint := p.pass, func(s string) string { return s }
	switch results.ChecksVerdict(checks, nil) {
	case results.Failed:
		sign, paint = p.fail, p.red
	case results.Invalid:
		sign, paint = p.warn, p.yellow
	}
	p.line(paint(sign + " " + left(clean(name), names) + "  " + counts(checks)))
	return p.String()
}

// counts says how many rules there are of each verdict.
func counts(checks []results.CheckResult) string {
	by := map[string]int64{}
	for i := range checks {
		by[checks[i].Verdict]++
	}
	var parts []string
	for _, v := range []string{"pass", "fail", "unknown", "info", "not-tried", "not-applicable"} {
		if by[v] > 0 {
			parts = append(parts, count(by[v])+" "+v)
		}
	}
	return strings.Join(parts, ", ")
}

// Checks writes what became of the session rules: failures in full first, then
// what changed, and in a line how many of each there were. Rules in one line are
// written as they come, see [CheckLine]. The error is w's.
func Checks(w io.Writer, in CheckInput) error {
	p := newPage(in.Text)
	for _, verdict := range []string{"fail", "unknown"} {
		for i := range in.Checks {
			if c := &in.Checks[i]; c.Verdict == verdict && (verdict == "fail" || c.Judged) {
				p.inFull(c)
			}
		}
	}
	for i := range in.Races {
		if r := &in.Races[i]; len(r.Findings) > 0 || !p.opt.Brief {
			p.races(r)
		}
	}
	if in.Compared != nil {
		p.compared(in.Compared, in.Compared.Against)
	}
	p.line("")
	if in.Left > 0 {
		p.prose("", plural(int64(in.Left), "session", "sessions")+" could not be logged out and may still be open", p.yellow)
	}
	p.line(p.tally(in))
	if p.opt.Folder != "" {
		p.line(p.bold("Run folder") + "  " + clean(p.opt.Folder))
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// ruleWidth and verdictWidth are the columns of a rule's line.
const (
	verdictWidth = 14
	ruleWidth    = 27
)

// rule writes the line of a rule. What was seen stands behind those that did not
// simply pass.
func (p *page) rule(c *results.CheckResult, names int) {
	sign, paint := p.verdictMark(c)
	first := sign + " " + left(c.Verdict, verdictWidth) + " "
	if names > 0 {
		first += left(cut(clean(c.Target), names, p.ellipsis), names) + " "
	}
	first += left(clean(c.ID), ruleWidth) + " "
	text := c.Observed
	if c.Verdict == "pass" || text == "" {
		text = c.Title
	}
	switch c.Verdict {
	case "pass", "not-applicable":
		p.line(cut(first+clean(text), p.width, p.ellipsis))
	case "not-tried": // a command to copy stands in one line
		p.line(paint(first + clean(text)))
	default:
		p.prose(first, clean(text), paint)
	}
}

func (p *page) verdictMark(c *results.CheckResult) (string, func(string) string) {
	plain := func(s string) string { return s }
	switch {
	case c.Verdict == "pass":
		return p.pass, plain
	case c.Verdict == "fail":
		return p.fail, p.red
	case c.Verdict == "unknown":
		return p.warn, p.yellow
	}
	return blanks(columns(p.pass)), p.dim
}

// inFull writes everything about a rule that did not pass: what was expected and
// observed, who says so, and request and answer.
func (p *page) inFull(c *results.CheckResult) {
	p.line("")
	sign, paint := p.verdictMark(c)
	p.hanging(paint(sign)+" ", columns(sign)+1, c.ID+" on "+clean(c.Target), p.bold)
	for _, f := range [][2]string{{"rule", c.Title}, {"expected", c.Expected}, {"observed", c.Observed}, {"source", c.Source}} {
		if f[1] != "" {
			p.prose("    "+left(f[0], 10), clean(f[1]), nil)
		}
	}
	for i := range c.Exchanges {
		x := &c.Exchanges[i]
		p.message("sent", x.Sent)
		p.message("received", x.Received)
	}
}

// mostLines is how much of a message is shown.
const mostLines = 60

// message writes a request or an answer as it stood, made safe to print.
func (p *page) message(label, text string) {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	for i, line := range lines {
		first := blanks(14)
		if i == 0 {
			first = "    " + left(label, 10)
		}
		if i == mostLines {
			p.line(first + fmt.Sprintf("(%d more lines)", len(lines)-i))
			return
		}
		p.line(p.dim(first + "| " + clean(line)))
	}
}

// compared writes what changed against a snapshot: old, then new.
func (p *page) compared(c *results.ContractComparison, against string) {
	p.heading("Against " + clean(against))
	if len(c.Changes) == 0 {
		p.line("  nothing changed in " + plural(int64(c.Compared), "rule", "rules"))
	}
	last := ""
	for i := range c.Changes {
		d := &c.Changes[i]
		if title := clean(d.Rule) + " on " + clean(d.Target); title != last {
			p.line("  " + p.red(p.fail) + " " + p.bold(title))
			last = title
		}
		p.prose("      "+clean(d.What)+": ", orNothing(d.Old), nil)
		p.prose("      "+blanks(columns(clean(d.What)))+p.arrow()+" ", orNothing(d.New), p.red)
	}
	if n := len(c.Missing); n > 0 {
		p.line("  not compared:")
		for i, m := range c.Missing {
			if i == 10 {
				p.line(fmt.Sprintf("    and %d more", n-i))
				break
			}
			p.prose("    ", clean(m), p.dim)
		}
	}
}

func (p *page) arrow() string {
	if p.opt.ASCII {
		return ">"
	}
	return "→"
}

func orNothing(s string) string {
	if s == "" {
		return "(not there)"
	}
	return clean(s)
}

// tally says in a line how it went.
func (p *page) tally(in CheckInput) string {
	parts := []string{counts(in.Checks)}
	if in.Compared != nil {
		parts = append(parts, plural(int64(len(in.Compared.Changes)), "change", "changes")+" against "+clean(in.Compared.Against))
	}
	verdict := p.green(p.bold("PASS"))
	switch in.Verdict {
	case results.Failed:
		verdict = p.red(p.bold("FAIL"))
	case results.Invalid:
		verdict = p.yellow(p.bold("UNKNOWN"))
	case results.Interrupted:
		verdict = p.yellow(p.bold("INTERRUPTED"))
	}
	return verdict + "  " + strings.Join(parts, ", ")
}
