package scenario

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"authsoak/document"
	"authsoak/profiles"
)

// Opening a population. A step to a number of sessions is drawn out to the
// warm-up, where one is stated; else to fillTime, at no less than slowFill and no
// more than fastFill sessions per second, or more where the turnover alone takes
// more.
const (
	fillTime = 20.0 // s
	slowFill = 100.0
	fastFill = 5000.0
)

// maxLevel bounds a load: cycles per second, users or sessions.
const maxLevel = 10e6

// idleThink is the pause between the calls of a held session where nothing is
// stated: a population is to be held, not to be worked as hard as it can be.
const idleThink = 30 * time.Second

// keepFor drops what has no meaning in another model, and recorded times in any.
func (l *Load) keepFor(model profiles.Model) {
	before := l.Model
	if before == "" {
		before = profiles.Open
	}
	if before != model {
		l.Forget("arrivals", "pacing", "turnover")
		if model == profiles.Population {
			l.Forget("calls")
		}
	}
	if l.Arrivals.File != "" {
		l.Forget("arrivals")
	}
}

// completeLoad makes the load whole: what it starts from, what flags ask for,
// and defaults.
func (c *compiler) completeLoad() {
	l := &c.Load
	if l.Use != "" {
		base, err := profiles.FindLoad(l.Use)
		if err != nil {
			c.failed("load.use", err)
			return
		}
		from := Load{Load: base.Load}
		if file := from.Arrivals.File; file != "" && !filepath.IsAbs(file) {
			from.Arrivals.File = filepath.Join(filepath.Dir(l.Use), file)
		}
		if l.level != nil {
			from.keepFor(l.Model)
		}
		l.Merge(from.Load)
		l.Use = ""
	}
	if l.Experiment.Kind != "" && len(l.Stages) > 0 {
		c.relevel(l)
	}
	c.settleStages(l)
	c.fillExperiment(l)
	if l.Model == profiles.Population && l.Think == (profiles.Distribution{}) {
		l.Think = profiles.Distribution{Distribution: profiles.Exponential, Mean: document.Duration(idleThink)}
	}
	c.add(l.Check(c.file, "load"))
	c.add(l.CheckStages(c.file, "load"))
	l.Defaults()
	if l.Model == profiles.Population && len(c.problems) == 0 {
		c.settleFill(l)
	}
	c.checkLoad(l)
}

// settleStages makes the stages that flags ask for.
func (c *compiler) settleStages(l *Load) {
	if l.level == nil && l.hold == nil {
		return
	}
	if l.level != nil {
		length := l.Length()
		if length == 0 {
			length = time.Duration(l.Warmup) + defaultHold
			l.held = true
		}
		l.Stages = []profiles.Stage{profiles.Hold(*l.level, length)}
	}
	hold := l.hold
	l.level, l.hold = nil, nil
	if hold == nil {
		return
	}
	if len(l.Stages) != 1 || l.Stages[0].Ramp() {
		c.bad("load.endless", "can't change a load that isn't one level held all the time: change its stages instead", "")
		return
	}
	l.Endless = *hold == 0
	if l.Endless {
		*hold = defaultHold // a length that is not looked at
	}
	l.Stages = []profiles.Stage{profiles.Hold(l.Stages[0].Level(), time.Duration(l.Warmup)+*hold)}
	l.held = true
}

// settleFill gives a population that starts with a step the time to open its
// sessions: the warm-up, unless one is stated. Where none at all is stated they
// are opened in the hold.
func (c *compiler) settleFill(l *Load) {
	first := l.Stages[0]
	if first.Ramp() || first.Level() == 0 || l.Warmup > 0 {
		return
	}
	rate := c.openingRate(l)
	need := time.Duration(first.Level() / rate * 1e9).Round(time.Millisecond)
	judged := l.States("warmup")
	if !judged {
		l.Warmup = document.Duration(need)
	}
	switch {
	case l.held && !judged:
		l.Stages = []profiles.Stage{profiles.Hold(first.Level(), first.Length()+need)}
	case l.Endless && judged:
	case need >= l.Length():
		c.bad("load.stages", fmt.Sprintf("the load is over before the population is there: %v sessions take %s at %v a second: make it longer, or state a warmup",
			first.Level(), document.Duration(need), rate), "")
	}
}

// turnoverRate is how many sessions per second a full population replaces, by
// Little's law N/W.
func (c *compiler) turnoverRate(l *Load) float64 {
	var peak float64
	for _, s := range l.Stages {
		peak = max(peak, s.Level())
	}
	mean := timesOf(l.Turnover).Mean().Seconds()
	if mean <= 0 {
		return 0
	}
	return peak / mean
}

// checkLoad checks what [profiles.Load.Check] leaves to whoever drives.
func (c *compiler) checkLoad(l *Load) {
	if l.Endless && (len(l.Stages) == 0 || l.Stages[len(l.Stages)-1].Ramp()) {
		c.bad("load.endless", "needs a last stage that holds a level", "")
	}
	if l.Abandon < 0 || l.Abandon > 1 {
		c.bad("load.abandon", "must be a share between 0% and 100%", "")
	}
	c.known("load.connections", string(l.Connections), l.Connections.Known())
	var peak float64
	for i, s := range l.Stages {
		if peak = max(peak, s.Level()); s.Level() > maxLevel {
			c.bad(fmt.Sprintf("load.stages[%d]", i), fmt.Sprintf("asks for %.0f: at most %.0f are possible", s.Level(), maxLevel), "")
		}
	}
	if len(l.Stages) > 0 && peak == 0 {
		c.bad("load.stages", "every level is 0: that is no load at all", "")
	}
}

