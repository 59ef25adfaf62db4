package main

import (
	"fmt"
	"os"
)

// parts are the subcommands.
var parts = map[string]func(args []string) error{
	"server":   serve,
	"loop":     func(args []string) error { return generate(args, newRaw) },
	"fasthttp": func(args []string) error { return generate(args, newFast) },
	"nethttp":  func(args []string) error { return generate(args, newStandard) },
	"compare":  compare,
}

func main() {
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: bench server|loop|fasthttp|nethttp|compare [flags]")
		os.Exit(2)
	}
	if err := parts[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
