package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"authsoak/results"
	"authsoak/stats"
)

// sameLevel is how far apart two steps are driven at most, as a share, to be of
// one load: near the limit many are, and tell of no more than one point of a
// curve.
const sameLevel = 0.1

// curveOf fits the Universal Scalability Law to the levels: requests in progress,
// by Little's law the sum of service times per second, against cycles that went
// well; where sessions are held, sessions against steps. Steps at one level are a
// point together, by their mean. Steps that were rejected or cut short are none of
// a steady state.
func curveOf(steps []results.CapacityStep, sessions bool) (c results.CapacityCurve) {
	c.Points = []results.CurvePoint{}
	var levels []float64
	for i := range steps {
		s := &steps[i]
		busy, rate := work(s, sessions)
		if s.Verdict != verdictMet && s.Verdict != verdictFailed || s.CutShort || busy <= 0 || rate <= 0 || fellBehind(s) {
			continue
		}
		levels = append(levels, s.Level)
		c.Points = append(c.Points, results.CurvePoint{Step: s.Number, Concurrency: busy, RatePerS: rate})
	}
	fit, err := stats.FitScalability(byLevel(levels, c.Points))
	if err != nil {
		c.Refused = err.Error()
		return c
	}
	c.Levels = len(fit.Residuals)
	for i := range c.Points {
		p := &c.Points[i]
		p.Residual = fit.Residual(p.Concurrency, p.RatePerS)
	}
	c.Gamma, c.Alpha, c.Beta, c.Error = parameter(fit.Gamma), parameter(fit.Alpha), parameter(fit.Beta), fit.Error
	at, most, err := fit.Peak()
	if err == nil {
		err = heldBeyond(steps, sessions, at, most)
	}
	if err != nil {
		c.NoPeak = err.Error()
		return c
	}
	c.Peak = &results.CurvePeak{Concurrency: at, RatePerS: most}
	return c
}

// refuting is by how much more than a peak, as a share, an overloaded step has to
// get done to refute it: such steps are short, and their rates scatter.
const refuting = 0.05

// heldBeyond is an error where a step beyond the peak of the curve got more done
// than the peak. Overloaded steps are no points of the curve, since their queue
// grew, but a server that turns down doesn't do that.
func heldBeyond(steps []results.CapacityStep, sessions bool, at, most float64) error {
	for i := range steps {
		s := &steps[i]
		busy, rate := work(s, sessions)
		if s.Verdict == verdictFailed && busy > at && rate > most*(1+refuting) {
			return fmt.Errorf("no peak: the curve would turn down at %.4g/s, but step %d got %.4g/s done", most, s.Number, rate)
		}
	}
	return nil
}

// work is how much a step had in progress, and what it got done a second.
func work(s *results.CapacityStep, sessions bool) (busy, rate float64) {
	if sessions {
		return s.Sessions, s.StepsPerS
	}
	return s.Concurrency, s.RatePerS
}

// byLevel is the mean concurrency and rate of each level, upwards.
func byLevel(levels []float64, points []results.CurvePoint) (n, x []float64) {
	order := make([]int, len(points))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(levels[a], levels[b]) })
	for len(order) > 0 {
		k := 0
		var busy, rate float64
		for ; k < len(order) && levels[order[k]] <= levels[order[0]]*(1+sameLevel); k++ {
			busy, rate = busy+points[order[k]].Concurrency, rate+points[order[k]].RatePerS
		}
		n, x = append(n, busy/float64(k)), append(x, rate/float64(k))
		order = order[k:]
	}
	return n, x
}

// fellBehind tells whether the queue grew all the while: then there is no
// concurrency that belongs to the rate.
func fellBehind(s *results.CapacityStep) bool {
	for _, o := range s.Objectives {
		if o.Expression == keepsUp && !o.Pass {
			return true
		}
	}
	return false
}

func parameter(c stats.Coefficient) *results.CurveParameter {
	p := &results.CurveParameter{Value: c.Value, Low: c.Low, Held: c.Held}
	if !math.IsInf(c.High, 1) {
		p.High = &c.High
	}
	return p
}

