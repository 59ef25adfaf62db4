package rules

import (
	"math"
	"slices"
	"time"
)

// Golden is the fractional part of the golden ratio: its multiples spread
// evenly however many are taken, and in step with no rhythm.
const golden = 0.6180339887498949

func spread(i int) float64 {
	_, f := math.Modf(float64(i) * golden)
	return f
}

// Shape of the later waves.
const (
	spacing     = 0.9  // of the resolution, between two rungs of the second ladder
	openSpread  = 0.04 // of the timeout, over which its logins are spread
	shortSpread = 0.01 // the same, where the timeout is below shortSpreadTo
	earlyRungs  = 16
	earlyReach  = 64.0
)

const shortSpreadTo = 10 * time.Second

// narrow opens the second ladder of a clock inside the bracket of the first.
func (l *Ladder) narrow(c *ladderClock, now time.Duration) []LadderOrder {
	edge := EdgesOf(l.seen, c.over).First
	if c == &l.death {
		if edge.Least == 0 && !l.early && edge.Most > 2*Resolution(edge.Most) {
			l.early = true
			return append(l.release(edge.Most, now), l.descend(edge.Most, now)...)
		}
	}
	c.begun = true
	var out []LadderOrder
	if c == &l.death {
		out = append(l.release(edge.Most, now), l.watch(edge, now)...)
	}
	if ready := l.reserves(); c == &l.death && len(ready) > 0 {
		return append(out, l.assign(c, ready, edge, now)...)
	}
	return append(out, l.second(c, edge, now)...)
}

// second orders the sessions of a second ladder: rungs closer than the
// resolution inside the bracket, each with its replicas, and one beyond either
// end, where the answer is known and must come again.
func (l *Ladder) second(c *ladderClock, edge Bracket, now time.Duration) (out []LadderOrder) {
	resolution := Resolution(edge.Least)
	step := max(scaled(resolution, spacing)-l.doubt(), resolution/3)
	inside := max(int(edge.Width()/step), 1)
	replicas := l.plan.Replicas
	free := max(l.room-l.inUse(), 6) - 2
	if inside*replicas > free {
		replicas = 1
	}
	inside = min(inside, free)
	step = edge.Width() / time.Duration(inside+1)
	ages := []time.Duration{max(edge.Least-step, edge.Least/2)}
	for i := range inside {
		for range replicas {
			ages = append(ages, edge.Least+step*time.Duration(i+1))
		}
	}
	ages = append(ages, edge.Most+step)
	over := scaled(edge.Least, openSpread)
	if edge.Least < shortSpreadTo {
		over = scaled(edge.Least, shortSpread)
	}
	opens := l.openings(len(ages), now, over, edge.Least)
	for i, age := range ages {
		p, order := l.add(LadderProbe{Wave: SecondWave, Open: opens[i], Age: age})
		c.wave = append(c.wave, p)
		out = append(out, order)
	}
	return out
}

// openings spreads n logins over a time, in step with no rhythm and never
// closer than the plan's pace allows.
func (l *Ladder) openings(n int, now, over, age time.Duration) []time.Duration {
	opens, order := make([]time.Duration, n), make([]int, n)
	for i := range opens {
		opens[i], order[i] = now+scaled(over, spread(i)), i
	}
	slices.SortFunc(order, func(a, b int) int { return int(opens[a] - opens[b]) })
	at := now
	for _, i := range order {
		at = max(at, opens[i])
		opens[i] = at
		at += l.plan.gap(age)
	}
	return opens
}

// inUse counts the sessions that are open, or will be, and stay so.
func (l *Ladder) inUse() (n int) {
	for i := range l.probes {
		if p := &l.probes[i]; p.state != finished && !p.leaving {
			n++
		}
	}
	return n
}

// witnesses lie beyond an edge by these factors: sessions kept there tell
// whether all others are dead too.
var witnesses = []float64{1.25, 1.6}

