// Package scenario says who does what, when: which servers, which accounts, how
// many, and the intended start of every cycle.
//
// A scenario file or a handful of flags become a [Plan] of plain values. What
// happens when is then a function of the plan, a seed and an index: [Arrivals]
// for the open model, [Curve] for users and populations, [Draw] for every
// decision by chance. Nothing here knows how a server answered, so a schedule
// can't wait for one; there is no clock and no socket, and files are read
// only while a plan is made.
package scenario
