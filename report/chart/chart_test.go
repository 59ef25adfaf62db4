package chart

import (
	"encoding/json"
	"encoding/xml"
	"html"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		scale scale
		unit  Unit
		want  string
	}{
		{scale{Linear, 0, 60}, PerSecond, "0/s 20/s 40/s 60/s"},
		{scale{Linear, 0, 1}, Plain, "0 1"},
		{scale{Linear, 0, 86400}, Clock, "0 6 h 12 h 18 h 1 d"},
		{scale{Linear, 0, 5400}, Clock, "0 30 min 1 h 1:30 h"},
		{scale{Linear, 0, 100}, Clock, "0 30 s 1 min 1:30"},
		{scale{Log, 0.1, 10}, Milliseconds, "100 µs 1 ms 10 ms"},
		{scale{Log, 1, 10}, Milliseconds, "1 ms 2 ms 5 ms 10 ms"},
		{scale{Log, 0.001, 1e6}, Milliseconds, "10 µs 1 ms 100 ms 10 s 1,000 s"},
		{scale{HDR, 0, 99.95}, Percentile, "50 % 90 % 99 % 99.9 %"},
	} {
		ticks := c.scale.ticks(c.unit, 4)
		step := 0.0
		if len(ticks) > 1 {
			step = ticks[1] - ticks[0]
		}
		var got []string
		for _, v := range ticks {
			got = append(got, c.unit.tickText(v, step))
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("ticks of %v in %q: %s, want %s", c.scale, c.unit, got, c.want)
		}
	}
}

func TestTicksLieOnTheAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Axis{Scale: Scale(rapid.IntRange(0, 1).Draw(t, "scale")), Unit: rapid.SampledFrom([]Unit{Plain, Milliseconds, Clock, Bytes}).Draw(t, "unit")}
		values := rapid.SliceOf(rapid.Float64Range(1e-4, 1e9)).Draw(t, "values")
		s := scaleOf(a, true, slices.Values(values))
		ticks := s.ticks(a.Unit, yTicks)
		if len(ticks) < 2 || len(ticks) > 14 {
			t.Errorf("%d ticks on %v", len(ticks), s)
		}
		for _, v := range append(ticks, values...) {
			if v < s.min-1e-6*math.Abs(s.min) || v > s.max*(1+1e-6) {
				t.Errorf("%g is not on %v", v, s)
			}
		}
	})
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		unit Unit
		v    float64
		want string
	}{
		{Milliseconds, 0, "0 ms"}, {Milliseconds, 0.0125, "12.5 µs"}, {Milliseconds, 0.9999, "1 ms"}, {Milliseconds, 12.34, "12.3 ms"},
		{Milliseconds, 999.6, "1 s"}, {Milliseconds, 1234567, "1,235 s"}, {Milliseconds, math.NaN(), "–"},
		{Clock, 7, "0:07"}, {Clock, 1.5, "1.5 s"}, {Clock, 754, "12:34"}, {Clock, 10800, "3:00:00"}, {Clock, 2*86400 + 3661, "2 d 1:01:01"},
		{Bytes, 1500, "1.5 kB"}, {Bytes, 36.2e6, "36.2 MB"}, {Share, 0.042, "4.2 %"}, {PerSecond, 59.96, "60/s"},
		{Percentile, 99.99, "99.99 %"}, {Plain, 1234567, "1,234,567"}, {Plain, 0.00001, "0.00001"},
	} {
		if got := c.unit.Text(c.v); got != c.want {
			t.Errorf("%g in %q: %s, want %s", c.v, c.unit, got, c.want)
		}
	}
}

// sample has every kind of part.
func sample() *Plot {
	x := []float64{0, 1, 2, 3, 4}
	nan := math.NaN()
	return &Plot{
		ID: "all", Title: `It's <b>"all"</b>`, Note: "every kind",
		X: Axis{Unit: Clock}, Y: Axis{Unit: Milliseconds},
		Series: []Series{
			{Name: "one", Shape: Stack, X: x, Y: []float64{1, 2, nan, 2, 1}},
			{Name: "two", Shape: Stack, X: x, Y: []float64{1, 1, 1, 1, 1}},
			{Name: "gap", X: x, Y: []float64{1, nan, 3, nan, 1}, Dash: true, Color: Q1},
			{Name: "step", Shape: Step, X: []float64{0, 4}, Y: []float64{3, 1}},
			{Name: "area", Shape: Area, X: x, Y: []float64{0, 1, 0, 1, 0}},
		},
		Bands: []Band{{From: 0, To: 1, Kind: Aside, Text: "warm-up"}, {From: 2, To: 3, Kind: Tainted, Text: "it's late <"}},
		Marks: []Mark{{At: 2.5, Text: "limit"}},
	}
}

// TestFigure holds the markup to what a browser needs: one well-formed element
// that shows every value.
func TestFigure(t *testing.T) {
	for name, p := range map[string]*Plot{
		"all": sample(), "empty": {}, "no points": {Series: []Series{{Name: "x"}}},
		"one point": {Series: []Series{{Name: "x", X: []float64{1}, Y: []float64{1}}}, Y: Axis{Scale: Log}},
		"zeros":     {Series: []Series{{Name: "x", X: []float64{1, 2}, Y: []float64{0, 0}}}, Y: Axis{Scale: Log}},
	} {
		text := string(p.Figure())
		decoder := xml.NewDecoder(strings.NewReader(text))
		depth, roots := 0, 0
		for {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v in\n%s", name, err, text)
			}
			switch token.(type) {
			case xml.StartElement:
				if depth == 0 {
					roots++
				}
				depth++
			case xml.EndElement:
				depth--
			}
		}
		if roots != 1 {
			t.Errorf("%s: %d elements, want 1", name, roots)
		}
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%s: no number in\n%s", name, text)
		}
	}
}