// release touches what the first ladder needs no longer, but for a few
// witnesses, so that their accounts are free.
func (l *Ladder) release(most, now time.Duration) (out []LadderOrder) {
	kept := map[int]bool{}
	for _, w := range witnesses {
		best := -1
		for i := range l.probes {
			p := &l.probes[i]
			if p.Wave == FirstWave && p.state == open && p.Age >= scaled(most, w) && (best < 0 || p.Age < l.probes[best].Age) {
				best = i
			}
		}
		kept[best] = true
	}
	for i := range l.probes {
		if l.probes[i].Wave == FirstWave && !kept[i] {
			out = append(out, l.giveUp(i, now)...)
		}
	}
	return out
}

// watch gives the sessions on watch an age, all over the bracket. Their logins
// lie all over the time so far, so lives that depend on the time of the login
// show.
func (l *Ladder) watch(edge Bracket, now time.Duration) (out []LadderOrder) {
	n := 0
	for i := range l.probes {
		p := &l.probes[i]
		if p.Wave != WatchWave {
			continue
		}
		low := scaled(edge.Least, 0.98)
		if p.state != open || now > p.began.To+low {
			out = append(out, l.giveUp(i, now)...)
			continue
		}
		p.Age = low + scaled(scaled(edge.Most, 1.01)-low, spread(n))
		n++
		out = append(out, LadderOrder{LadderTouch, i, p.began.To + p.Age})
	}
	return out
}

// reserve opens sessions where the range has ended and all lived: they become
// the second ladder once a rung beyond it is dead.
func (l *Ladder) reserve(now time.Duration) (out []LadderOrder) {
	for i := range reserveSessions {
		_, order := l.add(LadderProbe{Wave: ReserveWave, Open: now + l.plan.gap(l.plan.To)*time.Duration(i)/4})
		out = append(out, order)
	}
	return out
}

// reserves are the sessions that stand ready.
func (l *Ladder) reserves() (out []int) {
	for i := range l.probes {
		if p := &l.probes[i]; p.Wave == ReserveWave && p.Age == 0 && p.state == open {
			out = append(out, i)
		}
	}
	return out
}

// assign spreads the reserves over the bracket.
func (l *Ladder) assign(c *ladderClock, ready []int, edge Bracket, now time.Duration) (out []LadderOrder) {
	for n, i := range ready {
		p := &l.probes[i]
		p.Age = edge.Least + edge.Width()*time.Duration(n+1)/time.Duration(len(ready)+1)
		c.wave = append(c.wave, i)
		out = append(out, LadderOrder{LadderTouch, i, max(p.began.To+p.Age, now)})
	}
	return out
}

// descend lays a ladder below the youngest rung, where even that was dead.
func (l *Ladder) descend(most, now time.Duration) (out []LadderOrder) {
	at := now
	for i := range earlyRungs {
		age := scaled(most, math.Pow(earlyReach, float64(i+1)/(earlyRungs+1)-1))
		_, order := l.add(LadderProbe{Wave: FirstWave, Open: at, Age: age})
		at += l.plan.gap(age)
		out = append(out, order)
	}
	return out
}

// listen orders sessions around an irregular edge, with logins and ages that
// are in step with nothing, so that a rhythm of deaths can be told from chance.
// The first wave reaches out for how far deaths are spread at all, the next ones
// look closely in between.
func (l *Ladder) listen(edges *Edges, now time.Duration) (out []LadderOrder) {
	first, last := edges.First.Most, edges.Last.Least
	beyond := (last - first) / 4
	if l.listened == 1 || !edges.Last.Found() {
		beyond = max(2*(last-first), first/8)
	}
	low, high := max(first-beyond, first/2), last+beyond
	for i := range rhythmSessions {
		_, order := l.add(LadderProbe{Wave: RhythmWave,
			Open: now + 3*(high-low)*time.Duration(i)/rhythmSessions,
			Age:  low + scaled(high-low, spread(i+l.listened))})
		out = append(out, order)
	}
	return out
}
