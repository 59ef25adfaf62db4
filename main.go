// Authsoak puts load on servers that hold login sessions, and judges them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"authsoak/command"
)

func main() { os.Exit(run()) }

// run turns the first signal into a clean stop and the second into an
// immediate one.
func run() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	stop := make(chan struct{})
	go func() {
		<-signals
		close(stop)
		<-signals
		cancel()
	}()
	return command.Main(ctx, os.Args, command.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, stop)
}
