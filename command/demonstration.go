package command

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"authsoak/document"
	"authsoak/profiles"
	"authsoak/scenario"
)

//go:embed demonstration.yaml
var demonstrationText string

// fewestAccounts of a target suffice for any rate that one machine drives; a
// held population may need more.
const fewestAccounts = 100_000

// demonstration makes the scenario that is driven when no server is named.
func demonstration(address string, o *scenario.Overrides) (*scenario.Scenario, error) {
	accounts := max(fewestAccounts, orZero(o.Users), orZero(o.Population))
	text := strings.NewReplacer("ADDRESS", address, "ACCOUNTS", strconv.Itoa(accounts)).Replace(demonstrationText)
	s, err := scenario.Parse("demonstration", []byte(text))
	if err != nil {
		return nil, fmt.Errorf("demonstration: %w", err)
	}
	if o.Population != nil {
		hold(s, *o.Population)
	}
	return s, nil
}

// fillRate is how many sessions a second the demonstration opens for a
// population, which any machine can.
const fillRate = 1000

// hold makes the demonstration fit for a population: sessions are opened at a
// modest rate, and held rather than worked as hard as those of a short visit.
func hold(s *scenario.Scenario, sessions int) {
	s.Load.Think = profiles.Distribution{}
	seconds := max(2, (sessions+fillRate-1)/fillRate)
	s.Load.Warmup = document.Duration(seconds) * document.Duration(time.Second)
}

// Limits on how long the child takes to begin and to end.
const (
	childStart = 10 * time.Second
	childEnd   = 5 * time.Second
)

// child is the embedded simulator in a process of its own, so that its cost
// isn't taken for the generator's. It ends when its standard input closes,
// which the kernel sees to even where this process is killed.
type child struct {
	address string
	// ca and accounts are files where it was asked for certificates.
	ca, accounts string
	process      *exec.Cmd
	stdin        io.Closer
	errors       tail
	drained      sync.WaitGroup
}

// startChild starts the simulator, with more flags if need be, and waits for its
// address.
func startChild(ctx context.Context, flags ...string) (*child, error) {
	var said announced
	c, err := startServer(ctx, &said, append([]string{"simulate", "--listen=127.0.0.1:0", "--json", "--" + childFlag}, flags...)...)
	if err != nil {
		return nil, err
	}
	if said.URL == "" {
		c.stop()
		return nil, errors.New("simulator: it did not say where it listens")
	}
	c.address, c.ca, c.accounts = said.URL, said.CA, said.Accounts
	return c, nil
}

// startServer starts this program with those arguments, as a server that says in
// a first line of JSON where it listens.
func startServer(ctx context.Context, said any, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	c := &child{process: exec.Command(self, args...)}
	c.process.Stderr = &c.errors
	if c.stdin, err = c.process.StdinPipe(); err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	out, err := c.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	if err := c.process.Start(); err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	first := make(chan []byte, 1)
	c.drained.Go(func() {
		lines := bufio.NewReader(out)
		line, _ := lines.ReadBytes('\n')
		first <- line
		_, _ = io.Copy(io.Discard, lines)
	})
	if err := c.listen(ctx, first, said); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// listen waits for the line that names the address.
func (c *child) listen(ctx context.Context, first <-chan []byte, said any) error {
	ctx, cancel := context.WithTimeout(ctx, childStart)
	defer cancel()
	var line []byte
	select {
	case line = <-first:
	case <-ctx.Done():
		return fmt.Errorf("simulator: it did not start: %w", ctx.Err())
	}
	if err := json.Unmarshal(line, said); err != nil {
		return fmt.Errorf("simulator: it did not start: %s", strings.TrimSpace(c.errors.String()))
	}
	return nil
}

// stop ends the child and waits for it.
func (c *child) stop() {
	_ = c.stdin.Close()
	late := time.AfterFunc(childEnd, func() { _ = c.process.Process.Kill() })
	c.drained.Wait()
	_ = c.process.Wait() // its counts are of no interest, and neither is how it ended
	late.Stop()
}

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	t.text = bytes.Clone(t.text[max(0, len(t.text)-tailBytes):])
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
