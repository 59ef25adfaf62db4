package command

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"authsoak/comparison"
	"authsoak/metric"
	"authsoak/report"
	"authsoak/results"
)

const compareFlags = "comparison"

// judgingFlags say how runs are compared.
func judgingFlags() []cli.Flag {
	return []cli.Flag{
		texts(compareFlags, "tolerance", "`EXPR` a change that is allowed, which decides the exit code: 'p99(login) < 5%', 'rate(login) > -3%'; of shares in points: 'rate(fail) < 0.1%'"),
		texts(compareFlags, "allow", "`KIND` a difference that is no reason to refuse: "+strings.Join(comparison.Allowable, ", ")),
		text(compareFlags, "matters", "`SHARE` the change for which rounds are planned (5%)"),
		text(compareFlags, "run-variation", "`SHARE` how much one run differs from the next, where single runs can't show it (3%)"),
	}
}

// paperFlags say where a comparison is written.
func paperFlags() []cli.Flag {
	return []cli.Flag{
		text(resultFlags, "html", "`FILE` where the comparison is written as a page, with the percentiles of both sides overlaid"),
		text(resultFlags, "markdown", "`FILE` where it is written as Markdown, for a pull request"),
	}
}

func baselineFlags() []cli.Flag {
	return append([]cli.Flag{
		texts(compareFlags, "baseline", "`RUN` the folder of an earlier run to hold this one against; several show how much runs differ"),
	}, judgingFlags()...)
}

func (p *program) compareCommand() *cli.Command {
	flags := append(judgingFlags(), paperFlags()...)
	flags = append(flags,
		toggle(resultFlags, "quiet", "print the verdict only"),
		toggle(resultFlags, "json", "print the comparison as JSON on standard output, and nothing else there"),
	)
	return &cli.Command{
		Name:      "compare",
		Usage:     "tell whether runs are slower, or fail more, than others",
		ArgsUsage: "BASE… -- NEW…",
		Description: `
Whole runs are compared, those driven in turn round by round; where there is one
run on each side, blocks of its time, with an allowance for what one run can't
show. Runs of another load, method or warm-up are refused. RUN is a run folder;
the folder of authsoak ab alone stands for its rounds.

The exit code is 1 where something is shown to be worse, or, with --tolerance,
where a tolerance is shown to be broken; 3 where a tolerance can't be judged.`,
		UsageText: `
authsoak compare runs/old -- runs/new
authsoak compare runs/old-* -- runs/new-* --tolerance 'p99(login) < 5%'
authsoak compare runs/20261121T093000Z-7f3a --markdown pr.md`,
		Flags:           flags,
		Action:          p.compare,
		HideHelpCommand: true,
	}
}

func (p *program) compare(c *cli.Context) error {
	words, err := operands(c, 1, -1)
	if err != nil {
		return err
	}
	v := &values{c: c}
	opt := v.comparison()
	base, next, err := sidesOf(words)
	if err = wrongUse(c, append(v.problems, err)...); err != nil {
		return err
	}
	var a, b []*comparison.Run
	var left []results.Doubt
	if len(words) == 1 { // the rounds of ab, as ab takes them
		a, b, left, err = complete(base, next)
	} else {
		a, b, err = readSides(base, next)
	}
	if err != nil {
		return err
	}
	if len(a) == 0 {
		return &exit{exitInvalid, errors.New("no round can be used: " + allTexts(left))}
	}
	compared, err := comparison.Compare(a, b, opt)
	if err != nil {
		return wrongUse(c, err)
	}
	compared.Doubts = append(compared.Doubts, left...)
	return p.finishComparison(c, compared, nil)
}

// sidesOf splits the operands at --. Two alone are a base and what is new; one
// alone is the folder of authsoak ab.
func sidesOf(words []string) (base, next []string, err error) {
	at := slices.Index(words, "--")
	switch {
	case at < 0 && len(words) == 1:
		return roundsIn(words[0])
	case at < 0 && len(words) == 2:
		return words[:1], words[1:], nil
	case at < 0:
		return nil, nil, fmt.Errorf("compare: write -- between the runs of the base and the new ones: compare %s -- %s", words[0], strings.Join(words[1:], " "))
	}
	base, next = words[:at], words[at+1:]
	if len(base) == 0 || len(next) == 0 || slices.Contains(next, "--") {
		return nil, nil, errors.New("compare: want runs of a base, -- once, and the new runs")
	}
	return base, next, nil
}

// roundPattern are the folders that authsoak ab makes for its runs.
var roundPattern = regexp.MustCompile(`^[0-9]{2,}-(base|new)$`)

