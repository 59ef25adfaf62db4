// Command bench measures what driving sessions costs, beside other generators,
// on one machine with two cores: the server on one, the generators in turn on
// the other. It is a module of its own, so that what it compares with is no
// dependency of authsoak.
//
//	go run . server -listen ADDR        the bare session server
//	go run . loop|fasthttp|nethttp …    generators without judgement
//	go run . compare                    everything in rounds, as a table
package main
