package metric

import (
	"math"
	"strconv"
)

// Unit is the unit of a value as it is written.
type Unit string

// Units.
const (
	Bare         Unit = "" // of a count
	Microseconds Unit = "us"
	Milliseconds Unit = "ms"
	Seconds      Unit = "s"
	Minutes      Unit = "m"
	Hours        Unit = "h"
	Percent      Unit = "%"
	PerSecond    Unit = "/s"
)

// OfTime tells whether the unit is one of time.
func (u Unit) OfTime() bool { return u.Base() != 1 || u == Seconds }

// Base returns how many base units (seconds, shares, completions a second,
// pieces) one u is. Percent is the exception: a hundredth of a share is written
// as a division, by [Unit.From], so that it rounds once.
func (u Unit) Base() float64 {
	switch u {
	case Microseconds:
		return 1e-6
	case Milliseconds:
		return 1e-3
	case Minutes:
		return 60
	case Hours:
		return 3600
	}
	return 1
}

// From turns a value in base units (seconds; a share of 1; a second; pieces)
// into one in u.
func (u Unit) From(base float64) float64 {
	switch u {
	case Percent:
		return base * 100
	case Microseconds:
		return base * 1e6
	case Milliseconds:
		return base * 1e3
	}
	return base / u.Base()
}

// FromNanoseconds turns a time in nanoseconds into one in u. Whole multiples of
// the unit come out whole.
func (u Unit) FromNanoseconds(ns float64) float64 {
	switch u {
	case Microseconds:
		return ns / 1e3
	case Milliseconds:
		return ns / 1e6
	case Minutes:
		return ns / 60e9
	case Hours:
		return ns / 3600e9
	}
	return ns / 1e9
}

// Text writes a value in u for people: at most four significant digits behind
// which nothing is hidden, whole numbers in full.
func (u Unit) Text(v float64) string {
	unit := string(u)
	if u.OfTime() {
		unit = " " + unit
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "no value"
	}
	if v == math.Trunc(v) || math.Abs(v) >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64) + unit
	}
	digits := 3 - int(math.Floor(math.Log10(math.Abs(v))))
	return trimZeros(strconv.FormatFloat(v, 'f', min(digits, 9), 64)) + unit
}

func trimZeros(s string) string {
	end := len(s)
	for end > 0 && s[end-1] == '0' {
		end--
	}
	if end > 0 && s[end-1] == '.' {
		end--
	}
	return s[:end]
}
