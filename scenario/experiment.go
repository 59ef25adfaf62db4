package scenario

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"authsoak/document"
	"authsoak/profiles"
	"authsoak/spelling"
)

// ExperimentPlan is a load's experiment with its times since the start of load.
type ExperimentPlan struct {
	Kind profiles.ExperimentKind
	// At is when it happens: the storm or the burst, the instant from which nobody
	// does anything any more, the earliest a restart is asked for.
	At time.Duration
	// Until is when everybody returns after a silence that began at At.
	Until            time.Duration
	Users            int // storm: at once; mass-expiry: held when the silence begins
	Sessions, Logins int // duplicate-burst: sessions, and logins over each
	// Leaving is how many sessions a second are left without a logout, at most.
	Leaving float64
	// Commanded tells of a restart that a command is asked for it at At.
	Commanded       bool
	Idle            time.Duration
	Within, Slowest time.Duration
	Factor          float64
	Failures        float64  // share of logins
	Survive         *float64 // restart: share of sessions; nil: not judged
}

// BurstEvery is the time between the bursts of a duplicate-burst.
const BurstEvery = time.Second

// Burst returns when the burst over session i comes, and false where that
// session is none of those.
func (e *ExperimentPlan) Burst(i int) (time.Duration, bool) {
	if e == nil || e.Kind != profiles.DuplicateBurst || i >= e.Sessions {
		return 0, false
	}
	return e.At + time.Duration(i)*BurstEvery, true
}

// Silent tells of a step that was planned at a time for another what becomes of
// it: nobody does anything from At on, and everybody is due at Until.
func (e *ExperimentPlan) Silent(now, due int64) int64 {
	if e == nil || e.Until == 0 || now >= int64(e.Until) || due < int64(e.At) {
		return due
	}
	return int64(e.Until)
}

// Touched is how much longer than its idle time a session left behind is unused
// when it is touched.
func (e *ExperimentPlan) Touched() time.Duration { return profiles.Allowance(e.Idle) }

// ExperimentFlag is one KEY=VALUE of --experiment.
type ExperimentFlag struct{ Key, Value string }

var experimentKeys = []string{"at", "users", "sessions", "logins", "idle", "within", "slowest", "factor", "failures", "survive"}

// ParseExperiment reads KEY=VALUE.
func ParseExperiment(text string) (ExperimentFlag, error) {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return ExperimentFlag{}, fmt.Errorf("must be KEY=VALUE, as in within=30s, not %q", text)
	}
	f := ExperimentFlag{key, value}
	if !slices.Contains(experimentKeys, key) {
		hint := "there are " + strings.Join(experimentKeys, ", ")
		if near := spelling.Nearest(key, experimentKeys); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return f, fmt.Errorf("an experiment has no key %q: %s", key, hint)
	}
	return f, f.set(&profiles.Experiment{})
}

// set gives the key its value.
func (f ExperimentFlag) set(e *profiles.Experiment) (err error) {
	times := map[string]*document.Duration{"at": &e.At, "idle": &e.Idle, "within": &e.Within, "slowest": &e.Slowest}
	numbers := map[string]*int{"users": &e.Users, "sessions": &e.Sessions, "logins": &e.Logins}
	shares := map[string]**document.Share{"failures": &e.Failures, "survive": &e.Survive}
	switch {
	case times[f.Key] != nil:
		*times[f.Key], err = document.ParseDuration(f.Value)
	case numbers[f.Key] != nil:
		if _, err = fmt.Sscanf(f.Value+"\n", "%d\n", numbers[f.Key]); err != nil {
			err = fmt.Errorf("must be a whole number, not %q", f.Value)
		}
	case shares[f.Key] != nil:
		var s document.Share
		s, err = document.ParseShare(f.Value)
		*shares[f.Key] = &s
	default:
		if _, err = fmt.Sscanf(f.Value+"\n", "%g\n", &e.Factor); err != nil {
			err = fmt.Errorf("must be a number, not %q", f.Value)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.Key, err)
	}
	return nil
}

// planExperiment completes the experiment, once targets and load are planned but
// for its own share of them. It returns the stages with what it does to them.
func (c *compiler) planExperiment(stages []Stage) []Stage {
	e := &c.Load.Experiment
	if e.Kind == "" {
		return stages
	}
	p := &ExperimentPlan{Kind: e.Kind, At: time.Duration(c.Load.Warmup + e.At), Users: e.Users, Sessions: e.Sessions, Logins: e.Logins,
		Within: time.Duration(e.Within), Slowest: time.Duration(e.Slowest), Factor: e.Factor}
	if e.Failures != nil {
		p.Failures = float64(*e.Failures)
	}
	if e.Survive != nil {
		share := float64(*e.Survive)
		p.Survive = &share
	}
	c.plan.Experiment = p
	length := NewCurve(stages).Length()
	if e.At > 0 && length != Forever && p.At >= length {
		c.bad("load.experiment.at", fmt.Sprintf("the load is over after %s, before anything happens", said(length)), "")
		return stages
	}
	switch e.Kind {
	case profiles.Storm:
		return withBurst(stages, p.At, p.Users)
	case profiles.MassExpiry:
		c.idleOfTargets(p)
		p.Until = p.At + p.Idle + 2*profiles.Allowance(p.Idle)
		p.Users = int(math.Round(NewCurve(stages).At(p.At)))
		if last := &stages[len(stages)-1]; last.Length != Forever {
			last.Length += p.Until - p.At
		}
	case profiles.Leak:
		c.idleOfTargets(p)
		p.Leaving = NewArrivals(stages).PeakRate() * float64(c.Load.Abandon)
		if c.Load.Abandon == 0 {
			c.bad("load.abandon", "a leak needs a share of sessions that are left without a logout", "")
		}
		if length == Forever {
			c.bad("load.endless", "a leak needs an end: login times of its last quarter are held against those of its first", "")
		}
		if last := &stages[len(stages)-1]; last.Length != Forever {
			last.Length += p.Idle + 2*p.Touched() // so that those left in the stages come of age
		}
	case profiles.DuplicateBurst:
		c.burstFits(p, length)
	}
	return stages
}

