// Package command is the command line of authsoak, one file a subcommand.
//
// It turns words into values for the packages below, prints what they answer,
// and chooses the exit code. It decides nothing about load, sessions or
// verdicts, and never ends the process itself, so that a test can call it like
// any function.
package command
