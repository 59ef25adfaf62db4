package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"authsoak/check"
	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
)

const checkFlags = "rules"

func (p *program) checkCommand() *cli.Command {
	flags := append(serverFlags(), connectionFlags()...)
	flags = append(flags,
		text(checkFlags, "rules", "`GLOB` the rules to try: 'login.*'; left out: all"),
		toggle(checkFlags, "list", "print the rules, and what trying them takes, and try none"),
		toggle(checkFlags, "races", "let several clients use one session at once, too; takes a minute or two"),
		text(checkFlags, "repeat", "`N` how often each rule is tried, to find what happens now and then (1)"),
		text(checkFlags, "wrong-secrets", "`N` wrong passwords sent for one account at the most (3)"),
		text(checkFlags, "save", "`FILE` where a snapshot of what the server does is written"),
		text(checkFlags, "against", "`FILE` a snapshot to hold the server against; a difference fails"),
		text(checkFlags, "junit", "`FILE` where the rules are written as JUnit test cases"),
		text(resultFlags, "out", "`DIR` where run folders go; left out: runs"),
		text(resultFlags, "run-id", "`NAME` the run folder's name; left out: the time"),
		texts(resultFlags, "label", "`KEY=VALUE` a fact that goes into the JSON"),
		text(resultFlags, "seed", "`N` decides every draw of the races; left out: 1"),
		toggle(resultFlags, "quiet", "print failures and the verdict only"),
		toggle(resultFlags, "json", "print everything as JSON on standard output, and nothing else there"),
	)
	return &cli.Command{
		Name:      "check",
		Usage:     "judge what a server's sessions mean, rule by rule",
		ArgsUsage: "[SCENARIO.yaml]",
		Description: `
Rules that the vendor's pages state pass or fail; what they leave open is
reported. Without a target, every endpoint type of a simulator on this machine
is checked. What it opens is logged out again.

It sends a few wrong passwords, spread over the accounts; how many is said
before it starts. The exit code is 0, 1 where a rule failed or something changed
against a snapshot, or 3 where a judged rule ended unknown.`,
		UsageText: `
authsoak check
authsoak check --target octane=https://octane.example.test \
               --accounts users.csv --junit rules.xml
authsoak check --target lre@2023=http://10.0.0.7 --method client-key \
               --accounts keys.csv --save before.json
authsoak check --target lre@2023=http://10.0.0.7 --method client-key \
               --accounts keys.csv --against before.json
authsoak check --list --rules 'logout.*'`,
		Flags:           flags,
		Action:          p.check,
		HideHelpCommand: true,
	}
}

func (p *program) check(c *cli.Context) error {
	files, err := operands(c, 0, 1)
	if err != nil {
		return err
	}
	v := &values{c: c}
	overrides := v.overrides()
	job := &checkJob{program: p, c: c, pattern: c.String("rules"), repeat: orZero(read(v, "repeat", parseWhole)),
		wrong: orZero(read(v, "wrong-secrets", parseWhole)), labels: overrides.Labels}
	if job.repeat < 0 || job.wrong < 0 {
		v.problems = append(v.problems, errors.New("--repeat and --wrong-secrets: must be positive"))
	}
	if name := c.String("against"); name != "" {
		if job.before, err = results.ReadContract(name); err != nil {
			v.problems = append(v.problems, err)
		}
	}
	if err := wrongUse(c, v.problems...); err != nil {
		return err
	}
	if c.Bool("list") && len(files) == 0 && len(overrides.Targets) == 0 {
		return p.listRules(job.pattern)
	}
	ctx, cancel := p.untilStopped(c.Context)
	defer cancel()
	var s *scenario.Scenario
	if len(files) == 0 && len(overrides.Targets) == 0 {
		simulator, err := startChild(ctx, "--tls", "--client-auth=request", "--client-certs=8")
		if err != nil {
			return p.orInterrupted(err)
		}
		defer simulator.stop()
		if s, err = everything(simulator); err != nil {
			return err
		}
		if err := s.Apply(overrides); err != nil {
			return err
		}
	} else if s, err = scenarioOf(files, overrides); err != nil {
		return err
	}
	return job.run(ctx, s)
}

