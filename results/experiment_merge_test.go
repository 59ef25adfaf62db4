package results

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func timesOf(ms ...int64) *Histogram {
	h := new(Histogram)
	for _, v := range ms {
		h.Record(v * 1e6)
	}
	return h
}

// stormOf is what a shard has found in a storm.
func stormOf(in, all int64, last, normal time.Duration, times *Histogram, pass bool) *Experiment {
	at := 15.0
	return &Experiment{Kind: "storm", About: "100 logins at one instant", AtS: &at, Lines: []ExperimentLine{
		NewExperimentLine("everybody in", pass, Wording{{Kind: RangePhrase, Before: "all within ", Low: 30 * time.Second, High: 30 * time.Second}},
			Wording{{Kind: SumPhrase, N: in, After: " of "}, {Kind: SumPhrase, N: all}, {Kind: LatestPhrase, Before: ", the last after ", High: last}}),
		NewExperimentLine("failed logins", pass, Wording{{Kind: TextPhrase, Before: "none"}},
			Wording{{Kind: SumPhrase, N: all - in}, {Kind: CountsPhrase, Before: ": ", Counts: map[string]int64{"throttled": all - in}}}),
		NewExperimentLine("worst login", true, nil, Wording{{Kind: TimesPhrase, Times: times, After: "the first took", Than: timesOf(10, 10, 10)}}),
		NewExperimentLine("back to normal", true, Wording{{Kind: RangePhrase, Before: "within ", Low: 3 * normal, High: 3 * normal}},
			Wording{{Kind: LatestPhrase, Before: "after ", High: normal, Zero: "at once"}}),
	}}
}

// shardsOf merges runs that ended with these experiments, and started so long after
// each other.
func shardsOf(t *testing.T, apart time.Duration, found ...*Experiment) *Summary {
	t.Helper()
	var folders []*Folder
	for i, e := range found {
		r := newRun(t, nil, func(o *Options) {
			o.Run.RunID = "run-" + string(rune('a'+i))
			o.Run.StartedAt = testStart.Add(time.Duration(i) * apart)
		})
		r.cycle(0, Hold, time.Millisecond, OK, NoClass)
		r.tick(Hold)
		one := r.finish(Ending{Experiment: e})
		if again, err := Rebuild(r.f); err != nil || cmp.Diff(one.Experiment, again.Experiment) != "" {
			t.Errorf("rebuilt: %v\n%s", err, cmp.Diff(one.Experiment, again.Experiment))
		}
		if b, err := json.Marshal(one); err != nil || strings.Contains(string(b), "worded") {
			t.Errorf("the summary holds the phrases: %s, %v", b, err)
		}
		folders = append(folders, r.f)
	}
	s, err := Merge(folders...)
	if err != nil {
		t.Fatal(err)
	}
	checkSchema(t, s)
	return s
}

// linesText is the lines of an experiment, a string each, without the folders.
func linesText(e *Experiment) (out []string) {
	for _, l := range e.Lines {
		name := l.Name
		if i := strings.LastIndex(name, ": "); i >= 0 && strings.HasPrefix(name, "shard ") {
			name = "shard" + name[i:]
		}
		if i := strings.Index(l.Actual, "; not kept by shard "); i >= 0 {
			l.Actual = l.Actual[:i] + "; not kept by one"
		}
		out = append(out, map[bool]string{true: "+ ", false: "- "}[l.Pass]+name+" | "+l.Expectation+" | "+l.Actual)
	}
	return out
}

// What shards have found becomes one set of lines: counts add up, of times the
// latest counts, quantiles are those of all logins, and the worst verdict holds.
func TestExperimentOfShards(t *testing.T) {
	s := shardsOf(t, 2*time.Second,
		stormOf(100, 100, 4*time.Second, 0, timesOf(100, 200, 300), true),
		stormOf(97, 100, 5*time.Second, 2*time.Second, timesOf(1000), false),
		stormOf(100, 100, time.Second, time.Second, timesOf(50, 50), true))
	want := []string{
		"- everybody in | all within 30 s | 297 of 300, the last after 5 s; not kept by one",
		"- failed logins | none | 3: 3 throttled; not kept by one",
		"+ worst login |  | p50 100 ms, p99 1 s, worst 1 s; the first took p50 10 ms, p99 10 ms, worst 10 ms: the median is 10 times that",
		"+ back to normal | within 0 ms to 6 s | after 2 s",
	}
	if d := cmp.Diff(want, linesText(s.Experiment)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if s.Experiment.About != "on each of 3 shards: 100 logins at one instant" || *s.Experiment.AtS != 15 || s.Verdict != Failed || len(s.Reasons) != 2 {
		t.Errorf("%+v, %s %q", s.Experiment, s.Verdict, s.Reasons)
	}
}

// What shards say differently stays with each of them, and so does what has no
// phrases, as in folders of earlier versions.
func TestExperimentLinesOfShards(t *testing.T) {
	one, two := stormOf(1, 1, time.Second, 0, timesOf(1), true), stormOf(1, 1, time.Second, 0, timesOf(1), true)
	one.Lines, two.Lines = one.Lines[1:], two.Lines[1:]
	never := Wording{{Kind: TextPhrase, Before: "never"}}
	two.Lines[2] = NewExperimentLine("back to normal", false, two.Lines[2].Worded.Expectation, never)
	two.Lines[1].Worded = nil
	two.About = "50 logins at one instant"
	two.Lines = append(two.Lines, NewExperimentLine("a list", true, nil, never))
	s := shardsOf(t, 0, one, two)
	want := []string{
		"+ failed logins | none | 0",
		"+ shard: worst login |  | " + one.Lines[1].Actual,
		"+ shard: worst login |  | " + one.Lines[1].Actual,
		"+ shard: back to normal | within 0 ms | at once",
		"- shard: back to normal | within 0 ms | never",
		"+ shard: a list |  | never",
	}
	if d := cmp.Diff(want, linesText(s.Experiment)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if about := s.Experiment.About; strings.Count(about, "shard ") != 2 || !strings.Contains(about, ": 100 logins") || !strings.Contains(about, ": 50 logins") {
		t.Errorf("about %q", about)
	}
	if s.Verdict != Failed {
		t.Errorf("verdict %s", s.Verdict)
	}
	other := stormOf(1, 1, time.Second, 0, timesOf(1), true)
	other.Kind = "leak"
	if s := shardsOf(t, 0, one, other); len(s.Experiment.Lines) != 7 {
		t.Errorf("lines of different experiments became one: %q", linesText(s.Experiment))
	}
}

// A histogram goes through text without loss; what is none is refused.
func TestHistogramText(t *testing.T) {
	for _, h := range []*Histogram{timesOf(), timesOf(0, 1, 1, 70, 3_600_000)} {
		text, err := h.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		got := timesOf(5)
		if err := got.UnmarshalText(text); err != nil || got.Count() != h.Count() {
			t.Errorf("%d times became %d, %v", h.Count(), got.Count(), err)
		}
		if TimesOf(got) != TimesOf(h) {
			t.Errorf("%+v became %+v", TimesOf(h), TimesOf(got))
		}
	}
	if err := new(Histogram).UnmarshalText([]byte("HISTF")); err == nil {
		t.Error("no histogram was read as one")
	}
}
