package page

import (
	"html"
	"strings"
	"testing"
	"time"

	"authsoak/results"
	"authsoak/stats"
)

// TestDriftAndExperiment holds both sections to the summary: what moves stands
// first and has a chart, and each line of the experiment has its sign.
func TestDriftAndExperiment(t *testing.T) {
	f := day(t, t.TempDir(), 20*time.Second)
	_, story := write(t, f)
	story.Summary.Experiment = &results.Experiment{Kind: "storm", About: "500 users log in at once", Lines: []results.ExperimentLine{
		{Name: "all in", Expectation: "within 5s", Actual: "after 7s"},
		{Name: "failed", Expectation: "none", Actual: "none", Pass: true},
		{Name: "worst", Actual: "6.9 s"},
	}}
	story.Summary.Drift = &results.Drift{Verdict: results.Drifting, HoldS: 86400, BinS: 60, Notes: []string{"a whole day was not seen"}, Series: []results.DriftSeries{
		{Target: "octane", Metric: "fail", Unit: "%", Motion: stats.Steady, Points: []results.DriftPoint{{AtS: 60, Value: 1}}},
		{Target: "octane", Metric: "login.response.p99", Unit: "ms", Motion: stats.Rises, Level: 100, PerHour: 2, LowPerHour: 1, HighPerHour: 3, Change: 46,
			Floor: 10, FromS: 3600, ToS: 86400, Crosses: &results.DriftLimit{Limit: "p99(login) < 500ms", Value: 500, InS: 7200, EarliestS: 3600},
			Points: []results.DriftPoint{{AtS: 60, Value: 90}, {AtS: 7200, Value: 100}, {AtS: 80000, Value: 140}}},
	}}
	text := map[string]string{}
	sections, err := story.Sections()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sections {
		text[s.ID] = html.UnescapeString(string(s.HTML))
	}
	for id, wants := range map[string][]string{
		"experiment": {"storm", "500 users log in at once", "✗</td><td>all in", "✓</td><td>failed", "·</td><td>worst", "after 7s"},
		"drift": {"DRIFT: 1 of 2 series grow over", "octane.login.response.p99", "+2.00 ms (+1.00 ms to +3.00 ms)", "+46.0 ms", "an extrapolation",
			"a whole day was not seen", `id="drift-octane.login.response.p99"`},
	} {
		for _, want := range wants {
			if !strings.Contains(text[id], want) {
				t.Errorf("section %s doesn't tell %q:\n%s", id, want, text[id])
			}
		}
	}
	if moving, steady := strings.Index(text["drift"], "login.response.p99"), strings.Index(text["drift"], "octane.fail"); moving > steady {
		t.Error("a series that moves stands behind one that doesn't")
	}
	if strings.Contains(text["drift"], `id="drift-octane.fail"`) {
		t.Error("a steady series has a chart")
	}
}
