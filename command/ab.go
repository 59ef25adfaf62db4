package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"authsoak/comparison"
	"authsoak/document"
	"authsoak/driver"
	"authsoak/results"
	"authsoak/scenario"
)

// Rounds of authsoak ab: as many as usually find a change of 10 %, and a bound.
const (
	usualRounds = 6
	mostRounds  = results.MostRounds
)

func (p *program) abCommand() *cli.Command {
	flags := []cli.Flag{
		text(compareFlags, "base", "`SCENARIO|TARGET` what is there: a scenario file, or ENDPOINT[@VERSION]=URL"),
		text(compareFlags, "new", "`SCENARIO|TARGET` what is held against it"),
		text(compareFlags, "rounds", "`N` how often each is driven (6)"),
	}
	for _, group := range [][]cli.Flag{judgingFlags(), serverFlags()[1:], drivingFlags(), connectionFlags(), paperFlags(), outcomeFlags()} {
		flags = append(flags, group...)
	}
	return &cli.Command{
		Name:  "ab",
		Usage: "drive two scenarios in turn, and compare",
		Description: `
Base and new are driven in turn, A B B A and so on, so that what drifts on the
machines meets both; then they are compared as authsoak compare does. Flags hold
for both sides; what differs stands in the scenarios.

Ctrl-C ends the run that goes on, logs out its sessions, and compares the rounds
that are complete.`,
		UsageText: `
authsoak ab --base old.yaml --new new.yaml --rounds 6
authsoak ab --base octane=http://10.0.0.7 --new octane=http://10.0.0.8 \
            --accounts users.csv --rate 50 --warmup 10s --duration 1m \
            --tolerance 'p99(login) < 5%'`,
		Flags:           flags,
		Action:          p.ab,
		HideHelpCommand: true,
	}
}

// abJob is one call of ab.
type abJob struct {
	*program
	c       *cli.Context
	options comparison.Options
	rounds  int
	sides   [2]side
	folder  *results.Folder
	left    []results.Doubt // rounds that can't be used
}

// side is one of the two scenarios.
type side struct {
	name, flag string
	overrides  scenario.Overrides
	seed       uint64
	length     time.Duration
}

func (p *program) ab(c *cli.Context) error {
	if _, err := operands(c, 0, 0); err != nil {
		return err
	}
	v := &values{c: c}
	job := &abJob{program: p, c: c, options: v.comparison(), rounds: usualRounds}
	if n := read(v, "rounds", parseWhole); n != nil {
		job.rounds = *n
	}
	if job.rounds < 1 || job.rounds > mostRounds {
		v.problems = append(v.problems, fmt.Errorf("--rounds: must be from 1 to %d", mostRounds))
	}
	job.sides = [2]side{{name: "base", flag: c.String("base")}, {name: "new", flag: c.String("new")}}
	overrides := v.overrides()
	for i := range job.sides {
		if s := &job.sides[i]; s.flag == "" {
			v.problems = append(v.problems, fmt.Errorf("--%s: missing: a scenario file, or ENDPOINT=URL", s.name))
		}
		job.sides[i].overrides = overrides
	}
	if err := wrongUse(c, v.problems...); err != nil {
		return err
	}
	ctx, cancel := p.untilStopped(c.Context)
	defer cancel()
	if err := job.prepare(ctx); err != nil {
		return err
	}
	interrupted, err := job.drive(ctx)
	if mistake := new(usageError); errors.As(err, &mistake) {
		return err
	}
	if err != nil {
		return &exit{exitInvalid, fmt.Errorf("comparison %s: %w", job.folder.Dir, distinct(err))}
	}
	return job.compare(interrupted)
}

