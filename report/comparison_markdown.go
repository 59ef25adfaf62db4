package report

import (
	"fmt"
	"strings"

	"authsoak/results"
)

// ComparisonMarkdown returns a comparison as Markdown for a pull request: the
// answer, the tolerances, and the metrics in a table that is folded up where
// nothing differs.
func ComparisonMarkdown(c *results.Comparison) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "### authsoak: %s\n\n%s.\n\n", compareWord(c), escapeMarkdown(compareHeadline(c)))
	for _, r := range c.Reasons {
		fmt.Fprintf(&b, "- %s\n", escapeMarkdown(r))
	}
	if len(c.Reasons) > 0 {
		b.WriteString("\n")
	}
	if len(c.Limits) > 0 {
		b.WriteString("| tolerance | verdict | change |\n|---|---|---|\n")
		for i := range c.Limits {
			t := &c.Limits[i]
			fmt.Fprintf(&b, "| %s | %s | %s |\n", escapeMarkdown(t.Expression), t.Verdict, escapeMarkdown(t.Text))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%s.\n\n", escapeMarkdown(compareMethod(c)))
	for _, d := range c.Doubts {
		mark := "Note"
		if d.Refused {
			mark = "Refused"
		}
		fmt.Fprintf(&b, "- **%s** (%s): %s\n", mark, escapeMarkdown(d.Kind), escapeMarkdown(d.Text))
	}
	if len(c.Doubts) > 0 {
		b.WriteString("\n")
	}
	markdownMetrics(&b, c)
	return []byte(b.String())
}

func markdownMetrics(b *strings.Builder, c *results.Comparison) {
	if len(c.Metrics) == 0 {
		return
	}
	folded := len(c.Found(results.Worse))+len(c.Found(results.Better)) == 0
	if folded {
		b.WriteString("<details><summary>all metrics</summary>\n\n")
	}
	b.WriteString("| step | metric | base | new | change | interval | p | would show | n |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for i := range c.Metrics {
		m := &c.Metrics[i]
		change := unfound(m)
		if m.Finding == results.Worse || m.Finding == results.Better {
			change = "**" + changed(m.Change, m.ChangeUnit) + "** " + m.Finding
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s | %d |\n", escapeMarkdown(m.Target+"."+m.Step), m.Metric,
			compareValue(m.Base, m.Unit), compareValue(m.New, m.Unit), change, interval(m), probability(m.P), magnitude(m.Detectable, m.ChangeUnit), m.Units)
	}
	b.WriteString("\n")
	for _, text := range append(moreRounds(c), compareNotes(c)...) {
		fmt.Fprintf(b, "%s\n", escapeMarkdown(text))
	}
	if folded {
		b.WriteString("\n</details>\n")
	}
}

// markdownEscaper keeps text from outside text: no table, markup or link comes of
// a step's or a folder's name.
var markdownEscaper = strings.NewReplacer(
	"|", "\\|", "<", "&lt;", ">", "&gt;", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "]", "\\]", "\\", "\\\\", "@", "&#64;", "~", "\\~")

func escapeMarkdown(s string) string { return markdownEscaper.Replace(clean(s)) }
