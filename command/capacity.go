package command

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"authsoak/capacity"
	"authsoak/driver"
	"authsoak/metric"
	"authsoak/profiles"
	"authsoak/report"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/spelling"
)

const searchFlags = "search"

func (p *program) capacityCommand() *cli.Command {
	flags := append(serverFlags(), connectionFlags()...)
	for _, f := range drivingFlags() {
		switch f.Names()[0] {
		case "rate", "users", "population", "duration", "warmup", "threshold", "experiment", "restart-command":
		default:
			flags = append(flags, f)
		}
	}
	flags = append(flags,
		texts(searchFlags, "objective", "`EXPR` what has to hold: 'p99(login.response) < 500ms', 'rate(fail) < 0.5%'"),
		text(searchFlags, "axis", "`rate|sessions` what is raised: cycles a second, or live sessions held (rate)"),
		text(searchFlags, "arrivals", "`poisson|constant` how cycles arrive: at random as people do, or evenly (poisson)"),
		text(searchFlags, "from", "`N` where the climb begins; left out: 5 a second, or 10 sessions"),
		text(searchFlags, "max-rate", "`N` cycles a second that are never exceeded (1000)"),
		text(searchFlags, "max-sessions", "`N` sessions that are never exceeded (10000)"),
		text(searchFlags, "step", "`TIME` judged in each step near the limit (20s)"),
		text(searchFlags, "climb", "`TIME` judged in each step on the way there; left out: a quarter of --step, at least 5s"),
		text(searchFlags, "settle", "`TIME` before each step that isn't judged (5s)"),
		text(searchFlags, "fill-rate", "`N` sessions a second opened before a step (axis sessions), halved where logins don't keep up; left out: the most in 20 s, 100 to 5000 a second"),
		text(searchFlags, "precision", "`SHARE` wanted width of the interval (5%)"),
		text(searchFlags, "confidence", "`SHARE` with which it holds the capacity (95%)"),
		text(searchFlags, "max-steps", "`N` after which the search ends (40)"),
		text(searchFlags, "stop-on", "`CLASSES` errors that end the search at once, such as locked,throttled (locked); none: no such"),
		text(searchFlags, "wanted", "`N` load that several servers are to carry together: says how many"),
		text(searchFlags, "headroom", "`SHARE` of each server that stays free (30%)"),
		toggle(searchFlags, "dry-run", "print the plan only"),
	)
	flags = append(flags, outcomeFlags()...)
	return &cli.Command{
		Name:      "capacity",
		Usage:     "find the highest load that meets objectives",
		ArgsUsage: "[SCENARIO.yaml]",
		Description: `
The load is doubled until an objective is missed, the range is halved, and then
steps near the limit are repeated until a sequential test can name an interval:
no single step decides. Each step is a run of its own that logs out what it
opened. Steps in which this machine was the limit are no evidence. After the
first overload the server must show that it recovers.

Without a target, a simulator on this machine is measured that checks four
logins at once, each in 20 ms.

The exit code is 0 where a capacity is found, or the highest load allowed is
met; 1 where no load meets the objectives or the server doesn't recover; 3 where
nothing can be said, as when the generator is the limit or the steps don't suffice;
130 when interrupted.`,
		UsageText: `
authsoak capacity
authsoak capacity --target octane=https://octane.example.test --accounts users.csv \
                  --objective 'p99(login.response) < 500ms' --objective 'rate(fail) < 0.5%' \
                  --max-rate 500 --wanted 1200 --headroom 30%
authsoak capacity --target space=https://space.example.test --accounts users.csv \
                  --axis sessions --objective 'rate(fail) < 0.5%' --max-sessions 20000`,
		Flags:           flags,
		Action:          p.capacity,
		HideHelpCommand: true,
	}
}

// The server that is measured where none is named.
const (
	shownLoginCost = "20ms"
	shownServers   = "4"
)

