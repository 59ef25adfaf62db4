package results

import (
	"fmt"
	"slices"
	"strings"

	"authsoak/metric"
	"authsoak/spelling"
)

var ledgerFields = map[string]func(SessionCounts, int64) int64{
	"opened":          func(s SessionCounts, _ int64) int64 { return s.Opened },
	"closed":          func(s SessionCounts, _ int64) int64 { return s.Closed },
	"abandoned":       func(s SessionCounts, _ int64) int64 { return s.Abandoned },
	"expired":         func(s SessionCounts, _ int64) int64 { return s.Expired },
	"live":            func(s SessionCounts, _ int64) int64 { return s.Live },
	"possibly_open":   func(s SessionCounts, _ int64) int64 { return s.PossiblyOpen },
	"possibly_closed": func(s SessionCounts, _ int64) int64 { return s.PossiblyClosed },
	"orphaned":        func(_ SessionCounts, orphaned int64) int64 { return orphaned },
}

// ledgerField returns how to read a word of the session ledger, or nil where the
// word and the function are none.
func ledgerField(word string, f metric.Func) func(SessionCounts, int64) int64 {
	word = strings.ReplaceAll(word, "-", "_")
	if f == metric.Max && word == "live" {
		return func(s SessionCounts, _ int64) int64 { return s.PeakLive }
	}
	if f.OfTime() {
		return nil
	}
	return ledgerFields[word]
}

// words lists what the last part of a path may be besides a step.
func (n names) words() []string {
	if n.expr.Func.OfTime() {
		return []string{responseTime, serviceTime, lateness, pacerName}
	}
	words := []string{OK.String(), Fail.String(), Unknown.String()}
	words = append(words, ClassNames()...)
	for _, c := range counterNames {
		words = append(words, strings.TrimPrefix(c, "cycles_"))
	}
	if n.expr.Func == metric.Count {
		for w := range ledgerFields {
			words = append(words, w)
		}
		slices.Sort(words[len(words)-len(ledgerFields):])
	}
	return words
}

// unknown explains a path that names nothing: the first part that no name of
// the run has, with the nearest one that exists.
func (n names) unknown(path []string) error {
	var known []string
	for _, s := range n.series {
		for _, p := range s.parts() {
			if p != "" && !slices.Contains(known, p) {
				known = append(known, p)
			}
		}
	}
	full := n.fullNames()
	for i, part := range path {
		if slices.Contains(known, part) {
			continue
		}
		candidates := known
		if i == len(path)-1 {
			candidates = slices.Concat(known, n.words())
		}
		return fmt.Errorf("no step, target or ending %q%s; there are %s, and %s",
			part, didYouMean(spelling.Nearest(part, candidates)), list(full), list(n.words()))
	}
	name := strings.Join(path, ".")
	return fmt.Errorf("no %s%s; there are %s", name, didYouMean(spelling.Nearest(name, full)), list(full))
}

func (n names) fullNames() []string {
	var full []string
	for _, s := range n.series {
		full = append(full, s.Name())
	}
	return full
}

func didYouMean(word string) string {
	if word == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", word)
}

// list joins names for an error message, which stays readable by leaving out
// what is beyond the first few.
func list(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%s… (%d more)", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