// countless refuses a number of calls that nobody would make: a held session
// calls until its turnover, and only a login without a session counts.
func (c *compiler) countless() {
	l := &c.Load
	if l.Model != profiles.Population || slices.ContainsFunc(c.plan.Targets, func(t TargetPlan) bool { return t.Flow == nil || t.Flow.Sessionless }) {
		return
	}
	if l.States("calls") {
		c.bad("load.calls", "a population takes no number of calls: how many a held session makes follows from think and turnover", "")
	}
	l.Calls = profiles.Count{}
}

// stages lays the load's stages out.
func (l *Load) stages() []Stage {
	var out []Stage
	level := 0.0
	for i, s := range l.Stages {
		next := Stage{From: level, To: s.Level(), Length: s.Length()}
		if !s.Ramp() {
			next.From = next.To
		}
		if l.Endless && i == len(l.Stages)-1 {
			next.Length = Forever
		}
		out = append(out, next)
		level = next.To
	}
	return out
}

// planLoad turns the completed load into the plan's numbers.
func (c *compiler) planLoad() {
	l, p := &c.Load, c.plan
	stages := c.planExperiment(l.stages())
	p.Model, p.Connections, p.Workers = l.Model, l.Connections, l.Workers
	p.Think, p.Turnover, p.Calls = timesOf(l.Think), timesOf(l.Turnover), callsOf(l.Calls)
	if p.Turnover.IsZero() {
		p.Turnover = ConstantTime(maxDraw)
	}
	p.Pacing, p.Abandon, p.Replay = time.Duration(l.Pacing), float64(l.Abandon), float64(*l.Replay)
	p.Warmup, p.Timeout, p.StartLimit = time.Duration(l.Warmup), time.Duration(l.Timeout), time.Duration(l.StartLimit)
	p.Slack = time.Duration(l.Slack)
	p.DrainLimit, p.DrainRate = time.Duration(l.Drain.Limit), l.Drain.Rate
	switch {
	case l.Model == profiles.Open:
		p.Arrivals = c.arrivals(l, stages)
		p.Duration = p.Arrivals.Length()
		if p.Arrivals.Process() == Trace {
			p.Duration += p.tail()
		}
	case l.Model == profiles.Population:
		p.Curve = NewCurve(stages).Filled(c.fillRateOf(l))
		p.Duration = p.Curve.Length()
	default:
		p.Curve = NewCurve(stages)
		p.Duration = p.Curve.Length()
	}
	if load := p.starts(); p.Warmup >= load {
		c.bad("load.warmup", fmt.Sprintf("the warm-up takes %s of a run of %s: nothing would be left to judge",
			document.Duration(p.Warmup), document.Duration(load.Round(time.Millisecond))), "")
	}
}

// maxTail bounds the parts of a trace's tail, so that no time overflows.
const maxTail = 90 * 24 * time.Hour

// tail is how long a run waits at most, after the last recorded arrival, for
// cycles to end: four times the pauses of a session, since some think longer than
// others, and until the last request must have been answered.
func (p *Plan) tail() time.Duration {
	return 4*p.thinking() + min(p.StartLimit, maxTail) + min(p.Timeout, maxTail)
}

// thinking is the mean of all pauses of a session.
func (p *Plan) thinking() time.Duration {
	mean, _ := p.Thinking()
	return mean
}

// Thinking is the mean and the standard deviation of all pauses of a session, one
// before each step but the login; neither is more than 90 days. Of a random
// number N of pauses T, the mean is E[N]·E[T] and the variance
// E[N]·Var[T] + Var[N]·E[T]² (Ross, Introduction to Probability Models, 2014,
// examples 3.10 and 3.19).
func (p *Plan) Thinking() (mean, deviation time.Duration) {
	n, pause := p.Calls.Mean()+1, float64(p.Think.Mean())
	within, between := float64(p.Think.Deviation()), p.Calls.Deviation()*pause
	bound := func(v float64) time.Duration { return time.Duration(min(v, float64(maxTail))) }
	return bound(n * pause), bound(math.Sqrt(n*within*within + between*between))
}

// starts is the part of the run in which cycles start.
func (p *Plan) starts() time.Duration {
	if p.Arrivals != nil {
		return p.Arrivals.Length()
	}
	return p.Duration
}

// openingRate is how many sessions per second fill a population that states no
// warm-up.
func (c *compiler) openingRate(l *Load) float64 {
	rate := min(max(l.Stages[0].Level()/fillTime, slowFill), fastFill)
	return max(rate, c.turnoverRate(l))
}

func (c *compiler) fillRateOf(l *Load) float64 {
	rate := c.openingRate(l)
	if first := l.Stages[0]; l.Warmup > 0 && !first.Ramp() && first.Level() > 0 {
		rate = first.Level() / time.Duration(l.Warmup).Seconds()
	}
	return rate
}

func (c *compiler) arrivals(l *Load, stages []Stage) *Arrivals {
	switch l.Arrivals.Process {
	case profiles.Trace:
		return NewTrace(c.trace)
	case profiles.Poisson:
		return NewPoisson(stages, c.plan.Seed)
	}
	return NewArrivals(stages)
}

func timesOf(d profiles.Distribution) Distribution {
	mean := time.Duration(d.Mean)
	switch d.Distribution {
	case profiles.Uniform:
		return UniformTime(time.Duration(d.Min), time.Duration(d.Max))
	case profiles.Exponential:
		return ExponentialTime(mean)
	case profiles.Lognormal:
		return LognormalTime(mean, d.Sigma)
	}
	return ConstantTime(mean)
}

func callsOf(n profiles.Count) Calls {
	switch n.Distribution {
	case profiles.Uniform:
		return UniformCalls(n.Min, n.Max)
	case profiles.Geometric:
		return GeometricCalls(n.Mean)
	}
	return ConstantCalls(n.Count)
}
