package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"authsoak/accounts"
	"authsoak/profiles"
	"authsoak/report"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
)

const ladderFlags = "timeout"

func (p *program) timeoutCommand() *cli.Command {
	flags := append(serverFlags(), connectionFlags()...)
	flags = append(flags,
		text(ladderFlags, "expect", "`TIME` how long an unused session should live: 30m"),
		text(ladderFlags, "within", "`TIME` how far off that may be; left out: 2 %, at least a second"),
		text(ladderFlags, "from", "`TIME` where the range begins; left out: around what is expected or documented, else 1s"),
		text(ladderFlags, "to", "`TIME` where the range ends; left out: likewise, else 2h"),
		text(ladderFlags, "replicas", "`N` sessions of each age (2)"),
		text(ladderFlags, "arms", "`LIST` what to measure: idle, kept-alive, renewal, absolute, and a setting that asks for another idle time, as maxage=2 (idle,kept-alive)"),
		text(ladderFlags, "absolute-limit", "`TIME` how long sessions in constant use are followed, to find an absolute lifetime"),
		text(ladderFlags, "expect-absolute", "`TIME` when sessions in constant use should end; within 2 %, or --within if that is more"),
		text(ladderFlags, "expect-renewal", "`TIME` when sessions in constant use should end that refuse renewed cookies; likewise"),
		toggle(ladderFlags, "dry-run", "print the plan only"),
		text(resultFlags, "out", "`DIR` where run folders go; left out: runs"),
		text(resultFlags, "run-id", "`NAME` the run folder's name; left out: the time"),
		texts(resultFlags, "label", "`KEY=VALUE` a fact that goes into the scenario"),
		toggle(resultFlags, "quiet", "print the verdict only"),
		toggle(resultFlags, "json", "print the result as JSON on standard output, and nothing else there"),
	)
	return &cli.Command{
		Name:      "timeout",
		Usage:     "measure how long a session really lives",
		ArgsUsage: "[SCENARIO.yaml]",
		Description: `
Many sessions are opened together, each idles for its own time and is touched
once: the answer is there after one timeout, not after the sum of many. A second
ladder narrows it to 1 %, not finer than 100 ms, in 2.2 timeouts altogether.
Every session has an account of its own, unless the scenario shares accounts;
the plan says how many it takes, and when it ends. What lives is logged out.

Without a target, a simulator on this machine whose sessions live three seconds
is measured. The exit code is 0, 1 where the timeout isn't what is expected, or
3 where nothing can be said.`,
		UsageText: `
authsoak timeout
authsoak timeout --target space=https://space.example.test \
                 --accounts users.csv --expect 30m --within 30s
authsoak timeout --target octane=https://octane.example.test --accounts users.csv \
                 --expect 3h --arms idle,kept-alive,renewal --absolute-limit 25h
authsoak timeout --target space=http://10.0.0.7 --accounts users.csv \
                 --arms idle,maxage=2 --dry-run`,
		Flags:           flags,
		Action:          p.timeout,
		HideHelpCommand: true,
	}
}

// Lifetime of the sessions that are measured when no server is named.
const (
	shownIdle   = 3 * time.Second
	shownWithin = 200 * time.Millisecond
)

func (p *program) timeout(c *cli.Context) error {
	files, err := operands(c, 0, 1)
	if err != nil {
		return err
	}
	v := &values{c: c}
	overrides := v.overrides()
	one := 1.0
	overrides.Rate = &one // the load is of no interest, and must be valid
	asked := v.ladderOptions()
	arms := v.arms(&asked)
	if err := wrongUse(c, v.problems...); err != nil {
		return err
	}
	ctx, cancel := p.untilStopped(c.Context)
	defer cancel()
	if len(files) == 0 && len(overrides.Targets) == 0 {
		simulator, err := startChild(ctx, "--idle="+shownIdle.String())
		if err != nil {
			return p.orInterrupted(err)
		}
		defer simulator.stop()
		overrides.Targets = []scenario.TargetFlag{{Endpoint: "space", URL: simulator.address}}
		if overrides.Accounts == nil {
			a := scenario.ParseAccounts("user{n}:pw{n}:1000")
			overrides.Accounts = &a
		}
		if asked.Expect == 0 {
			asked.Expect, asked.Within = shownIdle, shownWithin
		}
	}
	s, err := scenarioOf(files, overrides)
	if err != nil {
		return err
	}
	return p.measure(ctx, c, s, asked, arms)
}

// measure plans the ladders of a scenario's targets, and climbs them.
func (p *program) measure(ctx context.Context, c *cli.Context, s *scenario.Scenario, asked rules.LadderOptions, arms ladderArms) error {
	plan, err := s.Plan()
	if err != nil {
		return err
	}
	set, err := newLadderSet(s, plan, asked, arms)
	if err != nil {
		return wrongUse(c, err)
	}
	dry := c.Bool("dry-run")
	if !c.Bool("quiet") || dry {
		out := p.Err
		if dry {
			out = p.Out
		}
		if err := report.TimeoutPlan(out, set.announce(), time.Now(), report.TextFor(screenOf(out))); err != nil {
			return err
		}
	}
	if dry {
		return nil
	}
	targets, err := preflight(ctx, plan)
	if err != nil {
		return p.orInterrupted(err)
	}
	probing, err := newProbing(c, s, plan, targets)
	if err != nil {
		return err
	}
	if !c.Bool("quiet") {
		fmt.Fprintf(p.Err, "results     %s\n\n", probing.folder.Dir)
		set.watch(p.Err)
	}
	if err := set.start(c.Context, p.stop, targets, probing.ledger); err != nil {
		return errors.Join(err, probing.ledger.Close())
	}
	result, trouble := set.wait(probing.folder.RunID)
	checks := set.checks()
	left, err := probing.write(found{command: results.TimeoutCommand, verdict: result.Summarized(), reasons: reasonsOfLadders(result, trouble), checks: checks})
	if err := errors.Join(probing.folder.WriteJSON(results.TimeoutFile, result), err); err != nil {
		return errors.Join(trouble, err)
	}
	leftBehind(p.Err, left, probing.folder)
	return p.measured(c, probing.folder, result, trouble)
}

