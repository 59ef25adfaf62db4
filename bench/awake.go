package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
)

// keepAwake keeps every core from halting until stop is called. A virtual
// machine gives a halted core up to its host, and waking it takes longer than a
// request; so what is measured with all awake is what software adds. Those who
// keep them awake run in the kernel's idle class and make way at once.
func (b *bench) keepAwake() (stop func() error, err error) {
	var spinners []spinner
	stop = func() error {
		var err error
		for _, s := range spinners {
			err = errors.Join(err, s.leash.Close(), s.cmd.Wait())
		}
		return err
	}
	for core := range runtime.NumCPU() {
		cmd := pinned(core, exec.Command("chrt", "--idle", "0", b.self, "spin"))
		leash, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("keep core %d awake: %w", core, err), stop())
		}
		spinners = append(spinners, spinner{cmd, leash})
	}
	return stop, nil
}

// spinner is a process that keeps a core busy as long as its leash is held.
type spinner struct {
	cmd   *exec.Cmd
	leash io.Closer
}

// spin does nothing, without rest, until standard input ends.
func spin([]string) error {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
	}
}
