package scenario

import (
	"errors"
	"fmt"
	"time"

	"authsoak/document"
	"authsoak/metric"
	"authsoak/profiles"
	"authsoak/results"
)

// thresholds reads the limits and, where the targets are known, checks that
// each names something the run will measure.
func (c *compiler) thresholds() {
	var targets []string
	for _, t := range c.plan.Targets {
		if t.Flow == nil {
			targets = nil
			break
		}
		targets = append(targets, t.Name)
	}
	series := c.plan.series()
	for i, t := range c.Thresholds {
		at := fmt.Sprintf("thresholds[%d]", i)
		e, ok := c.threshold(at, t)
		if !ok {
			continue
		}
		if targets != nil {
			if err := results.Resolve(series, targets, e); err != nil {
				c.bad(at, err.Error(), "")
				continue
			}
		}
		if fault := c.plan.neverJudged(e); fault != "" {
			c.bad(at, fault, "")
		}
		c.plan.Thresholds = append(c.plan.Thresholds, e)
	}
}

// neverJudged says why the hold phase has no room for a threshold; empty where it
// has, or where nobody knows how long the hold takes.
func (p *Plan) neverJudged(e metric.Expression) string {
	if p.Duration <= 0 || p.Duration == Forever {
		return ""
	}
	length := p.Duration
	if p.Arrivals != nil && p.Arrivals.Process() == Trace {
		length = p.Arrivals.Length() + p.thinking() // as long as it likely takes
	}
	held := (length - p.Warmup).Round(time.Millisecond)
	hold := document.Duration(held).String()
	switch {
	case e.Grace >= held:
		return fmt.Sprintf("%s is not judged in the first %s of a hold phase of %s: never, that is", e.Metric(), document.Duration(e.Grace), hold)
	case e.Window > held:
		return fmt.Sprintf("%s is judged over windows of %s, and the hold phase takes %s: no window would ever be full",
			e.Metric(), document.Duration(e.Window), hold)
	case e.Window > 0 && e.Grace+e.Window > held:
		return fmt.Sprintf("%s is judged over windows of %s after the first %s, and the hold phase takes %s: no window would ever be full",
			e.Metric(), document.Duration(e.Window), document.Duration(e.Grace), hold)
	}
	return ""
}

func (c *compiler) threshold(at string, t Threshold) (metric.Expression, bool) {
	if c.file.Has(at + ".expr") {
		at += ".expr"
	}
	e, err := metric.Parse(t.Expr)
	if err != nil {
		message := err.Error()
		if bad := (*metric.Error)(nil); errors.As(err, &bad) {
			message = fmt.Sprintf("column %d: %s", bad.Column, bad.Reason)
			if bad.Hint != "" {
				message += ": " + bad.Hint
			}
		}
		c.bad(at, message, "")
		return e, false
	}
	if t.Over > 0 && e.Window > 0 || t.After > 0 && e.Grace > 0 || t.Stop && e.Stop {
		c.bad(at, "says over, stop or after twice: in the expression and beside it", "")
		return e, false
	}
	for _, d := range []struct {
		name  string
		value time.Duration
		into  *time.Duration
	}{{"over", time.Duration(t.Over), &e.Window}, {"after", time.Duration(t.After), &e.Grace}} {
		switch {
		case d.value == 0:
		case d.value < time.Second || d.value > 24*time.Hour:
			c.bad(at, fmt.Sprintf("%s: must lie between a second and a day", d.name), "")
			return e, false
		default:
			*d.into = d.value
		}
	}
	e.Stop = e.Stop || t.Stop
	return e, true
}

// series lists what a run of the plan measures, by name.
func (p *Plan) series() []results.Series {
	var out []results.Series
	for _, t := range p.Targets {
		if t.Flow == nil {
			continue
		}
		group := func(name string, g *profiles.Group) {
			if len(g.Requests) == 0 {
				return
			}
			out = append(out, results.Series{Target: t.Name, Step: name, Kind: results.StepSeries})
			for i := range g.Requests {
				if len(g.Requests) > 1 {
					out = append(out, results.Series{Target: t.Name, Step: name, Request: g.Requests[i].Name, Kind: results.RequestSeries})
				}
			}
		}
		group("login", &t.Flow.Login)
		for i := range t.Flow.Calls {
			group(t.Flow.Calls[i].Name, &t.Flow.Calls[i])
		}
		group("logout", &t.Flow.Logout)
		if !t.Flow.Sessionless {
			group("replay", &t.Flow.Calls[t.Flow.Deciding])
		}
		out = append(out,
			results.Series{Target: t.Name, Step: "cycle", Kind: results.CycleSeries},
			results.Series{Target: t.Name, Step: "connect", Kind: results.ConnectSeries},
			results.Series{Target: t.Name, Step: "tls", Kind: results.TLSSeries})
	}
	return out
}
