package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"authsoak/capacity"
	"authsoak/driver"
	"authsoak/driver/sessions"
	"authsoak/results"
	"authsoak/scenario"
)

func (p *program) cleanupCommand() *cli.Command {
	flags := serverFlags()[1:]
	flags = append(flags, connectionFlags()...)
	flags = append(flags, toggle(resultFlags, "json", "print the counts as JSON"), toggle(resultFlags, "quiet", "print nothing where no session is left"))
	return &cli.Command{
		Name:      "cleanup",
		Usage:     "log out sessions that a run left behind",
		ArgsUsage: "RUN",
		Description: `
RUN is the folder of a run that was killed, or stopped at once, or of a search
or comparison that consists of runs. Its ledgers name the sessions still open,
its scenario the servers. Relative paths in that scenario count from the folder
in which the run was started. Cleaning up can be interrupted and goes on where
it was.

The exit code is 0 when no session is left that could be logged out, else 1.`,
		UsageText: `
authsoak cleanup runs/20261121T093000Z-7f3a`,
		Flags:           flags,
		Action:          p.cleanup,
		HideHelpCommand: true,
	}
}

func (p *program) cleanup(c *cli.Context) error {
	dirs, err := operands(c, 1, 1)
	if err != nil {
		return err
	}
	v := &values{c: c}
	overrides := v.overrides()
	if err := wrongUse(c, v.problems...); err != nil {
		return err
	}
	left := leftBy(dirs[0])
	folder, err := results.OpenFolder(dirs[0])
	switch {
	case err == nil:
	case len(left) > 0: // a comparison that was killed has nothing but its rounds
		folder = &results.Folder{Dir: dirs[0], RunID: filepath.Base(dirs[0])}
	default:
		return err
	}
	ctx, cancel := p.untilStopped(c.Context)
	defer cancel()
	all := driver.Cleaned{RunID: folder.RunID}
	for _, run := range left {
		if err := p.cleanFolder(ctx, run, overrides, &all); err != nil {
			return err
		}
	}
	if err := p.cleaned(c, all); ctx.Err() == nil {
		return err
	}
	return code(exitInterrupted)
}

// leftBy finds the folders that hold a ledger: that of the run, and those of the
// runs of which it is made, the steps of a search or the rounds of a comparison.
func leftBy(dir string) (left []*results.Folder) {
	dirs := []string{dir}
	for _, parent := range []string{dir, filepath.Join(dir, capacity.StepsDir)} {
		entries, err := os.ReadDir(parent)
		for _, e := range entries {
			if err == nil && e.IsDir() {
				dirs = append(dirs, filepath.Join(parent, e.Name()))
			}
		}
	}
	for _, d := range dirs {
		if f := (&results.Folder{Dir: d, RunID: filepath.Base(d)}); len(ledgersIn(f)) > 0 {
			left = append(left, f)
		}
	}
	return left
}

// ledgersIn lists the ledgers of one folder.
func ledgersIn(f *results.Folder) (paths []string) {
	for _, name := range results.Ledgers() {
		if info, err := os.Stat(f.Path(name)); err == nil && info.Mode().IsRegular() {
			paths = append(paths, f.Path(name))
		}
	}
	return paths
}

// cleanFolder logs out what the ledgers of one run hold. Once it was interrupted
// there is nothing left to do.
func (p *program) cleanFolder(ctx context.Context, folder *results.Folder, overrides scenario.Overrides, all *driver.Cleaned) error {
	if ctx.Err() != nil {
		return nil
	}
	plan, err := leftPlan(folder, overrides)
	if err != nil {
		return err
	}
	targets, err := preflight(ctx, plan)
	if err != nil {
		return p.orInterrupted(err)
	}
	for _, ledger := range ledgersIn(folder) {
		done, err := driver.Cleanup(ctx, driver.CleanupConfig{Plan: plan, Targets: targets, Ledger: ledger, Agent: agent()})
		if errors.Is(err, sessions.ErrInUse) {
			return fmt.Errorf("cleanup %s: %w: let it end, or interrupt it, first", folder.Dir, err)
		}
		if err == nil && ledger == folder.Path(results.LedgerFile) {
			_, err = results.AddCleaned(folder, done.Targets) // for a run that goes on
		}
		if err != nil {
			return &exit{exitFailed, fmt.Errorf("cleanup %s: %w", folder.Dir, err)}
		}
		all.Add(done)
	}
	return nil
}

// leftPlan compiles the scenario that a run left. Its paths count from where
// authsoak runs, not from the run folder.
func leftPlan(folder *results.Folder, o scenario.Overrides) (*scenario.Plan, error) {
	data, err := os.ReadFile(folder.Path(results.ScenarioFile))
	if err != nil {
		return nil, fmt.Errorf("cleanup: the run's scenario names its servers: %w", err)
	}
	s, err := scenario.Parse(results.ScenarioFile, data)
	if err != nil {
		return nil, err
	}
	if err := s.Apply(o); err != nil {
		return nil, err
	}
	return s.Plan()
}

// cleanedJSON is what --json prints.
type cleanedJSON struct {
	RunID        string   `json:"run_id"`
	LoggedOut    int      `json:"logged_out"`
	AlreadyEnded int      `json:"already_ended"`
	Failed       int      `json:"failed"`
	PossiblyOpen int      `json:"possibly_open"`
	Problems     []string `json:"problems"`
}

// cleaned prints what became of the sessions. Its error is the exit code.
func (p *program) cleaned(c *cli.Context, done driver.Cleaned) error {
	var err error
	switch {
	case c.Bool("json"):
		if done.Problems == nil {
			done.Problems = []string{}
		}
		err = json.NewEncoder(p.Out).Encode(cleanedJSON{done.RunID, done.LoggedOut, done.AlreadyEnded, done.Failed, done.PossiblyOpen, done.Problems})
	case done.Failed > 0 || !c.Bool("quiet"):
		err = p.printCleaned(done)
	}
	if err == nil && done.Failed > 0 {
		err = code(exitFailed)
	}
	return err
}

func (p *program) printCleaned(done driver.Cleaned) error {
	_, err := fmt.Fprintf(p.Out, "run %s: %d logged out, %d had ended already, %d may still be open\n",
		done.RunID, done.LoggedOut, done.AlreadyEnded, done.Failed)
	if done.PossiblyOpen > 0 {
		fmt.Fprintf(p.Out, "logins under way when it ended: %d; whether they opened a session is not known, and nobody has their cookies\n", done.PossiblyOpen)
	}
	for _, problem := range done.Problems {
		fmt.Fprintln(p.Out, "  "+problem)
	}
	return err
}