// scenario makes the scenario of a round anew: each has draws of its own, the
// same on both sides.
func (s *side) scenario(round int) (*scenario.Scenario, error) {
	o := s.overrides
	o.Labels = maps.Clone(o.Labels)
	if o.Labels == nil {
		o.Labels = map[string]string{}
	}
	o.Labels["side"], o.Labels["round"] = s.name, fmt.Sprint(round)
	if round > 0 {
		seed := s.seed + uint64(round) - 1
		o.Seed = &seed
	}
	var files []string
	if t, err := scenario.ParseTarget(s.flag); err == nil && strings.Contains(s.flag, "://") {
		o.Targets = append(o.Targets, t)
	} else {
		files = []string{s.flag}
	}
	made, err := scenarioOf(files, o)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", s.name, err)
	}
	return made, nil
}

// prepare does everything that can be done before load, for both sides.
func (j *abJob) prepare(ctx context.Context) error {
	var effective [2][]byte
	var plans [2]*scenario.Plan
	var first *scenario.Scenario
	var errs []error
	for i := range j.sides {
		s := &j.sides[i]
		made, err := s.scenario(0)
		if err == nil {
			plans[i], err = made.Plan()
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if i == 0 {
			first = made
		}
		effective[i] = made.Effective()
		s.seed, s.length = plans[i].Seed, plans[i].Duration
		if s.length >= scenario.Forever {
			errs = append(errs, fmt.Errorf("--%s: its load lasts until stopped: say --duration", s.name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	doubts, err := comparison.Scenarios(effective[0], effective[1], j.options.Allow)
	if err != nil {
		return err
	}
	for _, reason := range comparison.Refusals(doubts) {
		errs = append(errs, fmt.Errorf("base and new are not comparable: %s", reason))
	}
	if err := wrongUse(j.c, errs...); err != nil {
		return err
	}
	for i, plan := range plans {
		if _, err := preflight(ctx, plan); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", j.sides[i].name, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return j.orInterrupted(err)
	}
	if j.folder, err = runFolder(j.c, first); err != nil {
		return err
	}
	if !j.c.Bool("quiet") {
		j.announce(plans)
	}
	return nil
}

// announce tells what is about to be driven.
func (j *abJob) announce(plans [2]*scenario.Plan) {
	for i, plan := range plans {
		fmt.Fprintln(j.Err, j.sides[i].name)
		writePlan(j.Err, plan, j.folder)
	}
	fmt.Fprintf(j.Err, "%s of base and new in turn, about %s\n", counted(j.rounds, "round"), document.Duration(j.planned(0)))
}

// planned is how long the runs from the nth on take, drains not counted.
func (j *abJob) planned(from int) time.Duration {
	var sum time.Duration
	for n := from; n < 2*j.rounds; n++ {
		sum += j.sides[sideOf(n)].length
	}
	return sum.Round(time.Second)
}

// sideOf is the side of the nth run: A B B A A B B A…
func sideOf(n int) int { return (n%4 + 1) / 2 % 2 }

// drive makes the runs, and tells whether it was stopped before the last.
func (j *abJob) drive(ctx context.Context) (interrupted bool, err error) {
	for n := range 2 * j.rounds {
		if ctx.Err() != nil {
			return true, nil
		}
		s, round := &j.sides[sideOf(n)], n/2+1
		if !j.c.Bool("quiet") {
			fmt.Fprintf(j.Err, "\nround %d of %d, %s: run %d of %d, about %s left\n",
				round, j.rounds, s.name, n+1, 2*j.rounds, document.Duration(j.planned(n)))
		}
		summary, err := j.run(ctx, s, round)
		switch {
		case err != nil && ctx.Err() != nil && summary == nil:
			return true, nil
		case err != nil:
			return false, err
		case summary.Verdict == results.Interrupted && ctx.Err() != nil:
			return true, nil
		}
		if !j.c.Bool("quiet") {
			fmt.Fprintf(j.Err, "  %s\n", runLine(summary))
		}
		if err := j.firstLook(n); err != nil {
			return false, err
		}
	}
	return false, nil
}

// firstLook tells after the first run whether every tolerance names something,
// rather than after the last.
func (j *abJob) firstLook(n int) error {
	if n > 0 || len(j.options.Tolerances) == 0 {
		return nil
	}
	first, err := comparison.Read(filepath.Join(j.folder.Dir, roundName(1, "base")))
	if err != nil {
		return err
	}
	return wrongUse(j.c, comparison.CheckTolerances(first, j.options.Tolerances))
}

// roundName is the folder of a run; see [roundPattern].
func roundName(round int, side string) string { return fmt.Sprintf("%02d-%s", round, side) }

// run makes one run.
func (j *abJob) run(ctx context.Context, s *side, round int) (*results.Summary, error) {
	made, err := s.scenario(round)
	if err != nil {
		return nil, err
	}
	plan, err := made.Plan()
	if err != nil {
		return nil, err
	}
	targets, err := preflight(ctx, plan)
	if err != nil {
		return nil, err
	}
	folder, err := results.CreateFolder(j.folder.Dir, roundName(round, s.name))
	if err != nil {
		return nil, err
	}
	folder.RunID = j.folder.RunID + "." + folder.RunID
	if err := folder.WriteScenario(made.Effective()); err != nil {
		return nil, err
	}
	summary, _, err := j.load(j.c, driver.Config{Plan: plan, Targets: targets, Folder: folder,
		Ceilings: ceilingsFor(targets, plan.Connections)}, &outlets{})
	return summary, err
}

// runLine says in a line how a run went.
func runLine(s *results.Summary) string {
	text := fmt.Sprintf("%s, %s, %s", s.Verdict, counted(int(s.Cycles.OK), "good cycle"), counted(int(s.Cycles.Fail+s.Cycles.Unknown), "bad one"))
	if len(s.Reasons) > 0 {
		text += ": " + s.Reasons[0]
	}
	return text
}

// compare compares the rounds that are complete.
func (j *abJob) compare(interrupted bool) error {
	dirs, others, _ := roundsIn(j.folder.Dir) // not one run of each side: no round
	base, next, left, err := complete(dirs, others)
	if err != nil {
		return &exit{exitInvalid, err}
	}
	j.left = append(j.left, left...)
	if len(base) == 0 {
		if interrupted {
			return &exit{exitInterrupted, errors.New("interrupted before a round was complete")}
		}
		return &exit{exitInvalid, errors.New("no round can be used: " + allTexts(j.left))}
	}
	compared, err := comparison.Compare(base, next, j.options)
	if err != nil {
		return wrongUse(j.c, err)
	}
	compared.Doubts = append(compared.Doubts, j.left...)
	err = j.finishComparison(j.c, compared, j.folder)
	if interrupted {
		var coded *exit
		if errors.As(err, &coded) && coded.err != nil {
			fmt.Fprintln(j.Err, coded.err)
		}
		return &exit{exitInterrupted, fmt.Errorf("interrupted: compared are the %s that were complete", counted(len(base), "round"))}
	}
	return err
}

// complete reads the rounds of a folder of ab of which both runs tell something,
// and notes why the others don't.
func complete(dirs, others []string) (base, next []*comparison.Run, left []results.Doubt, err error) {
	for i := range min(len(dirs), len(others)) {
		pair, _, err := readSides([]string{dirs[i], others[i]}, nil)
		if err != nil {
			return nil, nil, nil, err
		}
		usable := true
		for _, r := range pair {
			if v := r.Summary.Verdict; v == results.Invalid || v == results.Interrupted {
				usable = false
				left = append(left, results.Doubt{Kind: comparison.Tainted,
					Text: fmt.Sprintf("round %d is left out: %s is %s: %s", i+1, r.Folder, v, strings.Join(r.Summary.Reasons, "; "))})
			}
		}
		if usable {
			base, next = append(base, pair[0]), append(next, pair[1])
		}
	}
	return base, next, left, nil
}

func allTexts(doubts []results.Doubt) string {
	var texts []string
	for _, d := range doubts {
		texts = append(texts, d.Text)
	}
	return strings.Join(texts, "; ")
}
