// Command bench measures what driving sessions costs, beside other generators,
// on one machine with two cores: the server on one, the generators in turn on
// the other. It is a module of its own, so that what it compares with is no
// dependency of authsoak.
//
//	go run . compare                    closed model: all generators in rounds
//	go run . open                       open model: lateness and cost beside closed and a bare loop
//	go run . open -awake                the same while no core may halt, as a virtual one dearly does
//	go run . stalls                     how often the machine takes a core away
//	go run . profile                    the profile that the compiler builds authsoak by
//	go run . simulator                  the embedded simulator's own cost
//	go run . server                     the bare session server
//	go run . loop|fasthttp|nethttp …    generators without judgement
//
// Processor time is that of a generator's process and its children, from its
// start to its end, divided by the requests that the server counted. Ratios are
// taken inside a round, since machines drift.
package main