func (p *program) capacity(c *cli.Context) error {
	files, err := operands(c, 0, 1)
	if err != nil {
		return err
	}
	v := &values{c: c}
	overrides := v.overrides()
	config := v.search()
	sessions := v.along(&config, &overrides)
	if len(files) == 0 && len(overrides.Targets) == 0 {
		v.problems = append(v.problems, ofNoServer(c)...)
	}
	v.objectives(&config, &overrides, len(files) == 0)
	if err := wrongUse(c, v.problems...); err != nil {
		return err
	}
	ctx, cancel := p.untilStopped(c.Context)
	defer cancel()
	if len(files) == 0 && len(overrides.Targets) == 0 {
		child, err := startChild(ctx, "--login-cost="+shownLoginCost, "--login-servers="+shownServers)
		if err != nil {
			return p.orInterrupted(err)
		}
		defer child.stop()
		overrides.Targets = []scenario.TargetFlag{{Endpoint: "octane", URL: child.address}}
		a := scenario.ParseAccounts(fmt.Sprintf("user{n}:pw{n}:%d", fewestAccounts))
		overrides.Accounts = &a
		if !sessions && overrides.Calls == nil {
			none := 0
			overrides.Calls = &none
		}
	}
	s, err := scenarioOf(files, overrides)
	if err != nil {
		return err
	}
	return p.searchIn(ctx, c, s, config)
}

// search reads the flags that shape a search.
func (v *values) search() capacity.Config {
	whole := func(name string, fallback int) int {
		if n := read(v, name, parseWhole); n != nil {
			return *n
		}
		return fallback
	}
	number := func(name string, fallback float64, parse func(string) (float64, error)) float64 {
		if f := read(v, name, parse); f != nil {
			return *f
		}
		return fallback
	}
	length := func(name string, fallback time.Duration) time.Duration {
		if d := read(v, name, parseTime); d != nil {
			return *d
		}
		return fallback
	}
	config := capacity.Config{Step: length("step", 20*time.Second), Settle: length("settle", 5*time.Second),
		Wanted: number("wanted", 0, parseNumber), HeadRoom: number("headroom", 0.3, parseShare)}
	config.Climb = length("climb", max(config.Step/4, 5*time.Second))
	config.Precision, config.Confidence = number("precision", 0.05, parseShare), number("confidence", 0.95, parseShare)
	config.MaxSteps = whole("max-steps", 40)
	config.Fill = number("fill-rate", 0, parseNumber)
	config.StopOn = v.stopOn()
	return config
}

// ceilingOf turns the ceiling of the generator, in requests a second, into cycles
// of the plan's targets; nil where nobody measured one for the way of each.
func ceilingOf(plan *scenario.Plan, ceilings []results.Ceiling) *results.CapacityCeiling {
	if len(ceilings) == 0 {
		return nil
	}
	lowest, bound := ceilings[0].RequestsPerS, ""
	for _, k := range ceilings {
		lowest = min(lowest, k.RequestsPerS)
		if k.LowerBound {
			bound = "at least "
		}
	}
	most := 1.0
	for i := range plan.Targets {
		f := plan.Targets[i].Flow
		most = max(most, float64(len(f.Login.Requests)+len(f.Logout.Requests))+plan.Calls.Mean())
	}
	rate := lowest / most
	return &results.CapacityCeiling{RatePerS: rate,
		Text: fmt.Sprintf("this machine drives %s%.0f cycles a second like these, as authsoak calibrate measured", bound, rate)}
}

// stopOn reads the classes that end a search.
func (v *values) stopOn() (classes []results.Class) {
	list := "locked"
	if v.c.IsSet("stop-on") {
		list = v.c.String("stop-on")
	}
	if list == "none" || list == "" {
		return nil
	}
	for _, name := range strings.Split(list, ",") {
		class, ok := results.ParseClass(strings.TrimSpace(name))
		if !ok {
			hint := "there are " + strings.Join(results.ClassNames(), ", ")
			if near := spelling.Nearest(name, results.ClassNames()); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			v.problems = append(v.problems, fmt.Errorf("--stop-on: no error class %q: %s", name, hint))
			continue
		}
		classes = append(classes, class)
	}
	return classes
}

