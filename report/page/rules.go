package page

import (
	"cmp"
	"slices"
	"strings"

	"authsoak/report"
	"authsoak/results"
)

// Rule is a session rule with one verdict, on all targets that saw the same.
type Rule struct {
	results.CheckResult
	Targets string
	Link    bool // Source is an address
	targets []string
}

// verdictOrder puts first what needs a look.
var verdictOrder = []string{"fail", "unknown", "info", "pass", "not-tried", "not-applicable"}

// Rules are the session rules, those that failed first. Targets on which a rule
// found the same stand in one row.
func (v *view) Rules() []Rule {
	type key struct{ id, verdict, expected, observed, source string }
	at := map[key]int{}
	var out []Rule
	for _, c := range v.Summary.Checks {
		k := key{c.ID, c.Verdict, c.Expected, c.Observed, c.Source}
		i, known := at[k]
		if !known || len(c.Exchanges) > 0 {
			i = len(out)
			at[k] = i
			out = append(out, Rule{CheckResult: c, Link: isAddress(c.Source)})
		}
		out[i].targets = append(out[i].targets, report.Clean(c.Target))
	}
	for i := range out {
		out[i].Targets = strings.Join(out[i].targets, ", ")
	}
	slices.SortStableFunc(out, func(a, b Rule) int {
		return cmp.Compare(slices.Index(verdictOrder, a.Verdict), slices.Index(verdictOrder, b.Verdict))
	})
	return out
}

func isAddress(source string) bool {
	return (strings.HasPrefix(source, "https://") || strings.HasPrefix(source, "http://")) && !strings.ContainsAny(source, " \n")
}

// RuleCounts are the verdicts and how often each was given.
func (v *view) RuleCounts() []Fact {
	var out []Fact
	for _, verdict := range verdictOrder {
		n := int64(0)
		for i := range v.Summary.Checks {
			if v.Summary.Checks[i].Verdict == verdict {
				n++
			}
		}
		if n > 0 {
			out = append(out, Fact{verdict, report.Count(n)})
		}
	}
	return out
}
