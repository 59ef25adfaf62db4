// Package rules judges what servers answer: which answers are a success, what
// a refusal means, and whether a session that should be dead was accepted or a
// live one refused. It holds values and functions only: no clock, no socket.
package rules
