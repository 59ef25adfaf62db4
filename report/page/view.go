package page

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"authsoak/report"
	"authsoak/results"
)

// view is what the templates are given. Its methods are called by them; a chart
// is drawn only where it is shown.
type view struct {
	*Story
	over *overTime
}

func newView(st *Story) *view { return &view{st, newOverTime(st)} }

// Fact is a name and what it is.
type Fact struct{ Name, Text string }

// Tile is one number of the first screen.
type Tile struct {
	Name, Value, About string
	Mood               string // good, bad, warn, or empty
}

// Headline says the verdict in a few words.
func (v *view) Headline() string {
	if v.Live != nil && !v.Live.Ended {
		return v.standing()
	}
	if h := report.Headline(v.Summary); h != "" {
		return h
	}
	if v.Summary.Verdict == results.Failed {
		return "the run did not go well"
	}
	return ""
}

// standing is how the thresholds are doing while the run goes on.
func (v *view) standing() string {
	if v.Live.Phase == results.Warmup.String() {
		return "warming up: nothing is judged yet"
	}
	broken := int64(0)
	for _, t := range v.Summary.Thresholds {
		if !t.Pass {
			broken++
		}
	}
	switch n := int64(len(v.Summary.Thresholds)); {
	case n == 0:
		return "no thresholds were set"
	case broken > 0:
		return "so far " + report.Count(broken) + " of " + report.Plural(n, "threshold", "thresholds") + " broken"
	case n == 1:
		return "so far the threshold holds"
	default:
		return "so far all " + report.Count(n) + " thresholds hold"
	}
}

// Reasons say why not pass; a run that goes on has none yet.
func (v *view) Reasons() []string {
	if v.Live != nil && !v.Live.Ended {
		return nil
	}
	return v.Summary.Reasons
}

// Load is how hard and how long, in words.
func (v *view) Load() string { return cmp.Or(v.Summary.Load, v.Summary.Model) }

// Tiles are the answer in five numbers.
func (v *view) Tiles() []Tile {
	return []Tile{v.goodput(), v.login(), v.wrong(), v.held(), v.limit()}
}

func (v *view) goodput() Tile {
	c, t := v.Summary.Cycles, Tile{Name: "Goodput", Value: "–", About: "no cycle was completed in the hold"}
	if v.Summary.DurationS <= 0 || c.Completed == 0 {
		return t
	}
	t.Value = report.PerSecond(float64(c.OK)/v.Summary.DurationS) + "/s"
	t.About = "cycles completed and correct"
	if v.Summary.Model == "open" {
		t.About += ", of " + report.PerSecond(float64(c.Planned)/v.Summary.DurationS) + "/s planned"
	}
	if c.Interrupted > 0 {
		t.About += "; " + report.Count(c.Interrupted) + " cut short by the end"
	}
	if c.Dropped > 0 {
		t.About += "; " + report.Count(c.Dropped) + " dropped"
		t.Mood = "warn"
	}
	return t
}

func (v *view) login() Tile {
	t := Tile{Name: "Login, p99", Value: "–", About: "no login finished in the hold"}
	var slowest *results.StepSummary
	logins := 0
	for i := range v.Summary.Steps {
		s := &v.Summary.Steps[i]
		if s.Step != "login" || s.Kind != results.StepSeries.String() || s.Count == 0 || s.Response == nil {
			continue
		}
		logins++
		if slowest == nil || s.Response.P99 > slowest.Response.P99 {
			slowest = s
		}
	}
	if slowest != nil {
		t.Value = report.Millis(slowest.Response.P99)
		t.About = "of response time; median " + report.Millis(slowest.Response.P50)
		if logins > 1 {
			t.About += "; " + report.Clean(slowest.Target) + ", the slowest target"
		}
	}
	return t
}

