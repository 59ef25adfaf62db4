package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// comparison is what compare was asked to do.
type comparison struct {
	*bench
	rounds int
	works  []work
	only   []string
	bounds bounds
}

// bounds are the most that authsoak may cost, in units of the reference loop, by
// transport and number of connections.
type bounds map[transport]map[string]float64

// compare lets the generators take turns, round after round, each on one core
// against a fresh server on the other. It prints the processor time of each per
// request that the server counted, and its ratio to the reference loop of the
// same round. Of authsoak it also prints the hold phase alone: start and drain
// cost the same however long a run is, and a turn is short. It fails where the
// ratio of the whole process breaks a bound.
func compare(args []string) error {
	c, err := parseComparison(args)
	if err != nil {
		return err
	}
	defer c.close()
	if err := raiseFiles(); err != nil {
		return err
	}
	all := installed(c.bench, c.only)
	var worse []error
	for i := range c.works {
		w := &c.works[i]
		costs, err := c.measure(all, w)
		if err != nil {
			return err
		}
		worse = append(worse, c.print(w, costs))
	}
	return errors.Join(worse...)
}

func parseComparison(args []string) (*comparison, error) {
	c := &comparison{}
	flags := flag.NewFlagSet("compare", flag.ExitOnError)
	flags.IntVar(&c.rounds, "rounds", 7, "rounds")
	duration := flags.Duration("duration", 10*time.Second, "of each turn, more than a second")
	connections := flags.String("connections", "50,1000", "numbers of connections")
	calls := flags.String("calls", "1,8", "calls of a session")
	over := flags.String("transports", "plain", "plain, tls (connections kept), tickets (a TLS connection for each session)")
	only := flags.String("only", "", "generators, by name; left out: all that are installed")
	bound := flags.String("bound", "bound.json", "file of the bounds that the ratio of authsoak must keep; empty: none")
	program := flags.String("authsoak", "", "the program; left out: built from the folder above")
	flags.Parse(args)
	if *only != "" {
		c.only = strings.Split(*only, ",")
	}
	var err error
	if c.works, err = plan(*over, *connections, *calls, *duration); err != nil {
		return nil, err
	}
	if *bound != "" {
		text, err := os.ReadFile(*bound)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &c.bounds); err != nil {
			return nil, fmt.Errorf("%s: %w", *bound, err)
		}
	}
	c.bench, err = newBench(*program)
	return c, err
}

// plan is every combination of the lists.
func plan(over, connections, calls string, duration time.Duration) ([]work, error) {
	var works []work
	var problems []error
	if duration < 2*time.Second {
		problems = append(problems, fmt.Errorf("-duration %v: at least 2s", duration))
	}
	connected, err := numbers("-connections", connections)
	problems = append(problems, err)
	called, err := numbers("-calls", calls)
	problems = append(problems, err)
	for _, t := range strings.Split(over, ",") {
		if !slices.Contains(transports, transport(t)) {
			problems = append(problems, fmt.Errorf("-transports: %q is none of %v", t, transports))
		}
		for _, n := range connected {
			for _, k := range called {
				works = append(works, work{transport: transport(t), connections: n, calls: k, duration: duration})
			}
		}
	}
	return works, errors.Join(problems...)
}

// numbers reads a list.
func numbers(name, text string) ([]int, error) {
	var out []int
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%s: %q is no number from 1", name, word)
		}
		out = append(out, n)
	}
	return out, nil
}

// cost is the processor time of one turn, in µs a request.
type cost struct {
	total, user float64
	hold        float64 // authsoak: of the hold phase alone
}

// measure returns the cost of each generator in each round.
func (c *comparison) measure(all []generator, w *work) (map[string][]cost, error) {
	costs := map[string][]cost{}
	for round := range c.rounds {
		for _, g := range rotated(all, round) {
			if !slices.Contains(g.speaks, w.transport) {
				continue
			}
			spent, err := c.turn(g, *w)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", g.name, err)
			}
			costs[g.name] = append(costs[g.name], spent)
		}
	}
	return costs, nil
}

// turn runs one generator against a fresh server.
func (b *bench) turn(g generator, w work) (cost, error) {
	if w.transport != plain {
		w.ca = filepath.Join(b.dir, "ca.pem")
	}
	server, err := b.serve(w.ca)
	if err != nil {
		return cost{}, err
	}
	w.address = server.address
	user, system, err := spend(g.command(b, &w))
	if err != nil {
		return cost{}, errors.Join(err, server.kill())
	}
	requests, err := server.stop()
	if err != nil {
		return cost{}, err
	}
	share := func(spent time.Duration) float64 { return float64(spent.Microseconds()) / float64(requests) }
	spent := cost{total: share(user + system), user: share(user)}
	folder := filepath.Join(b.dir, runID)
	if _, err := os.Stat(folder); err != nil {
		return spent, nil
	}
	h, err := hold(folder)
	spent.hold = h.perRequest()
	return spent, errors.Join(err, os.RemoveAll(folder))
}

// print writes the table of one setting and returns what broke its bound.
func (c *comparison) print(w *work, costs map[string][]cost) error {
	fmt.Printf("\n%s, %d connections, %d calls a session, %d rounds of %v\n", w.transport, w.connections, w.calls, c.rounds, w.duration)
	fmt.Printf("%-11s %12s %16s %12s %14s %16s\n", "", "µs a request", "min … max", "of it user", "ratio to loop", "min … max")
	loop := column(costs[reference], func(c cost) float64 { return c.total })
	row := func(name string, totals, users []float64) float64 {
		r := ratios(totals, loop)
		user := "–"
		if len(users) > 0 {
			user = fmt.Sprintf("%.2f", median(users))
		}
		fmt.Printf("%-11s %12.2f %16s %12s %14.2f %16s\n", name, median(totals), spread(totals), user, median(r), spread(r))
		return median(r)
	}
	var worse error
	for _, g := range generators {
		spent := costs[g.name]
		if len(spent) == 0 {
			continue
		}
		ratio := row(g.name, column(spent, func(c cost) float64 { return c.total }), column(spent, func(c cost) float64 { return c.user }))
		if g.name != "authsoak" {
			continue
		}
		row("  its hold", column(spent, func(c cost) float64 { return c.hold }), nil)
		bound, ok := c.bounds[w.transport][strconv.Itoa(w.connections)]
		if ok && len(loop) > 0 && ratio > bound {
			worse = fmt.Errorf("authsoak costs %.2f times the loop (%s, %d connections, %d calls): at most %.2f",
				ratio, w.transport, w.connections, w.calls, bound)
		}
	}
	return worse
}

func column(costs []cost, of func(cost) float64) []float64 {
	var out []float64
	for _, c := range costs {
		out = append(out, of(c))
	}
	return out
}
