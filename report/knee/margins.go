package knee

import (
	"cmp"
	"html/template"
	"math"
	"slices"

	"authsoak/report"
	"authsoak/report/chart"
	"authsoak/results"
)

// margins draws every step: level across, upwards the value that decides as a
// share of its limit.
func margins(r *results.CapacityResult) template.HTML {
	p := chart.Plot{ID: "margins", Title: "What decides each step, in percent of its limit",
		Note: "Dots are steps; below 100 % all objectives were met.", Height: 260,
		X: levels(r), Y: chart.Axis{Unit: chart.Share, Scale: chart.Log}, Marks: []chart.Mark{{At: 1, Text: "limit"}}}
	main := decidesMost(r)
	p.Series = steps(r, main)
	if main != "" {
		p.Note += " " + main + " decides"
		if slices.ContainsFunc(p.Series, func(s chart.Series) bool { return s.Dash }) {
			p.Note += "; at rings, what their names say"
		}
		p.Note += "."
	}
	if a := &r.Answer; a.Known && a.Decided && a.High != nil {
		p.Bands = []chart.Band{{From: a.Low, To: *a.High, Kind: chart.Answer, Text: "the capacity lies here"}}
	}
	return p.Figure()
}

// levels is the axis of the levels that were tried.
func levels(r *results.CapacityResult) chart.Axis {
	low, high := math.Inf(1), 0.0
	for i := range r.Steps {
		low, high = min(low, r.Steps[i].Level), max(high, r.Steps[i].Level)
	}
	a := roomy(chart.Log, low, high)
	if r.Axis == results.RateAxis {
		a.Unit = chart.PerSecond
	}
	return a
}

// The room at the ends of an axis, as shares of what lies between: no dot stands
// on the labels of the other axis and of a mark.
const (
	roomLeft  = 0.13
	roomRight = 0.09
)

// roomy is an axis over values with room for labels at its ends.
func roomy(kind chart.Scale, low, high float64) chart.Axis {
	a := chart.Axis{Scale: kind, Fixed: true}
	if kind == chart.Log {
		span := math.Log(max(high/low, 2))
		a.Min, a.Max = low*math.Exp(-roomLeft*span), high*math.Exp(roomRight*span)
		return a
	}
	a.Min, a.Max = low-roomLeft*(high-low), high+roomRight*(high-low)
	return a
}

// decidesMost returns the objective that decides more steps than any other; ""
// where none ever came to a number.
func decidesMost(r *results.CapacityResult) (most string) {
	counts := map[string]int{}
	for i := range r.Steps {
		o, measured := report.Deciding(&r.Steps[i])
		if !measured {
			continue
		}
		if counts[o.Expression]++; counts[o.Expression] > counts[most] {
			most = o.Expression
		}
	}
	return most
}

// leastShare is where a step without a number is drawn, or lower where others are.
const leastShare = 0.1

// steps are the points of the steps: a series for each verdict, and for each
// objective besides the main one that decided.
func steps(r *results.CapacityResult, main string) (out []chart.Series) {
	for _, kind := range []struct {
		verdict, name string
		color         chart.Color
	}{{"pass", "met", chart.Good}, {"fail", "not met", chart.Bad}, {"rejected", "rejected", chart.Planned}} {
		points := map[string][][2]float64{}
		var names []string
		for i := range r.Steps {
			s := &r.Steps[i]
			o, measured := report.Deciding(s)
			if s.Verdict != kind.verdict || o == nil {
				continue
			}
			name, share := kind.name, leastShare
			switch {
			case !measured:
				name += ", nothing to measure (drawn at the bottom)"
				share = lowest(r)
			case o.Expression != main:
				name += ": " + report.What(o)
				fallthrough
			default:
				share = shareOf(o)
			}
			if points[name] == nil {
				names = append(names, name)
			}
			points[name] = append(points[name], [2]float64{s.Level, share})
		}
		slices.Sort(names) // the main one's is the shortest
		for _, name := range names {
			s := dots(name, kind.color, points[name])
			s.Dash = name != kind.name
			out = append(out, s)
		}
	}
	return out
}

// shareOf is a value as a share of its limit, as far as is drawn.
func shareOf(o *results.CapacityObjective) float64 { return math.Exp(min(max(o.Margin, -5), 5)) }

func lowest(r *results.CapacityResult) float64 {
	least := leastShare
	for i := range r.Steps {
		if o, measured := report.Deciding(&r.Steps[i]); measured {
			least = min(least, shareOf(o))
		}
	}
	return least
}

// dots is a series of points that nothing joins.
func dots(name string, color chart.Color, points [][2]float64) chart.Series {
	slices.SortFunc(points, func(a, b [2]float64) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	s := chart.Series{Name: name, Color: color}
	for _, p := range points {
		s.X, s.Y = append(s.X, p[0], p[0]), append(s.Y, p[1], math.NaN())
	}
	return s
}
