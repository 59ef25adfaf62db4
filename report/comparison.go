package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"authsoak/results"
)

// ComparisonJSON writes a comparison as it stands in comparison.json.
func ComparisonJSON(w io.Writer, c *results.Comparison) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(c)
}

// Comparison writes what differs between runs, in the manner of benchstat: a line
// for each metric with both sides and the change, or ~ where none is shown, and
// what this data would have shown. The error is w's.
func Comparison(w io.Writer, c *results.Comparison, opt TextOptions) error {
	p := newPage(opt)
	word, paint := compareWord(c), p.red
	switch c.Verdict {
	case results.Pass:
		paint = p.green
	case results.Invalid:
		paint = p.yellow
	}
	p.hanging(p.bold(paint(word))+"  ", columns(word)+2, compareHeadline(c), nil)
	for _, r := range c.Reasons {
		p.prose("  - ", clean(r), nil)
	}
	if opt.Brief {
		_, err := io.WriteString(w, p.String())
		return err
	}
	p.tolerances(c.Limits)
	p.sides(c)
	p.doubts(c.Doubts)
	p.compareTable(c)
	p.unsaid(c)
	if p.opt.Folder != "" {
		p.line("")
		p.line(p.bold("Run folder") + "  " + clean(p.opt.Folder))
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func compareWord(c *results.Comparison) string {
	if c.Method == "" {
		return "REFUSED"
	}
	return verdictWord(c.Verdict)
}

// compareHeadline is the answer in a sentence.
func compareHeadline(c *results.Comparison) string {
	worse, better := len(c.Found(results.Worse)), len(c.Found(results.Better))
	switch {
	case c.Method == "":
		return "these runs can't be compared"
	case c.Family == 0 && worse+better == 0:
		return "nothing can be said"
	case worse+better == 0:
		return "no difference is shown; see below what could have been"
	}
	var parts []string
	for _, n := range []struct {
		n    int
		word string
	}{{worse, "worse"}, {better, "better"}} {
		if n.n > 0 {
			parts = append(parts, plural(int64(n.n), "metric is", "metrics are")+" "+n.word)
		}
	}
	return "new against base: " + strings.Join(parts, ", ")
}

// tolerances writes each allowed change with what is known of it.
func (p *page) tolerances(all []results.ToleranceResult) {
	if len(all) == 0 {
		return
	}
	p.heading("Tolerances")
	signs := max(columns(p.pass), columns(p.fail))
	for i := range all {
		t := &all[i]
		sign, paint := p.pass, p.green
		switch t.Verdict {
		case string(results.Failed):
			sign, paint = p.fail, p.red
		case results.ToleranceUnknown:
			sign, paint = "?", p.yellow
		}
		p.hanging("  "+paint(left(sign, signs))+" ", signs+3, clean(t.Expression)+": "+clean(t.Text), nil)
	}
}

// sides says what was compared, and how.
func (p *page) sides(c *results.Comparison) {
	p.heading("Compared")
	p.field("how", compareMethod(c))
	p.side("base", c.Base)
	p.side("new", c.New)
}

func (p *page) side(name string, runs []results.ComparedRun) {
	if len(runs) == 0 {
		return
	}
	for i, t := range runs[0].Targets {
		label := ""
		if i == 0 {
			label = name
		}
		p.field(label, clean(t))
	}
	var folders []string
	for i := range runs {
		folders = append(folders, clean(runs[i].Folder))
	}
	p.prose("  "+blanks(labelWidth), strings.Join(folders, " "), p.dim)
}

// compareMethod says what the units were.
func compareMethod(c *results.Comparison) string {
	sure := fmt.Sprintf("%s, all intervals together right in %s of cases", plural(int64(c.Family), "metric", "metrics"), percent(c.Confidence))
	switch c.Method {
	case results.ByRounds:
		return plural(int64(c.Rounds), "round", "rounds") + " driven in turn; " + sure
	case results.ByRuns:
		return plural(int64(len(c.Base)), "run", "runs") + " and " + plural(int64(len(c.New)), "run", "runs") + ", not driven in turn; " + sure
	case results.ByBlocks:
		return "one run on each side, by blocks of time; runs are taken to differ by " + percent(c.RunVariationPct/100) + " in themselves; " + sure
	}
	return "not at all"
}

// doubts writes what speaks against the comparison, refusals first.
func (p *page) doubts(all []results.Doubt) {
	if len(all) == 0 {
		return
	}
	p.heading("Comparable?")
	for _, refused := range []bool{true, false} {
		for _, d := range all {
			if d.Refused != refused {
				continue
			}
			if refused {
				p.hanging("  "+p.red(p.fail)+" ", columns(p.fail)+3, clean(d.Kind)+": "+clean(d.Text), nil)
			} else {
				p.hanging("  "+p.yellow(p.warn)+" ", columns(p.warn)+3, clean(d.Kind)+": "+clean(d.Text), nil)
			}
		}
	}
}

// compareTable writes the metrics, a block for each step.
func (p *page) compareTable(c *results.Comparison) {
	if len(c.Metrics) == 0 {
		return
	}
	p.heading("Metrics: response times, steps a second, share of steps that did not go well")
	t := &table{columns: []column{
		{title: "", left: true}, {title: "base"}, {title: "new"}, {title: "change"}, {title: "interval"},
		{title: "p", spare: 1}, {title: "would show", spare: 2}, {title: "n", spare: 3},
	}}
	step := ""
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if name := clean(m.Target + "." + m.Step); name != step {
			t.across(name, p.bold)
			step = name
		}
		t.add(p.compareCells(m)...)
	}
	t.print(p, "  ")
}

func (p *page) compareCells(m *results.ComparedMetric) []cell {
	change := cell{text: unfound(m)}
	switch m.Finding {
	case results.Worse:
		change = cell{text: changed(m.Change, m.ChangeUnit), paint: p.red}
	case results.Better:
		change = cell{text: changed(m.Change, m.ChangeUnit), paint: p.green}
	}
	n := none
	if m.Units > 0 {
		n = count(int64(m.Units))
	}
	return []cell{
		{text: "  " + m.Metric}, {text: compareValue(m.Base, m.Unit)}, {text: compareValue(m.New, m.Unit)}, change,
		{text: interval(m)}, {text: probability(m.P)}, {text: magnitude(m.Detectable, m.ChangeUnit)}, {text: n},
	}
}

// unfound stands for the change of a metric that shows none.
func unfound(m *results.ComparedMetric) string {
	if m.Finding == results.NotMeasure {
		return none
	}
	return "~"
}

func compareValue(v *float64, unit string) string {
	switch {
	case v == nil:
		return none
	case unit == "ms":
		return millis(*v)
	case unit == "%":
		return percent(*v / 100)
	}
	return perSecond(*v) + unit
}

// changed prints a change with its sign.
func changed(v *float64, unit string) string {
	switch {
	case v == nil:
		return none
	case unit == "%" && *v > hugeChange:
		return fmt.Sprintf(">+%d %%", hugeChange)
	case unit == "%":
		return fmt.Sprintf("%+.1f %%", *v)
	}
	return fmt.Sprintf("%+.2f pt", *v)
}

// hugeChange is the percentage above which nobody needs the number.
const hugeChange = 1000

func interval(m *results.ComparedMetric) string {
	if m.Low == nil || m.High == nil {
		return none
	}
	switch {
	case m.ChangeUnit == "%" && *m.Low > hugeChange:
		return fmt.Sprintf("beyond +%d", hugeChange)
	case m.ChangeUnit == "%" && *m.High > hugeChange:
		return fmt.Sprintf("%+.1f to >+%d", *m.Low, hugeChange)
	case m.ChangeUnit == "%":
		return fmt.Sprintf("%+.1f to %+.1f", *m.Low, *m.High)
	}
	return fmt.Sprintf("%+.2f to %+.2f", *m.Low, *m.High)
}

// magnitude prints the size of a change.
func magnitude(v *float64, unit string) string {
	switch {
	case v == nil:
		return none
	case unit != "%":
		return fmt.Sprintf("%.2f pt", *v)
	case *v > hugeChange:
		return fmt.Sprintf(">%d %%", hugeChange)
	}
	return fmt.Sprintf("%.1f %%", *v)
}

func probability(p *float64) string {
	switch {
	case p == nil:
		return none
	case *p < 0.0005:
		return "<.001"
	}
	return fmt.Sprintf("%.3f", *p)
}

// unsaid writes what the columns leave open: why metrics have no value, and how
// many rounds would show what matters.
func (p *page) unsaid(c *results.Comparison) {
	if len(c.Metrics) == 0 {
		return
	}
	p.line("")
	p.prose("  ", "~: no change is shown. would show: the least change for the worse that these runs would have shown in 4 cases of 5.", p.dim)
	for _, text := range moreRounds(c) {
		p.prose("  ", text, nil)
	}
	for _, text := range compareNotes(c) {
		p.prose("  ", text, p.dim)
	}
}

// moreRounds says how many rounds would show what matters, where these would not.
func moreRounds(c *results.Comparison) []string {
	most, matters := 0, 0.0
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if m.Finding == results.NoFinding && m.ChangeUnit == "%" && (m.RoundsNeeded > c.Rounds || c.Method != results.ByRounds) {
			most, matters = max(most, m.RoundsNeeded), m.Matters
		}
	}
	if most == 0 {
		return nil
	}
	return []string{fmt.Sprintf("To show a change of %g %% in every metric with ~ takes %s in all.", matters, roundsText(most))}
}

