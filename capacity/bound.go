package capacity

import (
	"time"

	"authsoak/accounts"
	"authsoak/results"
)

// Usual is how long a search drives load at most where steps of the usual length
// will do.
func (c *Config) Usual() time.Duration {
	near := Step{Kind: Knee, Level: c.Most}
	return time.Duration(c.MaxSteps) * (c.settle(near) + max(c.Step, c.Climb))
}

// Longest is how long a search drives load at most, whatever it meets: a step that
// would end later isn't begun. Logouts come on top, and, where sessions are held,
// what logins take that are slower than [Config.Fill].
func (c *Config) Longest() time.Duration {
	near := Step{Kind: Knee, Level: c.Most, Times: mostTimes}
	return time.Duration(c.MaxSteps) * (c.settle(near) + mostTimes*max(c.Step, c.Climb))
}

// Planned is what is announced before a search.
func (c *Config) Planned() results.CapacityPlanned {
	p := results.CapacityPlanned{From: c.From, Most: c.Most, SettleS: c.Settle.Seconds(), StepS: c.Step.Seconds(), ClimbS: c.Climb.Seconds(),
		Precision: c.Precision, Confidence: c.Confidence, MaxSteps: c.MaxSteps, UsualS: c.Usual().Seconds(), LongestS: c.Longest().Seconds()}
	if !c.sessions() {
		p.SettleS += c.life().Seconds()
	}
	p.LongStepS = c.hold(Step{Kind: Knee, Level: c.From}).Seconds()
	p.LoginsStep, p.Logins = c.logins()
	for i := range c.Driver.Targets {
		if t := &c.Driver.Targets[i].TargetPlan; t.Policy == accounts.Lease {
			p.Accounts += t.Accounts.Count()
		}
	}
	return p
}

// logins is how many a step takes at most, and all together. Sessions that are
// held are opened once, and again where they are given up for others.
func (c *Config) logins() (step, all int64) {
	longest := Step{Kind: Knee, Level: c.Most, Times: mostTimes}
	length := (c.settle(longest) + c.hold(longest)).Seconds()
	if !c.sessions() {
		return int64(c.Most * length), int64(c.Most * c.Longest().Seconds())
	}
	again := 0.0
	if turnover := c.Driver.Plan.Turnover.Mean().Seconds(); turnover > 0 {
		again = c.Most / turnover
	}
	return int64(c.Most + again*length), int64(c.Most*float64(c.MaxSteps) + again*c.Longest().Seconds())
}
