package results

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Wording is a line of text whose phrases remember the numbers they tell, so that
// the lines of several shards can be made one.
type Wording []Phrase

// Phrase is a part of a [Wording]: Before, a value as its kind says it, and After.
type Phrase struct {
	Kind   PhraseKind `json:"kind"`
	Before string     `json:"before,omitempty"`
	After  string     `json:"after,omitempty"`
	// Zero is said in place of the whole phrase where the value is 0; of a
	// [SumPhrase] without it, 0 is said.
	Zero   string           `json:"zero,omitempty"`
	N      int64            `json:"n,omitempty"`
	Of     int64            `json:"of,omitempty"`
	Low    time.Duration    `json:"low_ns,omitempty"`
	High   time.Duration    `json:"high_ns,omitempty"`
	Counts map[string]int64 `json:"counts,omitempty"`
	Times  *Histogram       `json:"times,omitempty"`
	Than   *Histogram       `json:"than,omitempty"`
}

// PhraseKind says which value a phrase tells, and what shards make of theirs.
type PhraseKind string

// The kinds of phrases.
const (
	TextPhrase   PhraseKind = "text"   // Before alone; every shard says the same
	SumPhrase    PhraseKind = "sum"    // N; added up
	SomePhrase   PhraseKind = "some"   // N, left out where it is 0; added up
	SharePhrase  PhraseKind = "share"  // N of Of in percent; both added up
	LatestPhrase PhraseKind = "latest" // High, Zero where it is 0; the longest
	RangePhrase  PhraseKind = "range"  // from Low to High; over all
	CountsPhrase PhraseKind = "counts" // how many of what, left out where there are none; added up
	TimesPhrase  PhraseKind = "times"  // quantiles of Times, with After those of Than, where it has any; without loss
)

// String is the line.
func (w Wording) String() string {
	var b strings.Builder
	for i := range w {
		b.WriteString(w[i].String())
	}
	return b.String()
}

// String is the part of the line.
func (p *Phrase) String() string {
	value := ""
	switch p.Kind {
	case SumPhrase:
		if p.N == 0 && p.Zero != "" {
			return p.Zero
		}
		value = fmt.Sprint(p.N)
	case SomePhrase:
		if p.N == 0 {
			return ""
		}
		value = fmt.Sprint(p.N)
	case SharePhrase:
		value = fmt.Sprintf("%.3g %%", float64(p.N)/float64(max(p.Of, 1))*100)
	case LatestPhrase:
		if p.High == 0 {
			return p.Zero
		}
		value = said(p.High)
	case RangePhrase:
		if value = said(p.Low); said(p.High) != value {
			value += " to " + said(p.High)
		}
	case CountsPhrase:
		if value = countsText(p.Counts); value == "" {
			return ""
		}
	case TimesPhrase:
		return p.Before + timesText(p.Times) + p.compared()
	}
	return p.Before + value + p.After
}

// compared sets the times beside those that they are compared with.
func (p *Phrase) compared() string {
	was := p.Than.Percentile(50)
	if p.Times.Count() == 0 || was == 0 {
		return ""
	}
	return fmt.Sprintf("; %s %s: the median is %.3g times that", p.After, timesText(p.Than), float64(p.Times.Percentile(50))/float64(was))
}

// timesText is a distribution of times in a few words.
func timesText(h *Histogram) string {
	if h.Count() == 0 {
		return "none"
	}
	ns := func(p float64) string { return said(time.Duration(h.Percentile(p))) }
	return fmt.Sprintf("p50 %s, p99 %s, worst %s", ns(50), ns(99), ns(100))
}

// countsText names what was counted, the most frequent first: "3 connect, 1 read".
func countsText(counts map[string]int64) string {
	names := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	var parts []string
	for _, name := range names {
		if counts[name] != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
		}
	}
	return strings.Join(parts, ", ")
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

// with is what two shards say together; false: they say different things.
func (w Wording) with(other Wording) (Wording, bool) {
	if len(w) != len(other) {
		return nil, false
	}
	out := make(Wording, len(w))
	for i := range w {
		var ok bool
		if out[i], ok = w[i].with(&other[i]); !ok {
			return nil, false
		}
	}
	return out, true
}

func (p *Phrase) with(q *Phrase) (Phrase, bool) {
	if p.Kind != q.Kind || p.Before != q.Before || p.After != q.After || p.Zero != q.Zero {
		return Phrase{}, false
	}
	out := Phrase{Kind: p.Kind, Before: p.Before, After: p.After, Zero: p.Zero}
	switch p.Kind {
	case TextPhrase:
	case SumPhrase, SomePhrase, SharePhrase:
		out.N, out.Of = p.N+q.N, p.Of+q.Of
	case LatestPhrase, RangePhrase:
		out.Low, out.High = min(p.Low, q.Low), max(p.High, q.High)
	case CountsPhrase:
		out.Counts = map[string]int64{}
		for _, counts := range []map[string]int64{p.Counts, q.Counts} {
			for name, n := range counts {
				out.Counts[name] += n
			}
		}
	case TimesPhrase:
		for _, from := range []*Phrase{p, q} {
			mergeInto(&out.Times, from.Times)
			mergeInto(&out.Than, from.Than)
		}
	default: // of a later version
		return Phrase{}, false
	}
	return out, true
}