func (v *view) wrong() Tile {
	var all, bad int64
	for i := range v.Summary.Steps {
		if s := &v.Summary.Steps[i]; s.Kind == results.StepSeries.String() {
			all += s.Count
			bad += s.Fail + s.Unknown
		}
	}
	t := Tile{Name: "Failed or unknown", Value: "–", About: "no step finished in the hold"}
	if all > 0 {
		t.Value, t.About, t.Mood = report.Percent(float64(bad)/float64(all)), report.Count(bad)+" of "+report.Plural(all, "step", "steps"), "good"
	}
	if bad > 0 {
		t.Mood = "bad"
		if worst := report.Failures(v.Summary); len(worst) > 0 {
			t.About += ", most of them " + worst[0].Class
		}
	}
	return t
}

func (v *view) held() Tile {
	s := v.Summary.Sessions
	t := Tile{Name: "Live sessions", Value: report.Count(s.PeakLive), About: "at most; " + report.Count(s.Opened) + " opened"}
	if v.Live != nil && !v.Live.Ended {
		live := int64(0)
		if last := v.Timeline.Last(); last != nil {
			for i := range last.Targets {
				live += last.Targets[i].Sessions.Live
			}
		}
		t.Value, t.About = report.Count(live), "now; "+report.Count(s.PeakLive)+" at most, "+report.Count(s.Opened)+" opened"
		return t
	}
	switch {
	case s.Orphaned > 0:
		t.About, t.Mood = t.About+", "+report.Count(s.Orphaned)+" left behind", "warn"
	case s.PossiblyOpen > 0:
		t.About += ", " + report.Count(s.PossiblyOpen) + " possibly open"
	case s.Balanced:
		t.About += ", each accounted for"
	default:
		t.About, t.Mood = t.About+": THE LEDGER DOES NOT BALANCE", "bad"
	}
	return t
}

func (v *view) limit() Tile {
	g := v.Summary.Generator
	switch {
	case g.Intervals == 0:
		return Tile{Name: "Generator", Value: "–", About: "nothing was judged"}
	case g.TaintedIntervals == 0:
		return Tile{Name: "Generator", Value: "never", Mood: "good",
			About: "the limit, in any of " + report.Plural(int64(g.Intervals), "interval", "intervals")}
	}
	return Tile{Name: "Generator was the limit", Mood: "warn", Value: report.Percent(float64(g.TaintedIntervals) / float64(g.Intervals)),
		About: "of the time: in " + report.Count(int64(g.TaintedIntervals)) + " of " + report.Plural(int64(g.Intervals), "interval", "intervals")}
}

// Facts say what was tested, beside the targets.
func (v *view) Facts() []Fact {
	s := v.Summary
	facts := []Fact{{"load", v.Load() + fmt.Sprintf(", seed %d", s.Seed)}, {"time", report.Lengths(s)}}
	if v.Live != nil && !v.Live.Ended {
		facts = facts[:1]
	}
	facts = append(facts, Fact{"started", report.Started(s) + " by authsoak " + s.Version})
	if s.Authorized != "" {
		facts = append(facts, Fact{"authorised", "by " + report.Clean(s.Authorized)})
	} else {
		facts = append(facts, Fact{"authorised", "nobody was named: only this machine or a private network was driven"})
	}
	if len(s.Labels) > 0 {
		facts = append(facts, Fact{"labels", report.Labels(s)})
	}
	facts = append(facts, Fact{"cycles", report.Cycles(s)}, Fact{"traffic", report.Traffic(s)})
	for i := range s.Gaps {
		facts = append(facts, Fact{"gap", report.Gap(&s.Gaps[i])})
	}
	if insecure := report.Insecure(s); len(insecure) > 0 {
		facts = append(facts, Fact{"INSECURE", "certificate not verified: " + strings.Join(insecure, ", ")})
	}
	return facts
}

// Cost says what driving took.
func (v *view) Cost() []Fact {
	g := v.Summary.Generator
	facts := []Fact{
		{"processor", fmt.Sprintf("%s, %s µs a request, on %s", report.Span(g.CPUS), report.BareMillis(g.CPUUsPerRequest), report.Plural(int64(g.Cores), "core", "cores"))},
		{"memory", report.Size(g.MaxRSSBytes) + " at most"},
		{"lateness", "p50 " + report.Millis(v.Summary.Lateness.P50) + ", p99 " + report.Millis(v.Summary.Lateness.P99) + ", max " + report.Millis(v.Summary.Lateness.Max)},
		{"pacer", "p99 " + report.Millis(g.Pacer.P99) + ", max " + report.Millis(g.Pacer.Max) + ", where a worker stood ready"},
		{"machine", g.OS + ", " + g.GoVersion},
	}
	if text := report.Ceiling(&g); text != "" {
		facts = append(facts, Fact{"ceiling", text})
	}
	return facts
}

