package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"authsoak/check"
	"authsoak/driver"
	"authsoak/report"
	"authsoak/results"
	"authsoak/rules"
)

// Targets are checked side by side where there are many: a rule waits for one
// answer after the other.
const checksAtOnce = 4

// try tries the rules of every target, and prints a line for each rule, or for
// each target where there are many.
func (j *checkJob) try(ctx context.Context) error {
	j.out = make([]check.Outcome, len(j.targets))
	errs := make([]error, len(j.targets))
	show := &checkLines{options: report.TextFor(screenOf(j.Out)), out: j.Out, names: j.names, races: j.c.Bool("races")}
	if j.c.Bool("quiet") || j.c.Bool("json") {
		show.out = io.Discard
	}
	many := len(j.targets) > 3
	if len(j.targets) == 1 {
		show.names = 0
	}
	var group sync.WaitGroup
	slots := make(chan struct{}, checksAtOnce)
	turns := j.turns()
	for i := range j.targets {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			turns[i].Lock()
			defer turns[i].Unlock()
			progress := show.rule
			if many {
				progress = func(int, int, results.CheckResult) {}
			}
			j.out[i], errs[i] = check.Contract(ctx, check.ContractConfig{Target: j.targets[i], Rows: j.rows[i],
				WrongSecrets: j.wrong, Repeat: j.repeat, Agent: agent(), Timeout: j.plan.Timeout, Progress: progress,
				Ledger: j.at.ledger, Number: i})
			if many {
				show.target(j.targets[i].Name, j.out[i].Results)
			}
		})
		if !many {
			group.Wait()
		}
	}
	group.Wait()
	err := errors.Join(errs...)
	if err == nil && j.c.Bool("races") && ctx.Err() == nil {
		err = j.race(ctx, show)
	}
	return err
}

// turns has a lock for each target. Targets of one product on one server, whose
// list of sessions is going to be counted, have the same: they may use the same
// accounts.
func (j *checkJob) turns() []*sync.Mutex {
	out := make([]*sync.Mutex, len(j.targets))
	shared := map[string]*sync.Mutex{}
	counted := map[string]bool{}
	key := func(t *driver.Target) string { return t.Flow.Endpoint + " " + t.URL.Host }
	for i := range j.targets {
		counted[key(&j.targets[i])] = counted[key(&j.targets[i])] || j.targets[i].Flow.Listing != nil
	}
	for i := range j.targets {
		k := key(&j.targets[i])
		if out[i] = shared[k]; out[i] == nil {
			out[i] = &sync.Mutex{}
		}
		if counted[k] {
			shared[k] = out[i]
		}
	}
	return out
}

// checkLines prints lines of rules, of several targets at a time.
type checkLines struct {
	mu      sync.Mutex
	options report.TextOptions
	out     io.Writer
	names   int
	races   bool // they come later
}

func (l *checkLines) rule(_, _ int, r results.CheckResult) {
	waits := l.races && strings.HasPrefix(r.ID, "race.") && r.Verdict == string(rules.NotTried)
	if r.Verdict == string(rules.NotApplicable) || waits {
		return
	}
	l.print(report.CheckLine(&r, l.names, l.options))
}

func (l *checkLines) target(name string, checks []results.CheckResult) {
	l.print(report.CheckTarget(name, checks, l.names, l.options))
}

func (l *checkLines) print(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = io.WriteString(l.out, text) // the verdict is told again at the end
}

// race lets clients race on every target, and puts the results in the place of
// those that named this command.
func (j *checkJob) race(ctx context.Context, show *checkLines) error {
	targets, err := driver.OpenWrapped(j.plan, nil, check.Gate)
	if err != nil {
		return err
	}
	var reports []results.RaceReport
	for i := range targets {
		prober, err := driver.NewProber(targets[i], agent(), j.plan.Timeout, j.at.started)
		if err != nil {
			return err
		}
		prober.Keep(j.at.ledger, i, 0)
		raced, report, err := check.Races(ctx, check.RacesConfig{Prober: prober, Target: targets[i].Name,
			Seed: j.plan.Seed, Folder: j.at.folder, Progress: j.raceProgress(targets[i].Name)})
		if err != nil {
			return fmt.Errorf("target %s: %w", targets[i].Name, err)
		}
		reports = append(reports, report)
		for _, r := range raced {
			r.Judged = r.Verdict != string(rules.Info) && r.Verdict != string(rules.NotApplicable)
			show.rule(0, 0, j.out[i].Put(r))
		}
	}
	j.races = reports
	return j.at.folder.WriteJSON(results.RacesFile, reports)
}

// raceProgress tells now and then how far the rounds are.
func (j *checkJob) raceProgress(name string) func(done, planned, faults int) {
	if j.c.Bool("quiet") {
		return nil
	}
	return func(done, planned, faults int) {
		if done%50 == 0 || done == planned {
			fmt.Fprintf(j.Err, "races       %s: %d of %d rounds, %d faults\n", name, done, planned, faults)
		}
	}
}
