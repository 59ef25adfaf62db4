package rules

import (
	"maps"
	"slices"
	"time"
)

// Ladder is a timeout ladder in progress: it is told what happened, and says
// what to do. It knows no clock and does nothing itself; times count from the
// start. It is not safe for concurrent use.
type Ladder struct {
	plan   LadderPlan
	probes []ladderProbe
	seen   []Sighting
	stage  ladderStage
	// change is the clock of the session that was opened, death that of being
	// let in at all. They are one unless sessions are replaced.
	change, death ladderClock
	early         bool // the ladder below the youngest rung: once
	room          int
	listened      int // waves that looked for a rhythm
}

type ladderStage uint8

const (
	climbing  ladderStage = iota
	clearing              // what is left is touched once more
	listening             // for a rhythm
	ended
)

type probeState uint8

const (
	planned probeState = iota
	open
	finished
)

type ladderProbe struct {
	LadderProbe
	state   probeState
	leaving bool // only its last touch is still to come
	began   Window
}

// ladderClock is the search for one edge.
type ladderClock struct {
	over    func(Fate) bool
	begun   bool // the second ladder stands
	settled bool
	wave    []int
}

// Do of a ladder's order.
type LadderDo uint8

// What a ladder orders. A later order for a session takes the place of one that
// is still pending. LadderClose ends a session that may live; LadderDrop gives
// up one that was never opened.
const (
	LadderOpen LadderDo = iota
	LadderTouch
	LadderClose
	LadderDrop
)

// LadderOrder is something to be done with a session at a time.
type LadderOrder struct {
	Do    LadderDo
	Probe int
	At    time.Duration
}

// NewLadder makes a ladder of a plan.
func NewLadder(plan LadderPlan) *Ladder {
	l := &Ladder{plan: plan, change: ladderClock{over: IsOver}, death: ladderClock{over: IsDead}}
	for _, p := range plan.Probes {
		l.probes = append(l.probes, ladderProbe{LadderProbe: p})
	}
	l.room = max(len(plan.Probes), usualSecond*plan.Replicas)
	return l
}

// Start orders the first ladder.
func (l *Ladder) Start() []LadderOrder {
	var out []LadderOrder
	for i := range l.probes {
		out = append(out, LadderOrder{LadderOpen, i, l.probes[i].Open})
	}
	return out
}

// Probe returns the wave of a session and the age at which it is touched.
func (l *Ladder) Probe(i int) LadderProbe { return l.probes[i].LadderProbe }

// Seen returns every touch so far.
func (l *Ladder) Seen() []Sighting { return l.seen }

// Done tells whether nothing is left to do.
func (l *Ladder) Done() bool { return l.stage == ended }

// Opened tells the ladder that a session's clock has begun.
func (l *Ladder) Opened(i int, began Window, now time.Duration) []LadderOrder {
	p := &l.probes[i]
	p.state, p.began = open, began
	switch {
	case l.stage == clearing || l.stage == ended || p.Wave == WatchWave && l.death.begun:
		return []LadderOrder{{LadderTouch, i, now}}
	case p.Age > 0:
		return []LadderOrder{{LadderTouch, i, max(began.To+p.Age, now)}}
	}
	return nil
}

// Lost tells the ladder that a session could not be opened, or is given up.
func (l *Ladder) Lost(i int, now time.Duration) []LadderOrder {
	l.probes[i].state = finished
	return l.advance(now)
}

// Touched tells the ladder what a touch found.
func (l *Ladder) Touched(i int, fate Fate, touch Window, now time.Duration) []LadderOrder {
	p := &l.probes[i]
	p.state = finished
	l.seen = append(l.seen, Sighting{Probe: i, Wave: p.Wave, Began: p.began, Touch: touch, Fate: fate})
	out := []LadderOrder{{LadderClose, i, now}}
	return append(out, l.advance(now)...)
}

// advance goes on to whatever is due after an event.
func (l *Ladder) advance(now time.Duration) (out []LadderOrder) {
	if l.stage == climbing {
		out = append(out, l.climb(&l.death, now)...)
		out = append(out, l.climb(&l.change, now)...)
		if l.death.settled && (l.change.settled || !l.change.begun) {
			l.stage = clearing
			out = append(out, l.clear(now)...)
		}
	}
	if (l.stage == clearing || l.stage == listening) && l.idle() {
		out = append(out, l.conclude(now)...)
	}
	return out
}

