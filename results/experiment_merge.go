package results

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// finding is what one shard of a run has found.
type finding struct {
	who    string        // shard DIR
	offset time.Duration // its start, after that of the first shard
	*Experiment
}

// experiment is what the run has found; nil where no shard that came to its end has.
func (m *merger) experiment() *Experiment {
	var found []finding
	for _, s := range m.shards {
		if s.end != nil && s.end.Experiment != nil {
			found = append(found, finding{s.name(), s.offset, s.end.Experiment})
		}
	}
	switch {
	case len(found) == 0:
		return nil
	case len(m.shards) == 1:
		return found[0].Experiment
	}
	return together(found)
}

// together is what the shards of one run have found: a line of all where every
// shard says the same of its own numbers, and else a line of each, named for it. A
// line of all holds if each shard's does.
func together(found []finding) *Experiment {
	out := &Experiment{Kind: found[0].Kind, About: aboutAll(found)}
	var names []string
	for _, f := range found {
		if f.AtS != nil {
			at := *f.AtS + f.offset.Seconds()
			if out.AtS != nil {
				at = min(at, *out.AtS)
			}
			out.AtS = &at
		}
		for i := range f.Lines {
			if name := f.Lines[i].Name; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		out.Lines = append(out.Lines, linesOf(name, found)...)
	}
	return out
}

// aboutAll says what was done where.
func aboutAll(found []finding) string {
	about := found[0].About
	if len(found) > 1 && !slices.ContainsFunc(found, func(f finding) bool { return f.Kind != found[0].Kind || f.About != about }) {
		return fmt.Sprintf("on each of %d shards: %s", len(found), about)
	}
	var each []string
	for _, f := range found {
		each = append(each, f.who+": "+f.About)
	}
	return strings.Join(each, "; ")
}

// linesOf are the lines of a name: one of all shards that have it, or one of each.
func linesOf(name string, found []finding) (each []ExperimentLine) {
	var all *Worded
	same := true
	var failed []string
	for _, f := range found {
		for _, l := range f.Lines {
			if l.Name != name {
				continue
			}
			if len(each) == 0 {
				all, same = l.Worded, l.Worded != nil
			} else {
				all, same = all.with(l.Worded, same && f.Kind == found[0].Kind)
			}
			if !l.Pass {
				failed = append(failed, f.who)
			}
			l.Name, l.Worded = f.who+": "+name, nil
			each = append(each, l)
		}
	}
	if !same || len(each) < 2 {
		return each
	}
	if len(failed) > 0 && len(failed) < len(each) {
		all.Actual = append(all.Actual, Phrase{Kind: TextPhrase, Before: "; not kept by " + strings.Join(failed, ", ")})
	}
	return []ExperimentLine{NewExperimentLine(name, len(failed) == 0, all.Expectation, all.Actual)}
}

// with is the line of two shards, if they say the same.
func (w *Worded) with(other *Worded, same bool) (*Worded, bool) {
	if !same || other == nil {
		return nil, false
	}
	expectation, ok := w.Expectation.with(other.Expectation)
	actual, fits := w.Actual.with(other.Actual)
	return &Worded{expectation, actual}, ok && fits
}