// Group are the series of one target.
type Group struct {
	Target *results.TargetInfo
	Steps  []*results.StepSummary
	Open   bool // shown at once
}

// Groups are the series by target; Kinds says which.
func (v *view) groups(kinds ...string) []Group {
	var out []Group
	for i := range v.Summary.Targets {
		g := Group{Target: &v.Summary.Targets[i]}
		for j := range v.Summary.Steps {
			if s := &v.Summary.Steps[j]; s.Target == g.Target.Name && slices.Contains(kinds, s.Kind) {
				g.Steps = append(g.Steps, s)
			}
		}
		slices.SortStableFunc(g.Steps, func(a, b *results.StepSummary) int {
			return cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind))
		})
		if len(g.Steps) > 0 {
			out = append(out, g)
		}
	}
	return out
}

var kindOrder = []string{"step", "cycle", "request", "connect", "tls"}

// Table are all series by target.
func (v *view) Table() []Group { return v.groups(kindOrder...) }

// Charted are the targets with the series that get a chart over time: as many as
// a page can hold, those with samples.
func (v *view) Charted() []Group {
	groups := v.groups("step", "cycle", "request")
	left, shown := mostCharts, 0
	for i := range groups {
		g := &groups[i]
		g.Steps = slices.DeleteFunc(g.Steps, func(s *results.StepSummary) bool { return s.Count == 0 })
		g.Steps = g.Steps[:min(left, len(g.Steps))]
		left -= len(g.Steps)
		g.Open = shown < 12
		shown += len(g.Steps)
	}
	return slices.DeleteFunc(groups, func(g Group) bool { return len(g.Steps) == 0 })
}

// Left is how many series got no chart.
func (v *view) Left() int {
	all := 0
	for i := range v.Summary.Steps {
		if s := &v.Summary.Steps[i]; s.Count > 0 && s.Kind != "connect" && s.Kind != "tls" {
			all++
		}
	}
	return max(0, all-mostCharts)
}

// Network are the charts of connect and TLS time.
func (v *view) Network() []template.HTML {
	var out []template.HTML
	for _, g := range v.groups("connect", "tls") {
		for _, s := range g.Steps {
			if s.Count > 0 && len(out) < mostCharts {
				out = append(out, v.over.times(s))
			}
		}
	}
	return out
}

// The charts, by the names the templates call them.

func (v *view) TimesChart(s *results.StepSummary) template.HTML    { return v.over.times(s) }
func (v *view) SpectrumChart(s *results.StepSummary) template.HTML { return v.spectrum(s) }
func (v *view) SessionsChart() template.HTML                       { return v.over.sessions() }
func (v *view) ErrorsChart() template.HTML                         { return v.over.errors() }
func (v *view) GeneratorCharts() []template.HTML                   { return v.over.generator() }
func (v *view) Resolution() string                                 { return v.over.resolution() }
func (v *view) ThroughputChart() template.HTML {
	return v.over.throughput("throughput", "Throughput and goodput against plan", v.over.targets()...)
}

// TargetCharts are the throughput of each target, where there are several and
// not too many.
func (v *view) TargetCharts() []template.HTML {
	names := v.over.targets()
	if len(names) < 2 || len(names) > 12 {
		return nil
	}
	var out []template.HTML
	for _, name := range names {
		out = append(out, v.over.throughput("throughput-"+name, name, name))
	}
	return out
}

// Name is a series as the tables name it.
func (g Group) Name(s *results.StepSummary) string {
	switch {
	case s.Request != "":
		return s.Step + "." + s.Request
	default:
		return s.Step
	}
}

// Failures are the classes of errors by step.
func (v *view) Failures() []report.Failure { return report.Failures(v.Summary) }