// TestData reads back what the script is given.
func TestData(t *testing.T) {
	text := string(sample().Figure())
	raw := regexp.MustCompile(`data-chart='([^']*)'`).FindStringSubmatch(text)[1]
	var data struct {
		Series []struct {
			Name string
			X    []float64
			Y    []*float64
		}
		Bands [][]any
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(raw)), &data); err != nil {
		t.Fatal(err)
	}
	for i, s := range sample().Series {
		got := data.Series[i]
		if got.Name != s.Name || len(got.Y) != len(s.Y) {
			t.Fatalf("series %d: %s with %d values, want %s with %d", i, got.Name, len(got.Y), s.Name, len(s.Y))
		}
		for j, want := range s.Y {
			if (got.Y[j] == nil) != math.IsNaN(want) || got.Y[j] != nil && *got.Y[j] != want {
				t.Errorf("series %s, value %d: got %v, want %g", s.Name, j, got.Y[j], want)
			}
		}
	}
	if len(data.Series[1].X) != 0 || len(data.Series[3].X) != 2 {
		t.Error("a shared X is written twice, or another's left out")
	}
	if data.Bands[1][2] != "it's late <" {
		t.Errorf("bands: %v", data.Bands)
	}
}

// TestLinesRunThroughTheirPoints follows the path of a line.
func TestLinesRunThroughTheirPoints(t *testing.T) {
	p := &Plot{Height: 100, Y: Axis{Unit: Plain}, Series: []Series{{Name: "x", X: []float64{0, 1, 2, 3, 4}, Y: []float64{0, 4, math.NaN(), 4, 2}}}}
	path := regexp.MustCompile(`class="line c1"[^>]* d="([^"]*)"`).FindStringSubmatch(string(p.Figure()))[1]
	var at [2]int
	var points [][2]int
	for _, command := range regexp.MustCompile(`([Mlhv])([-\d ]*)`).FindAllStringSubmatch(path, -1) {
		var n []int
		for _, text := range regexp.MustCompile(`-?\d+`).FindAllString(command[2], -1) {
			v, _ := strconv.Atoi(text)
			n = append(n, v)
		}
		switch command[1] {
		case "M":
			at = [2]int{n[0], n[1]}
		case "l":
			at = [2]int{at[0] + n[0], at[1] + n[1]}
		case "h":
			at[0] += n[0]
			if n[0] == 0 {
				continue // a dot
			}
		case "v":
			at[1] += n[0]
		}
		if command[1] != "M" || len(points) == 0 || points[len(points)-1] != at {
			points = append(points, at)
		}
	}
	if want := [][2]int{{0, 400}, {500, 0}, {1500, 0}, {2000, 200}}; !slices.Equal(points, want) {
		t.Errorf("%s runs through %v, want %v", path, points, want)
	}
}

func TestPlace(t *testing.T) {
	for _, c := range []struct {
		s       scale
		v, want float64
	}{
		{scale{Linear, 0, 10}, 5, 0.5}, {scale{Linear, 0, 10}, 50, 1}, {scale{Log, 1, 100}, 10, 0.5}, {scale{Log, 1, 100}, 0, 0},
		{scale{HDR, 0, 99.99}, 0, 0}, {scale{HDR, 0, 99.99}, 99, 0.5}, {scale{HDR, 0, 99.99}, 100, 1},
	} {
		if got := c.s.place(c.v); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%g on %v: %g, want %g", c.v, c.s, got, c.want)
		}
	}
}

// TestColorsInEveryTheme holds the style sheet to one palette a theme.
func TestColorsInEveryTheme(t *testing.T) {
	for _, c := range []string{"c1", "c8", "q1", "q5", "good", "bad", "warn", "planned", "aside", "tainted", "ink", "card"} {
		if n := strings.Count(CSS, "--"+c+":"); n != 4 {
			t.Errorf("--%s is set %d times, want 4: light, dark by system, dark by choice, print", c, n)
		}
	}
	if strings.Contains(CSS+Script, "http://") && strings.Count(CSS+Script, "http") != 1 {
		t.Error("something is loaded from elsewhere")
	}
}

// A point between two gaps is marked, and a series of nothing else has a dot in
// the legend.
func TestLonePoints(t *testing.T) {
	gap := math.NaN()
	p := Plot{Series: []Series{
		{Name: "joined", X: []float64{0, 1, 2, 3}, Y: []float64{1, 2, gap, 4}},
		{Name: "scattered", X: []float64{0, 1, 2}, Y: []float64{1, gap, 3}},
		{Name: "whole", X: []float64{0, 1}, Y: []float64{1, 2}},
		{Name: "rings", Dash: true, X: []float64{0, 1, 2}, Y: []float64{3, gap, 1}},
	}, Bands: []Band{{From: 1, To: 2, Kind: Answer, Text: "here"}}}
	text := string(p.Figure())
	for _, want := range []string{`class="line lone c1" data-series="0"`, `class="line lone c2" data-series="1"`,
		`<li class="c2 lone" data-series="1">`, `"name":"scattered","color":"c2","lone":true`,
		`class="line lone hole" data-series="3"`, `<li class="c4 dash lone" data-series="3">`, `<li class="band answer"><i></i>the answer</li>`} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %s:\n%s", want, text)
		}
	}
	for _, bad := range []string{`lone c3`, `"color":"c1","lone"`, `hole" data-series="1"`, `<li class="c1 lone"`, "not judged"} {
		if strings.Contains(text, bad) {
			t.Errorf("it holds %s:\n%s", bad, text)
		}
	}
}
