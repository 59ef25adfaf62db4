package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"authsoak/comparison"
	"authsoak/results"
	"authsoak/scenario"
)

// baseline is what a run is held against when it is over; nil: nothing.
type baseline struct {
	runs     []*comparison.Run
	options  comparison.Options
	compared *results.Comparison
}

// baselineOf reads the runs of --baseline, and refuses before load what could not
// be compared after it.
func baselineOf(c *cli.Context, s *scenario.Scenario) (*baseline, error) {
	v := &values{c: c}
	b := &baseline{options: v.comparison()}
	dirs := c.StringSlice("baseline")
	if len(dirs) == 0 {
		for _, name := range []string{"tolerance", "allow", "matters", "run-variation"} {
			if c.IsSet(name) {
				v.problems = append(v.problems, fmt.Errorf("--%s: of a comparison, and there is none: add --baseline RUN", name))
			}
		}
		return nil, wrongUse(c, v.problems...)
	}
	if err := wrongUse(c, v.problems...); err != nil {
		return nil, err
	}
	var errs []error
	for _, dir := range dirs {
		r, err := comparison.Read(dir)
		if err != nil {
			errs = append(errs, fmt.Errorf("--baseline: %w", err))
			continue
		}
		b.runs = append(b.runs, r)
		errs = append(errs, r.Fits(s.Effective(), b.options.Allow))
	}
	if len(b.runs) > 0 {
		errs = append(errs, comparison.CheckTolerances(b.runs[0], b.options.Tolerances))
	}
	if err := wrongUse(c, errs...); err != nil {
		return nil, err
	}
	return b, nil
}

// judge compares the run that has ended, and takes the finding into its summary.
func (b *baseline) judge(folder *results.Folder, summary *results.Summary) error {
	if b == nil || summary.Verdict == results.Interrupted {
		return nil
	}
	run, err := comparison.Read(folder.Dir)
	if err != nil {
		return err
	}
	if b.compared, err = comparison.Compare(b.runs, []*comparison.Run{run}, b.options); err != nil {
		return err
	}
	summary.Join(b.compared)
	return errors.Join(folder.WriteJSON(results.ComparisonFile, b.compared), folder.WriteJSON(results.SummaryFile, summary))
}

// print shows the whole comparison below the summary.
func (b *baseline) print(p *program, c *cli.Context) error {
	if b == nil || b.compared == nil || c.Bool("json") || c.Bool("quiet") {
		return nil
	}
	if _, err := fmt.Fprintf(p.Out, "\nAgainst %s\n", strings.Join(c.StringSlice("baseline"), ", ")); err != nil {
		return err
	}
	return p.printComparison(c, b.compared, nil)
}
