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
// long the machine took a core away: no generator can be in time then.
func stalls(args []string) error {
	flags := flag.NewFlagSet("stalls", flag.ExitOnError)
	duration := flags.Duration("duration", 10*time.Second, "how long")
	flags.Parse(args)
	gaps := make([]gap, runtime.NumCPU())
	end := time.Now().Add(*duration)
	var group sync.WaitGroup
	for i := range gaps {
		group.Go(func() {
			runtime.LockOSThread()
			gaps[i].watch(end)
		})
	}
	group.Wait()
	for i, g := range gaps {
		fmt.Printf("core %d: %d stalls of more than %v, %.1f a second; in all %.2f %% of the time; the longest %v\n", i, g.n, stall,
			float64(g.n)/duration.Seconds(), 100*g.sum.Seconds()/duration.Seconds(), g.longest.Round(time.Microsecond))
	}
	return nil
}

// gap sums up the stalls of one core.
type gap struct {
	n            int
	sum, longest time.Duration
}

func (g *gap) watch(end time.Time) {
	for last := time.Now(); last.Before(end); {
		now := time.Now()
		if d := now.Sub(last); d > stall {
			g.n++
			g.sum += d
			g.longest = max(g.longest, d)
		}
		last = now
	}
}
