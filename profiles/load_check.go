package profiles

import (
	"fmt"
	"math"
	"strings"
	"time"

	"authsoak/document"
)

// Limits of a load. They catch a slip of the pen (a rate with three zeros too
// many), not an ambitious run.
const (
	maxLevel  = 100_000_000
	maxLength = 90 * 24 * time.Hour
	maxCalls  = 65_535 // what a virtual user's record has room for
	maxSigma  = 5
	maxSlack  = 100 * time.Millisecond
)

// Check returns what is wrong with a load that stands at that path of f. It may
// be called before or after [Load.Defaults]; an empty load is in order except
// for its stages, which something else may supply: see [Load.CheckStages].
func (l *Load) Check(f *document.File, path string) document.Problems {
	c := &loadCheck{load: l, file: f, path: path}
	c.stages(l.Stages)
	c.arrivals(l)
	c.models(l)
	c.experiment(l)
	c.distribution("think", l.Think)
	c.distribution("turnover", l.Turnover)
	c.count(l.Calls)
	if l.Workers < 0 {
		c.bad("workers", "must not be negative: 0 lets the machine choose")
	}
	if l.Drain.Rate < 0 || l.Drain.Rate > maxLevel {
		c.bad("drain.rate", "must not be negative: 0 lets half the limit suffice")
	}
	if total := l.Length(); l.Warmup > 0 && total > 0 && time.Duration(l.Warmup) >= total {
		c.bad("warmup", fmt.Sprintf("the warm-up takes %s of a run of %s: nothing would be left to judge", l.Warmup, document.Duration(total)))
	}
	c.positive("timeout", l.Timeout)
	c.positive("start_limit", l.StartLimit)
	if l.Slack < 0 || time.Duration(l.Slack) > maxSlack {
		c.bad("slack", fmt.Sprintf("must be between 0 and %s: it makes starts late", document.Duration(maxSlack)))
	}
	c.positive(drainLimit, l.Drain.Limit)
	return c.problems.Sort()
}

// CheckStages returns what is wrong when no stages are given at all.
func (l *Load) CheckStages(f *document.File, path string) document.Problems {
	c := &loadCheck{load: l, file: f, path: path}
	if len(l.Stages) == 0 && l.Arrivals.File == "" {
		c.bad("stages", "there are no stages: say how much load, and for how long")
	}
	return c.problems
}

type loadCheck struct {
	load     *Load
	file     *document.File
	path     string
	problems document.Problems
}

func (c *loadCheck) at(key string) string {
	if c.path == "" {
		return key
	}
	return c.path + "." + key
}

func (c *loadCheck) bad(key, message string) {
	c.problems = append(c.problems, c.file.Problem(c.at(key), message, ""))
}

// unfit is for a key that has no business here.
func (c *loadCheck) unfit(key, message string) {
	c.problems = append(c.problems, c.file.KeyProblem(c.at(key), message, ""))
}

// positive refuses a time of 0 where one is written: it can't be told from none.
func (c *loadCheck) positive(key string, d document.Duration) {
	if d == 0 && c.load.States(key) {
		c.bad(key, "must be longer than 0")
	}
}

func (c *loadCheck) stages(stages []Stage) {
	var total time.Duration
	for i, s := range stages {
		c.stage(fmt.Sprintf("stages[%d]", i), s)
		if length := s.Length(); length > maxLength || total+length > maxLength {
			c.bad(fmt.Sprintf("stages[%d]", i), fmt.Sprintf("makes the run longer than %s", document.Duration(maxLength)))
			return
		} else {
			total += length
		}
	}
	if len(stages) > 0 && total == 0 {
		c.bad("stages", "take no time at all")
	} else if len(stages) == 0 && c.load.States("stages") {
		c.bad("stages", "must hold at least one stage")
	}
}

func (c *loadCheck) stage(key string, s Stage) {
	switch {
	case s.To != nil && s.At != nil:
		c.bad(key, "has both to and at: a stage is a line or a step")
	case s.To == nil && s.At == nil:
		c.bad(key, "needs a level: {to: LEVEL, over: TIME} or {at: LEVEL, for: TIME}")
	case s.To != nil && s.For != 0:
		c.unfit(key+".for", "belongs to at: a line says over")
	case s.At != nil && s.Over != 0:
		c.unfit(key+".over", "belongs to to: a step says for")
	case s.To != nil && s.Over == 0:
		c.bad(key, "needs over: how long the way to the level takes")
	case s.At != nil && s.For == 0:
		c.bad(key, "needs for: how long the level is held")
	}
	for name, level := range map[string]*float64{"to": s.To, "at": s.At} {
		switch {
		case level == nil:
		case *level < 0:
			c.bad(key+"."+name, fmt.Sprintf("must not be negative, as %v is", *level))
		case *level > maxLevel || math.IsNaN(*level):
			c.bad(key+"."+name, fmt.Sprintf("must be at most %d", maxLevel))
		}
	}
}

