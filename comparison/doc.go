// Package comparison holds runs of something new against runs of a base: whether
// they may be compared at all, what differs, how sure that is, and whether a
// tolerance is kept. Its one idea is that "no difference" and "nothing can be
// said" are two answers: next to each metric without a finding stands what this
// data would have shown, and how many rounds would show what matters.
//
// It reads run folders and does no more with the world. The arithmetic is that of
// package stats; what it finds is a [results.Comparison].
package comparison