// reasonsOfLadders says why ladders did not pass.
func reasonsOfLadders(t *results.TimeoutResult, trouble error) (out []string) {
	for i := range t.Ladders {
		if l := &t.Ladders[i]; l.Verdict != string(results.Pass) && l.Verdict != results.TimeoutMeasured {
			out = append(out, l.Name()+": "+l.Reason)
		}
	}
	if t.Summarized() == results.Interrupted {
		out = append(out, "interrupted before the answer was there")
	}
	if trouble != nil {
		out = append(out, strings.Split(trouble.Error(), "\n")...)
	}
	return out
}

// measured prints what was found. Its error is the exit code.
func (p *program) measured(c *cli.Context, folder *results.Folder, t *results.TimeoutResult, trouble error) error {
	var err error
	if c.Bool("json") {
		enc := json.NewEncoder(p.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err = enc.Encode(t)
	} else {
		screen := screenOf(p.Out)
		screen.Quiet, screen.RunFolder = c.Bool("quiet"), folder.Dir
		err = report.Timeout(p.Out, t, report.TextFor(screen))
	}
	verdict := t.Summarized()
	switch {
	case err != nil:
		return err
	case verdict != results.Interrupted && trouble != nil:
		return &exit{exitInvalid, trouble}
	}
	return code(codeOf(verdict))
}

// ladderArms is what is measured besides the idle timeout.
type ladderArms struct {
	names []string
	// setting is the setting that asks for another idle time, value what it
	// asks for; both empty: the profile's own, where wanted is set.
	wanted         bool
	setting, value string
}

// ladderOptions reads the flags that shape a ladder.
func (v *values) ladderOptions() rules.LadderOptions {
	return rules.LadderOptions{
		Expect: orZero(read(v, "expect", parseTime)), Within: orZero(read(v, "within", parseTime)),
		From: orZero(read(v, "from", parseTime)), To: orZero(read(v, "to", parseTime)),
		Replicas: orZero(read(v, "replicas", parseWhole)), Absolute: orZero(read(v, "absolute-limit", parseTime)),
		ExpectAbsolute: orZero(read(v, "expect-absolute", parseTime)), ExpectRenewal: orZero(read(v, "expect-renewal", parseTime)),
	}
}

// arms reads --arms into the options.
func (v *values) arms(o *rules.LadderOptions) (arms ladderArms) {
	list := v.c.String("arms")
	if list == "" {
		list = "idle,kept-alive"
	}
	for _, name := range strings.Split(list, ",") {
		name = strings.TrimSpace(name)
		switch name {
		case "idle":
		case "kept-alive":
			o.Kept = true
		case "renewal":
			o.Kept, o.Frozen = true, true
		case "absolute":
			if o.Absolute == 0 && o.ExpectAbsolute == 0 {
				v.problems = append(v.problems, errors.New("--arms absolute: --absolute-limit says how long sessions are followed, or --expect-absolute when they should end"))
			}
		case "":
			v.problems = append(v.problems, errors.New("--arms: a name is empty: idle, kept-alive, renewal, absolute, or a setting such as maxage=2"))
		default:
			arms.wanted = true
			arms.setting, arms.value, _ = strings.Cut(name, "=")
		}
		arms.names = append(arms.names, name)
	}
	implied := func(name string, is bool) {
		if is && !slices.Contains(arms.names, name) {
			arms.names = append(arms.names, name)
		}
	}
	implied("absolute", o.Absolute > 0 || o.ExpectAbsolute > 0)
	implied("renewal", o.ExpectRenewal > 0)
	o.Kept = o.Kept || o.ExpectRenewal > 0
	return arms
}

// withSetting compiles a scenario's target with a setting that asks for another
// idle time. The scenario stays as it is.
func withSetting(s *scenario.Scenario, i int, name, value string) (*scenario.TargetPlan, error) {
	was := s.Targets[i].Settings
	defer func() { s.Targets[i].Settings = was }()
	s.Targets[i].Settings = map[string]string{name: value}
	for k, v := range was {
		if k != name {
			s.Targets[i].Settings[k] = v
		}
	}
	plan, err := s.Plan()
	if err != nil {
		return nil, err
	}
	return &plan.Targets[i], nil
}

// exampleOf is the value that a profile shows for a setting.
func exampleOf(endpoint, setting string) string {
	if e, err := profiles.FindEndpoint(endpoint); err == nil {
		for _, s := range e.Settings {
			if s.Name == setting {
				return s.Example
			}
		}
	}
	return ""
}

// enough tells whether a pool has accounts for a ladder.
func enough(target string, pool *accounts.Pool, plan *rules.LadderPlan) error {
	if pool.Policy() != accounts.Lease || pool.Size() >= plan.AtOnce {
		return nil
	}
	return fmt.Errorf("target %s: the ladder takes %d accounts, one for each session open at once, and there are %d: give more, narrow it with --from and --to, set --replicas 1, or let a scenario file share them (accounts: {policy: shared})",
		target, plan.AtOnce, pool.Size())
}
