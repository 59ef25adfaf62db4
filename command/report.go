package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"authsoak/report"
	"authsoak/report/knee"
	"authsoak/results"
	"authsoak/spelling"
)

func (p *program) reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "make a report of a run again",
		ArgsUsage: "RUN…",
		Description: `
RUN is a folder that run, check, timeout, capacity or ab left. Several are
shards of one run and are merged, histograms without loss. The folder of a
killed run is summed up from what it recorded.

The exit code says whether a report could be made; the verdict is in it.`,
		UsageText: `
authsoak report runs/20261121T093000Z-7f3a
authsoak report --format json runs/night-* | jq .verdict
authsoak report --format markdown runs/night >> "$GITHUB_STEP_SUMMARY"
authsoak report --format html runs/night-* > night.html`,
		Flags: []cli.Flag{
			text(resultFlags, "format", "`NAME` what to make: terminal, html, json, markdown, junit, csv, intervals-csv, hlog (terminal)"),
			toggle(resultFlags, "json", "the same as --format json"),
			toggle(resultFlags, "quiet", "print the verdict only"),
		},
		Action:          p.report,
		HideHelpCommand: true,
	}
}

func (p *program) report(c *cli.Context) error {
	dirs, err := operands(c, 1, -1)
	if err != nil {
		return err
	}
	format, err := formatOf(c)
	if err != nil {
		return err
	}
	if done, err := p.reportComparison(c, dirs); done {
		return err
	}
	if searched, err := p.reportCapacity(c, dirs); searched || err != nil {
		return err
	}
	summary, err := p.summaryOf(dirs)
	if err != nil {
		return err
	}
	screen := screenOf(p.Out)
	screen.Quiet = c.Bool("quiet")
	in := report.Input{Summary: summary, Folders: dirs}
	if len(dirs) == 1 {
		in.Folder, screen.RunFolder = dirs[0], dirs[0]
		if in.Findings, err = (&results.Folder{Dir: dirs[0]}).Findings(); err != nil {
			return err
		}
	}
	in.Text = report.TextFor(screen)
	if name, ok := p.besideRun(c, dirs); ok {
		_, err := makePage(name, in)
		return err
	}
	return format(p.Out, in)
}

// reportCapacity makes the report of a search for capacity again; false where the
// folder is of none.
func (p *program) reportCapacity(c *cli.Context, dirs []string) (bool, error) {
	if len(dirs) != 1 {
		return false, nil
	}
	var r results.CapacityResult
	folder := &results.Folder{Dir: dirs[0]}
	err := folder.ReadJSON(results.CapacityFile, &r)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	switch name := c.String("format"); name {
	case "", "terminal", "json":
		return true, p.printCapacity(c, &r, dirs[0], c.Bool("json") || name == "json")
	case pageFormat:
		if _, ok := p.besideRun(c, dirs); ok {
			return true, writeKnee(folder, &r)
		}
		return true, knee.Write(p.Out, &r)
	default:
		hint := ""
		if len(r.Steps) > 0 {
			hint = fmt.Sprintf("; each of its steps is a run: authsoak report --format %s %s", name, report.Quoted(filepath.Join(dirs[0], r.Steps[0].Folder)))
		}
		return true, wrongUse(c, fmt.Errorf("--format %s: %s is a search for capacity, which has terminal, html and json%s", name, dirs[0], hint))
	}
}

func formatOf(c *cli.Context) (report.Format, error) {
	name := c.String("format")
	switch {
	case c.Bool("json") && name != "" && name != "json":
		return nil, wrongUse(c, fmt.Errorf("--json and --format %s: give one", name))
	case c.Bool("json"):
		name = "json"
	case name == "":
		name = "terminal"
	}
	formats := formats()
	if f, ok := formats[name]; ok {
		return f, nil
	}
	var known []string
	for n := range formats {
		known = append(known, n)
	}
	slices.Sort(known)
	hint := "there are " + strings.Join(known, ", ")
	if near := spelling.Nearest(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, wrongUse(c, fmt.Errorf("--format: no format %q: %s", name, hint))
}

// summaryOf reads the summary of one run, or merges those of several shards.
func (p *program) summaryOf(dirs []string) (*results.Summary, error) {
	var folders []*results.Folder
	var errs []error
	for _, dir := range dirs {
		f, err := results.OpenFolder(dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		folders = append(folders, f)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(folders) > 1 {
		return results.Merge(folders...)
	}
	summary := &results.Summary{}
	err := folders[0].ReadJSON(results.SummaryFile, summary)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		return summary, nil
	}
	if _, err := os.Stat(folders[0].Path(results.IntervalsFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: it was killed, or still goes on, and recorded nothing that could be reported: authsoak cleanup %s logs out what it left", dirs[0], dirs[0])
	}
	summary, err = results.Rebuild(folders[0])
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(p.Err, "%s: it holds no %s, since the run was killed or still goes on: summed up from what it recorded\n",
		dirs[0], results.SummaryFile)
	return summary, nil
}
