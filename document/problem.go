package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Position is a place in a file. Line and column count from 1, columns in
// characters; line 0 is an unknown place.
type Position struct {
	File         string
	Line, Column int
}

// String returns file:line:column, as editors and terminals link it.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one mistake in a document.
type Problem struct {
	Position
	Path    string // in the document, load.stages[2].rate; empty: the whole
	Message string // what is wrong
	Hint    string // what was probably meant; may be empty
}

// Error returns file:line:col: path: message (did you mean "hint"?).
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Position.String())
	if p.Path != "" {
		b.WriteString(": " + p.Path)
	}
	b.WriteString(": " + p.Message)
	if p.Hint != "" {
		fmt.Fprintf(&b, " (did you mean %q?)", p.Hint)
	}
	return b.String()
}

// String returns the same text as [Problem.Error]; without it, the embedded
// position would speak for the whole problem.
func (p Problem) String() string { return p.Error() }

// Problems are all mistakes of a document. An empty list is no error: hand it
// on with [Problems.Err].
type Problems []Problem

// Error returns one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems as an error, nil where there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Sort orders the problems by position and takes out repetitions.
func (ps Problems) Sort() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.Compact(ps)
}

// maxSuggested is the length of the longest word that is compared with others,
// in bytes: the comparison is quadratic, and a name is short.
const maxSuggested = 64

// Suggest returns the known word nearest to word by edit distance, with case
// and the kind of dash ignored, or "" when none is near. Of several as near it is
// the one that begins most like word: 2022.1 means 2022 rather than 2021.
func Suggest(word string, known []string) string {
	if word == "" || len(word) > maxSuggested {
		return ""
	}
	best, bestAt, bestHead := "", max(1, utf8.RuneCountInString(word)/3), -1
	for _, k := range known {
		if len(k) > maxSuggested || k == word {
			continue
		}
		a, b := plain(word), plain(k)
		d, head := distance(a, b), sameHead(a, b)
		if d < max(len(a), len(b)) && (d < bestAt || d == bestAt && head > bestHead) {
			best, bestAt, bestHead = k, d, head
		}
	}
	return best
}

// sameHead is how many runes two words begin with in common.
func sameHead(a, b []rune) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func plain(s string) []rune {
	return []rune(strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s)))
}

// distance is the optimal string alignment distance: insertions, deletions,
// replacements and swaps of neighbours each count one.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(replaced, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
