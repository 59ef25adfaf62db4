package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// comparison is what compare was asked to do.
type comparison struct {
	rounds      int
	duration    time.Duration
	connections []int
	calls       []int
	only        []string
	bound       string
	authsoak    string
	self        string
	dir         string
	port        int
}

// work is one setting of connections and calls.
type work struct{ connections, calls int }

// generator is one program that drives the bare server.
type generator struct {
	name    string
	command func(c *comparison, w work, address string) *exec.Cmd
}

var generators = []generator{
	{"loop", own("loop")},
	{"authsoak", authsoak},
	{"wrk", wrk},
	{"fasthttp", own("fasthttp")},
	{"nethttp", own("nethttp")},
	{"k6", k6},
}

func own(name string) func(*comparison, work, string) *exec.Cmd {
	return func(c *comparison, w work, address string) *exec.Cmd {
		return exec.Command(c.self, name, "-address", address, "-connections", strconv.Itoa(w.connections),
			"-calls", strconv.Itoa(w.calls), "-duration", c.duration.String())
	}
}

func authsoak(c *comparison, w work, address string) *exec.Cmd {
	users := strconv.Itoa(w.connections)
	return exec.Command(c.authsoak, "run", "--target", "bare.yaml=http://"+address, "--accounts", "user{n}:pw{n}:100000",
		"--users", users, "--workers", users, "--calls", strconv.Itoa(w.calls), "--think", "0s", "--quiet",
		"--duration", c.duration.String(), "--out", c.dir)
}

func wrk(c *comparison, w work, address string) *exec.Cmd {
	cmd := exec.Command("wrk", "-t1", "-c", strconv.Itoa(w.connections), "-d", fmt.Sprint(int(c.duration.Seconds()), "s"),
		"-s", "wrk.lua", "http://"+address)
	cmd.Env = append(os.Environ(), "CALLS="+strconv.Itoa(w.calls))
	return cmd
}

func k6(c *comparison, w work, address string) *exec.Cmd {
	return exec.Command("k6", "run", "--quiet", "--no-usage-report", "--vus", strconv.Itoa(w.connections),
		"--duration", c.duration.String(), "-e", "ADDRESS="+address, "-e", "CALLS="+strconv.Itoa(w.calls), "k6.js")
}

// compare lets the generators take turns, round after round, each on one core
// against a server on the other, and prints the processor time of each per
// request that the server counted, and its ratio to the reference loop of the
// same round.
func compare(args []string) error {
	c, err := parseComparison(args)
	if err != nil {
		return err
	}
	defer os.RemoveAll(c.dir)
	bounds, err := readBounds(c.bound)
	if err != nil {
		return err
	}
	var worse []error
	for _, connections := range c.connections {
		for _, calls := range c.calls {
			w := work{connections, calls}
			costs, err := c.measure(w)
			if err != nil {
				return err
			}
			worse = append(worse, c.print(w, costs, bounds)...)
		}
	}
	return errors.Join(worse...)
}

func parseComparison(args []string) (*comparison, error) {
	c := &comparison{}
	flags := flag.NewFlagSet("compare", flag.ExitOnError)
	flags.IntVar(&c.rounds, "rounds", 7, "rounds")
	flags.DurationVar(&c.duration, "duration", 5*time.Second, "of each turn")
	connections := flags.String("connections", "50,1000", "numbers of connections")
	calls := flags.String("calls", "1,8", "calls of a session")
	only := flags.String("only", "", "generators, by name; left out: all that are installed")
	flags.StringVar(&c.bound, "bound", "bound.json", "file of the bounds that the ratio of authsoak must keep; empty: none")
	flags.StringVar(&c.authsoak, "authsoak", "", "the program; left out: built from the folder above")
	flags.IntVar(&c.port, "port", 7950, "port of the server")
	flags.Parse(args)
	var err error
	if c.connections, err = numbers(*connections); err != nil {
		return nil, err
	}
	if c.calls, err = numbers(*calls); err != nil {
		return nil, err
	}
	if *only != "" {
		c.only = strings.Split(*only, ",")
	}
	if c.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if c.dir, err = os.MkdirTemp("", "bench"); err != nil || c.authsoak != "" {
		return c, err
	}
	c.authsoak = filepath.Join(c.dir, "authsoak")
	build := exec.Command("go", "build", "-C", "..", "-o", c.authsoak, ".")
	build.Stderr = os.Stderr
	return c, build.Run()
}

func numbers(text string) ([]int, error) {
	var out []int
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no list of numbers", text)
		}
		out = append(out, n)
	}
	return out, nil
}

