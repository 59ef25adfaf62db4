package experiment

import (
	"fmt"
	"time"

	"authsoak/results"
)

// words are a line of text, in which each phrase says one thing.
type words = results.Wording

// line is one expectation, kept or not.
func line(name string, pass bool, expectation, actual words) results.ExperimentLine {
	return results.NewExperimentLine(name, pass, expectation, actual)
}

// told is a line without an expectation.
func told(name string, actual words) results.ExperimentLine {
	return results.NewExperimentLine(name, true, nil, actual)
}

func text(s string) results.Phrase {
	return results.Phrase{Kind: results.TextPhrase, Before: s}
}

func sum(n int64, after string) results.Phrase {
	return results.Phrase{Kind: results.SumPhrase, N: n, After: after}
}

// some is left out where there are none.
func some(before string, n int64, after string) results.Phrase {
	return results.Phrase{Kind: results.SomePhrase, Before: before, N: n, After: after}
}

// percent is a share in a few digits.
func percent(before string, n, of int64, after string) results.Phrase {
	return results.Phrase{Kind: results.SharePhrase, Before: before, N: n, Of: of, After: after}
}

// latest is a time of which that of the slowest shard tells; where it is 0, zero is
// said.
func latest(before string, d time.Duration, zero string) results.Phrase {
	return results.Phrase{Kind: results.LatestPhrase, Before: before, High: d, Zero: zero}
}

// at is a time that every shard has for itself.
func at(before string, d time.Duration, after string) results.Phrase {
	return results.Phrase{Kind: results.RangePhrase, Before: before, Low: d, High: d, After: after}
}

// spread is a distribution of times.
func spread(h *results.Histogram) results.Phrase {
	return results.Phrase{Kind: results.TimesPhrase, Times: copyOf(h)}
}

// spreadThan sets it beside another.
func spreadThan(h *results.Histogram, other string, than *results.Histogram) results.Phrase {
	return results.Phrase{Kind: results.TimesPhrase, Times: copyOf(h), After: other, Than: copyOf(than)}
}

// copyOf keeps what is said from changing with what is seen later.
func copyOf(h *results.Histogram) *results.Histogram {
	out := new(results.Histogram)
	out.Merge(h)
	return out
}

// within is an answer in time.
func within(d time.Duration) words { return words{at("answered within ", d, "")} }

// tally counts what went wrong, by class.
type tally [results.Classes]int64

func (t *tally) sum() (n int64) {
	for _, c := range t {
		n += c
	}
	return n
}

// phrase names the classes, the most frequent first: "3 connect, 1 read".
func (t *tally) phrase(before, after string) results.Phrase {
	counts := map[string]int64{}
	for c, n := range t {
		if n > 0 {
			counts[results.Class(c).String()] = n
		}
	}
	return results.Phrase{Kind: results.CountsPhrase, Before: before, Counts: counts, After: after}
}

// failures is the line on logins that went wrong.
func failures(of int64, wrong *tally, missing int64, allowed float64) results.ExperimentLine {
	expectation := words{text("none")}
	if allowed > 0 {
		expectation = words{text("no more than " + share(allowed))}
	}
	n := wrong.sum() + missing
	why := wrong.phrase(": ", "")
	if missing > 0 {
		why.Counts["never answered, or never sent"] = missing
	}
	return line("failed logins", of > 0 && float64(n) <= allowed*float64(of), expectation, words{sum(n, " of "), sum(of, ""), why})
}

// share is a limit in percent.
func share(v float64) string { return fmt.Sprintf("%.3g %%", v*100) }
