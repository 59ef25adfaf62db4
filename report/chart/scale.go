package chart

import "math"

// scale maps values to 0…1.
type scale struct {
	Scale
	min, max float64
}

// place returns where v lies, 0 at the axis' beginning and 1 at its end; values
// beyond the ends are put there.
func (s scale) place(v float64) float64 {
	switch s.Scale {
	case Log:
		v = math.Log(math.Max(v, s.min)/s.min) / math.Log(s.max/s.min)
	case HDR:
		v = nines(v) / nines(s.max)
	default:
		v = (v - s.min) / (s.max - s.min)
	}
	return math.Min(math.Max(v, 0), 1)
}

// nines is log10 of 1/(1−p): 1 at 90 %, 2 at 99 %.
func nines(percentile float64) float64 {
	return -math.Log10(1 - math.Min(percentile, mostPercentile)/100)
}

// mostPercentile keeps the end of an HDR axis finite: no run has more samples
// than would be beyond it.
const mostPercentile = 100 - 1e-10

// scaleOf spans an axis over values.
func scaleOf(a Axis, upright bool, values func(yield func(float64) bool)) scale {
	if a.Fixed && a.Max > a.Min {
		return scale{a.Scale, a.Min, a.Max}
	}
	low, high := math.Inf(1), math.Inf(-1)
	for v := range values {
		if !finite(v) || a.Scale == Log && v <= 0 {
			continue
		}
		low, high = math.Min(low, v), math.Max(high, v)
	}
	if low > high {
		low, high = 1, 2 // nothing to show: an empty frame
	}
	switch a.Scale {
	case Log:
		return logSpan(low, high)
	case HDR:
		return scale{HDR, 0, math.Min(math.Max(high, 99), mostPercentile)}
	}
	if upright {
		low = math.Min(low, 0)
		step := niceStep((high-low)/4, a.Unit)
		if high = math.Ceil(high/step-1e-9) * step; high <= low {
			high = low + step
		}
		return scale{Linear, low, high}
	}
	if high <= low {
		high = low + 1
	}
	return scale{Linear, low, high}
}

// logSpan widens to the next of 1, 2, 5, and to a decade at least.
func logSpan(low, high float64) scale {
	low, high = floor125(low), ceil125(high)
	for high/low < 9.99 {
		if high = ceil125(high * 1.01); high/low < 9.99 {
			low = floor125(low * 0.99)
		}
	}
	return scale{Log, low, high}
}

func floor125(v float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	for _, m := range [...]float64{5, 2} {
		if v >= decade*m*(1-1e-9) {
			return decade * m
		}
	}
	return decade
}

func ceil125(v float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	for _, m := range [...]float64{1, 2, 5} {
		if v <= decade*m*(1+1e-9) {
			return decade * m
		}
	}
	return decade * 10
}

// ticks returns where an axis is labelled, about n of them.
func (s scale) ticks(unit Unit, n int) []float64 {
	switch s.Scale {
	case Log:
		return s.logTicks(n)
	case HDR:
		return s.hdrTicks()
	}
	step := niceStep((s.max-s.min)/float64(n), unit)
	var out []float64
	for k := math.Ceil(s.min/step - 1e-9); k*step <= s.max+step*1e-9; k++ {
		out = append(out, k*step+0) // +0: never −0
	}
	return out
}

// logTicks are 1, 2, 5 of each decade where there is room, else decades, else
// some of them.
func (s scale) logTicks(n int) []float64 {
	decades := math.Log10(s.max / s.min)
	multiples, every := []float64{1, 2, 5}, 1
	if decades*3 >= float64(n)+2 {
		multiples = []float64{1}
		every = max(1, int(math.Ceil(decades/float64(n+1))))
	}
	var out []float64
	for e := int(math.Floor(math.Log10(s.min) + 1e-9)); math.Pow(10, float64(e)) <= s.max*(1+1e-9); e++ {
		if e%every != 0 {
			continue
		}
		for _, m := range multiples {
			if v := m * math.Pow(10, float64(e)); v >= s.min*(1-1e-9) && v <= s.max*(1+1e-9) {
				out = append(out, v)
			}
		}
	}
	return out
}

func (s scale) hdrTicks() []float64 {
	out := []float64{50}
	for rest := 10.0; 100-rest <= s.max+1e-12; rest /= 10 {
		out = append(out, 100-rest)
	}
	return out
}

// clockSteps are the steps in which people count time, in seconds.
var clockSteps = [...]float64{
	0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
	3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400,
}

// niceStep returns the least round step that is not less than v.
func niceStep(v float64, unit Unit) float64 {
	if !(v > 0) {
		return 1
	}
	if unit == Clock {
		for _, s := range clockSteps {
			if s >= v*(1-1e-9) {
				return s
			}
		}
	}
	if unit == Plain || unit == Bytes {
		v = math.Max(v, 1) // there is no half session
	}
	return ceil125(v)
}
