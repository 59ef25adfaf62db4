package comparison

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"authsoak/results"
)

// Kinds of doubt. Those of [Allowable] refuse a comparison unless they are
// allowed by name; same-run, unfinished and invalid always do, the others are
// said and nothing more.
const (
	OtherLoad     = "load"     // another rate, number of users, duration, mix, think time, …
	OtherWarmup   = "warmup"   // another warm-up
	OtherEndpoint = "endpoint" // another endpoint type, or targets that don't match
	OtherMethod   = "method"   // another login method, client type or protection
	OtherClient   = "client"   // another engine or version of HTTP

	SameRun    = "same-run"
	Unfinished = "unfinished"
	NotValid   = "invalid"

	OtherVersion  = "version"
	OtherSettings = "settings"
	OtherSeed     = "seed"
	OtherMachine  = "machine"
	OtherAuthsoak = "authsoak"
	Tainted       = "tainted"
	Dropped       = "dropped"
	OtherSteps    = "steps"
	NotInTurn     = "order"
	SingleRuns    = "single"
)

// Allowable are the kinds of doubt that refuse a comparison and can be allowed.
var Allowable = []string{OtherLoad, OtherWarmup, OtherEndpoint, OtherMethod, OtherClient}

// doubter collects doubts, each once.
type doubter struct {
	allow []string
	found []results.Doubt
}

func (d *doubter) add(kind, format string, args ...any) {
	refuses := slices.Contains(Allowable, kind) && !slices.Contains(d.allow, kind) ||
		kind == SameRun || kind == Unfinished || kind == NotValid
	doubt := results.Doubt{Kind: kind, Text: fmt.Sprintf(format, args...), Refused: refuses}
	if !slices.Contains(d.found, doubt) {
		d.found = append(d.found, doubt)
	}
}

// refused tells whether one of the doubts keeps the runs from being compared, and
// whether one of these is about how they were set up.
func refused(doubts []results.Doubt) (any, setup bool) {
	for _, d := range doubts {
		any = any || d.Refused
		setup = setup || d.Refused && d.Kind != Unfinished && d.Kind != NotValid
	}
	return any, setup
}

// Scenarios tells why runs of two effective scenarios could not be compared, so
// that nothing is driven for nothing. Allow holds kinds of doubt that are no
// reason to refuse.
func Scenarios(base, next []byte, allow []string) ([]results.Doubt, error) {
	var trees [2]map[string]any
	for i, text := range [][]byte{base, next} {
		var err error
		if trees[i], err = scenarioOf(results.ScenarioFile, text); err != nil {
			return nil, err
		}
	}
	d := doubter{allow: allow}
	d.scenarios(trees[0], trees[1])
	return d.found, nil
}

// Refusals are the texts of the doubts that refuse, each with its kind.
func Refusals(doubts []results.Doubt) []string {
	var out []string
	for _, d := range doubts {
		if d.Refused {
			out = append(out, d.Kind+": "+d.Text)
		}
	}
	return out
}

// runs tells what speaks against comparing these runs at all.
func (d *doubter) runs(base, next []*Run) {
	first := base[0]
	seen := map[string]string{}
	for i, r := range slices.Concat(base, next) {
		if r.Scenario == nil || first.Scenario == nil {
			d.add(OtherLoad, "%s has no %s: nothing says what load it was", r.Folder, results.ScenarioFile)
		} else if i > 0 {
			d.scenarios(first.Scenario, r.Scenario)
		}
		key := r.Summary.RunID + " " + r.Summary.StartedAt
		if other, twice := seen[key]; twice {
			d.add(SameRun, "%s and %s are the same run", other, r.Folder)
		}
		seen[key] = r.Folder
		d.finished(r)
		d.surroundings(first, r)
	}
	if a, b := seeds(base), seeds(next); !slices.Equal(a, b) {
		d.add(OtherSeed, "the seeds are %v and %v: each side had draws of its own", a, b)
	}
}

