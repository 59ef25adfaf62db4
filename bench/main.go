package main

import (
	"fmt"
	"os"
)

// parts are the subcommands.
var parts = map[string]func(args []string) error{
	"server":    serve,
	"loop":      func(args []string) error { return generate(args, newLoop) },
	"fasthttp":  func(args []string) error { return generate(args, newFast) },
	"nethttp":   func(args []string) error { return generate(args, newStandard) },
	"compare":   compare,
	"open":      open,
	"simulator": simulator,
	"profile":   writeProfile,
	"stalls":    stalls,
	"spin":      spin,
}

func main() {
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: bench compare|open|simulator|stalls|profile|server|loop|fasthttp|nethttp [flags]")
		os.Exit(2)
	}
	if err := parts[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
