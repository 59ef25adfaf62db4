package command

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// probing is the run folder of a command that probes sessions and drives no
// load: its scenario, its ledger, and in the end its summary.
type probing struct {
	folder  *results.Folder
	ledger  *driver.Kept
	plan    *scenario.Plan
	targets []driver.Target
	started time.Time
}

// newProbing makes the folder. From then on every session stands in its ledger.
func newProbing(c *cli.Context, s *scenario.Scenario, plan *scenario.Plan, targets []driver.Target) (*probing, error) {
	folder, err := runFolder(c, s)
	if err != nil {
		return nil, err
	}
	if err := folder.WriteScenario(s.Effective()); err != nil {
		return nil, err
	}
	ledger, err := driver.KeepLedger(folder.Path(results.LedgerFile), folder.RunID)
	if err != nil {
		return nil, err
	}
	return &probing{folder: folder, ledger: ledger, plan: plan, targets: targets, started: time.Now()}, nil
}

// found is what a command that probes has found.
type found struct {
	command  string
	verdict  results.Verdict
	reasons  []string
	checks   []results.CheckResult
	compared *results.ContractComparison
}

// write writes the summary and the rules, and ends the ledger. It returns how many
// sessions `authsoak cleanup` could still log out.
func (g *probing) write(f found) (left int64, err error) {
	s := &results.Summary{
		Command: f.command, Verdict: f.verdict, Reasons: f.reasons, Checks: f.checks, Compared: f.compared, Version: Version(),
		StartedAt: g.started.UTC().Format(time.RFC3339Nano), DurationS: time.Since(g.started).Seconds(),
		Authorized: g.plan.Authorized, Seed: g.plan.Seed, Labels: g.plan.Labels,
	}
	for i := range g.targets {
		connections := profiles.PerRequest
		if f.command == results.CheckCommand {
			connections = profiles.PerUser
		}
		t := g.targets[i].Info(connections)
		t.Sessions = g.ledger.Sessions(i)
		left += t.Sessions.Orphaned
		if t.Insecure {
			s.Insecure = append(s.Insecure, t.Name)
		}
		s.Targets = append(s.Targets, t)
	}
	return left, errors.Join(g.folder.WriteChecks(f.checks), g.folder.WriteProbed(s), g.ledger.Close())
}

// reasonsOf are the judged rules that did not pass, in words.
func reasonsOf(checks []results.CheckResult) (out []string) {
	for i := range checks {
		switch c := &checks[i]; {
		case c.Verdict == "fail":
			out = append(out, fmt.Sprintf("rule %s on %s: expected %s, observed %s", c.ID, c.Target, c.Expected, c.Observed))
		case c.Verdict == "unknown" && c.Judged:
			out = append(out, fmt.Sprintf("rule %s on %s could not be judged: %s", c.ID, c.Target, c.Observed))
		}
	}
	return out
}

// leftBehind says how to end sessions that are left.
func leftBehind(w io.Writer, left int64, folder *results.Folder) {
	if left > 0 {
		fmt.Fprintf(w, "%s: authsoak cleanup %s logs them out\n", counted(int(left), "session")+" may still be open", folder.Dir)
	}
}
