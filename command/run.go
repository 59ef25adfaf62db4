package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/results"
	"authsoak/scenario"
)

func (p *program) runCommand() *cli.Command {
	var flags []cli.Flag
	for _, group := range [][]cli.Flag{serverFlags(), drivingFlags(), probeFlags(), connectionFlags(), outcomeFlags(), baselineFlags(), watchFlags(), telemetryFlags()} {
		flags = append(flags, group...)
	}
	return &cli.Command{
		Name:      "run",
		Usage:     "drive load, watch it, judge it",
		ArgsUsage: "[SCENARIO.yaml]",
		Description: `
Virtual users log in, call and log out. Flags override the scenario; with
neither a scenario nor a target, a simulator on this machine is driven for
about twenty seconds.

Ctrl-C stops cleanly: no new session, and every live one is logged out. A
second one stops at once; authsoak cleanup logs out what is left then.`,
		UsageText: `
authsoak run
authsoak run --target octane=https://octane.example.test \
             --accounts users.csv --load smoke
authsoak run --target lre@2023=http://10.0.0.7 --method client-key \
             --accounts keys.csv --rate 50 --duration 10m \
             --threshold 'p99(login) < 500ms' --threshold 'rate(fail) < 0.1%'
authsoak run release.yaml --label build=1234 --json > summary.json
authsoak run release.yaml --baseline runs/old --tolerance 'p99(login) < 20%'`,
		Flags:           append(flags, text(loadFlags, "resume", "`RUN` go on with a run whose generator died, in its folder")),
		Action:          p.run,
		HideHelpCommand: true,
	}
}

// leniently is how the demonstration judges the generator: it shows that things
// work, on a machine that generator and servers share, and is no measurement.
// Intervals in which the generator was the limit are marked as ever.
var leniently = results.HealthLimits{MaxTainted: 1}

func (p *program) run(c *cli.Context) error {
	files, err := operands(c, 0, 1)
	if err != nil {
		return err
	}
	v := &values{c: c}
	overrides := v.overrides()
	bare := len(files) == 0 && len(v.c.StringSlice("target")) == 0 && !c.IsSet("resume")
	if bare {
		v.problems = append(v.problems, ofNoServer(c)...)
	}
	if err := wrongUse(c, v.problems...); err != nil {
		return err
	}
	ctx, cancel := p.untilStopped(c.Context)
	defer cancel()
	if c.IsSet("resume") {
		return p.resume(ctx, c, files, overrides)
	}
	if bare {
		simulator, err := startChild(ctx)
		if err != nil {
			return p.orInterrupted(err)
		}
		defer simulator.stop()
		s, err := demonstration(simulator.address, &overrides)
		if err != nil {
			return err
		}
		limits := leniently
		if c.IsSet("rate") || c.IsSet("users") || c.IsSet("population") || c.IsSet("load") {
			limits = results.HealthLimits{} // a load of one's own is a measurement
		}
		return p.runScenario(ctx, c, s, s.Apply(overrides), limits)
	}
	s, err := scenarioOf(files, overrides)
	return p.runScenario(ctx, c, s, err, results.HealthLimits{})
}

// ofServers are the flags that say something of a server. What the demonstration
// drives is of its own: one value could not fit all four.
var ofServers = []string{
	"method", "accounts", "client-type", "tenant", "csrf", "ca", "client-cert", "client-key", "insecure", "proxy", "resolve",
}

// ofNoServer refuses flags about a server where none is named.
func ofNoServer(c *cli.Context) []error {
	var given []string
	for _, name := range ofServers {
		if c.IsSet(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) == 0 {
		return nil
	}
	return []error{fmt.Errorf("%s: about a server, and none is named: add --target ENDPOINT=URL or a scenario; the demonstration has accounts and logins of its own",
		strings.Join(given, ", "))}
}

// scenarioOf reads the scenario's file and lets flags override it, or makes one
// of flags alone.
func scenarioOf(files []string, o scenario.Overrides) (*scenario.Scenario, error) {
	if len(files) == 0 {
		return scenario.FromFlags(o)
	}
	s, err := scenario.Read(files[0])
	switch info, statErr := os.Stat(files[0]); {
	case err == nil:
		return s, s.Apply(o)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: name a scenario file, or a server with --target ENDPOINT=URL", err)
	case statErr == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a folder: name a scenario file; that of a run is %s", files[0], filepath.Join(files[0], results.ScenarioFile))
	}
	return nil, err
}

// runScenario does everything that can be done before load, then drives. It
// takes the error of making the scenario, so that there is one way out.
func (p *program) runScenario(ctx context.Context, c *cli.Context, s *scenario.Scenario, err error, limits results.HealthLimits) error {
	if err != nil {
		return err
	}
	plan, targets, err := p.planned(ctx, s)
	if err != nil {
		return err
	}
	probes, err := timeoutProbes(c, s, plan, targets)
	if err != nil {
		return err
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
	restart, err := p.restartCommand(c, plan)
	if err != nil {
		return err
	}
	folder, err := runFolder(c, s)
	if err != nil {
		return err
	}
	if err := folder.WriteScenario(s.Effective()); err != nil {
		return err
	}
	return probes.beside(p, c, folder, targets, func() error {
		return p.drive(c, driver.Config{Plan: plan, Targets: targets, Folder: folder, Limits: limits, Restart: restart,
			Ceilings: ceilingsFor(targets, plan.Connections)}, out, against)
	})
}

// planned makes the plan and finds out whether everything it needs can be had.
func (p *program) planned(ctx context.Context, s *scenario.Scenario) (*scenario.Plan, []driver.Target, error) {
	plan, err := s.Plan()
	if err != nil {
		return nil, nil, err
	}
	targets, err := preflight(ctx, plan)
	if err == nil {
		err = driver.TryScrapes(ctx, plan)
	}
	if err != nil {
		return nil, nil, p.orInterrupted(err)
	}
	return plan, targets, nil
}

// runFolder makes the folder of the run.
func runFolder(c *cli.Context, s *scenario.Scenario) (*results.Folder, error) {
	dir, err := accounts.Expand(s.Output.Dir, os.LookupEnv)
	if err != nil {
		return nil, fmt.Errorf("output.dir: %w", err)
	}
	if dir == "" {
		dir = "runs"
	}
	return results.CreateFolder(dir, c.String("run-id"))
}

// untilStopped is a context that ends at the first request to stop, for what
// comes before load.
func (p *program) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if p.stop == nil {
		return ctx, cancel
	}
	go func() {
		select {
		case <-p.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// orInterrupted turns an error that a request to stop has caused into the exit
// code of an interrupt: nothing has been driven, so nothing is left behind.
func (p *program) orInterrupted(err error) error {
	select {
	case <-p.stop:
		return &exit{exitInterrupted, errors.New("interrupted before load began")}
	default:
		return err
	}
}
