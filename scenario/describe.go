package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"authsoak/profiles"
)

// Describe says in a line how hard a plan drives, and how long, and what its
// experiment does: open, 60 cycles/s for 20 s, warm-up 2 s.
func (p *Plan) Describe() string {
	text := p.DescribeLoad()
	if p.Experiment != nil {
		text += "; " + string(p.Experiment.Kind) + ": " + p.Experiment.Describe()
	}
	return text
}

// DescribeLoad is that without the experiment.
func (p *Plan) DescribeLoad() string {
	text := string(cmp.Or(p.Model, profiles.Open))
	switch {
	case p.Arrivals != nil && p.Arrivals.Process() == Trace:
		text += ", " + counted(int(p.Arrivals.Planned()), "recorded arrival") + " in " + said(p.Arrivals.Length())
	case p.Arrivals != nil:
		text += ", " + upTo(p.Arrivals.segments) + rate(p.Arrivals.PeakRate()) + " cycles/s"
		if p.Arrivals.Process() == Poisson {
			text += " at random (poisson)"
		}
		text += p.howLong()
	case p.Curve != nil && p.Model == profiles.Population:
		segments := p.Curve.segments
		if len(segments) > 1 && segments[0].From == 0 {
			segments = segments[1:] // in which it is filled
		}
		text += ", " + upTo(segments) + counted(p.Curve.Peak(), "session") + " held" + p.howLong()
	case p.Curve != nil:
		text += ", " + upTo(p.Curve.segments) + counted(p.Curve.Peak(), "user") + p.howLong()
	}
	if p.Warmup > 0 {
		text += ", warm-up " + said(p.Warmup)
	}
	return text
}

func (p *Plan) howLong() string {
	if p.Duration == Forever {
		return " until stopped"
	}
	return " for " + said(p.Duration)
}

// upTo stands before the highest level of a load that has others too.
func upTo(segments []segment) string {
	if slices.ContainsFunc(segments, func(s segment) bool { return s.Length > 0 && (s.From != segments[0].From || s.To != s.From) }) {
		return "up to "
	}
	return ""
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// rate prints four digits at most, and every one before the point.
func rate(v float64) string {
	if v >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// said is a time as one would say it: 300 ms, 1.5 s, 1 h 30 min.
func said(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	case d < time.Minute:
		return fmt.Sprintf("%.3g s", d.Seconds())
	}
	s := int64(d.Round(time.Second) / time.Second)
	var parts []string
	for _, u := range []struct {
		n    int64
		unit string
	}{{s / 86400, " d"}, {s / 3600 % 24, " h"}, {s / 60 % 60, " min"}, {s % 60, " s"}} {
		if u.n > 0 {
			parts = append(parts, strconv.FormatInt(u.n, 10)+u.unit)
		}
	}
	return strings.Join(parts, " ")
}
