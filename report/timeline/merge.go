package timeline

import (
	"cmp"
	"slices"

	"authsoak/results"
)

// Merge lays the shards of one run beside each other, by their start times:
// counts and sessions add up, of what a generator measured of itself the worst
// is kept. The first one's head stays. What is handed in must not be used again.
func Merge(shards []*Timeline) *Timeline {
	if len(shards) == 1 {
		return shards[0]
	}
	first := slices.MinFunc(shards, func(a, b *Timeline) int { return a.start().Compare(b.start()) })
	all := New(first.limit)
	all.Head = first.Head
	for _, s := range shards {
		all.Width = max(all.Width, s.Width)
	}
	for _, s := range shards {
		for s.Width < all.Width {
			s.fold()
		}
		all.beside(s, s.start().Sub(first.start()).Seconds())
	}
	byStart := func(a, b Stretch) int { return cmp.Compare(a.From, b.From) }
	slices.SortFunc(all.Tainted, byStart)
	return all
}

// beside adds a shard that started so many seconds later.
func (t *Timeline) beside(s *Timeline, late float64) {
	shift := int(late/t.Width + 0.5)
	for i, p := range s.Runs {
		into := at(&t.Runs, i+shift)
		seconds, planned, rate, workers, busy, rss := into.Seconds, into.PlannedUsers, into.PlannedPerSec, into.Workers, into.Busy, into.RSS
		into.add(p)
		into.Seconds = max(seconds, p.Seconds) // they ran at the same time
		into.PlannedUsers, into.PlannedPerSec = planned+p.PlannedUsers, rate+p.PlannedPerSec
		into.Workers, into.Busy, into.RSS = workers+p.Workers, busy+p.Busy, rss+p.RSS
	}
	beside(t.Targets, s.Targets, shift, func(into *Target, p Target) {
		live, most := into.Live, into.MaxLive
		into.add(p)
		into.Live, into.MaxLive = live+p.Live, most+p.MaxLive
	})
	beside(t.Steps, s.Steps, shift, (*Step).add)
	beside(t.Errors, s.Errors, shift, func(into *int64, n int64) { *into += n })
	for _, x := range s.Tainted {
		t.Tainted = append(t.Tainted, Stretch{x.From + late, x.To + late, x.Text, x.Seconds})
	}
	if len(t.Phases) == 0 || s.last > t.last {
		t.Phases, t.held = s.Phases, s.held
	}
	t.last = max(t.last, s.last+late)
}

func beside[K comparable, T any](into, from map[K][]T, shift int, add func(*T, T)) {
	for name, points := range from {
		all := into[name]
		for i, p := range points {
			add(at(&all, i+shift), p)
		}
		into[name] = all
	}
}

// ReadAll gathers the shards of one run.
func ReadAll(folders []*results.Folder, limit int) (*Timeline, error) {
	var shards []*Timeline
	for _, f := range folders {
		t, err := Read(f, limit)
		if err != nil {
			return nil, err
		}
		shards = append(shards, t)
	}
	return Merge(shards), nil
}
