package experiment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"authsoak/results"
)

// line is one expectation, kept or not.
func line(name string, pass bool, expectation, actual string) results.ExperimentLine {
	return results.ExperimentLine{Name: name, Expectation: expectation, Actual: actual, Pass: pass}
}

// told is a line without an expectation.
func told(name, actual string) results.ExperimentLine {
	return results.ExperimentLine{Name: name, Actual: actual, Pass: true}
}

// said is a time as one would say it.
func said(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + said(-d)
	case d < time.Millisecond:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	case d < time.Second:
		return fmt.Sprintf("%.4g ms", float64(d.Round(100*time.Microsecond))/1e6)
	case d < 2*time.Minute:
		return fmt.Sprintf("%.4g s", d.Round(10*time.Millisecond).Seconds())
	}
	return d.Round(time.Second).String()
}

func saidNS(ns int64) string { return said(time.Duration(ns)) }

// percent is a share in a few digits.
func percent(share float64) string { return fmt.Sprintf("%.3g %%", share*100) }

// spread is a distribution of times in a few words.
func spread(h *results.Histogram) string {
	if h.Count() == 0 {
		return "none"
	}
	return fmt.Sprintf("p50 %s, p99 %s, worst %s", saidNS(h.Percentile(50)), saidNS(h.Percentile(99)), saidNS(h.Max()))
}

// tally counts what went wrong, by class.
type tally [results.Classes]int64

func (t *tally) sum() (n int64) {
	for _, c := range t {
		n += c
	}
	return n
}

// String names the classes, the most frequent first: "3 connect, 1 read".
func (t *tally) String() string {
	var seen []results.Class
	for c, n := range t {
		if n > 0 {
			seen = append(seen, results.Class(c))
		}
	}
	slices.SortStableFunc(seen, func(a, b results.Class) int { return cmp.Compare(t[b], t[a]) })
	var parts []string
	for _, c := range seen {
		parts = append(parts, fmt.Sprintf("%d %s", t[c], c))
	}
	return strings.Join(parts, ", ")
}

// failures is the line on logins that went wrong.
func failures(of int64, wrong *tally, missing int64, allowed float64) results.ExperimentLine {
	expectation := "none"
	if allowed > 0 {
		expectation = "no more than " + percent(allowed)
	}
	n := wrong.sum() + missing
	actual := fmt.Sprintf("%d of %d", n, of)
	if n > 0 {
		actual += ": " + wrong.String()
		if missing > 0 {
			if wrong.sum() > 0 {
				actual += ", "
			}
			actual += fmt.Sprintf("%d never answered, or never sent", missing)
		}
	}
	return line("failed logins", of > 0 && float64(n) <= allowed*float64(of), expectation, actual)
}
