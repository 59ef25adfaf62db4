package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"authsoak/accounts"
	"authsoak/document"
	"authsoak/driver"
	"authsoak/report"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
)

// probeFlags are the flags of a run that measures timeouts beside its load.
func probeFlags() []cli.Flag {
	return []cli.Flag{
		toggle(ladderFlags, "timeout-probes", "measure beside the load how long unused sessions live"),
		text(ladderFlags, "probe-accounts", "`FILE.csv` who opens the sessions that are measured, or a pattern; left out: the last of the load's accounts"),
	}
}

// timeoutProbes plans the ladders that are climbed beside a load; nil where none
// is asked for. Their accounts are taken out of the targets'.
func timeoutProbes(c *cli.Context, s *scenario.Scenario, plan *scenario.Plan, targets []driver.Target) (*ladderSet, error) {
	if !c.Bool("timeout-probes") {
		if c.IsSet("probe-accounts") {
			return nil, wrongUse(c, errors.New("--probe-accounts: needs --timeout-probes"))
		}
		return nil, nil
	}
	set := &ladderSet{arms: []string{"idle", "kept-alive"}, timeout: plan.Timeout, load: plan.Duration, shown: map[*ladderJob]time.Duration{}}
	var errs []error
	for i := range targets {
		if targets[i].Flow.Sessionless {
			continue
		}
		jobs, err := jobsOf(s, i, &targets[i].TargetPlan, rules.LadderOptions{Kept: true}, ladderArms{})
		if err == nil {
			err = apart(c.String("probe-accounts"), &targets[i], jobs[0])
		}
		if err == nil {
			set.jobs = append(set.jobs, jobs...)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(set.jobs) == 0 {
		return nil, wrongUse(c, errors.New("--timeout-probes: no target has sessions"))
	}
	return set, nil
}

// likelyEnd is when the ladders have ended if the timeouts lie in their ranges.
func (set *ladderSet) likelyEnd() (end time.Duration) {
	for _, j := range set.jobs {
		end = max(end, j.ladder.EndsBy(j.ladder.To))
	}
	return end
}

// apart gives a ladder accounts that the load doesn't use.
func apart(given string, t *driver.Target, j *ladderJob) error {
	source := j.plan.Accounts
	first := 0
	switch need := j.ladder.AtOnce; {
	case given != "" && t.Identities != nil:
		return fmt.Errorf("--probe-accounts: target %s shows a client certificate for each account, and only those of the load's accounts are at hand: leave the flag out", t.Name)
	case given != "":
		own, err := probeAccounts(given)
		if err != nil {
			return fmt.Errorf("--probe-accounts: %w", err)
		}
		var missing []string
		if j.plan.Columns, missing = accounts.Resolve(own, j.plan.Flow.AccountFields); len(missing) > 0 {
			return fmt.Errorf("--probe-accounts: gives no column %s, which target %s needs", missing[0], t.Name)
		}
		source, j.foreign = own, true
	case j.plan.Policy == accounts.Lease && source.Count() > need:
		first = source.Count() - need
		t.Accounts = part{source, 0, first}
		source = part{source, first, need}
	}
	j.plan.Accounts, j.first = source, first
	j.pool = accounts.NewPool(j.plan.Policy, source.Count(), 0, 1, 1)
	if j.pool.Policy() == accounts.Lease && j.pool.Size() < j.ladder.AtOnce {
		return fmt.Errorf("target %s: timeout probes take %d accounts, one for each session open at once: give them with --probe-accounts",
			t.Name, j.ladder.AtOnce)
	}
	return nil
}

// probeAccounts reads a file of accounts, or generates them.
func probeAccounts(text string) (accounts.Source, error) {
	a := scenario.ParseAccounts(text)
	if a.Generate != "" {
		return accounts.Generate(a.Generate)
	}
	f, err := os.Open(a.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return accounts.ReadCSV(f, a.File, os.LookupEnv)
}

// part is some accounts of a source, from first on.
type part struct {
	accounts.Source
	first, count int
}

func (p part) Count() int { return p.count }

func (p part) Fields(i int, columns []int, dst *accounts.Scratch) [][]byte {
	return p.Source.Fields(p.first+i, columns, dst)
}

// beside climbs the ladders while drive drives the load. When the load ends, so
// do they: what lives is logged out and what is known is reported.
func (set *ladderSet) beside(p *program, c *cli.Context, folder *results.Folder, targets []driver.Target, drive func() error) error {
	if set == nil {
		return drive()
	}
	if !c.Bool("quiet") {
		if err := report.TimeoutPlan(p.Err, set.announce(), time.Now(), report.TextFor(screenOf(p.Err))); err != nil {
			return err
		}
	}
	if end := set.likelyEnd(); !c.Bool("quiet") && set.load < end {
		fmt.Fprintf(p.Err, "timeout probes end with the load, after %s; to find the timeout they need up to %s\n\n",
			document.Duration(set.load), document.Duration(end.Round(time.Second)))
	}
	ctx, cancel := context.WithCancel(c.Context)
	defer cancel()
	stop := make(chan struct{})
	ledger, err := driver.KeepLedger(folder.Path(results.ProbesLedgerFile), folder.RunID)
	if err != nil {
		return err
	}
	if err := set.start(ctx, stop, targets, ledger); err != nil {
		return errors.Join(err, ledger.Close())
	}
	driven := drive()
	close(stop)
	result, trouble := set.wait(folder.RunID)
	var left int64
	for i := range targets {
		left += ledger.Sessions(i).Orphaned
	}
	leftBehind(p.Err, left, folder)
	err = errors.Join(folder.WriteJSON(results.TimeoutFile, result), ledger.Close())
	if err == nil && !c.Bool("json") {
		screen := screenOf(p.Out)
		screen.Quiet = c.Bool("quiet")
		if _, err = fmt.Fprintln(p.Out); err == nil {
			err = report.Timeout(p.Out, result, report.TextFor(screen))
		}
	}
	if driven != nil {
		return driven
	}
	if err = errors.Join(err, trouble); err != nil {
		return &exit{exitInvalid, fmt.Errorf("timeout probes: %w", err)}
	}
	return nil
}