func roundsText(n int) string {
	if n > results.MostRounds {
		return "more than " + count(results.MostRounds) + " rounds"
	}
	return "about " + plural(int64(n), "round", "rounds")
}

// compareNotes lists the notes of metrics, those that are alike together.
func compareNotes(c *results.Comparison) []string {
	var notes []string
	of := map[string][]string{}
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if m.Note == "" {
			continue
		}
		if of[m.Note] == nil {
			notes = append(notes, m.Note)
		}
		of[m.Note] = append(of[m.Note], m.Target+"."+m.Step+" "+m.Metric)
	}
	for i, n := range notes {
		notes[i] = clean(strings.Join(of[n], ", ") + ": " + n)
	}
	return notes
}

// against writes what a run's comparison with its baseline found, in short.
func (p *page) against(c *results.ComparisonBrief) {
	if c == nil {
		return
	}
	p.heading("Against " + clean(strings.Join(c.Baseline, ", ")))
	if c.Method == "" {
		p.prose("  ", "not comparable: see comparison.json", p.yellow)
		return
	}
	for _, l := range []struct {
		label string
		names []string
	}{{"worse", c.Worse}, {"better", c.Better}} {
		if len(l.names) > 0 {
			p.field(l.label, clean(strings.Join(l.names, ", ")))
		}
	}
	if len(c.Worse)+len(c.Better) == 0 {
		p.line("  no difference is shown")
	}
	for i := range c.Tolerances {
		t := &c.Tolerances[i]
		p.field(t.Verdict, clean(t.Expression)+": "+clean(t.Text))
	}
}
