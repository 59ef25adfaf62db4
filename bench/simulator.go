package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// simulator drives the embedded simulator on the second core from the first, and
// prints the processor time that it takes for a request of session work, and how
// many requests a second of one core that makes.
func simulator(args []string) error {
	flags := flag.NewFlagSet("simulator", flag.ExitOnError)
	rounds := flags.Int("rounds", 7, "rounds")
	duration := flags.Duration("duration", 10*time.Second, "of each round")
	users := flags.String("users", "50", "virtual users of the closed model")
	program := flags.String("authsoak", "", "the program; left out: built from the folder above")
	flags.Parse(args)
	b, err := newBench(*program)
	if err != nil {
		return err
	}
	defer b.close()
	fmt.Printf("authsoak   %s\n", authsoakVersion(b))
	for _, p := range products {
		var costs []float64
		for range *rounds {
			cost, err := b.simulate(p, *users, *duration)
			if err != nil {
				return fmt.Errorf("%s: %w", p.endpoint, err)
			}
			costs = append(costs, cost)
		}
		fmt.Printf("%-9s %6.2f µs a request (%s): %.0f requests a second of one core\n",
			p.endpoint, median(costs), spread(costs), 1e6/median(costs))
	}
	return nil
}

// product is one of the servers that the simulator holds.
type product struct{ endpoint, path, method, accounts string }

var products = []product{
	{"octane", "", "json", "user{n}:pw{n}:100000"},
	{"alm", "", "api-key", "key{n}:secret{n}:100000"},
	{"space", "", "basic", "user{n}:pw{n}:100000"},
	{"lre@2023", "/lre-2023", "client-key", "I_KEY_{n}:S_KEY_{n}:100000"},
}

// simulate returns the simulator's processor time a request, in µs, its own
// start included.
func (b *bench) simulate(p product, users string, duration time.Duration) (float64, error) {
	cmd := pinned(1, exec.Command(b.authsoak, "simulate", "--listen", "127.0.0.1:0", "--json"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	s := &serving{cmd: cmd, out: bufio.NewReader(out)}
	var at struct{ URL string }
	var counted struct{ Requests int64 }
	if err := s.read(&at); err != nil {
		return 0, errors.Join(err, s.kill())
	}
	folder := filepath.Join(b.dir, runID)
	defer os.RemoveAll(folder)
	if _, _, err := spend(exec.Command(b.authsoak, "run", "--target", p.endpoint+"="+at.URL+p.path,
		"--method", p.method, "--accounts", p.accounts, "--users", users, "--think", "0s", "--quiet",
		"--duration", duration.String(), "--out", b.dir, "--run-id", runID)); err != nil {
		return 0, errors.Join(err, s.kill())
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return 0, err
	}
	if err := errors.Join(s.read(&counted), cmd.Wait()); err != nil {
		return 0, err
	}
	spent := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return float64(spent.Microseconds()) / float64(counted.Requests), nil
}

// read takes a line of JSON.
func (s *serving) read(into any) error {
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}