// burstFits refuses bursts that nothing could come of.
func (c *compiler) burstFits(p *ExperimentPlan, length time.Duration) {
	if last, _ := p.Burst(p.Sessions - 1); length != Forever && last+2*BurstEvery >= length {
		c.bad("load.experiment", fmt.Sprintf("the last burst comes %s after the start, and the load is over after %s", said(last), said(length)), "")
	}
	if peak := int(c.Load.Stages[0].Level()); p.Sessions > peak {
		c.bad("load.experiment.sessions", fmt.Sprintf("%s are to be tried of a population that begins with %d", counted(p.Sessions, "session"), peak), "")
	}
	for i := range c.plan.Targets {
		if c.plan.Targets[i].Flow.Sessionless {
			c.bad(fmt.Sprintf("targets[%d].method", i), "holds no session that a second login could come over", "")
		}
	}
}

// idleOfTargets finds how long unused sessions live: as the experiment says, which
// then goes before what a profile says, or as the profiles do.
func (c *compiler) idleOfTargets(p *ExperimentPlan) {
	given := time.Duration(c.Load.Experiment.Idle)
	for i := range c.plan.Targets {
		t := &c.plan.Targets[i]
		switch {
		case t.Flow.Sessionless:
			c.bad(fmt.Sprintf("targets[%d].method", i), "holds no session that could end", "")
			continue
		case given > 0:
			flow := *t.Flow
			flow.Session.Idle = given
			t.Flow = &flow
		case t.Flow.Session.Idle == 0:
			c.bad("load.experiment.idle", fmt.Sprintf("the profile of target %s doesn't say how long an unused session lives: say it here", t.Name), "")
		}
		p.Idle = max(p.Idle, t.Flow.Session.Idle)
	}
}

// withBurst puts n arrivals at one instant into the stages.
func withBurst(stages []Stage, at time.Duration, n int) []Stage {
	var out []Stage
	var start time.Duration
	for i, s := range stages {
		if s.Length != Forever && at >= start+s.Length {
			out = append(out, s)
			start += s.Length
			continue
		}
		before, after := s, s
		before.Length = at - start
		level := s.From
		if s.Length != Forever {
			level += (s.To - s.From) * (before.Length.Seconds() / s.Length.Seconds())
			after.Length = s.Length - before.Length
		}
		before.To, after.From = level, level
		if before.Length > 0 {
			out = append(out, before)
		}
		out = append(out, Burst(n), after)
		return append(out, stages[i+1:]...)
	}
	return append(out, Burst(n))
}

// fillExperiment takes over what flags say of the experiment, and completes it.
func (c *compiler) fillExperiment(l *Load) {
	for _, f := range l.asked {
		if l.Experiment.Kind == "" {
			c.bad("load.experiment", fmt.Sprintf("--experiment %s=%s: the load is no experiment: choose one with --load, authsoak profiles list names them", f.Key, f.Value), "")
			break
		}
		if err := f.set(&l.Experiment); err != nil {
			c.bad("load.experiment", err.Error(), "")
		}
	}
	l.asked = nil
	l.Experiment.FillIn()
}

// relevel gives an experiment's stages another level, and the last of them another
// length: what it does, and when, stays as it is.
func (c *compiler) relevel(l *Load) {
	if l.level != nil {
		for i := range l.Stages {
			l.Stages[i] = stageAt(l.Stages[i], *l.level)
		}
	}
	if l.hold != nil {
		rest := time.Duration(l.Warmup) + *l.hold
		for _, s := range l.Stages[:len(l.Stages)-1] {
			rest -= s.Length()
		}
		last := &l.Stages[len(l.Stages)-1]
		switch {
		case *l.hold == 0:
			l.Endless = true
		case rest <= 0:
			c.bad("load.endless", fmt.Sprintf("is too short: the stages before the last take %s", said(time.Duration(math.Abs(float64(rest)))+*l.hold+time.Duration(l.Warmup))), "")
		case last.Ramp():
			last.Over = document.Duration(rest)
		default:
			last.For = document.Duration(rest)
		}
	}
	l.level, l.hold = nil, nil
}

func stageAt(s profiles.Stage, level float64) profiles.Stage {
	if s.Ramp() {
		return profiles.Line(level, s.Length())
	}
	return profiles.Hold(level, s.Length())
}
