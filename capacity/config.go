package capacity

import (
	"errors"
	"fmt"
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
		c.objective(e, bad)
	}
	switch {
	case !(c.Most > 0):
		bad("the highest level to try is %g (--max-rate, --max-sessions): it must be above 0", c.Most)
	case !(c.From > 0) || c.From > c.Most:
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
	if c.sessions() && !(c.Fill > 0) {
		bad("%g sessions opened a second: it must be more than 0", c.Fill)
	}
	if p := c.Driver.Plan; p != nil && p.Experiment != nil {
		bad("the load holds an experiment (%s), and a search takes its steps from an ordinary one: choose another --load, or drive it with authsoak run", p.Experiment.Kind)
	}
	if !(c.HeadRoom >= 0 && c.HeadRoom < 1) {
		bad("a head-room of %g %%: possible are 0 %% to less than 100 %%", 100*c.HeadRoom)
	}
	if c.Wanted < 0 {
		bad("a wanted load of %g: it can't be negative", c.Wanted)
	}
	return errors.Join(errs...)
}

// objective says why one can't be searched by.
func (c *Config) objective(e metric.Expression, bad func(string, ...any)) {
	switch {
	case e.Op == metric.None:
		bad("objective %s: it needs a limit, such as %s < 500ms", e, e)
	case e.Op == metric.Equal:
		bad("objective %s: it holds or not, and no load is nearer to it than another: use < or >", e)
	}
	if shortest := min(c.Step, c.Climb); e.Window > shortest {
		bad("objective %s: steps of %s hold no window of %s: take a shorter one, or longer --step and --climb", e, shortest, e.Window)
	}
	if e.Stop || e.Grace > 0 {
		bad("objective %s: stop and after belong to the thresholds of a run; a step settles first, and is cut short where it is hopeless: leave them out", e)
	}
}

// sessions tells whether levels are numbers of sessions.
func (c *Config) sessions() bool { return c.Whole }

// fewest is how many cycles a step of the climb should see, and longestClimb what
// it takes for that at most: a quantile of a handful says nothing. A few it must
// see however long that takes, since a step without a cycle says nothing at all.
const (
	fewest       = 100
	few          = 5
	longestClimb = time.Minute
)

// hold is how long a step is judged.
func (c *Config) hold(s Step) time.Duration {
	if s.Long() {
		return time.Duration(max(s.Times, 1)) * max(c.Step, c.enough(s.Level))
	}
	if c.sessions() {
		return c.Climb
	}
	return max(c.Climb, min(inTime(fewest, s.Level), longestClimb, c.Step), inTime(few, s.Level))
}

// inTime is how long n cycles take at a rate, to the second.
func inTime(n, rate float64) time.Duration {
	return time.Duration(min(n/rate, 1e9) * 1e9).Round(time.Second)
}

const (
	// beyondQuantile is how many times a step should exceed a quantile that it is
	// judged by, and ofShare how many failures a share at its limit should make in
	// it: none of 3/p shows at 95 % that a share is below p (Hanley and
	// Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249,
	// 1983).
	beyondQuantile = 10
	ofShare        = 3
)

// enough is how long a step near the limit takes at least at a level, so that its
// objectives can be told by it.
func (c *Config) enough(level float64) time.Duration {
	rate := level
	if c.sessions() {
		rate = level / c.Driver.Plan.Think.Mean().Seconds()
	}
	var need float64
	for _, e := range c.Objectives {
		switch p, quantile := e.Func.Percentile(); {
		case quantile:
			need = max(need, beyondQuantile/(1-p/100))
		case e.Func == metric.Rate && e.Unit == metric.Percent:
			if share := min(e.Value, 100-e.Value) / 100; share > 0 {
				need = max(need, ofShare/share)
			}
		}
	}
	return inTime(need, rate)
}

// settle is how long a step isn't judged: until the load is there, and a while.
// Cycles live as long as they think, and until the first of them leave, ever more
// are under way on any server.
func (c *Config) settle(s Step) time.Duration {
	settle := c.Settle
	if s.Times > 1 {
		settle = time.Duration(s.Times) * max(c.Settle, c.Step/settledPart)
	}
	if !c.sessions() {
		return settle + c.life()
	}
	return settle + c.filling(s.Level)
}

// filling is how long it takes to open so many sessions.
func (c *Config) filling(level float64) time.Duration {
	return time.Duration(level / c.Fill * 1e9).Round(time.Millisecond)
}

// life is how long hardly a cycle spends thinking: three standard deviations more
// than the mean. Of pauses that are exponential, the worst, 2 % last longer.
func (c *Config) life() time.Duration {
	mean, spread := c.Driver.Plan.Thinking()
	return (mean + 3*spread).Round(time.Millisecond)
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