// conclude ends the ladder, unless its answers contradict each other and nothing
// explains that yet: then more sessions listen for a rhythm.
func (l *Ladder) conclude(now time.Duration) []LadderOrder {
	l.stage = ended
	edges := EdgesOf(l.seen, IsDead)
	if edges.Overlap() < Resolution(edges.First.Most)/10 || l.listened == mostListening {
		return nil
	}
	if _, contested, _ := listenedOf(l.seen); contested >= leastContested*3/2 {
		return nil
	}
	if _, ok := FindRhythm(l.seen); ok {
		return nil
	}
	if _, ok := FindLoss(l.seen); ok {
		return nil
	}
	l.stage = listening
	l.listened++
	return l.listen(&edges, now)
}

// idle tells whether every session is finished.
func (l *Ladder) idle() bool {
	return !slices.ContainsFunc(l.probes, func(p ladderProbe) bool { return p.state != finished })
}

// clear orders a last touch of every session that is still open, so that what
// is logged out also counts.
func (l *Ladder) clear(now time.Duration) (out []LadderOrder) {
	for i := range l.probes {
		out = append(out, l.giveUp(i, now)...)
	}
	return out
}

// giveUp orders the last touch of a session, or drops one that isn't open yet.
// One that is being opened is touched when it is.
func (l *Ladder) giveUp(i int, now time.Duration) []LadderOrder {
	p := &l.probes[i]
	p.leaving = true
	switch p.state {
	case open:
		return []LadderOrder{{LadderTouch, i, now}}
	case planned:
		return []LadderOrder{{LadderDrop, i, now}}
	}
	return nil
}

// climb brings one clock forward.
func (l *Ladder) climb(c *ladderClock, now time.Duration) []LadderOrder {
	switch {
	case c.settled:
		return nil
	case !c.begun:
		return l.seek(c, now)
	}
	edges := EdgesOf(l.seen, c.over)
	limit := edges.First.Most
	waits := slices.ContainsFunc(c.wave, func(i int) bool {
		p := &l.probes[i]
		return p.state != finished && (p.Age <= limit || limit == 0)
	})
	c.settled = !waits
	return nil
}

// seek looks for the first rung behind the edge, and opens the second ladder
// below it.
func (l *Ladder) seek(c *ladderClock, now time.Duration) []LadderOrder {
	over, waiting, within := l.rungs(c)
	switch {
	case over:
		return l.narrow(c, now)
	case c == &l.change:
		return nil
	case !waiting:
		if edges := EdgesOf(l.seen, c.over); edges.First.Found() {
			return l.narrow(c, now)
		}
		c.settled = true
	case !within && !l.hasWave(ReserveWave):
		return l.reserve(now)
	}
	return nil
}

// rungs goes through the first ladder. It tells whether a rung lies behind the
// edge and all below it are known, and whether any rung, or any within the
// range, still waits.
func (l *Ladder) rungs(c *ladderClock) (over, waiting, within bool) {
	type tally struct{ waits, over, under int }
	byAge := map[time.Duration]*tally{}
	at := func(age time.Duration) *tally {
		if byAge[age] == nil {
			byAge[age] = &tally{}
		}
		return byAge[age]
	}
	for i := range l.probes {
		if p := &l.probes[i]; p.Wave == FirstWave && p.state != finished {
			at(p.Age).waits++
			waiting = true
			within = within || p.Age <= l.plan.To+l.plan.To/100
		}
	}
	for i := range l.seen {
		s := &l.seen[i]
		if s.Wave != FirstWave {
			continue
		}
		t := at(l.probes[s.Probe].Age)
		switch {
		case s.Fate == FateUnknown:
		case c == &l.change && s.Fate == FateDead:
		case c.over(s.Fate):
			t.over++
		default:
			t.under++
		}
	}
	for _, age := range slices.Sorted(maps.Keys(byAge)) {
		t := byAge[age]
		if t.waits > 0 {
			break
		}
		over = over || t.over > 0 && t.under == 0
	}
	return over, waiting, within
}

func (l *Ladder) hasWave(w Wave) bool {
	return slices.ContainsFunc(l.probes, func(p ladderProbe) bool { return p.Wave == w })
}

// add plans a session and orders its login.
func (l *Ladder) add(p LadderProbe) (int, LadderOrder) {
	l.probes = append(l.probes, ladderProbe{LadderProbe: p})
	i := len(l.probes) - 1
	return i, LadderOrder{LadderOpen, i, p.Open}
}

// doubt is how far a touch typically leaves an age uncertain.
func (l *Ladder) doubt() time.Duration {
	var doubts []time.Duration
	for i := range l.seen {
		if s := &l.seen[i]; s.Fate != FateUnknown {
			doubts = append(doubts, s.Most()-s.Least())
		}
	}
	if len(doubts) == 0 {
		return 0
	}
	slices.Sort(doubts)
	return doubts[len(doubts)*9/10]
}
