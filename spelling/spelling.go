// Package spelling tells what somebody who wrote an unknown word probably meant.
// It knows no list of words itself.
package spelling

import (
	"strings"
	"unicode/utf8"
)

// longest is the length of the longest word that is compared with others, in
// bytes: the comparison is quadratic, and a name is short.
const longest = 64

// Nearest returns the known word nearest to word by edit distance, with case and
// the kind of dash ignored, or "" when none is near: at most a third of the
// letters, and at least one, may differ. A word that begins a known one is as
// near as one letter. Of several as near it is the one that begins most like
// word: 2022.1 means 2022 rather than 2021.
func Nearest(word string, known []string) string {
	if word == "" || len(word) > longest {
		return ""
	}
	best, bestAt, bestHead := "", max(1, utf8.RuneCountInString(word)/3), -1
	for _, k := range known {
		if len(k) > longest || k == word {
			continue
		}
		a, b := plain(word), plain(k)
		d, head := distance(a, b), sameHead(a, b)
		if head == len(a) && head >= leastHead {
			d = min(d, 1)
		}
		if d < max(len(a), len(b)) && (d < bestAt || d == bestAt && head > bestHead) {
			best, bestAt, bestHead = k, d, head
		}
	}
	return best
}

// leastHead is how long a word must be to stand for one that it begins.
const leastHead = 4

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
