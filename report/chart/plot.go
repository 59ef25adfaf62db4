package chart

import "math"

// Plot is one chart. The zero values of its parts choose themselves: axes span
// the data, and series take the colours of the palette in turn.
type Plot struct {
	ID     string // of the figure, for links and tests; may be empty
	Title  string // the figure's caption
	Note   string // one line below the caption; may be empty
	Height int    // of the plot itself in pixels; 0: 200
	X, Y   Axis
	Series []Series
	Bands  []Band
	Marks  []Mark
}

// Axis says how values lie along one side.
type Axis struct {
	Unit  Unit
	Scale Scale
	// Min and Max are the ends of the axis where From is true; else it spans the
	// data, and a linear Y axis begins at zero.
	Min, Max float64
	Fixed    bool
}

// Scale is how an axis maps values.
type Scale uint8

// Scales. Log shows positive values only. HDR is for percentiles, 0…100: equal
// steps from 90 to 99 to 99.9, as the plots of HdrHistogram have them.
const (
	Linear Scale = iota
	Log
	HDR
)

// Unit is what the numbers of an axis count. It decides how they are written.
type Unit string

// Units. Values are in the unit that the name says: times in milliseconds,
// instants in seconds, shares as 1 for all.
const (
	Plain        Unit = ""
	Milliseconds Unit = "ms"
	Clock        Unit = "clock" // seconds since the start
	PerSecond    Unit = "/s"
	Share        Unit = "share"
	Bytes        Unit = "B"
	Percentile   Unit = "percentile"
)

// Series is one line. X ascends and is as long as Y. A Y that is NaN is a gap:
// nothing was measured there.
type Series struct {
	Name  string
	Shape Shape
	Color Color
	Dash  bool // the second of a pair: service beside response; of lone points, rings
	X, Y  []float64
}

// Shape is how the points of a series are joined.
type Shape uint8

// Shapes. Stacked areas stand on those before them, and share one X.
const (
	Line Shape = iota
	Step
	Area
	Stack
)

// Color is a place in the palette: C1…C8 tell kinds apart, Q1…Q5 are a ramp for
// what has an order, such as percentiles. The rest have a meaning.
type Color string

// Colours.
const (
	Auto    Color = ""
	C1      Color = "c1"
	C2      Color = "c2"
	C3      Color = "c3"
	C4      Color = "c4"
	C5      Color = "c5"
	C6      Color = "c6"
	C7      Color = "c7"
	C8      Color = "c8"
	Q1      Color = "q1"
	Q2      Color = "q2"
	Q3      Color = "q3"
	Q4      Color = "q4"
	Q5      Color = "q5"
	Good    Color = "good"
	Bad     Color = "bad"
	Planned Color = "planned"
)

var palette = [...]Color{C1, C2, C3, C4, C5, C6, C7, C8}

// Band shades a stretch of the X axis.
type Band struct {
	From, To float64
	Kind     BandKind
	Text     string // said on hover
}

// BandKind is why a stretch is shaded.
type BandKind string

// Kinds of band. Aside is what isn't judged (warm-up, drain); Tainted has a bar at
// its top, so that it is told apart in grey and by everybody; Answer is where what
// was looked for lies.
const (
	Aside   BandKind = "aside"
	Tainted BandKind = "tainted"
	Answer  BandKind = "answer"
)

// Mark is a line across the plot at one Y, such as a limit.
type Mark struct {
	At   float64
	Text string
}

// Points returns how many values the plot shows.
func (p *Plot) Points() int {
	n := 0
	for i := range p.Series {
		for _, y := range p.Series[i].Y {
			if finite(y) {
				n++
			}
		}
	}
	return n
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
