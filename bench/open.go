package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// opening is what open was asked to do.
type opening struct {
	*bench
	rounds int
	rate   int
	slack  time.Duration
	work   work
}

// models are the ways to drive the same work, the closed one first: it is what
// the others are compared with.
func (o *opening) models() []generator {
	rate := func(more ...string) func(*bench, *work) *exec.Cmd {
		return func(b *bench, w *work) *exec.Cmd {
			return authsoakRun(b, w, append(more, "--rate", strconv.Itoa(o.rate), "--workers", strconv.Itoa(w.connections))...)
		}
	}
	return []generator{
		{name: "closed", command: authsoak},
		{name: bareOpen, command: func(b *bench, w *work) *exec.Cmd {
			cmd := own(reference)(b, w)
			cmd.Args = append(cmd.Args, "-rate", strconv.Itoa(o.rate))
			return cmd
		}},
		{name: "open", command: rate()},
		{name: "open, " + o.slack.String() + " slack", command: rate("--slack", o.slack.String())},
	}
}

// bareOpen is the reference loop with a timetable.
const bareOpen = "bare loop, paced"

// sight is what one turn of a model showed.
type sight struct {
	hold float64 // µs a request
	said
}

// open drives cycles at a rate, with and without slack, beside the closed model,
// and prints how late starts were and what a request cost in the hold phase, and how
// late the machine made a program that kept its cores busy between the turns.
func open(args []string) error {
	o := &opening{}
	flags := flag.NewFlagSet("open", flag.ExitOnError)
	flags.IntVar(&o.rounds, "rounds", 7, "rounds")
	flags.IntVar(&o.rate, "rate", 10000, "cycles a second")
	flags.DurationVar(&o.slack, "slack", 100*time.Microsecond, "of the second open turn")
	flags.DurationVar(&o.work.duration, "duration", 10*time.Second, "of each turn, more than a second")
	flags.IntVar(&o.work.connections, "connections", 50, "users of the closed model, workers of the open ones")
	flags.IntVar(&o.work.calls, "calls", 1, "calls of a session")
	awake := flags.Bool("awake", false, "keep all cores from halting")
	program := flags.String("authsoak", "", "the program; left out: built from the folder above")
	flags.Parse(args)
	o.work.transport = plain
	var err error
	if o.bench, err = newBench(*program); err != nil {
		return err
	}
	defer o.close()
	if err := raiseFiles(); err != nil {
		return err
	}
	if *awake {
		stop, err := o.keepAwake()
		if err != nil {
			return err
		}
		defer stop()
	}
	fmt.Printf("authsoak   %s\n", authsoakVersion(o.bench))
	models := o.models()
	sights := map[string][]sight{}
	var busy []float64 // how late the machine made a program that never sleeps, µs
	for round := range o.rounds {
		for _, g := range rotated(models, round) {
			s, err := o.turn(g)
			if err != nil {
				return fmt.Errorf("%s: %w", g.name, err)
			}
			sights[g.name] = append(sights[g.name], s)
		}
		for _, core := range watchCores(o.work.duration / 2) {
			busy = append(busy, core.late(0.99).Seconds()*1e6)
		}
	}
	o.print(models, sights)
	fmt.Printf("between the turns, a program that never sleeps was late by %.0f µs at the 99th percentile (%s, of each core)\n", median(busy), spread(busy))
	return nil
}

func (o *opening) turn(g generator) (sight, error) {
	server, err := o.serve("")
	if err != nil {
		return sight{}, err
	}
	w := o.work
	w.address = server.address
	var told bytes.Buffer
	cmd := g.command(o.bench, &w)
	cmd.Stdout = &told
	user, system, err := spend(cmd)
	if err != nil {
		return sight{}, errors.Join(err, server.kill())
	}
	requests, err := server.stop()
	if err != nil {
		return sight{}, err
	}
	if g.name == bareOpen {
		return bareSight(user+system, requests, &told)
	}
	folder := filepath.Join(o.dir, runID)
	h, err := hold(folder)
	if err != nil {
		return sight{}, err
	}
	s, err := summed(folder)
	return sight{h.perRequest(), s}, errors.Join(err, os.RemoveAll(folder))
}

// bareSight is what a turn of the bare loop showed: all of its process, whose start
// is short, and how late it was.
func bareSight(spent time.Duration, requests int64, told io.Reader) (sight, error) {
	var p50, p99 int64
	if _, err := fmt.Fscanf(told, lateFormat, &p50, &p99); err != nil {
		return sight{}, fmt.Errorf("%s: %w", bareOpen, err)
	}
	s := sight{hold: float64(spent.Nanoseconds()) / 1e3 / float64(requests)}
	s.pacer = times{float64(p50) / 1e3, float64(p99) / 1e3}
	return s, nil
}

func (o *opening) print(models []generator, sights map[string][]sight) {
	fmt.Printf("\n%d cycles a second, %d calls, %d connections, %d rounds of %v; hold phase, µs\n",
		o.rate, o.work.calls, o.work.connections, o.rounds, o.work.duration)
	fmt.Printf("%-20s %12s %16s %14s %16s %20s %18s %18s %8s\n", "", "a request", "ratio to closed", "pacer p50/p99", "min … max p99", "lateness p50/p99", "service p50/p99", "response p50/p99", "dropped")
	of := func(name string, f func(sight) float64) []float64 {
		var out []float64
		for _, s := range sights[name] {
			out = append(out, f(s))
		}
		return out
	}
	cost := func(s sight) float64 { return s.hold }
	for _, g := range models {
		pair := func(f func(sight) times) string {
			return fmt.Sprintf("%.0f / %.0f", median(of(g.name, func(s sight) float64 { return f(s).p50 })),
				median(of(g.name, func(s sight) float64 { return f(s).p99 })))
		}
		late := of(g.name, func(s sight) float64 { return s.pacer.p99 })
		fmt.Printf("%-20s %12.2f %16.2f %14s %16s %20s %18s %18s %8.0f\n", g.name, median(of(g.name, cost)),
			median(ratios(of(g.name, cost), of("closed", cost))),
			pair(func(s sight) times { return s.pacer }), spread(late), pair(func(s sight) times { return s.lateness }),
			pair(func(s sight) times { return s.service }), pair(func(s sight) times { return s.response }),
			median(of(g.name, func(s sight) float64 { return s.dropped })))
	}
}
