package chart

import (
	"math"
	"strconv"
	"strings"
)

// Text writes v in the unit, as labels and hover values have it: three
// significant digits.
func (u Unit) Text(v float64) string {
	if !finite(v) {
		return "–"
	}
	switch u {
	case Milliseconds:
		switch a := math.Abs(v); {
		case a < 0.9995 && a > 0:
			return digits(v*1e3) + " µs"
		case a < 999.5:
			return digits(v) + " ms"
		}
		return digits(v/1e3) + " s"
	case Clock:
		return clockText(v)
	case PerSecond:
		return digits(v) + "/s"
	case Share:
		return digits(v*100) + " %"
	case Percentile:
		return strconv.FormatFloat(math.Round(v*1e8)/1e8, 'f', -1, 64) + " %"
	case Bytes:
		for _, unit := range []string{" B", " kB", " MB", " GB"} {
			if math.Abs(v) < 999.5 {
				return digits(v) + unit
			}
			v /= 1e3
		}
		return digits(v) + " TB"
	}
	return digits(v)
}

// digits writes three significant digits without trailing zeros, and whole
// numbers from 1,000 on grouped.
func digits(v float64) string {
	if a := math.Abs(v); a >= 999.5 {
		return grouped(math.Round(v))
	}
	text := strconv.FormatFloat(v, 'g', 3, 64)
	if strings.ContainsAny(text, "e") {
		text = strconv.FormatFloat(v, 'f', 6, 64)
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func grouped(v float64) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	if v < 0 {
		return "-" + s
	}
	return s
}

// clockText is an instant since the start: 0:07, 12:30, 3:00:00, 2 d 3:00:00.
func clockText(v float64) string {
	s := int64(math.Round(math.Max(v, 0)))
	if v > 0 && v < 10 && v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 1, 64) + " s"
	}
	two := func(n int64) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }
	switch {
	case s >= 86400:
		return strconv.FormatInt(s/86400, 10) + " d " + strconv.FormatInt(s/3600%24, 10) + ":" + two(s/60%60) + ":" + two(s%60)
	case s >= 3600:
		return strconv.FormatInt(s/3600, 10) + ":" + two(s/60%60) + ":" + two(s%60)
	}
	return strconv.FormatInt(s/60, 10) + ":" + two(s%60)
}

// tickText is Text in the form that suits an axis whose ticks lie step apart.
func (u Unit) tickText(v, step float64) string {
	if u != Clock || step < 1 {
		return u.Text(v)
	}
	s := int64(math.Round(v))
	whole := strconv.FormatInt
	switch {
	case s == 0:
		return "0"
	case s%86400 == 0:
		return whole(s/86400, 10) + " d"
	case s >= 86400:
		return whole(s/86400, 10) + " d " + whole(s/3600%24, 10) + " h"
	case s%3600 == 0:
		return whole(s/3600, 10) + " h"
	case s%60 == 0 && s < 3600:
		return whole(s/60, 10) + " min"
	case s < 60:
		return whole(s, 10) + " s"
	case s >= 3600 && s%60 == 0:
		return whole(s/3600, 10) + ":" + clockText(float64(s % 3600 / 60))[2:] + " h"
	}
	return clockText(v)
}
