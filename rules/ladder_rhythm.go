package rules

import (
	"math"
	"slices"
	"time"
)

// Rhythm is the pause between two passes of a reaper that alone ends sessions:
// a session dies at the first pass after its time is over, so it lives up to
// one pause longer, depending on when it was opened. The pause lies between
// Least and Most; Timeout is the time itself.
type Rhythm struct {
	Least, Most time.Duration
	Timeout     Bracket
}

// Pause is the middle of what is known of the pause.
func (r *Rhythm) Pause() time.Duration { return (r.Least + r.Most) / 2 }

// Limits of the search for a rhythm.
const (
	// leastContested is how many touches between the first death and the last
	// life it takes: fewer fit some rhythm by chance.
	leastContested = 40
	mostPause      = 6.0   // times the overlap, which comes near the pause soon
	stepShare      = 0.005 // of the overlap, by which passes may be off at the end
	finestStep     = 1e-5  // of the pause
	mostSteps      = 20_000
	mostVague      = 1.5 // a pause known worse than by this factor explains nothing
)

// FindRhythm explains irregular deaths by a reaper. With passes at φ, φ+R,
// φ+2R…, a session that was opened at l and touched at d is dead if at the last
// pass before the touch, p = φ + R·floor((d−φ)/R), its age p−l had reached the
// timeout T. So for the right R and φ the answers are regular by p−l, though not
// by age. Every R from the overlap on is tried, each with every φ that sorts the
// touches differently.
//
// The waves that listen for a rhythm decide; the rest of the evidence sharpens
// the answer where it fits too. It need not: a reaper that sleeps between its
// passes drifts.
func FindRhythm(seen []Sighting) (Rhythm, bool) {
	near, contested, edges := listenedOf(seen)
	if contested < leastContested {
		return Rhythm{}, false
	}
	all := EdgesOf(seen, IsDead)
	overlap := max(edges.Overlap(), all.Overlap(), time.Millisecond)
	r, ok := fitRhythm(near, scaled(overlap, 0.99), scaled(overlap, mostPause))
	if !ok {
		return Rhythm{}, false
	}
	near, _ = contestedOf(seen, &edges)
	if sharper, ok := fitRhythm(near, scaled(overlap, 0.99), scaled(overlap, mostPause)); ok {
		r = sharper
	}
	return r, float64(r.Most) <= mostVague*float64(r.Least)
}

// listenedOf picks what the waves that listen have seen near the edges.
func listenedOf(seen []Sighting) (near []Sighting, contested int, edges Edges) {
	heard := slices.DeleteFunc(slices.Clone(seen), func(s Sighting) bool { return s.Wave != RhythmWave })
	if edges = EdgesOf(heard, IsDead); edges.Irregular {
		near, contested = contestedOf(heard, &edges)
	}
	return near, contested, edges
}

// fitRhythm tries every pause from least to most.
func fitRhythm(near []Sighting, least, most time.Duration) (r Rhythm, ok bool) {
	var first, last time.Duration
	for i, s := range near {
		if i == 0 || s.Touch.From < first {
			first = s.Touch.From
		}
		last = max(last, s.Touch.To)
	}
	// A wrong pause adds up over the passes between the first touch and the last.
	step := max(stepShare*float64(least)/float64(last-first+1), finestStep)
	wide := math.Log(float64(most) / float64(least))
	steps := max(min(int(wide/step), mostSteps), 1)
	for k := range steps + 1 {
		pause := time.Duration(float64(least) * math.Exp(wide*float64(k)/float64(steps)))
		timeout, fits := fitPause(near, pause)
		switch {
		case !fits:
		case !ok:
			r, ok = Rhythm{pause, pause, timeout}, true
		default:
			r.Most = pause
			r.Timeout = Bracket{min(r.Timeout.Least, timeout.Least), max(r.Timeout.Most, timeout.Most)}
		}
	}
	return r, ok
}

// contestedOf picks the touches near the edges, on which alone a rhythm up to
// the longest tried has any bearing, and counts those between the edges.
func contestedOf(seen []Sighting, edges *Edges) (near []Sighting, contested int) {
	reach := scaled(max(edges.Overlap(), time.Millisecond), mostPause)
	var beside []Sighting
	for i := range seen {
		s := &seen[i]
		if s.Fate == FateUnknown || s.Most() < edges.First.Most-reach || s.Least() > edges.Last.Least+reach {
			continue
		}
		if s.Most() >= edges.First.Most && s.Least() <= edges.Last.Least {
			near = append(near, *s)
		} else {
			beside = append(beside, *s)
		}
	}
	// The contested ones first: they rule out most rhythms.
	return append(near, beside...), len(near)
}

// fitPause tries every phase of one pause, and returns all timeouts that fit.
// Only phases at which a pass changes places with a touch make a difference:
// just after each touch, and, where any of these fits, just before each.
func fitPause(seen []Sighting, pause time.Duration) (all Bracket, ok bool) {
	try := func(phase time.Duration) {
		b, fits := fitPhase(seen, pause, phase)
		switch {
		case !fits:
		case !ok:
			all, ok = b, true
		default:
			all = Bracket{min(all.Least, b.Least), max(all.Most, b.Most)}
		}
	}
	for i := range seen {
		try((seen[i].Touch.To + 1) % pause)
	}
	for i := 0; ok && i < len(seen); i++ {
		try(seen[i].Touch.From % pause)
	}
	return all, ok
}

// fitPhase returns the timeout for which a rhythm explains all touches.
func fitPhase(seen []Sighting, pause, phase time.Duration) (b Bracket, ok bool) {
	b.Most = math.MaxInt64
	for i := range seen {
		s := &seen[i]
		if s.Fate == FateDead {
			b.Most = min(b.Most, passBefore(s.Touch.To, pause, phase)-s.Began.From)
		} else {
			b.Least = max(b.Least, passBefore(s.Touch.From, pause, phase)-s.Began.To)
		}
		if b.Least >= b.Most {
			return b, false
		}
	}
	return b, b.Most > 0
}

func passBefore(at, pause, phase time.Duration) time.Duration {
	n := (at - phase) / pause
	if at < phase {
		n--
	}
	return phase + n*pause
}
