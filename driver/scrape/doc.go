// Package scrape asks a target for its own metrics while a run drives it. Its one
// idea: what a server says of its memory is read beside the load and never in its
// way. Each source has a goroutine, a connection and a time limit of its own; what
// it says waits to be fetched, and a source that fails costs the run nothing but
// the points it doesn't have.
//
// It reads the text format of Prometheus, version 0.0.4, and judges nothing.
package scrape
