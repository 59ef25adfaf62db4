package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"authsoak/driver"
	"authsoak/driver/sessions"
	"authsoak/results"
	"authsoak/scenario"
)

// fixedByResume are flags that a run which goes on can't have, and why.
var fixedByResume = [][2]string{
	{"out", "the run that goes on has its own: leave it out"},
	{"run-id", "the run that goes on has its own: leave it out"},
	{"timeout-probes", "they end with the run that made them: leave it out, or measure with authsoak timeout"},
	{"restart-command", "an experiment can't go on after a gap: start it anew"},
}

// resume goes on with a run that was killed, in its folder.
func (p *program) resume(ctx context.Context, c *cli.Context, files []string, o scenario.Overrides) error {
	var problems []error
	for _, fixed := range fixedByResume {
		if c.IsSet(fixed[0]) {
			problems = append(problems, fmt.Errorf("--%s: %s", fixed[0], fixed[1]))
		}
	}
	if err := wrongUse(c, problems...); err != nil {
		return err
	}
	folder, err := results.OpenFolder(c.String("resume"))
	if err != nil {
		return err
	}
	earlier, err := results.ReadEarlier(folder)
	if err != nil {
		return fmt.Errorf("--resume: %w", err)
	}
	s, err := sameScenario(folder, files, o)
	if err != nil {
		return fmt.Errorf("--resume %s: %w", folder.Dir, err)
	}
	plan, targets, err := p.planned(ctx, s)
	if err != nil {
		return err
	}
	if plan.Experiment != nil {
		// Nobody knows what the dead generator saw of the event and of before it.
		return fmt.Errorf("--resume %s: the %s is judged from its beginning and can't go on after a gap: log out what it left with authsoak cleanup %s, and start it anew",
			folder.Dir, plan.Experiment.Kind, folder.Dir)
	}
	against, err := baselineOf(c, s)
	if err != nil {
		return err
	}
	out, err := p.outletsOf(c)
	if err != nil {
		return err
	}
	defer out.close()
	if err := p.settleLedger(ctx, c, folder, plan, targets, earlier); err != nil {
		return err
	}
	return p.drive(c, driver.Config{Plan: plan, Targets: targets, Folder: folder, Earlier: earlier,
		Ceilings: ceilingsFor(targets, plan.Connections)}, out, against)
}

// sameScenario returns the scenario to go on with: that of the folder, or one
// given anew, which may differ in secrets only. The error lists all differences.
func sameScenario(folder *results.Folder, files []string, o scenario.Overrides) (*scenario.Scenario, error) {
	was, err := os.ReadFile(folder.Path(results.ScenarioFile))
	if err != nil {
		return nil, err
	}
	var s *scenario.Scenario
	if len(files) == 0 && len(o.Targets) == 0 {
		if s, err = scenario.Parse(results.ScenarioFile, was); err == nil {
			err = s.Apply(o)
		}
	} else {
		s, err = scenarioOf(files, o)
	}
	if err != nil {
		return nil, err
	}
	if blanked := s.Blanked(); len(blanked) > 0 {
		return nil, fmt.Errorf("its secrets were not kept:\n  %s", strings.Join(blanked, "\n  "))
	}
	s.Output.Dir = ""
	different, err := scenario.Differences(was, s.Effective())
	if err != nil {
		return nil, err
	}
	if different = without(different, "output.dir:", "name:"); len(different) > 0 {
		return nil, fmt.Errorf("not the scenario that it was started with:\n  %s\nstart another run, or give the one of %s", strings.Join(different, "\n  "), folder.Path(results.ScenarioFile))
	}
	return s, nil
}

// without drops the lines that begin with one of the prefixes.
func without(lines []string, prefixes ...string) (out []string) {
	for _, l := range lines {
		keep := true
		for _, p := range prefixes {
			keep = keep && !strings.HasPrefix(l, p)
		}
		if keep {
			out = append(out, l)
		}
	}
	return out
}

// progress tells every few seconds how far the logouts are.
func (p *program) progress(c *cli.Context) func(done, all int) {
	if c.Bool("quiet") {
		return nil
	}
	told := time.Now()
	return func(done, all int) {
		if time.Since(told) < 5*time.Second {
			return
		}
		told = time.Now()
		fmt.Fprintf(p.Err, "logged out %d of %d\n", done, all)
	}
}

// settleLedger logs out what the killed run left open, and tells the earlier part.
// What cleanups have done since the kill counts too. Where somebody has removed the
// ledger, what it still held is given up.
func (p *program) settleLedger(ctx context.Context, c *cli.Context, folder *results.Folder, plan *scenario.Plan, targets []driver.Target, earlier *results.Earlier) error {
	var all driver.Cleaned
	if left := ledgersIn(folder); len(left) > 0 && !c.Bool("quiet") {
		fmt.Fprintf(p.Err, "going on with %s after %s of load: logging out what it left open\n", folder.Dir, earlier.Driven.Round(time.Second))
		defer func() { fmt.Fprintf(p.Err, "logged out %d, ended already %d\n", all.LoggedOut, all.AlreadyEnded) }()
	}
	for _, ledger := range ledgersIn(folder) {
		done, err := driver.Cleanup(ctx, driver.CleanupConfig{Plan: plan, Targets: targets, Ledger: ledger, Agent: agent(), Observe: p.progress(c)})
		if err == nil && ledger == folder.Path(results.LedgerFile) {
			_, err = results.AddCleaned(folder, done.Targets)
		}
		all.Add(done)
		switch {
		case errors.Is(err, sessions.ErrInUse):
			return fmt.Errorf("--resume %s: %w", folder.Dir, err)
		case err != nil:
			return &exit{exitInvalid, fmt.Errorf("--resume %s: %w", folder.Dir, err)}
		case ctx.Err() != nil:
			return &exit{exitInterrupted, errors.New("interrupted before load began")}
		case done.Failed > 0:
			return &exit{exitInvalid, fmt.Errorf("--resume %s: %d sessions could not be logged out (%s): see to the server, or give up on them by removing %s: the run then counts them as orphaned",
				folder.Dir, done.Failed, strings.Join(done.Problems, "; "), ledger)}
		}
	}
	cleaned, err := results.ReadCleaned(folder)
	if err != nil {
		return &exit{exitInvalid, fmt.Errorf("--resume %s: %w", folder.Dir, err)}
	}
	earlier.Settle(cleaned)
	if n := earlier.Mark.GivenUp; n > 0 && !c.Bool("quiet") {
		fmt.Fprintf(p.Err, "given up %s that may still be open: their ledger was removed\n", counted(int(n), "session"))
	}
	return nil
}