// roundsIn lists the runs in a folder of authsoak ab.
func roundsIn(dir string) (base, next []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		m := roundPattern.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		run := dir + string(os.PathSeparator) + e.Name()
		if m[1] == "base" {
			base = append(base, run)
		} else {
			next = append(next, run)
		}
	}
	if len(base) == 0 || len(next) == 0 {
		return nil, nil, fmt.Errorf("compare: %s is no folder of authsoak ab: name the runs of both sides: compare BASE… -- NEW…", dir)
	}
	return base, next, nil
}

func readSides(base, next []string) (a, b []*comparison.Run, err error) {
	read := func(dirs []string) (runs []*comparison.Run, err error) {
		for _, dir := range dirs {
			r, failed := comparison.Read(dir)
			err = errors.Join(err, failed)
			runs = append(runs, r)
		}
		return runs, err
	}
	a, errA := read(base)
	b, errB := read(next)
	return a, b, errors.Join(errA, errB)
}

// comparison reads the flags that say how runs are compared.
func (v *values) comparison() comparison.Options {
	o := comparison.Options{
		Version: Version(), Allow: v.c.StringSlice("allow"),
		Matters: orZero(read(v, "matters", parsePositiveShare)), RunVariation: orZero(read(v, "run-variation", parsePositiveShare)),
	}
	for _, kind := range o.Allow {
		if !slices.Contains(comparison.Allowable, kind) {
			v.problems = append(v.problems, fmt.Errorf("--allow %q: want one of %s", kind, strings.Join(comparison.Allowable, ", ")))
		}
	}
	for _, text := range v.c.StringSlice("tolerance") {
		e, err := metric.ParseTolerance(text)
		if err != nil {
			v.problems = append(v.problems, fmt.Errorf("--tolerance: %w", err))
			continue
		}
		o.Tolerances = append(o.Tolerances, e)
	}
	return o
}

func parsePositiveShare(text string) (float64, error) {
	s, err := parseShare(text)
	if err == nil && s <= 0 {
		err = errors.New("must be more than 0%")
	}
	return s, err
}

// finishComparison writes a comparison where it is wanted, to the folder too where
// there is one, prints it, and returns its exit code.
func (p *program) finishComparison(c *cli.Context, compared *results.Comparison, folder *results.Folder) error {
	if err := p.writeComparison(c, compared, folder); err != nil {
		return err
	}
	if c.Bool("json") {
		if err := report.ComparisonJSON(p.Out, compared); err != nil {
			return err
		}
	} else if err := p.printComparison(c, compared, folder); err != nil {
		return err
	}
	if compared.Verdict == results.Invalid && comparison.Misfit(compared) {
		return code(exitUsage)
	}
	return code(codeOf(compared.Verdict))
}

func (p *program) printComparison(c *cli.Context, compared *results.Comparison, folder *results.Folder) error {
	screen := screenOf(p.Out)
	screen.Quiet = c.Bool("quiet")
	if folder != nil {
		screen.RunFolder = folder.Dir
	}
	return report.Comparison(p.Out, compared, report.TextFor(screen))
}

// writeComparison writes the files: those that flags name, and those of a folder.
func (p *program) writeComparison(c *cli.Context, compared *results.Comparison, folder *results.Folder) error {
	var errs []error
	if folder != nil {
		errs = append(errs, folder.WriteJSON(results.ComparisonFile, compared), folder.Write(results.ReportFile, report.ComparisonHTML(compared)))
	}
	if name := c.String("html"); name != "" {
		errs = append(errs, os.WriteFile(name, report.ComparisonHTML(compared), 0o644))
	}
	if name := c.String("markdown"); name != "" {
		errs = append(errs, os.WriteFile(name, report.ComparisonMarkdown(compared), 0o644))
	}
	if err := errors.Join(errs...); err != nil {
		return &exit{exitInvalid, fmt.Errorf("comparison: %w", err)}
	}
	return nil
}

// reportComparison shows the comparison in a folder that holds no run of its own:
// that of authsoak ab.
func (p *program) reportComparison(c *cli.Context, dirs []string) (done bool, err error) {
	folder := &results.Folder{Dir: dirs[0]}
	if _, err := os.Stat(folder.Path(results.SummaryFile)); err == nil || len(dirs) > 1 {
		return false, nil
	}
	compared, err := results.ReadComparison(folder)
	switch format := c.String("format"); {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return true, err
	case c.Bool("json") || format == "json":
		return true, report.ComparisonJSON(p.Out, compared)
	case format == "markdown":
		_, err = p.Out.Write(report.ComparisonMarkdown(compared))
		return true, err
	case format == "html":
		_, err = p.Out.Write(report.ComparisonHTML(compared))
		return true, err
	case format != "" && format != "terminal":
		return true, wrongUse(c, fmt.Errorf("--format %s: a comparison is shown as terminal, json, markdown or html", format))
	}
	return true, p.printComparison(c, compared, folder)
}