// cost is the processor time of one turn, in µs a request.
type cost struct{ user, system float64 }

func (c cost) total() float64 { return c.user + c.system }

// measure returns the cost of each generator in each round.
func (c *comparison) measure(w work) (map[string][]cost, error) {
	costs := map[string][]cost{}
	for round := range c.rounds {
		turn := slices.Clone(generators)
		for range round % len(turn) { // nobody always follows the same one
			turn = append(turn[1:], turn[0])
		}
		for _, g := range turn {
			if c.only != nil && !slices.Contains(c.only, g.name) {
				continue
			}
			spent, err := c.turn(g, w)
			if errors.Is(err, exec.ErrNotFound) {
				continue
			} else if err != nil {
				return nil, fmt.Errorf("%s: %w", g.name, err)
			}
			costs[g.name] = append(costs[g.name], spent)
		}
	}
	return costs, nil
}

// saturated is authsoak's exit code where the generator was the limit, as it is
// meant to be here.
const saturated = 3

// turn runs one generator against a fresh server.
func (c *comparison) turn(g generator, w work) (cost, error) {
	address := fmt.Sprintf("127.0.0.1:%d", c.port)
	server := pinned(1, exec.Command(c.self, "server", "-listen", address))
	server.Env = append(os.Environ(), "GOMAXPROCS=1")
	if err := server.Start(); err != nil {
		return cost{}, err
	}
	defer func() {
		server.Process.Signal(os.Interrupt)
		server.Wait()
	}()
	if err := await(address); err != nil {
		return cost{}, err
	}
	cmd := g.command(c, w, address)
	if _, err := exec.LookPath(cmd.Args[0]); err != nil {
		return cost{}, exec.ErrNotFound
	}
	cmd = pinned(0, cmd)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = io.Discard, &said
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != saturated {
		return cost{}, fmt.Errorf("%w: %s", err, said.String())
	}
	requests, err := counted(address)
	if err != nil || requests == 0 {
		return cost{}, errors.Join(err, fmt.Errorf("the server counted %d requests", requests))
	}
	share := func(spent time.Duration) float64 { return float64(spent.Microseconds()) / float64(requests) }
	return cost{share(cmd.ProcessState.UserTime()), share(cmd.ProcessState.SystemTime())}, nil
}

// pinned puts a command on one core; a Go program gets one processor.
func pinned(core int, cmd *exec.Cmd) *exec.Cmd {
	env := cmd.Env
	if env == nil {
		env = os.Environ()
	}
	out := exec.Command("taskset", append([]string{"-c", strconv.Itoa(core)}, cmd.Args...)...)
	out.Env = append(env, "GOMAXPROCS=1")
	return out
}

func await(address string) error {
	for range 100 {
		if _, err := counted(address); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("no server at %s", address)
}

func counted(address string) (int64, error) {
	resp, err := http.Get("http://" + address + "/count")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(body), 10, 64)
}

// print writes the table of one setting and returns what broke its bound.
func (c *comparison) print(w work, costs map[string][]cost, bounds map[string]float64) []error {
	fmt.Printf("\n%d connections, %d calls a session, %d rounds of %v\n", w.connections, w.calls, c.rounds, c.duration)
	fmt.Printf("%-10s %12s %18s %10s %14s %16s\n", "", "µs a request", "min … max", "of it user", "ratio to loop", "min … max")
	var worse []error
	for _, g := range generators {
		if len(costs[g.name]) == 0 {
			continue
		}
		var totals, users, ratios []float64
		for i, spent := range costs[g.name] {
			totals, users = append(totals, spent.total()), append(users, spent.user)
			if i < len(costs["loop"]) {
				ratios = append(ratios, spent.total()/costs["loop"][i].total())
			}
		}
		ratio := median(ratios)
		fmt.Printf("%-10s %12.2f %18s %10.2f %14.2f %16s\n", g.name, median(totals), spread(totals), median(users), ratio, spread(ratios))
		key := strconv.Itoa(w.connections)
		if bound, ok := bounds[key]; ok && g.name == "authsoak" && ratio > bound {
			worse = append(worse, fmt.Errorf("authsoak costs %.2f times the loop at %s connections and %d calls: at most %.2f", ratio, key, w.calls, bound))
		}
	}
	return worse
}

func spread(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f … %.2f", slices.Min(values), slices.Max(values))
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

// readBounds reads the bounds by number of connections.
func readBounds(path string) (map[string]float64, error) {
	bounds := map[string]float64{}
	if path == "" {
		return bounds, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return bounds, json.Unmarshal(data, &bounds)
}
