package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

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
RUN is the folder of a run that was killed, or stopped at once. Its ledger names
the sessions still open, its scenario the servers. Relative paths in that
scenario count from the folder in which the run was started. Cleaning up can be
interrupted and goes on where it was.

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
	folder, err := results.OpenFolder(dirs[0])
	if err != nil {
		return err
	}
	var ledgers []string
	for _, name := range []string{results.LedgerFile, results.ProbesLedgerFile} {
		if _, err := os.Stat(folder.Path(name)); !errors.Is(err, fs.ErrNotExist) {
			ledgers = append(ledgers, folder.Path(name))
		}
	}
	if len(ledgers) == 0 {
		return p.cleaned(c, driver.Cleaned{RunID: folder.RunID})
	}
	plan, err := leftPlan(folder, overrides)
	if err != nil {
		return err
	}
	ctx, cancel := p.untilStopped(c.Context)
	defer cancel()
	targets, err := preflight(ctx, plan)
	if err != nil {
		return p.orInterrupted(err)
	}
	all := driver.Cleaned{RunID: folder.RunID}
	for _, ledger := range ledgers {
		done, err := driver.Cleanup(ctx, driver.CleanupConfig{Plan: plan, Targets: targets, Ledger: ledger, Agent: agent()})
		if errors.Is(err, sessions.ErrInUse) {
			return fmt.Errorf("cleanup %s: %w: let it end, or interrupt it, first", folder.Dir, err)
		}
		if err != nil {
			return &exit{exitFailed, fmt.Errorf("cleanup %s: %w", folder.Dir, err)}
		}
		all.Add(done)
	}
	if err := p.cleaned(c, all); ctx.Err() == nil {
		return err
	}
	return code(exitInterrupted)
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
