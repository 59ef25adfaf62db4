package knee

import (
	"encoding/json"
	"html"
	"maps"
	"math"
	"regexp"
	"strings"
	"testing"

	"authsoak/results"
)

// drawn are the points of the chart of margins by the name of their series, as
// the script has them.
func drawn(t *testing.T, r *results.CapacityResult) (points map[string][][2]float64, from, to float64) {
	t.Helper()
	var data struct {
		X      struct{ Min, Max float64 }
		Series []struct {
			Name string
			X    []float64
			Y    []*float64
		}
	}
	text := regexp.MustCompile(`data-chart='([^']*)'`).FindStringSubmatch(string(margins(r)))
	if text == nil {
		t.Fatal("no chart")
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(text[1])), &data); err != nil {
		t.Fatal(err)
	}
	points = map[string][][2]float64{}
	for _, s := range data.Series {
		for i, y := range s.Y {
			if y != nil {
				points[s.Name] = append(points[s.Name], [2]float64{s.X[i], *y})
			}
		}
	}
	return points, data.X.Min, data.X.Max
}

func objective(expression string, actual, limit, share float64) results.CapacityObjective {
	return results.CapacityObjective{Expression: expression, Actual: actual, Limit: limit, Margin: math.Log(share), Pass: share < 1}
}

// At low loads the share of failures that would have shown, and how many cycles
// may be under way, are near to what may be; neither is a value near its limit.
func TestMarginsShowWhatDecides(t *testing.T) {
	none := objective("rate(fail) < 0.5%", 0, 0.5, 0.87)
	keeps := objective("keeps up", 1, 0, 0.9)
	fast := func(ms float64) results.CapacityObjective { return objective("p99(login) < 500ms", ms, 500, ms/500) }
	r := &results.CapacityResult{Axis: results.RateAxis, Steps: []results.CapacityStep{
		{Level: 5, Verdict: "pass", Objectives: []results.CapacityObjective{fast(20), none, keeps}},
		{Level: 100, Verdict: "pass", Objectives: []results.CapacityObjective{fast(50), none, keeps}},
		{Level: 200, Verdict: "pass", Objectives: []results.CapacityObjective{fast(400), none, keeps}},
		{Level: 210, Verdict: "pass", Objectives: []results.CapacityObjective{fast(50), objective("rate(fail) < 0.5%", 0.25, 0.5, 0.5), keeps}},
		{Level: 300, Verdict: "fail", Objectives: []results.CapacityObjective{fast(1000), none, objective("keeps up", 90, 0, 1.5)}},
		{Level: 400, Verdict: "fail", Objectives: []results.CapacityObjective{fast(450), none, objective("keeps up", 90, 0, 1.5)}},
	}}
	got, from, to := drawn(t, r)
	want := map[string][][2]float64{
		"met":               {{5, 0.04}, {100, 0.1}, {200, 0.8}},
		"met: rate(fail)":   {{210, 0.5}},
		"not met":           {{300, 2}},
		"not met: keeps up": {{400, 1.5}},
	}
	if !maps.EqualFunc(got, want, func(a, b [][2]float64) bool {
		for i := range max(len(a), len(b)) {
			if i >= len(a) || i >= len(b) || a[i] != b[i] {
				return false
			}
		}
		return true
	}) {
		t.Errorf("drawn are %v, want %v", got, want)
	}
	// Room for the labels of the limits at both ends.
	if span := math.Log(to / from); math.Log(5/from)/span < 0.1 || math.Log(to/400)/span < 0.06 {
		t.Errorf("levels from 5 to 400 are drawn on an axis from %v to %v", from, to)
	}
}

// Where nothing but yes and no was judged, steps that met it stand below those
// that didn't, and say why.
func TestMarginsWithoutNumbers(t *testing.T) {
	holds := func(share float64) results.CapacityObjective { return objective("holds them", 10, 0, share) }
	r := &results.CapacityResult{Axis: results.SessionsAxis, Steps: []results.CapacityStep{
		{Level: 10, Verdict: "pass", Objectives: []results.CapacityObjective{objective("rate(fail) < 0.5%", 0, 0.5, 0.99), holds(math.Exp(-1))}},
		{Level: 10, Verdict: "fail", Objectives: []results.CapacityObjective{objective("rate(fail) < 0.5%", 0, 0.5, 0.99), holds(math.E)}},
		{Level: 10, Verdict: "rejected"},
	}}
	got, from, to := drawn(t, r)
	for name, points := range got {
		if low := strings.Contains(name, "nothing to measure"); low != (points[0][1] < 0.5) {
			t.Errorf("%s is drawn at %v", name, points)
		}
	}
	if len(got) != 2 || !(from > 0 && from < 10 && to > 10) {
		t.Errorf("from %v to %v are drawn %v", from, to, got)
	}
}
