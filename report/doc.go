// Package report shows what a run found: on the screen while it lasts, and in
// text and JSON when it is over. Results go in, text comes out.
//
// It measures nothing and judges nothing: verdicts, reasons and thresholds come
// from package results as they are, so a report made again from a run folder
// says what the first one said. It doesn't drive, and never makes the run wait:
// a terminal that stands still costs lines, not load.
package report
