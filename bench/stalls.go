package main

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// stall is what counts as one: the lateness that a start may have.
const stall = 100 * time.Microsecond

// stalls keeps every core busy reading the clock, and tells how often and for how
// long the machine took a core away, and how late that alone makes a start: no
// generator can be in time then.
func stalls(args []string) error {
	flags := flag.NewFlagSet("stalls", flag.ExitOnError)
	duration := flags.Duration("duration", 10*time.Second, "how long")
	flags.Parse(args)
	for i, g := range watchCores(*duration) {
		var n int
		var sum, longest time.Duration
		for _, d := range g.lengths {
			if d > stall {
				n++
				sum += d
				longest = max(longest, d)
			}
		}
		fmt.Printf("core %d: %d stalls of more than %v, %.1f a second; in all %.2f %% of the time; the longest %v; a program that never sleeps is late by %v at the 99th percentile\n",
			i, n, stall, float64(n)/g.length.Seconds(), 100*sum.Seconds()/g.length.Seconds(),
			longest.Round(time.Microsecond), g.late(0.99).Round(time.Microsecond))
	}
	return nil
}

// gaps are the moments in which a core did not work for the program that held it.
type gaps struct {
	lengths []time.Duration // of those longer than tick
	length  time.Duration   // for which the core was watched
}

// tick is longer than any two readings of the clock are apart by themselves.
const tick = 5 * time.Microsecond

// watchCores keeps all cores busy for that long.
func watchCores(length time.Duration) []gaps {
	cores := make([]gaps, runtime.NumCPU())
	var group sync.WaitGroup
	for i := range cores {
		group.Go(func() {
			runtime.LockOSThread()
			cores[i].watch(length)
		})
	}
	group.Wait()
	return cores
}

func (g *gaps) watch(length time.Duration) {
	g.lengths = make([]time.Duration, 0, 1<<16)
	start := time.Now()
	last := start
	for last.Sub(start) < length {
		now := time.Now()
		if d := now.Sub(last); d > tick {
			g.lengths = append(g.lengths, d)
		}
		last = now
	}
	g.length = last.Sub(start)
}

// late is that quantile of how late something is that was to happen at a random
// instant, and happens when the core is back: what is left of the gap that the
// instant falls into. It is later than x for all but the last x of each gap.
func (g *gaps) late(quantile float64) time.Duration {
	most := time.Duration(float64(g.length) * (1 - quantile))
	// Beyond x: found by halving, since it falls as x grows.
	low, high := time.Duration(0), g.length
	for high-low > 1 {
		x := low + (high-low)/2
		var beyond time.Duration
		for _, d := range g.lengths {
			beyond += max(0, d-x)
		}
		if beyond > most {
			low = x
		} else {
			high = x
		}
	}
	return high
}
