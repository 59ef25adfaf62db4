// Package stats is the arithmetic of comparing measurements: how far apart two
// sides are, how sure that is, what could have been seen, and how much more
// would have to be measured. Values go in, values come out; it knows no run.
//
// Its one idea: the unit of a comparison is what was repeated on purpose. The
// requests of one run share a host and a time, so a thousand of them are not a
// thousand witnesses (Georges, Buytaert and Eeckhout, "Statistically rigorous
// Java performance evaluation", OOPSLA 2007; Kalibera and Jones, "Rigorous
// benchmarking in reasonable time", ISMM 2013). Whole runs are, and runs of both
// sides driven in turn more than others, since what drifts meets both (Abedi and
// Brecht, "Conducting repeatable experiments in highly variable cloud computing
// environments", ICPE 2017). Where there is one run on each side, blocks of its
// time stand in ([Batches]), and what they can't know, how much one run differs
// from the next, is added as an allowance.
//
// For one long run the question is another one: does anything drift ([Judge])?
// There the units are stretches of its time, and what makes the question hard is
// that these resemble each other, settle, jump and follow the day.
//
// Student's t is used throughout, on logarithms where a ratio is meant: it is
// exact for normal values at two units and on, where a rank or sign-flipping test
// of n pairs has no p-value below 2^(1-n) and so finds nothing in five rounds,
// whatever happened. Many metrics are compared at once; the error rate is divided
// among them (Dunn, "Multiple comparisons among means", JASA 56, 1961), which
// holds whatever their correlation, and so decision and interval are one thing.
package stats
