package capacity

import (
	"errors"
	"fmt"
	"math"
	"time"

	"authsoak/driver"
	"authsoak/metric"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// Config is what a search on a server needs. Driver, Objectives and Options are
// required.
type Config struct {
	Options
	// Driver drives the steps. Its plan says everything but the level and the
	// times; its folder is that of the search, the steps leave theirs below it.
	Driver driver.Config
	// Scenario is written into the folder of each step, so that `authsoak cleanup`
	// finds the servers there.
	Scenario   []byte
	Objectives []metric.Expression
	// Settle passes before each step and isn't judged; Step is judged near the
	// limit, Climb on the way there.
	Settle, Step, Climb time.Duration
	// Fill is how many sessions a second are opened before a step of the axis of
	// sessions.
	Fill float64
	// StopOn are error classes that end the search at once, where one turns up in
	// a step.
	StopOn []results.Class
	// Wanted is the load that several servers are to carry together; 0: nobody
	// asked. HeadRoom is the share of each that is to stay free.
	Wanted, HeadRoom float64
	// Ceiling is what the generator is known to drive at most; nil: unknown.
	Ceiling *results.CapacityCeiling
	// Watch is told what happens; nil: nobody is.
	Watch func(Event)
}

// Event is something that happened in a search: exactly one member is set.
type Event struct {
	Begins *results.CapacityStep // the number, the level, why
	// Now is the state of the step in progress.
	Now *results.Snapshot
	// Ends tells what a step has shown, and what comes next.
	Ends *results.CapacityStep
}

// Validate reports everything that can't be searched.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Objectives) == 0 {
		bad("no objective: state what has to hold, such as 'p99(login.response) < 500ms'")
	}
	for _, e := range c.Objectives {
		switch {
		case e.Op == metric.None:
			bad("objective %s: it needs a limit, such as %s < 500ms", e, e)
		case e.Op == metric.Equal:
			bad("objective %s: it holds or not, and no load is nearer to it than another: use < or >", e)
		}
	}
	if !(c.From > 0) || c.From > c.Most {
		bad("a search from %g to %g: the climb begins above 0 and not above the highest level", c.From, c.Most)
	}
	if !(c.Precision >= 0.005 && c.Precision <= 1) {
		bad("a precision of %g %%: possible are 0.5 %% to 100 %%", 100*c.Precision)
	}
	if !(c.Confidence >= 0.5 && c.Confidence < 1) {
		bad("a confidence of %g %%: possible are 50 %% to less than 100 %%", 100*c.Confidence)
	}
	if c.MaxSteps < 3 {
		bad("%d steps: a search takes 3 at least", c.MaxSteps)
	}
	for _, d := range []struct {
		what string
		is   time.Duration
	}{{"a step", c.Step}, {"a step of the climb", c.Climb}} {
		if d.is < 2*time.Second {
			bad("%s of %s: the least is 2s, since a run is looked at once a second", d.what, d.is)
		}
	}
	if c.Settle < 0 {
		bad("a settling time of %s: it can't be negative", c.Settle)
	}
	if !(c.HeadRoom >= 0 && c.HeadRoom < 1) {
		bad("a head-room of %g %%: possible are 0 %% to less than 100 %%", 100*c.HeadRoom)
	}
	if c.Wanted < 0 {
		bad("a wanted load of %g: it can't be negative", c.Wanted)
	}
	return errors.Join(errs...)
}

// sessions tells whether levels are numbers of sessions.
func (c *Config) sessions() bool { return c.Whole }

// fewest is how many cycles a step of the climb should see, and longestClimb what
// it takes for that at most: a quantile of a handful says nothing.
const (
	fewest       = 100
	longestClimb = time.Minute
)

// hold is how long a step is judged.
func (c *Config) hold(s Step) time.Duration {
	if s.Long() {
		return time.Duration(max(s.Times, 1)) * c.Step
	}
	if c.sessions() {
		return c.Climb
	}
	need := time.Duration(fewest / s.Level * float64(time.Second)).Round(time.Second)
	return max(c.Climb, min(need, longestClimb, c.Step))
}

// settle is how long a step isn't judged: until the load is there, and a while.
func (c *Config) settle(s Step) time.Duration {
	if !c.sessions() {
		return time.Duration(max(s.Times, 1)) * c.Settle
	}
	return c.Settle + time.Duration(s.Level/c.Fill*1e9).Round(time.Millisecond)
}

// Longest is how long a search takes at most, without logouts, unless steps turn
// out to be too short.
func (c *Config) Longest() time.Duration {
	long := Step{Kind: Knee, Level: c.Most}
	return time.Duration(c.MaxSteps) * (c.settle(long) + max(c.hold(long), c.Climb))
}

// plan is the plan of one step.
func (c *Config) plan(number int, s Step) *scenario.Plan {
	p := *c.Driver.Plan
	p.Warmup = c.settle(s)
	p.Duration = p.Warmup + c.hold(s)
	p.Seed += uint64(number) * 0x9e3779b9
	p.Thresholds = append(append([]metric.Expression{}, c.Objectives...), c.brakes(c.hold(s))...)
	stage := []scenario.Stage{{From: s.Level, To: s.Level, Length: p.Duration}}
	if c.sessions() {
		p.Model, p.Arrivals = profiles.Population, nil
		p.Curve = scenario.NewCurve(stage).Filled(c.Fill)
		return &p
	}
	poisson := p.Arrivals == nil || p.Arrivals.Process() == scenario.Poisson
	p.Model, p.Curve = profiles.Open, nil
	p.Arrivals = scenario.NewArrivals(stage)
	if poisson {
		p.Arrivals = scenario.NewPoisson(stage, p.Seed)
	}
	return &p
}

const (
	// hopeless is how many times a limit on times must be broken for a step to be
	// cut short: a server that is overloaded this much shows nothing more.
	hopeless = 4
	// hopelessShare is the share of failures from which on a step is cut short.
	hopelessShare = 50
)

// brakes are the thresholds that cut a step short: far beyond an objective, or
// where a class turns up that ends the search.
func (c *Config) brakes(hold time.Duration) (out []metric.Expression) {
	grace := max(2*time.Second, (hold / 4).Round(time.Second))
	for _, e := range c.Objectives {
		e.Window, e.Stop, e.Grace = 0, true, grace
		switch {
		case e.Func.OfTime() && e.Unit.OfTime() && e.Upper():
			e.Value *= hopeless
		case e.Func == metric.Rate && e.Unit == metric.Percent && e.Upper() && hopeless*e.Value < hopelessShare:
			e.Value = hopelessShare
		default:
			continue
		}
		out = append(out, e)
	}
	for _, class := range c.StopOn {
		out = append(out, metric.Expression{Func: metric.Count, Path: []string{class.String()}, Op: metric.Equal, Stop: true})
	}
	return out
}

// margin is the logarithm of a value over its limit: negative within it. Half a
// cycle of n, or half a microsecond, stands in for nothing.
func margin(e metric.Expression, actual float64, pass bool, n int64) float64 {
	value, limit := actual, e.Value
	var least float64
	switch {
	case e.Unit == metric.Percent:
		least = 50 / float64(max(n, 1))
		if !e.Upper() {
			value, limit = 100-value, 100-limit
		}
	case e.Unit.OfTime():
		least = 0.5e-6 / e.Unit.Base()
	default:
		least = 0.5
	}
	m := math.Log((value + least) / (limit + least))
	if !e.Upper() && e.Unit != metric.Percent {
		m = -m
	}
	const clear = 1e-3 // where rounding would say the opposite
	switch {
	case pass:
		return min(m, -clear)
	default:
		return max(m, clear)
	}
}
