package capacity

import (
	"fmt"
	"sync"
	"time"

	"authsoak/metric"
	"authsoak/results"
)

const (
	// hopeless is how many times a limit on times must be broken for a step to be
	// cut short: a server that is overloaded this much shows nothing more.
	hopeless = 4
	// hopelessShare is the share of failures from which on a step is cut short.
	hopelessShare = 50
	// unbearable is how many times the loosest limit on times is too much while a
	// load settles, and badSeconds for how many seconds in a row.
	unbearable = 10
	badSeconds = 2
	// ofTimeout is the part of a request's timeout that is too much in any case.
	ofTimeout = 3
)

// brakes are the thresholds that cut a step short while it is judged: far beyond
// an objective.
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
	return out
}

// unbearable is the time that steps must not take while a load settles.
func (c *Config) unbearable() time.Duration {
	most := c.Driver.Plan.Timeout / ofTimeout
	var loosest float64
	for _, e := range c.Objectives {
		if e.Func.OfTime() && e.Unit.OfTime() && e.Upper() {
			loosest = max(loosest, e.Value*e.Unit.Base())
		}
	}
	if loosest > 0 {
		most = min(most, time.Duration(unbearable*loosest*1e9))
	}
	return most
}

// brake stops a step that overloads the server before it is judged at all: what
// piles up then takes as long to drain, and a login that times out leaves a
// session that nobody can log out. It stops one in which an error turns up that
// ends the search, too, whenever that is. A second that was the generator's fault
// says nothing of the server.
type brake struct {
	most   time.Duration   // p99 of the responses in a second of the settling
	fills  bool            // sessions are opened: logins queue, as they may
	stopOn []results.Class // errors that end the search
	pulled chan struct{}
	once   sync.Once
	own    bool // pulled for what was seen, not because somebody asked
	done   chan struct{}
	waits  sync.WaitGroup

	bad   int               // seconds in a row that were too much
	halt  string            // why the search must end
	pacer results.Histogram // lateness of the generator itself while the load settled
	times results.Histogram // scratch
}

// newBrake is pulled when stop is closed, or by what it is told.
func newBrake(stop <-chan struct{}, c *Config) *brake {
	b := &brake{most: c.unbearable(), fills: c.sessions(), stopOn: c.StopOn, pulled: make(chan struct{}), done: make(chan struct{})}
	b.waits.Go(func() {
		select {
		case <-stop:
			b.once.Do(func() { close(b.pulled) })
		case <-b.done:
		}
	})
	return b
}

// see looks at what one interval of a step has brought.
func (b *brake) see(i *results.Increase) {
	for p := range results.Phases {
		for k, s := range i.Series() {
			if s.Kind == results.StepSeries {
				b.halts(i.Samples(p, k).Classes)
			}
		}
	}
	if i.Phase != results.Warmup {
		return
	}
	if late := i.Pacer(results.Warmup); late != nil {
		b.pacer.Merge(late)
	}
	if p99, any := b.slowest(i); i.TaintedBy != "" {
		b.bad = 0
	} else if any {
		b.settles(p99)
	}
}

// settles weighs a second of the settling by the p99 of its responses.
func (b *brake) settles(p99 time.Duration) {
	if b.bad++; p99 <= b.most {
		b.bad = 0
	}
	if b.bad >= badSeconds {
		b.pull()
	}
}

// halts pulls the brake where one of the classes that end the search turned up.
func (b *brake) halts(counts [results.Classes]int64) {
	for _, class := range b.stopOn {
		if counts[class] > 0 && b.halt == "" {
			b.halt = fmt.Sprintf("the server answered %s, which ends the search as asked for (--stop-on)", class)
			b.pull()
		}
	}
}

// slowest is the p99 of the slowest target, logins aside where sessions are
// opened as fast as the server takes them.
func (b *brake) slowest(i *results.Increase) (p99 time.Duration, any bool) {
	for _, target := range i.Targets() {
		b.times.Reset()
		for k, s := range i.Series() {
			if s.Kind != results.StepSeries || s.Target != target || b.fills && s.Step == loginStep {
				continue
			}
			if h := i.Samples(results.Warmup, k).Response; h != nil {
				b.times.Merge(h)
			}
		}
		if b.times.Count() > 0 {
			p99, any = max(p99, time.Duration(b.times.Percentile(99))), true
		}
	}
	return p99, any
}

func (b *brake) pull() {
	b.once.Do(func() {
		b.own = true
		close(b.pulled)
	})
}

// release ends the watch and tells whether the brake was pulled for what it saw.
func (b *brake) release() bool {
	close(b.done)
	b.waits.Wait()
	return b.own
}

// pacerMS is the p99 of the generator's own lateness while the load settled.
func (b *brake) pacerMS() float64 { return float64(b.pacer.Percentile(99)) / 1e6 }