func (c *loadCheck) arrivals(l *Load) {
	switch a := l.Arrivals; {
	case a.Process == Trace && a.File == "":
		c.bad("arrivals", "needs file: the recorded times")
	case a.File != "" && a.Process != Trace && a.Process != "":
		c.unfit("arrivals.file", fmt.Sprintf("belongs to process trace, not %s", a.Process))
	}
	if l.Arrivals.File != "" && len(l.Stages) > 0 {
		c.unfit("stages", "contradict the recorded times of arrivals.file: give one of them")
	}
}

// models refuses what has no meaning in the chosen model.
func (c *loadCheck) models(l *Load) {
	model := l.Model
	if model == "" {
		model = Open
	}
	if l.Turnover != (Distribution{}) && l.Turnover != (Distribution{Distribution: ConstantShape}) && model != Population {
		c.unfit("turnover", fmt.Sprintf("belongs to the population model, not %s", model))
	}
	if l.Pacing != 0 && model != Closed {
		c.unfit("pacing", fmt.Sprintf("belongs to the closed model, not %s", model))
	}
	if model != Open && l.States("arrivals") {
		c.unfit("arrivals", fmt.Sprintf("belong to the open model, not %s", model))
	}
	if model == Open {
		return
	}
	for i, s := range l.Stages {
		if level := s.Level(); level != math.Trunc(level) {
			c.bad(fmt.Sprintf("stages[%d]", i), fmt.Sprintf("has a level of %v: users and sessions are whole", level))
		}
	}
}

// parameters says which numbers a shape takes; * marks those it needs.
var parameters = map[Shape]string{
	ConstantShape: "mean", Uniform: "min max*", Exponential: "mean*", Lognormal: "mean* sigma*",
}

func (c *loadCheck) distribution(key string, d Distribution) {
	shape := d.Distribution
	if shape == "" {
		shape = d.shape()
	}
	takes, known := parameters[shape]
	if !known {
		c.bad(key+".distribution", fmt.Sprintf("must be one of constant, uniform, exponential, lognormal, not %s", shape))
		return
	}
	given := map[string]float64{"mean": float64(d.Mean), "min": float64(d.Min), "max": float64(d.Max), "sigma": d.Sigma}
	c.takes(key, shape, takes, given)
	if shape == Uniform && d.Max < d.Min {
		c.bad(key+".max", fmt.Sprintf("is less than min, %s", d.Min))
	}
	if d.Sigma > maxSigma {
		c.bad(key+".sigma", fmt.Sprintf("must be at most %d: it is the deviation of the logarithm", maxSigma))
	}
	for _, name := range []string{"mean", "min", "max"} {
		if given[name] > float64(maxLength) {
			c.bad(key+"."+name, fmt.Sprintf("must be at most %s", document.Duration(maxLength)))
		}
	}
}

func (c *loadCheck) count(n Count) {
	shape := n.Distribution
	if shape == "" {
		shape = n.shape()
	}
	takes, known := map[Shape]string{ConstantShape: "count", Uniform: "min max*", Geometric: "mean*"}[shape]
	if !known {
		c.bad("calls.distribution", fmt.Sprintf("must be one of constant, uniform, geometric, not %s", shape))
		return
	}
	given := map[string]float64{"count": float64(n.Count), "min": float64(n.Min), "max": float64(n.Max), "mean": n.Mean}
	c.takes("calls", shape, takes, given)
	if shape == Uniform && n.Max < n.Min {
		c.bad("calls.max", fmt.Sprintf("is less than min, %d", n.Min))
	}
	for _, name := range []string{"count", "min", "max", "mean"} {
		if given[name] > maxCalls {
			c.bad("calls."+name, fmt.Sprintf("must be at most %d", maxCalls))
		}
	}
}

// takes holds the given numbers against those a shape takes.
func (c *loadCheck) takes(key string, shape Shape, takes string, given map[string]float64) {
	words := strings.Fields(takes)
	has := func(name string) bool {
		for _, w := range words {
			if strings.TrimSuffix(w, "*") == name {
				return true
			}
		}
		return false
	}
	for _, name := range []string{"count", "mean", "min", "max", "sigma"} {
		switch value, ok := given[name]; {
		case !ok:
		case value < 0 || math.IsNaN(value):
			c.bad(key+"."+name, "must not be negative")
		case value != 0 && !has(name):
			c.unfit(key+"."+name, fmt.Sprintf("means nothing to the distribution %s, which takes %s",
				shape, strings.ReplaceAll(strings.Join(words, ", "), "*", "")))
		}
	}
	for _, w := range words {
		if name, needed := strings.CutSuffix(w, "*"); needed && given[name] == 0 {
			c.bad(key, fmt.Sprintf("needs %s for the distribution %s", name, shape))
		}
	}
}