// seeds lists the seeds of a side, each once.
func seeds(runs []*Run) []uint64 {
	var out []uint64
	for _, r := range runs {
		out = append(out, r.Summary.Seed)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// finished tells whether a run went to its end and measured the server.
func (d *doubter) finished(r *Run) {
	s := r.Summary
	switch {
	case s.Verdict == results.Interrupted:
		d.add(Unfinished, "%s was interrupted before its planned end", r.Folder)
	case s.Verdict == results.Invalid && s.Generator.TaintedIntervals > 0:
		d.add(NotValid, "%s is invalid: the generator was the limit in %d of %d intervals", r.Folder, s.Generator.TaintedIntervals, s.Generator.Intervals)
	case s.Verdict == results.Invalid && len(s.OwnReasons()) > 0:
		d.add(NotValid, "%s is invalid: %s", r.Folder, strings.Join(s.OwnReasons(), "; "))
	case r.Held.Tainted > 0:
		d.add(Tainted, "%s: the generator was the limit in %d of %d intervals, which are left out", r.Folder, r.Held.Tainted, r.Held.Intervals)
	}
	if c := s.Cycles; c.Dropped > 0 {
		d.add(Dropped, "%s: %d of %d cycles never started, so its load was lower than planned", r.Folder, c.Dropped, c.Planned)
	}
}

// surroundings tells what differs besides the scenario.
func (d *doubter) surroundings(first, r *Run) {
	a, b := first.Summary, r.Summary
	if first.Held.Run.Shard != r.Held.Run.Shard {
		d.add(OtherLoad, "%s is %s, %s is %s", first.Folder, shardWord(first.Held.Run.Shard), r.Folder, shardWord(r.Held.Run.Shard))
	}
	if a.Version != b.Version {
		d.add(OtherAuthsoak, "driven by authsoak %s and %s", a.Version, b.Version)
	}
	g, h := a.Generator, b.Generator
	if g.Cores != h.Cores || g.OS != h.OS {
		d.add(OtherMachine, "driven from machines with %d cores (%s) and %d cores (%s)", g.Cores, g.OS, h.Cores, h.OS)
	}
	for i := range min(len(a.Targets), len(b.Targets)) {
		t, u := a.Targets[i], b.Targets[i]
		if t.Engine != u.Engine || t.HTTP != u.HTTP {
			d.add(OtherClient, "target %s: engine %s with HTTP/%s and engine %s with HTTP/%s", t.Name, t.Engine, t.HTTP, u.Engine, u.HTTP)
		}
	}
}

func shardWord(shard string) string {
	if shard == "" {
		return "a whole run"
	}
	return "shard " + shard
}

// scenarios tells what two scenarios ask for that differs, as far as it changes
// what is measured.
func (d *doubter) scenarios(a, b map[string]any) {
	loads := [2]map[string]any{}
	for i, tree := range []map[string]any{a, b} {
		load, _ := tree["load"].(map[string]any)
		loads[i] = maps.Clone(load)
		delete(loads[i], "use") // a name; what it means stands beside it
	}
	d.tree("load", loads[0], loads[1], func(path string) string {
		if path == "load.warmup" {
			return OtherWarmup
		}
		return OtherLoad
	})
	ta, tb := targetsOf(a), targetsOf(b)
	if len(ta) != len(tb) {
		d.add(OtherEndpoint, "%d and %d targets", len(ta), len(tb))
		return
	}
	for i := range ta {
		at := slices.IndexFunc(tb, func(t map[string]any) bool { return t["name"] == ta[i]["name"] })
		if at < 0 && len(ta) == 1 {
			at = 0
		}
		if at < 0 {
			d.add(OtherEndpoint, "target %s has no counterpart", word(ta[i]["name"]))
			continue
		}
		name := "target " + word(ta[i]["name"])
		d.tree(name, plain(ta[i]), plain(tb[at]), func(path string) string { return kindOf(strings.TrimPrefix(path, name+".")) })
	}
}

func targetsOf(tree map[string]any) (out []map[string]any) {
	list, _ := tree["targets"].([]any)
	for _, t := range list {
		if m, ok := t.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// plain is a target without what may differ: where the server is, how it is
// found and trusted, and who logs in.
func plain(target map[string]any) map[string]any {
	t := maps.Clone(target)
	for _, key := range []string{"name", "url", "accounts", "tls", "resolve", "source"} {
		delete(t, key)
	}
	return t
}

// kindOf is the kind of doubt that a key of a target raises.
func kindOf(key string) string {
	head, _, _ := strings.Cut(key, ".")
	switch head {
	case "endpoint":
		return OtherEndpoint
	case "method", "client_type", "csrf":
		return OtherMethod
	case "version":
		return OtherVersion
	case "engine", "http":
		return OtherClient
	case "weight", "calls":
		return OtherLoad
	}
	return OtherSettings
}

// tree adds a doubt for each leaf in which a and b differ.
func (d *doubter) tree(path string, a, b any, kind func(path string) string) {
	ma, isA := a.(map[string]any)
	mb, isB := b.(map[string]any)
	if isA && isB {
		both := maps.Clone(ma)
		maps.Copy(both, mb)
		for _, key := range slices.Sorted(maps.Keys(both)) {
			d.tree(path+"."+key, ma[key], mb[key], kind)
		}
		return
	}
	la, isA := a.([]any)
	lb, isB := b.([]any)
	if isA && isB && len(la) == len(lb) {
		for i := range la {
			d.tree(fmt.Sprintf("%s[%d]", path, i), la[i], lb[i], kind)
		}
		return
	}
	if !reflect.DeepEqual(a, b) {
		d.add(kind(path), "%s is %s and %s", path, word(a), word(b))
	}
}

// word prints a value of a scenario in a few characters.
func word(v any) string {
	const most = 60
	text := fmt.Sprint(v)
	if v == nil {
		text = "not set"
	}
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}
