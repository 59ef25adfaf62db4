package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, written with its unit: 30s, 5m, 1h30m, 2d. It
// is never negative.
type Duration time.Duration

// longestDuration is how many bytes a written time has at most.
const longestDuration = 64

// ParseDuration reads a length of time. It refuses a bare number.
func ParseDuration(text string) (Duration, error) {
	bad := &InvalidText{fmt.Sprintf("must be a time with its unit (500ms, 30s, 5m, 1h30m, 2d), not %q", clip(text)), durationHint(text)}
	switch {
	case text == "0":
		return 0, nil
	case strings.HasPrefix(text, "-"):
		return 0, &InvalidText{fmt.Sprintf("must not be negative, as %q is", clip(text)), ""}
	case len(text) > longestDuration || strings.HasPrefix(text, "+"):
		return 0, bad
	}
	var days float64
	rest := text
	if head, tail, found := strings.Cut(text, "d"); found {
		d, err := parseFloat(head)
		if err != nil || d < 0 || d > 100_000 {
			return 0, bad
		}
		days, rest = d*24*float64(time.Hour), tail
		if rest == "" {
			return Duration(days), nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || days+float64(d) > math.MaxInt64/2 {
		return 0, bad
	}
	return Duration(days) + Duration(d), nil
}

// units are the beginnings of units as people spell them, those first that
// begin like another.
var units = []struct{ spelt, unit string }{
	{"ms", "ms"}, {"milli", "ms"}, {"s", "s"}, {"m", "m"}, {"h", "h"}, {"d", "d"},
}

// durationHint guesses what was meant by a number without unit or with a unit
// spelt out.
func durationHint(text string) string {
	digits := strings.TrimRight(text, " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if _, err := parseFloat(digits); err != nil || len(digits) > 9 || strings.Trim(digits, "0123456789.") != "" {
		return ""
	}
	unit := strings.ToLower(strings.TrimSpace(text[len(digits):]))
	if unit == "" {
		return digits + "s"
	}
	for _, u := range units {
		if strings.HasPrefix(unit, u.spelt) {
			return digits + u.unit
		}
	}
	return ""
}

// UnmarshalText reads the form that [Duration.String] writes, and more.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}

// MarshalText returns [Duration.String].
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String returns the shortest exact form: 1h30m rather than 1h30m0s.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// Share is a part of a whole between 0 and 1, written 5% or 0.05.
type Share float64

// ParseShare reads a share. A bare number above 1 is refused: it was probably
// meant in percent.
func ParseShare(text string) (Share, error) {
	number, percent := strings.CutSuffix(text, "%")
	f, err := parseFloat(number)
	if err != nil || zeros(number) {
		return 0, &InvalidText{fmt.Sprintf("must be a share (5%% or 0.05), not %q", clip(text)), ""}
	}
	if !percent && f > 1 && f <= 100 {
		return 0, &InvalidText{fmt.Sprintf("must be a share between 0 and 1, not %s", clip(text)), number + "%"}
	}
	if percent {
		f /= 100
	}
	if f < 0 || f > 1 {
		return 0, &InvalidText{fmt.Sprintf("must be a share between 0%% and 100%%, not %s", clip(text)), ""}
	}
	return Share(f), nil
}

// UnmarshalText reads the form that [Share.String] writes, and more.
func (s *Share) UnmarshalText(text []byte) (err error) {
	*s, err = ParseShare(string(text))
	return err
}

// MarshalText returns [Share.String].
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the share in percent, or as the plain number where percent
// would not read back exactly.
func (s Share) String() string {
	percent := strconv.FormatFloat(float64(s)*100, 'f', -1, 64) + "%"
	if back, err := ParseShare(percent); err == nil && back == s {
		return percent
	}
	return strconv.FormatFloat(float64(s), 'f', -1, 64)
}
