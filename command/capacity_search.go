package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"authsoak/capacity"
	"authsoak/report"
	"authsoak/report/knee"
	"authsoak/results"
)

// searched makes the search under a view of its steps and prints the answer. Its
// error is the exit code.
func (p *program) searched(c *cli.Context, config capacity.Config, axis string) error {
	quietly := func() {}
	if !c.Bool("quiet") {
		screen := screenOf(p.Err)
		screen.RunFolder = config.Driver.Folder.Dir
		view := report.NewCapacityView(p.Err, axis, screen)
		config.Watch = func(e capacity.Event) {
			switch {
			case e.Begins != nil:
				view.Begins(e.Begins)
			case e.Now != nil:
				view.Now(e.Now)
			case e.Ends != nil:
				view.Ends(e.Ends)
			}
		}
		announced := p.announceStop(view)
		quietly = func() {
			announced()
			view.Finish()
		}
	}
	result, err := capacity.Run(c.Context, p.stop, config)
	quietly()
	folder := config.Driver.Folder
	if result == nil {
		return &exit{exitInvalid, fmt.Errorf("capacity %s: %w", folder.Dir, distinct(err))}
	}
	if written := writeKnee(folder, result); written != nil {
		err = errors.Join(err, written)
	}
	if printed := p.printCapacity(c, result, folder.Dir, c.Bool("json")); printed != nil {
		err = errors.Join(err, printed)
	}
	if err != nil {
		return &exit{exitInvalid, fmt.Errorf("capacity %s: %w", folder.Dir, distinct(err))}
	}
	return code(codeOf(result.Verdict))
}

// writeKnee leaves the page of a search in its folder.
func writeKnee(folder *results.Folder, r *results.CapacityResult) error {
	var b bytes.Buffer
	if err := knee.Write(&b, r); err != nil {
		return err
	}
	return folder.Write(results.ReportFile, b.Bytes())
}

// printCapacity prints an answer the way the flags ask for.
func (p *program) printCapacity(c *cli.Context, r *results.CapacityResult, dir string, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(p.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	screen := screenOf(p.Out)
	screen.Quiet, screen.RunFolder = c.Bool("quiet"), dir
	return report.Capacity(p.Out, r, report.TextFor(screen))
}
