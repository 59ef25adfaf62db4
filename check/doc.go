// Package check tries what package rules states, on one server: the contract,
// row by row; how long sessions live; and what several clients of one session
// see at once. It sends through the driver's prober, a request at a time and
// varied where a rule asks for it, and leaves nothing open behind it.
//
// It drives no load, prints nothing, and knows no product: what a server must do
// is said by its profile, and what the profile leaves open is observed.
//
// Races are judged by github.com/anishathalye/porcupine, the only dependency
// that this package brings: whether a history has a legal order is NP-complete,
// and a checker with a limit of time, tried by others on histories far longer
// than ours, is better evidence than one of our own.
package check