// along reads what is raised, from where to where, and makes the scenario one of
// that model.
func (v *values) along(config *capacity.Config, o *scenario.Overrides) (sessions bool) {
	axis := v.c.String("axis")
	name, other := "max-rate", "max-sessions"
	switch axis {
	case "", results.RateAxis:
		config.From, config.Most = 5, 1000
		o.Rate = &config.Most
	case results.SessionsAxis:
		name, other = other, name
		config.From, config.Most, config.Whole, sessions = 10, 10_000, true, true
	default:
		v.problems = append(v.problems, fmt.Errorf("--axis: %q is neither rate nor sessions", axis))
		return false
	}
	if v.c.IsSet(other) {
		v.problems = append(v.problems, fmt.Errorf("--%s: the other axis: give --%s, or choose --axis", other, name))
	}
	if most := read(v, name, parseNumber); most != nil {
		config.Most = *most
	}
	if from := read(v, "from", parseNumber); from != nil {
		config.From = *from
	}
	config.From = min(config.From, config.Most)
	if sessions {
		most := int(math.Round(config.Most))
		config.Most, config.From = float64(most), math.Round(config.From)
		o.Population = &most
		if !v.c.IsSet("fill-rate") {
			config.Fill = min(max(config.Most/20, 100), 5000)
		}
	} else {
		rate := config.Most
		o.Rate = &rate
		if v.c.IsSet("fill-rate") {
			v.problems = append(v.problems, errors.New("--fill-rate: nothing is filled on the axis of rates: leave it out, or choose --axis sessions"))
		}
	}
	return sessions
}

// objectives reads what has to hold: from flags, or usual ones for the
// demonstration. They are thresholds of every step.
func (v *values) objectives(config *capacity.Config, o *scenario.Overrides, alone bool) {
	list := v.c.StringSlice("objective")
	if len(list) == 0 && alone && len(o.Targets) == 0 {
		list = []string{"p99(login.response) < 500ms", "rate(fail) < 0.5%"}
		if config.Whole {
			list = []string{"p99(response) < 500ms", "rate(fail) < 0.5%"}
		}
	}
	for _, text := range list {
		e, err := metric.Parse(text)
		if err != nil {
			v.bad("objective", err)
			continue
		}
		config.Objectives = append(config.Objectives, e)
	}
	o.Thresholds = list
	if len(v.problems) == 0 && (len(list) > 0 || alone) {
		if err := config.Validate(); err != nil {
			v.problems = append(v.problems, err)
		}
	}
}

// searchIn plans the search on a scenario, and makes it.
func (p *program) searchIn(ctx context.Context, c *cli.Context, s *scenario.Scenario, config capacity.Config) error {
	plan, err := s.Plan()
	if err != nil {
		return err
	}
	config.Objectives, config.Driver.Plan = plan.Thresholds, plan
	if err := wrongUse(c, config.Validate()); err != nil {
		return err
	}
	if err := arrive(c, plan); err != nil {
		return wrongUse(c, err)
	}
	targets, err := driver.Open(plan, nil)
	if err != nil {
		return err
	}
	ceilings := ceilingsFor(targets, plan.Connections)
	config.Driver = driver.Config{Plan: plan, Targets: targets, Version: Version(), Agent: agent(), Ceilings: ceilings}
	config.Ceiling = ceilingOf(plan, ceilings)
	config.Scenario = s.Effective()
	announced := config.Announced()
	if dry := c.Bool("dry-run"); dry || !c.Bool("quiet") {
		out := p.Err
		if dry {
			out = p.Out
		}
		if err := report.CapacityPlan(out, announced, time.Now(), report.TextFor(screenOf(out))); err != nil || dry {
			return err
		}
	}
	if config.Driver.Targets, err = preflight(ctx, plan); err != nil {
		return p.orInterrupted(err)
	}
	if config.Driver.Folder, err = runFolder(c, s); err != nil {
		return err
	}
	if err := errors.Join(config.Driver.Folder.WriteScenario(config.Scenario), os.Mkdir(config.Driver.Folder.Path(capacity.StepsDir), 0o755)); err != nil {
		return err
	}
	return p.searched(c, config, announced.Axis)
}

// arrive settles how cycles arrive in the rate axis.
func arrive(c *cli.Context, plan *scenario.Plan) error {
	how := c.String("arrivals")
	if plan.Arrivals == nil {
		if how != "" {
			return errors.New("--arrivals: sessions are held, nothing arrives: leave it out, or choose --axis rate")
		}
		return nil
	}
	stage := []scenario.Stage{{From: plan.Arrivals.PeakRate(), To: plan.Arrivals.PeakRate(), Length: plan.Duration}}
	switch how {
	case "", string(profiles.Poisson):
		plan.Arrivals = scenario.NewPoisson(stage, plan.Seed)
	case "constant":
		plan.Arrivals = scenario.NewArrivals(stage)
	default:
		return fmt.Errorf("--arrivals: %q is neither poisson nor constant", how)
	}
	return nil
}
