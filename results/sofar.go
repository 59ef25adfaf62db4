package results

// sofar is the result of the run if it ended at the last tick. What is only
// known at the end, the session rules and the drain, is missing.
func (c *Collector) sofar() Result {
	if c.shown == nil {
		c.shown = newTotals(len(c.opt.Series), len(c.opt.Targets))
	}
	all := c.shown
	all.reset()
	all.addCounts(c.hold)
	all.addTimes(c.hold, c.breath.take)
	all.addTimes(c.pending[Hold], c.breath.take)
	all.seconds = c.hold.seconds
	c.setLevels(all)
	o := c.outcome(Ending{Warmup: c.warmedUp})
	o.hold = all
	for _, j := range c.judges {
		o.thresholds = append(o.thresholds, j.sofar(all))
	}
	r := Result{Summary: o.summary()}
	for i := range all.series {
		r.Times = append(r.Times, SeriesTimes{Series: c.opt.Series[i], Service: all.series[i].service, Response: all.series[i].response})
	}
	return r
}