// little ties sessions and arrivals at the step nearest to the limit that met the
// objectives (Little, "A proof for the queuing formula L = λW", Operations
// Research 9, 1961). Nil where sessions are too few to be seen, or are left on
// purpose.
func (r *runner) little(f Finding) *results.CapacityLittle {
	var near *results.CapacityStep
	for i := range r.result.Steps {
		s := &r.result.Steps[i]
		if s.Verdict == verdictMet && s.RatePerS > 0 && s.LifeS > 0 && (near == nil || math.Abs(s.Level-f.At) <= math.Abs(near.Level-f.At)) {
			near = s
		}
	}
	if near == nil || r.Driver.Plan.Abandon > 0 || r.sessions() {
		return nil
	}
	l := &results.CapacityLittle{RatePerS: near.RatePerS, LifeS: near.LifeS, Observed: near.Sessions, Step: near.Number}
	if l.Expected = l.RatePerS * l.LifeS; l.Expected < 1 {
		return nil // what is seen once a second says nothing of so few
	}
	off := math.Abs(l.Expected - l.Observed)
	l.Consistent = off <= math.Max(0.1*l.Expected, 3*math.Sqrt(math.Max(l.Expected, 1)))
	l.Explanation = fmt.Sprintf("%.4g cycles/s × %.3g s of life = %.4g sessions; seen: %.4g", l.RatePerS, l.LifeS, l.Expected, l.Observed)
	if !l.Consistent {
		l.Explanation += ": they disagree, so sessions begin or end otherwise than by these cycles"
	}
	return l
}

// servers is how many such servers carry the wanted load, each at the low end of
// the interval less its head-room.
func (r *runner) servers(f Finding) *results.CapacityServers {
	if r.Wanted == 0 {
		return nil
	}
	n := math.Ceil(r.Wanted/(f.Low*(1-r.HeadRoom)) - 1e-9)
	return &results.CapacityServers{Wanted: r.Wanted, HeadRoom: r.HeadRoom, Each: r.Wanted / n, Servers: int(n)}
}

// findings adds what else should be known.
func (r *runner) findings(f Finding) {
	say := func(format string, args ...any) {
		r.result.Findings = append(r.result.Findings, fmt.Sprintf(format, args...))
	}
	rejected, slower := 0, 0
	for _, t := range r.search.past {
		switch {
		case t.Refill > 0:
			slower++
		case t.Rejected != "":
			rejected++
		}
	}
	if rejected > 0 {
		say("%d of %d steps showed the generator and not the server: they are no evidence", rejected, len(r.search.past))
	}
	if slower > 0 {
		say("steps in which logins took longer than the time for them are no evidence: %d of %d; %.3g sessions a second were opened in the end (--fill-rate)", slower, len(r.search.past), r.Fill)
	}
	switch times := r.search.times(); {
	case f.Decided && f.short() > 1:
		say("a step is judged for %.2g and settles for %.2g relaxation times of the server's queue (%.2g s), where %d and %.2g show a steady state: the low end is lowered by %.2g %% for that; --step %.0fs --settle %.0fs would tell more",
			f.Judged/f.Memory, f.Settled/f.Memory, f.Memory, judgedMemories, settledMemories, 100*f.Allowed,
			math.Ceil(judgedMemories*f.Memory), math.Ceil(settledMemories*f.Memory))
	case f.Decided && r.search.tooShort(f):
		say("steps of %s are too short for this server: the answer lies beyond what it gets done when more is asked of it; --step %s would tell more",
			time.Duration(times)*r.Step, 2*time.Duration(times)*r.Step)
	case times > 1:
		say("steps of %s were too short for this server's queue to show itself: the answer rests on steps of %s", r.Step, time.Duration(times)*r.Step)
	}
	var possibly int64
	for i := range r.result.Steps {
		possibly += r.result.Steps[i].PossiblyOpen
	}
	if possibly > 0 {
		say("%d logins were never answered: nobody can log out what they may have opened, it lives until it expires", possibly)
	}
	for _, rec := range r.result.Recovery {
		if rec.Recovered && rec.Tries > 1 {
			say("after %s the server met the objectives at %s again only in try %d, within %.0f s", r.search.text(rec.Overload), r.search.text(rec.Level), rec.Tries, rec.WithinS)
		}
	}
	if c := r.Ceiling; c != nil && f.At > 0.5*c.RatePerS && !r.sessions() {
		say("%s is more than half of what this generator drives at most (%s): let a second machine confirm it", r.search.text(f.At), c.Text)
	}
}