// everything is a scenario with every endpoint, version, login method and option
// of the simulator.
func everything(at *child) (*scenario.Scenario, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "schema: authsoak/scenario/v1\nname: everything\ntargets:\n")
	for _, e := range profiles.Endpoints() {
		for _, c := range e.Matrix() {
			name, url := e.Name, at.address
			if len(e.Versions) > 1 {
				name += "-" + c.Version
				url += "/" + e.Name + "-" + c.Version
			}
			name += "-" + c.Method
			option := ""
			for _, o := range []struct{ key, value, name string }{{"client_type", c.ClientType, "client-type"}, {"tenant", c.Tenant, "tenant"}} {
				if o.value != "" {
					name += "-" + o.name
					option += fmt.Sprintf(", %s: %q", o.key, o.value)
				}
			}
			if c.CSRF {
				name += "-csrf"
				option += ", csrf: true"
			}
			fmt.Fprintf(&b, "  - {name: %s, endpoint: %s, version: %q, method: %s, url: %s, tls: {ca: %q}, accounts: {file: %q}%s}\n",
				name, e.Name, c.Version, c.Method, url, at.ca, at.accounts, option)
		}
	}
	b.WriteString("load: {use: smoke}\n")
	return scenario.Parse("everything", []byte(b.String()))
}

// listRules prints the catalogue.
func (p *program) listRules(pattern string) error {
	if _, err := filepath.Match(pattern, ""); err != nil {
		return fmt.Errorf("--rules %q: %w", pattern, err)
	}
	group := ""
	for _, r := range rules.Catalogue() {
		if ok, _ := filepath.Match(pattern, r.ID); !ok && pattern != "" {
			continue
		}
		if r.Group != group {
			if group != "" {
				fmt.Fprintln(p.Out)
			}
			group = r.Group
			fmt.Fprintln(p.Out, group)
		}
		if _, err := fmt.Fprintf(p.Out, "  %-27s %s\n", r.ID, r.About); err != nil {
			return err
		}
	}
	if group == "" {
		return fmt.Errorf("--rules %q: no rule has such a name", pattern)
	}
	return nil
}

// checkJob is one call of check.
type checkJob struct {
	*program
	c             *cli.Context
	pattern       string
	repeat, wrong int
	labels        map[string]string
	before        *results.Contract

	plan     *scenario.Plan
	profiles map[string]string // by target: its endpoint, as it was named
	targets  []driver.Target
	rows     [][]rules.Row
	at       *probing // where it stands; nil before anything is sent
	names    int      // columns of the longest target name

	out      []check.Outcome
	races    []results.RaceReport
	compared *results.ContractComparison
}

func (j *checkJob) run(ctx context.Context, s *scenario.Scenario) error {
	var err error
	if j.plan, err = s.Plan(); err != nil {
		return err
	}
	j.profiles = endpointsOf(s)
	if j.c.Bool("list") {
		return j.list()
	}
	if j.targets, err = preflight(ctx, j.plan); err != nil {
		return j.orInterrupted(err)
	}
	if err := j.table(); err != nil {
		return err
	}
	if j.at, err = newProbing(j.c, s, j.plan, j.targets); err != nil {
		return err
	}
	j.announce()
	if err := j.try(ctx); err != nil {
		return &exit{exitInvalid, errors.Join(err, j.at.ledger.Close())}
	}
	verdict, err := j.write(ctx.Err() != nil)
	if err != nil {
		return err
	}
	return code(codeOf(verdict))
}

// table makes the rows of each target.
func (j *checkJob) table() error {
	some := false
	for i := range j.targets {
		t := &j.targets[i]
		if err := rules.CheckStatements(t.Flow.Statements); err != nil {
			return fmt.Errorf("target %s: %w", t.Name, err)
		}
		rows, err := check.RowsFor(t, j.pattern, j.reaching(t))
		if err != nil {
			return wrongUse(j.c, err)
		}
		j.rows = append(j.rows, rows)
		j.names = max(j.names, len(t.Name))
		some = some || len(rows) > 0
	}
	if !some {
		return wrongUse(j.c, fmt.Errorf("--rules %q: no rule has such a name", j.pattern))
	}
	return nil
}

// list prints what would be tried, and what that takes.
func (j *checkJob) list() error {
	targets, err := driver.Open(j.plan, nil)
	if err != nil {
		return err
	}
	j.targets = targets
	if err := j.table(); err != nil {
		return err
	}
	var b strings.Builder
	for i := range j.targets {
		fmt.Fprintf(&b, "%s  %s\n", j.targets[i].Name, costText(rules.Total(j.rows[i])))
		for k := range j.rows[i] {
			r := &j.rows[i][k]
			state, note := "judged", r.Title
			if !r.Judged {
				state = "info"
			}
			if r.Settled != "" {
				state, note = string(r.Settled), r.Why
			}
			fmt.Fprintf(&b, "  %-14s  %-27s %s\n", state, r.ID, note)
		}
	}
	_, err = io.WriteString(j.Out, b.String())
	return err
}
