package report

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// none stands where there is no number.
const none = "-"

// millis prints a time given in milliseconds with three significant digits and
// its unit: 0.123 ms, 12.3 ms, 1.23 s. From 1,000 s on it prints whole seconds.
func millis(ms float64) string {
	switch {
	case !finite(ms):
		return none
	case ms > 0 && ms < 0.0005:
		return "<0.001 ms"
	case math.Abs(ms) < 999.5:
		return significant(ms) + " ms"
	}
	return significant(ms/1000) + " s"
}

// bareMillis is [millis] without a unit, for columns that must stay comparable
// at a glance: 0.123, 12.3, 1,234.
func bareMillis(ms float64) string {
	switch {
	case !finite(ms):
		return none
	case ms == 0:
		return "0"
	case ms > 0 && ms < 0.0005:
		return "<.001"
	}
	return significant(ms)
}

// short prints a duration in at most seven columns, for live screens; micro is
// how to write microseconds. Zero, a time that nobody measured, is a dash.
func short(d time.Duration, micro string) string {
	us := float64(d) / float64(time.Microsecond)
	switch {
	case d <= 0:
		return none
	case us < 0.5:
		return "<1 " + micro
	case us < 999.5:
		return strconv.FormatFloat(us, 'f', 0, 64) + " " + micro
	}
	return millis(us / 1000)
}

// significant prints three significant digits, but never more than three
// decimals, and whole numbers above 100 grouped.
func significant(v float64) string {
	a := math.Abs(v)
	switch {
	case v == 0:
		return "0"
	case a < 0.9995:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case a < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return whole(v)
}

// whole prints v without decimals, grouped.
func whole(v float64) string {
	if math.Abs(v) < 1<<53 {
		return count(int64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// count prints n with a comma between groups of three digits.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// tight prints n in at most six columns: 99,999 as it is, 123k, 1.23M, 12.3G.
func tight(n int64) string {
	v := float64(n)
	switch {
	case n > -10_000 && n < 100_000:
		return count(n)
	case math.Abs(v) < 999.5e3:
		return significant(v/1e3) + "k"
	case math.Abs(v) < 999.5e6:
		return significant(v/1e6) + "M"
	}
	return significant(v/1e9) + "G"
}

// perSecond prints a rate: two decimals below ten, one below a thousand, then
// whole numbers.
func perSecond(v float64) string {
	switch a := math.Abs(v); {
	case !finite(v):
		return none
	case v == 0:
		return "0"
	case a < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 999.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return whole(v)
}

// percent prints a share of 1 as a percentage. A share that is neither none nor
// all never prints as 0 % or 100 %.
func percent(share float64) string {
	v := share * 100
	switch {
	case !finite(v):
		return none
	case v > 0 && v < 0.005:
		return "<0.01 %"
	case v < 100 && v >= 99.95:
		return ">99.9 %"
	case v == 0 || v == 100:
		return strconv.FormatFloat(v, 'f', 0, 64) + " %"
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64) + " %"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " %"
}

// size prints bytes in decimal units, as the suppliers of memory do.
func size(n int64) string {
	v := float64(n)
	switch {
	case v < 999.5:
		return count(n) + " B"
	case v < 999.5e3:
		return significant(v/1e3) + " kB"
	case v < 999.5e6:
		return significant(v/1e6) + " MB"
	}
	return significant(v/1e9) + " GB"
}

// clock prints a time since the start as on a stopwatch: 1:23, 1:02:03,
// 2d 03:04:05. Fractions of a second are cut off.
func clock(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	days, h, m, s := s/86400, s/3600%24, s/60%60, s%60
	switch {
	case days > 0:
		return count(days) + "d " + two(h) + ":" + two(m) + ":" + two(s)
	case h > 0:
		return count(h) + ":" + two(m) + ":" + two(s)
	}
	return count(m) + ":" + two(s)
}

func two(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// span prints a length of time in seconds as one would say it: 250 ms, 10 s,
// 2.14 s, 5 min, 1 h 30 min, 2 d 4 h. Above a minute it is exact to the second, above a day to
// the minute.
func span(seconds float64) string {
	if !finite(seconds) {
		return none
	}
	switch {
	case seconds > 0 && seconds < 0.9995:
		return millis(seconds * 1000)
	case seconds < 59.95:
		return strconv.FormatFloat(seconds, 'g', 3, 64) + " s"
	}
	s := int64(math.Round(seconds))
	if s >= 86400 {
		s -= s % 60
	}
	parts := make([]string, 0, 4)
	for _, u := range []struct {
		n    int64
		unit string
	}{{s / 86400, " d"}, {s / 3600 % 24, " h"}, {s / 60 % 60, " min"}, {s % 60, " s"}} {
		if u.n > 0 {
			parts = append(parts, count(u.n)+u.unit)
		}
	}
	return strings.Join(parts, " ")
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// plural prints n and the word that goes with it.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}
