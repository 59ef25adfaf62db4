// Package metric is the one grammar in which a number of a run is named and
// held against a limit: thresholds, objectives and tolerances all use it.
//
//	p99(octane.login.response) < 500ms over 30s stop after 10s
//	│   │                        │ │     │        │    └ not judged in the first 10 s of the hold
//	│   │                        │ │     │        └ a broken limit ends the run
//	│   │                        │ │     └ judged over every window of 30 s, not over the whole hold
//	│   │                        │ └ value with unit
//	│   │                        └ <, <=, ==, >= or >
//	│   └ path from wide to narrow; parts on the left may be left out
//	└ p50, p90, p99, p999, max, mean, count or rate
//
// Units must fit the function: us, ms, s, m, h for a time; % for a share and
// /s for a throughput, both with rate; none for a count.
//
// The package knows the shape of an expression, not the names of a run: which
// paths exist is known to package results, which resolves them.
package metric
